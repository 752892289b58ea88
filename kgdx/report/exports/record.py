"""From a report to what is kept of it.

Names come from the graph alone. What a report says in words may tell of the patient: quotes, sections and
image ids, the name of what age or sex adds to a diagnosis, the sentence of the path behind that, and what
speaks against a treatment for the sake of age or sex. None of it is kept unless it is asked for.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from kgdx.domain.evidence import Evidence, ImageOrigin, TextOrigin
from kgdx.domain.explanation import (
    Explanation,
    KeptConcern,
    KeptDiagnosis,
    KeptEvidence,
    KeptPath,
    KeptTreatment,
    fingerprint,
)
from kgdx.domain.path import Path
from kgdx.domain.report import Diagnosis, FindingContribution, Report, Treatment, TreatmentConcern
from kgdx.domain.treatment import OF_THE_PERSON
from kgdx.explain.walk import chain, stops
from kgdx.report.messages import phrases
from kgdx.report.sentences import sentence
from kgdx.report.wording import plain

_COURSE = ("has_clinical_attribute", "has_mode_of_inheritance")
_Value = TypeVar("_Value")


def explanation_of(report: Report, label: str = "", *, with_text: bool = False) -> Explanation:
    """What is kept of a report.

    Args:
        label: the caller's own name for the case, kept as it is.
        with_text: keep the words of the case, and what is said of age and sex, as well.
    """
    bare = _clean(_kept(report, label, with_text=False))
    whole = _clean(_kept(report, label, with_text=True)) if with_text else bare
    return replace(whole, case=fingerprint(bare))


def _kept(report: Report, label: str, *, with_text: bool) -> Explanation:
    names = _graph_names(report)
    seen = {item.curie for item in report.evidence}
    return Explanation(
        case="",
        label=label,
        release=report.release,
        abstained=phrases().messages(report.abstained),
        evidence=tuple(_evidence(item, with_text=with_text) for item in report.evidence),
        diagnoses=tuple(
            _diagnosis(diagnosis, None if with_text else names, seen) for diagnosis in report.differential
        ),
        treatments=tuple(_treatment(treatment, seen, with_text=with_text) for treatment in report.treatments),
    )


def _evidence(item: Evidence, *, with_text: bool) -> KeptEvidence:
    origin = item.origin
    kept = KeptEvidence(item.curie, item.name, item.polarity, float(item.weight), origin.modality)
    if with_text and isinstance(origin, TextOrigin):
        return replace(kept, section=origin.section, quote=origin.quote)
    if with_text and isinstance(origin, ImageOrigin):
        return replace(kept, image_id=origin.image_id)
    return kept


def _diagnosis(item: Diagnosis, names: Mapping[str, str] | None, seen: Collection[str]) -> KeptDiagnosis:
    """A diagnosis; with `names`, those of the graph, nothing that is said of age and sex."""
    supports, contradicts, unexplained = (
        tuple(_finding(each, names) for each in side)
        for side in (item.supports, item.contradicts, item.unexplained)
    )
    paths = tuple(_path(path, item.disease, None if names is None else seen) for path in item.paths)
    return KeptDiagnosis(
        disease=item.disease,
        name=item.name,
        rank=item.rank,
        logit=float(item.logit),
        probability=float(item.probability),
        residual_logit=float(item.residual_logit),
        red_flag=phrases().message(item.red_flag) if item.red_flag else "",
        supports=supports,
        contradicts=contradicts,
        unexplained=unexplained,
        paths=paths,
    )


def _treatment(item: Treatment, seen: Collection[str], *, with_text: bool) -> KeptTreatment:
    starts = None if with_text else seen
    return KeptTreatment(
        drug=item.drug,
        name=item.name,
        status=item.status,
        expected_benefit=float(item.expected_benefit),
        confidence=item.confidence,
        paths=tuple(_path(path, item.drug) for path in item.paths),
        chains=tuple(_path(path, item.drug, starts) for path in item.chains),
        concerns=tuple(_concern(concern, with_text=with_text) for concern in item.concerns),
    )


def _concern(item: TreatmentConcern, *, with_text: bool) -> KeptConcern:
    if item.kind in OF_THE_PERSON and not with_text:
        return KeptConcern(item.kind, item.severity, "", "", item.is_certain, None)
    return KeptConcern(
        item.kind, item.severity, item.curie, item.name, item.is_certain, _path(item.path, item.curie)
    )


def _finding(item: FindingContribution, names: Mapping[str, str] | None) -> FindingContribution:
    """A contribution whose name says all that is kept of it."""
    name = phrases().finding(item) if names is None else names.get(item.curie, "")
    return FindingContribution(item.curie, name, item.contribution)


def _path(path: Path, end: str, seen: Collection[str] | None = None) -> KeptPath:
    """A path with its sentence; with `seen`, as its edges tell it where that may tell age or sex.

    Args:
        end: where a path without steps starts.
        seen: findings of the case; a path that starts at none of them may tell of the person.
    """
    is_personal = False
    if seen is not None:
        start = stops(path)[0].curie if path.steps else end
        is_personal = start not in seen or bool(path.steps and path.steps[0].relation in _COURSE)
    return KeptPath(path.steps, path.contribution, chain(path) if is_personal else sentence(path))


def _graph_names(report: Report) -> dict[str, str]:
    """CURIE -> name of what the report names by the graph's own names."""
    shown = [path for item in report.differential for path in item.paths]
    shown += [path for item in report.treatments for path in (*item.paths, *item.chains)]
    steps = [step for path in shown for step in path.steps]
    return (
        {step.head: step.head_name for step in steps}
        | {step.tail: step.tail_name for step in steps}
        | {item.curie: item.name for item in report.evidence}
    )


def _clean(value: _Value) -> _Value:
    """Every text in a record as one line without control characters, as every store and format can hold."""
    cleaned: Any = value
    if isinstance(value, str) and not isinstance(value, Enum):
        # Nearly every text is clean already, and there are thousands.
        is_plain = value.isprintable() and value == " ".join(value.split())
        cleaned = value if is_plain else plain(value)
    elif isinstance(value, tuple):
        cleaned = tuple(_clean(item) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: _clean(getattr(value, each.name)) for each in fields(value)}
        cleaned = replace(value, **parts)
    return cleaned  # type: ignore[no-any-return]
