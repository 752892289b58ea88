"""From treatment options to treatments with their reasons, for and against."""

from collections.abc import Sequence

from kgdx.domain.report import Path, Treatment, TreatmentConcern
from kgdx.domain.treatment import ConcernKind
from kgdx.explain.paths import PathWriter
from kgdx.explain.wording import percent
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.recommend import Indication, Option
from kgdx.treatments.safety import Concern

_NUM_NAMED = 3
# Under which heading of `metapaths.yaml` a concern has its patterns.
_HEADINGS = {
    ConcernKind.CONDITION: "vetoes",
    ConcernKind.PREGNANCY: "vetoes",
    ConcernKind.BREASTFEEDING: "vetoes",
    ConcernKind.AGE: "age",
    ConcernKind.SEX: "sex",
    ConcernKind.ALLERGY: "allergies",
    ConcernKind.CROSS_REACTIVITY: "cross_reactions",
    ConcernKind.INTERACTION: "interactions",
    ConcernKind.DUPLICATE: "duplicates",
}


def treatments(options: Sequence[Option], writer: PathWriter) -> tuple[Treatment, ...]:
    """Treatment options with their reasons in words; order is kept."""
    return tuple(_treatment(option, writer) for option in options)


def _treatment(option: Option, writer: PathWriter) -> Treatment:
    concerns = tuple(_concern(concern, writer) for concern in option.concerns)
    snapshot = writer.snapshot
    return Treatment(
        drug=snapshot.curies[option.treatment],
        name=snapshot.names[option.treatment],
        status=option.status,
        expected_benefit=option.benefit,
        reasons=(_indicated_for(option, snapshot), *(concern.path.sentence for concern in concerns)),
        paths=tuple(path for item in option.indications for path in _paths(item, writer)),
        concerns=concerns,
        confidence=option.confidence,
    )


def _paths(indication: Indication, writer: PathWriter) -> list[Path]:
    """The ways of one indication; each has its share of the benefit."""
    heading = "predictions" if indication.is_predicted else "treatments"
    paths, names = [], writer.snapshot.names
    for way in indication.ways:
        path = writer.path(heading, way.start, way.trail, indication.benefit * way.share)
        if way.likeness is not None:
            like = f"{names[indication.disease]} is named like {names[way.start]}"
            path = Path(path.steps, path.contribution, f"{like[0].upper()}{like[1:]}: {path.sentence}")
        paths.append(path)
    return paths


def _indicated_for(option: Option, snapshot: Snapshot) -> str:
    """What it is for, as in "Treats pneumonia (62%), pleural empyema (21%) and 2 more"."""
    parts = []
    for verb, is_predicted in (("Treats", False), ("Predicted to treat", True)):
        items = [item for item in option.indications if item.is_predicted is is_predicted]
        named = [f"{snapshot.names[item.disease]} ({_how_sure(item)})" for item in items[:_NUM_NAMED]]
        more = len(items) - len(named)
        if items:
            parts.append(f"{verb} {', '.join(named)}{f' and {more} more' if more else ''}")
    return "; ".join(parts)


def _how_sure(indication: Indication) -> str:
    probability = percent(indication.probability)
    if indication.confidence is None:
        return probability
    return f"{probability}, confidence of the prediction {percent(indication.confidence)}"


def _concern(concern: Concern, writer: PathWriter) -> TreatmentConcern:
    path = writer.path(_HEADINGS[concern.kind], concern.reason, concern.trail, 0.0)
    name = writer.snapshot.names[concern.reason]
    if not concern.is_certain:
        path = Path(path.steps, 0.0, f"{path.sentence}; {name} is suspected here and not certain")
    return TreatmentConcern(
        kind=concern.kind,
        severity=concern.severity,
        curie=writer.snapshot.curies[concern.reason],
        name=name,
        path=path,
        is_certain=concern.is_certain,
    )
