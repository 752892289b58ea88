"""What the modalities of a case contradict each other in: told, with what either side weighs; both stay."""

from collections.abc import Mapping, Sequence

from kgdx.domain.case import Polarity
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import Evidence
from kgdx.domain.message import Message


def contradictions(evidence: Sequence[Evidence]) -> tuple[Message, ...]:
    """A warning for each finding that one modality calls present and another absent.

    Args:
        evidence: with final weights; of a modality's statements of one polarity the strongest is told.
    """
    said: dict[str, dict[Polarity, dict[str, float]]] = {}
    names: dict[str, str] = {}
    for item in evidence:
        names[item.curie] = item.name
        weights = said.setdefault(item.curie, {}).setdefault(item.polarity, {})
        modality = item.origin.modality
        weights[modality] = max(weights.get(modality, 0.0), item.weight, key=abs)
    warnings = []
    for curie, polarities in said.items():
        for_it, against = polarities.get(Polarity.PRESENT, {}), polarities.get(Polarity.EXCLUDED, {})
        if for_it and against and for_it.keys() != against.keys():
            values = {"present_by": _listed(for_it), "absent_by": _listed(against)}
            concept = ConceptRef(curie, names[curie])
            warnings.append(Message("warning.contradiction", {"curie": curie, "concept": concept, **values}))
    return tuple(warnings)


def _listed(weights: Mapping[str, float]) -> str:
    """`image (+1.3), text (+5.1)`: the weight that each modality's statement has in the end."""
    signed = (f"{modality} ({weight:+.1f})" for modality, weight in sorted(weights.items()))
    return ", ".join(signed).replace("-", "−")
