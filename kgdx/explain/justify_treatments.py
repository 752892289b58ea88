"""From treatment options to treatments with their reasons, for and against."""

from collections.abc import Sequence

from kgdx.domain.message import Message
from kgdx.domain.path import CONCERN_PATHS, Path, PathKind
from kgdx.domain.pharmacology import Advice, Mechanism
from kgdx.domain.remarks import read
from kgdx.domain.report import TreatedDiagnosis, Treatment, TreatmentConcern
from kgdx.explain.paths import PathWriter
from kgdx.treatments.indications import Indication
from kgdx.treatments.recommend import Option
from kgdx.treatments.safety import Concern


def treatments(options: Sequence[Option], writer: PathWriter) -> tuple[Treatment, ...]:
    """Treatment options with their reasons; order is kept."""
    return tuple(_treatment(option, writer) for option in options)


def _treatment(option: Option, writer: PathWriter) -> Treatment:
    snapshot = writer.snapshot
    return Treatment(
        drug=snapshot.curies[option.treatment],
        name=snapshot.names[option.treatment],
        status=option.status,
        expected_benefit=option.benefit,
        indications=tuple(_indication(item, writer) for item in option.indications),
        paths=tuple(path for item in option.indications for path in _paths(item, writer)),
        concerns=tuple(_concern(concern, writer) for concern in option.concerns),
        confidence=option.confidence,
        reservations=(*option.rivals, *option.doubts),
    )


def _paths(indication: Indication, writer: PathWriter) -> list[Path]:
    """The ways of one indication; each has its share of the benefit."""
    kind = PathKind.PREDICTION if indication.is_predicted else PathKind.TREATMENT
    return [
        writer.path(
            kind,
            way.start,
            way.trail,
            indication.benefit * way.share,
            named_like=None if way.likeness is None else writer.concept(indication.disease),
        )
        for way in indication.ways
    ]


def _indication(indication: Indication, writer: PathWriter) -> TreatedDiagnosis:
    found = writer.concept(indication.disease)
    return TreatedDiagnosis(
        found.curie,
        found.name,
        indication.probability,
        indication.confidence,
        line=indication.line,
        is_immediate=indication.is_immediate,
        is_indirect=indication.is_indirect,
    )


def _concern(concern: Concern, writer: PathWriter) -> TreatmentConcern:
    kind = CONCERN_PATHS[concern.kind]
    row = concern.row
    said = {} if row is None else read(writer.snapshot.edge(row).original_predicate)
    return TreatmentConcern(
        kind=concern.kind,
        severity=concern.severity,
        curie=writer.snapshot.curies[concern.reason],
        name=writer.snapshot.names[concern.reason],
        path=writer.path(kind, concern.reason, concern.trail, 0.0, is_certain=concern.is_certain),
        is_certain=concern.is_certain,
        mechanism=_mechanism(said.get("mechanism", "")),
        advice=_advice(said.get("advice", "")),
    )


def _mechanism(code: str) -> Message | None:
    """None where the words are of another source."""
    return Message(f"mechanism.{code}") if code in tuple(Mechanism) else None


def _advice(words: str) -> Message | None:
    """`monitor_ecg`, or `reduce_below_egfr:30` with its limit; None where the words are of another source."""
    code, _, limit = words.partition(":")
    if code not in tuple(Advice) or (code.endswith("egfr") and not limit.isdecimal()):
        return None
    return Message(f"advice.{code}", {"egfr": int(limit)} if limit.isdecimal() else {})
