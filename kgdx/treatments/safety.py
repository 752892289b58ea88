"""Safety rules: what of a patient speaks against a treatment, with the way through the graph that says so.

Every rule is a function from a drug and a part of the patient to concerns, and knows nothing but edges of
the graph. Each condition, allergy and medication is judged by itself, so that more of them never make a
treatment look safer.

A drug is taken with all that it is a kind of, all that it is the same as (`exact_match`, and `close_match`
as between a base and its salts) and all that it contains (`part_of`): what holds for these holds for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.treatment import ConcernKind, Severity
from kgdx.graph.hierarchy import EdgePath, Hierarchy, reverse
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.patient_context import Precautions, Reason

_DRUG_STEPS = (("close_match", True), ("close_match", False), ("part_of", False))
# How far up two drugs may meet and still be suspected of the same allergy: penicillins and cephalosporins
# meet at the beta-lactams, two kinds above a penicillin. Further up, a class says little of the substance.
_CROSS_REACTING_KINDS = 2
# Two drugs of one narrow class do the same; what meets only further up need not.
_DUPLICATE_KINDS = 1


@dataclass(frozen=True, slots=True)
class Concern:
    """Why a treatment must not be given, or not without care.

    Attributes:
        reason: node index of the condition, state, allergy or medication.
        trail: from the reason to the treatment.
        is_certain: False if it is only suspected that the patient has it.
    """

    kind: ConcernKind
    severity: Severity
    reason: int
    trail: EdgePath
    is_certain: bool = True

    @property
    def is_veto(self) -> bool:
        """Whether it forbids the treatment."""
        return self.severity is Severity.CONTRAINDICATED


@dataclass(frozen=True, slots=True)
class Climbed:
    """A node with what it is, is a kind of or contains: all of it, and what lies one and two kinds up."""

    node: int
    kinds: Mapping[int, EdgePath]
    narrow: Mapping[int, EdgePath]
    near: Mapping[int, EdgePath]


@dataclass(frozen=True, slots=True)
class ClimbedPatient:
    """A patient, every part of whom was climbed from once for all treatments."""

    reasons: Sequence[tuple[Reason, Mapping[int, EdgePath]]]
    allergies: Sequence[Climbed]
    medications: Sequence[Climbed]


@dataclass(frozen=True, eq=False)
class SafetyGraph:
    """The edges of a snapshot that speak of safety."""

    snapshot: Snapshot

    @cached_property
    def conditions(self) -> Hierarchy:
        """How conditions are climbed from: over kinds and exact matches."""
        return Hierarchy(self.snapshot)

    @cached_property
    def drugs(self) -> Hierarchy:
        """How drugs are climbed from: also over salts and contents."""
        return Hierarchy(self.snapshot, _DRUG_STEPS)

    @cached_property
    def forbidding(self) -> Mapping[int, list[int]]:
        """Condition -> rows of the edges that forbid a treatment in it."""
        return grouped(self.snapshot, "contraindicated_in", self.snapshot.tail)

    @cached_property
    def interacting(self) -> Mapping[int, list[tuple[int, int, bool]]]:
        """Drug -> (row, other drug, whether the edge starts at the first) of its interactions."""
        found: dict[int, list[tuple[int, int, bool]]] = {}
        for row in self.snapshot.edges_of("interacts_with"):
            head, tail = int(self.snapshot.head[row]), int(self.snapshot.tail[row])
            if not self.snapshot.negated[row]:
                found.setdefault(head, []).append((int(row), tail, True))
                found.setdefault(tail, []).append((int(row), head, False))
        return found

    def ancestors_with_paths(self, precautions: Precautions) -> ClimbedPatient:
        """Climb from every part of a patient."""
        return ClimbedPatient(
            [(reason, self.conditions.ancestors_with_paths(reason.node)) for reason in precautions.reasons],
            [self.climb_drug(node) for node in precautions.allergies],
            [self.climb_drug(node) for node in precautions.medications],
        )

    def climb_drug(self, node: int) -> Climbed:
        """Climb from a drug or a drug class."""
        climb = self.drugs.ancestors_with_paths
        return Climbed(node, climb(node), climb(node, _DUPLICATE_KINDS), climb(node, _CROSS_REACTING_KINDS))

    def concerns_of(self, treatment: int, patient: ClimbedPatient) -> tuple[Concern, ...]:
        """All that speaks against a treatment in a patient, vetoes first."""
        drug = self.climb_drug(treatment)
        found = (
            *contraindications(drug, patient.reasons, self),
            *allergies(drug, patient.allergies),
            *interactions(drug, patient.medications, self),
            *duplicates(drug, patient.medications),
        )
        return tuple(sorted(found, key=lambda concern: not concern.is_veto))


def contraindications(
    drug: Climbed, reasons: Sequence[tuple[Reason, Mapping[int, EdgePath]]], graph: SafetyGraph
) -> Iterator[Concern]:
    """The graph forbids it in something the patient has or is. What is only suspected cautions."""
    for reason, kinds in reasons:
        trails = (
            (*up, (row, False), *reverse(drug.kinds[forbidden]))
            for node, up in kinds.items()
            for row in graph.forbidding.get(node, ())
            if (forbidden := int(graph.snapshot.head[row])) in drug.kinds
        )
        trail = min(trails, key=len, default=None)
        if trail is not None:
            severity = Severity.CONTRAINDICATED if reason.is_certain else Severity.CAUTION
            yield Concern(reason.kind, severity, reason.node, trail, reason.is_certain)


def allergies(drug: Climbed, allergens: Sequence[Climbed]) -> Iterator[Concern]:
    """An allergy to it, its class, a member of it or an ingredient forbids; one to a relative cautions."""
    for allergen in allergens:
        trail = _one_of_the_other(allergen, drug)
        if trail is not None:
            yield Concern(ConcernKind.ALLERGY, Severity.CONTRAINDICATED, allergen.node, trail)
        elif (trail := _shared(allergen.near, drug.near)) is not None:
            yield Concern(ConcernKind.CROSS_REACTIVITY, Severity.CAUTION, allergen.node, trail)


def interactions(drug: Climbed, medications: Sequence[Climbed], graph: SafetyGraph) -> Iterator[Concern]:
    """It, or its class, interacts with what the patient takes: a caution, or worse if the source says so.

    Of several edges the worst counts, then the shortest way.
    """
    for taken in medications:
        found = [
            Concern(
                ConcernKind.INTERACTION,
                _severity(graph.snapshot, row),
                taken.node,
                (*up, (row, forward), *reverse(drug.kinds[other])),
            )
            for node, up in taken.kinds.items()
            for row, other, forward in graph.interacting.get(node, ())
            if other in drug.kinds and drug.node not in taken.kinds
        ]
        if found:
            yield min(found, key=lambda concern: (not concern.is_veto, len(concern.trail)))


def duplicates(drug: Climbed, medications: Sequence[Climbed]) -> Iterator[Concern]:
    """The patient takes it already, or a drug of the same narrow class."""
    for taken in medications:
        trail = _one_of_the_other(taken, drug)
        if trail is None:
            trail = _shared(taken.narrow, drug.narrow)
        if trail is not None:
            yield Concern(ConcernKind.DUPLICATE, Severity.CAUTION, taken.node, trail)


def grouped(snapshot: Snapshot, relation: str, ends: NDArray[np.int32]) -> dict[int, list[int]]:
    """Node at the given end -> rows of the edges of a relation that are not denied."""
    groups: dict[int, list[int]] = {}
    for row in snapshot.edges_of(relation):
        if not snapshot.negated[row]:
            groups.setdefault(int(ends[row]), []).append(int(row))
    return groups


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
