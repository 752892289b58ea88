"""Safety rules: what of a patient speaks against a treatment, with the way through the graph that says so.

Every rule is a function from a drug and a part of the patient to concerns, and knows nothing but edges of
the graph. Each condition, allergy and medication is judged by itself, so that more of them never make a
treatment look safer.

A drug is taken with all that it is a kind of, all that it is the same as (`exact_match`, and `close_match`
as between a base and its salts) and all that it contains (`part_of`): what holds for these holds for it.
Drugs grouped by an effect, as those that prolong the QT interval, share what they do in an interaction and
neither structure nor use: such a group is no ground for a cross-reaction and none for a duplicate.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgdx.domain.treatment import ConcernKind, Severity
from kgdx.graph.hierarchy import EdgePath, reverse
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.patient_context import Reason
from kgdx.treatments.safety_graph import Climbed, ClimbedPatient, Joined, SafetyEdges


@dataclass(frozen=True, slots=True)
class Concern:
    """Why a treatment must not be given, or not without care.

    Attributes:
        reason: node index of the condition, state, allergy or medication.
        trail: from the reason to the treatment.
        is_certain: False if it is only suspected that the patient has it.
        row: of the edge that states it; None where kinship alone does.
    """

    kind: ConcernKind
    severity: Severity
    reason: int
    trail: EdgePath
    is_certain: bool = True
    row: int | None = None

    @property
    def is_veto(self) -> bool:
        """Whether it forbids the treatment."""
        return self.severity is Severity.CONTRAINDICATED


class SafetyGraph(SafetyEdges):
    """The safety rules on a snapshot."""

    def concerns_of(self, treatment: int, patient: ClimbedPatient) -> tuple[Concern, ...]:
        """All that speaks against a treatment in a patient, vetoes first."""
        drug = self.climb_drug(treatment)
        found = (
            *contraindications(drug, patient.reasons, self),
            *allergies(drug, patient.allergies, self),
            *interactions(drug, patient.medications, self),
            *duplicates(drug, patient.medications),
        )
        return tuple(sorted(found, key=lambda concern: not concern.is_veto))


def contraindications(
    drug: Climbed, reasons: Sequence[tuple[Reason, Mapping[int, EdgePath]]], graph: SafetyEdges
) -> Iterator[Concern]:
    """The graph forbids it, or calls for caution, in something the patient has or is.

    What is only suspected cautions. Of all that one condition says the worst counts, then the shortest way.
    """
    worst: dict[tuple[int, bool], Concern] = {}
    for reason, kinds in reasons:
        for node, up in kinds.items():
            for row, stated in graph.forbidding.get(node, ()):
                forbidden = int(graph.snapshot.head[row])
                if forbidden not in drug.kinds:
                    continue
                severity = stated if reason.is_certain else Severity.CAUTION
                trail = (*up, (row, False), *reverse(drug.kinds[forbidden]))
                found = Concern(reason.kind, severity, reason.node, trail, reason.is_certain, row)
                key = reason.said_by if reason.said_by is not None else reason.node, reason.is_certain
                if key not in worst or _weight(found) < _weight(worst[key]):
                    worst[key] = found
    yield from worst.values()


def allergies(drug: Climbed, allergens: Sequence[Climbed], graph: SafetyEdges) -> Iterator[Concern]:
    """An allergy to it, its class, a member of it or an ingredient forbids.

    One to a relative weighs as the nearest statement on such relatives says; without one it cautions.
    """
    for allergen in allergens:
        trail = _one_of_the_other(allergen, drug)
        if trail is not None:
            yield Concern(ConcernKind.ALLERGY, Severity.CONTRAINDICATED, allergen.node, trail)
            continue
        stated = list(_stated(drug, allergen, graph.cross_reacting, ConcernKind.CROSS_REACTIVITY, graph))
        if stated:
            yield min(stated, key=lambda concern: (len(concern.trail), not concern.is_veto))
        elif (trail := _shared(allergen.near, drug.near)) is not None:
            yield Concern(ConcernKind.CROSS_REACTIVITY, Severity.CAUTION, allergen.node, trail)


def interactions(drug: Climbed, medications: Sequence[Climbed], graph: SafetyEdges) -> Iterator[Concern]:
    """It, or its class, interacts with what the patient takes: a caution, or worse if the source says so.

    Of several edges the worst counts, then the shortest way.
    """
    for taken in medications:
        found = list(_stated(drug, taken, graph.interacting, ConcernKind.INTERACTION, graph))
        if found:
            yield min(found, key=_weight)


def duplicates(drug: Climbed, medications: Sequence[Climbed]) -> Iterator[Concern]:
    """The patient takes it already, or a drug of the same narrow class."""
    for taken in medications:
        trail = _one_of_the_other(taken, drug)
        if trail is None:
            trail = _shared(taken.narrow, drug.narrow)
        if trail is not None:
            yield Concern(ConcernKind.DUPLICATE, Severity.CAUTION, taken.node, trail)


def _stated(
    drug: Climbed, other: Climbed, joined: Joined, kind: ConcernKind, graph: SafetyEdges
) -> Iterator[Concern]:
    """What edges between a drug and another one, or their classes, say; nothing of a drug and itself."""
    if drug.node in other.kinds:
        return
    for node, up in other.kinds.items():
        for row, end, forward in joined.get(node, ()):
            if end in drug.kinds:
                trail = (*up, (row, forward), *reverse(drug.kinds[end]))
                yield Concern(kind, _severity(graph.snapshot, row), other.node, trail, row=row)


def _weight(concern: Concern) -> tuple[bool, int]:
    return not concern.is_veto, len(concern.trail)


def _one_of_the_other(reason: Climbed, drug: Climbed) -> EdgePath | None:
    """The way from the patient's drug to the treatment, where one is a kind of the other or contains it."""
    if reason.node in drug.kinds:
        return reverse(drug.kinds[reason.node])
    return reason.kinds.get(drug.node)


def _shared(ours: Mapping[int, EdgePath], theirs: Mapping[int, EdgePath]) -> EdgePath | None:
    """The shortest way over something that both are, are kinds of or contain."""
    trails = ((*ours[node], *reverse(theirs[node])) for node in ours.keys() & theirs.keys())
    return min(trails, key=lambda trail: (len(trail), trail), default=None)


def _severity(snapshot: Snapshot, row: int) -> Severity:
    """Only the source's own word for an interaction can make it more than a caution."""
    word = snapshot.edge(row).original_predicate.lower()
    return Severity.CONTRAINDICATED if "contraindicat" in word else Severity.CAUTION
