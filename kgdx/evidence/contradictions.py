"""What the statements of a case are to each other: contradictory, or implied by one another. All is told."""

from collections.abc import Iterator, Mapping, Sequence

from kgdx.domain.case import Polarity
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import CodeOrigin, Evidence, TextOrigin
from kgdx.domain.message import Message
from kgdx.graph.snapshot import Snapshot

# From this weight on, natural log, a finding is sure enough to stand for all that it is a kind of.
_SURE = 3.0


def contradictions(evidence: Sequence[Evidence], snapshot: Snapshot) -> tuple[Message, ...]:
    """A warning for all that contradicts, or says the same twice.

    Args:
        evidence: with final weights.
    """
    return (
        *_across_modalities(evidence),
        *_both_ways(evidence),
        *_under_excluded(evidence, snapshot),
        *_implied_codes(evidence, snapshot),
    )


def contradicted(evidence: Sequence[Evidence]) -> set[tuple[str, str]]:
    """(CURIE, modality) of what one modality states as present and as absent: neither can be believed.

    Statements of a text that differ in side or place are of different findings, and do not contradict.
    """
    said: dict[tuple[str, str], dict[Polarity, set[tuple[str, ...]]]] = {}
    for item in evidence:
        polarities = said.setdefault((item.curie, item.origin.modality), {})
        place = item.qualifiers.laterality, *item.qualifiers.anatomy
        section = item.origin.section if isinstance(item.origin, TextOrigin) else ""
        polarities.setdefault(item.polarity, set()).add((section, *place))
    return {
        key
        for key, polarities in said.items()
        if polarities.get(Polarity.PRESENT, set()) & polarities.get(Polarity.EXCLUDED, set())
    }


def implied(weights: Mapping[str, float], snapshot: Snapshot) -> dict[str, str]:
    """Present finding -> a present kind of it that says the same more precisely; others are not in it.

    Args:
        weights: of each finding, all its evidence together; a kind that is less sure implies nothing.
    """
    present = {snapshot.index[curie]: weight for curie, weight in weights.items() if weight > 0}
    found: dict[str, str] = {}
    for node, weight in present.items():
        for general in snapshot.ancestors(node) & present.keys():
            if weight >= min(present[general], _SURE):
                found.setdefault(snapshot.curies[general], snapshot.curies[node])
    return found


def _across_modalities(evidence: Sequence[Evidence]) -> Iterator[Message]:
    """Each finding that one modality calls present and another absent, with what either side weighs."""
    said: dict[str, dict[Polarity, dict[str, float]]] = {}
    names: dict[str, str] = {}
    for item in evidence:
        names[item.curie] = item.name
        weights = said.setdefault(item.curie, {}).setdefault(item.polarity, {})
        modality = item.origin.modality
        weights[modality] = max(weights.get(modality, 0.0), item.weight, key=abs)
    for curie, polarities in said.items():
        for_it, against = polarities.get(Polarity.PRESENT, {}), polarities.get(Polarity.EXCLUDED, {})
        if for_it and against and for_it.keys() != against.keys():
            values = {"present_by": _listed(for_it), "absent_by": _listed(against)}
            concept = ConceptRef(curie, names[curie])
            yield Message("warning.contradiction", {"curie": curie, "concept": concept, **values})


def _both_ways(evidence: Sequence[Evidence]) -> Iterator[Message]:
    """Each finding that a text calls present and absent; of codes, `code_evidence` tells it."""
    names = {item.curie: item.name for item in evidence}
    for curie in sorted(curie for curie, modality in contradicted(evidence) if modality == "text"):
        yield Message("warning.given_both_ways", {"curie": curie, "concept": ConceptRef(curie, names[curie])})


def _under_excluded(evidence: Sequence[Evidence], snapshot: Snapshot) -> Iterator[Message]:
    """Each present finding that is a kind of an excluded one."""
    concepts = {snapshot.index[item.curie]: ConceptRef(item.curie, item.name) for item in evidence}
    present, excluded = (
        dict.fromkeys(snapshot.index[item.curie] for item in evidence if item.polarity is polarity)
        for polarity in (Polarity.PRESENT, Polarity.EXCLUDED)
    )
    for node in present:
        for general in sorted(snapshot.ancestors(node) & excluded.keys()):
            values = {"present": concepts[node], "excluded": concepts[general]}
            yield Message("warning.present_under_excluded", values)


def _implied_codes(evidence: Sequence[Evidence], snapshot: Snapshot) -> Iterator[Message]:
    """Each code that a more precise one implies; what a text repeats in other words is nothing to mend."""
    codes = {item.curie: item for item in evidence if isinstance(item.origin, CodeOrigin)}
    for general, kind in implied({curie: item.weight for curie, item in codes.items()}, snapshot).items():
        named = {
            what: ConceptRef(curie, codes[curie].name)
            for what, curie in (("general", general), ("precise", kind))
        }
        yield Message("warning.implied", named)


def _listed(weights: Mapping[str, float]) -> Message:
    """`image (+1.3), text (+5.1)`: the weight that each modality's statement has in the end."""
    *others, told = (
        Message(f"said_by.{modality}", {"weight": f"{weight:+.1f}".replace("-", "−")})
        for modality, weight in sorted(weights.items())
    )
    for each in reversed(others):
        told = Message("said_by.several", {"first": each, "others": told})
    return told
