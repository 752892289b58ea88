"""The edges of a graph that speak of safety, and how patients and drugs are climbed from to meet them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.remarks import read
from kgdx.domain.treatment import Severity
from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.equivalents import Equivalents
from kgdx.treatments.patient_context import Precautions, Reason

EFFECT_GROUPS = "kgdx:drugs-by-effect"
"""Kind of every group of drugs by an effect."""

_SEVERITIES = {"contraindicated_in": Severity.CONTRAINDICATED, "cautioned_in": Severity.CAUTION}
_DRUG_STEPS = (("close_match", True), ("close_match", False), ("part_of", False))
# How far up two drugs may meet and still be suspected of the same allergy: penicillins and cephalosporins
# meet at the beta-lactams, two kinds above a penicillin. Further up, a class says little of the substance.
_CROSS_REACTING_KINDS = 2
# Two drugs of one narrow class do the same; what meets only further up need not.
_DUPLICATE_KINDS = 1

Joined = Mapping[int, Sequence[tuple[int, int, bool]]]
"""Drug -> (row, other drug, whether the edge starts at the first)."""


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
class SafetyEdges:
    """The edges of a snapshot that speak of safety."""

    snapshot: Snapshot

    @cached_property
    def conditions(self) -> Hierarchy:
        """How conditions are climbed from: over kinds and exact matches."""
        return Hierarchy(self.snapshot)

    @cached_property
    def equivalents(self) -> Equivalents:
        """What a condition is in another vocabulary."""
        return Equivalents(self.conditions)

    @cached_property
    def drugs(self) -> Hierarchy:
        """How drugs are climbed from: also over salts and contents."""
        return Hierarchy(self.snapshot, _DRUG_STEPS)

    @cached_property
    def forbidding(self) -> Mapping[int, Sequence[tuple[int, Severity]]]:
        """Condition -> (row, severity) of the edges that forbid a treatment in it or call for caution."""
        found: dict[int, list[tuple[int, Severity]]] = {}
        for relation, severity in _SEVERITIES.items():
            for condition, rows in grouped(self.snapshot, relation, self.snapshot.tail).items():
                found.setdefault(condition, []).extend((row, severity) for row in rows)
        return found

    @cached_property
    def interacting(self) -> Joined:
        """Interactions of drugs and drug classes."""
        return self._joined(self.snapshot.edges_of("interacts_with").tolist())

    @cached_property
    def cross_reacting(self) -> Joined:
        """Drugs that resemble each other, where the source says how that weighs in an allergy."""
        rows = self.snapshot.edges_of("similar_to").tolist()
        return self._joined([row for row in rows if "severity" in self.remarks(row)])

    @cached_property
    def effect_groups(self) -> frozenset[int]:
        """Groups of drugs by an effect, with what they are all a kind of."""
        top = self.snapshot.index.get(EFFECT_GROUPS)
        if top is None:
            return frozenset()
        rows = self.snapshot.edges_of("subclass_of")
        return frozenset({top, *self.snapshot.head[rows[self.snapshot.tail[rows] == top]].tolist()})

    def remarks(self, row: int) -> Mapping[str, str]:
        """What a table of kgdx says of an edge beyond its relation."""
        return read(self.snapshot.edge(row).original_predicate)

    def climb_patient(self, precautions: Precautions) -> ClimbedPatient:
        """Climb from every part of a patient."""
        return ClimbedPatient(
            [each for reason in precautions.reasons for each in self._climb_condition(reason)],
            [self.climb_drug(node) for node in precautions.allergies],
            [self.climb_drug(node) for node in precautions.medications],
        )

    def _climb_condition(self, reason: Reason) -> Iterator[tuple[Reason, Mapping[int, EdgePath]]]:
        """A condition and all that it is in another vocabulary."""
        for node, kinds in self.equivalents.climb(reason.node):
            yield (reason if node == reason.node else replace(reason, node=node, said_by=reason.node)), kinds

    def climb_drug(self, node: int) -> Climbed:
        """Climb from a drug or a drug class. A group by an effect is neither narrow nor near to any."""
        climb = self.drugs.ancestors_with_paths
        narrow, near = (
            {kind: trail for kind, trail in climb(node, far).items() if kind not in self.effect_groups}
            for far in (_DUPLICATE_KINDS, _CROSS_REACTING_KINDS)
        )
        return Climbed(node, climb(node), narrow, near)

    def _joined(self, rows: Sequence[int]) -> Joined:
        found: dict[int, list[tuple[int, int, bool]]] = {}
        for row in rows:
            head, tail = int(self.snapshot.head[row]), int(self.snapshot.tail[row])
            if not self.snapshot.negated[row]:
                found.setdefault(head, []).append((row, tail, True))
                found.setdefault(tail, []).append((row, head, False))
        return found


def grouped(snapshot: Snapshot, relation: str, ends: NDArray[np.int32]) -> dict[int, list[int]]:
    """Node at the given end -> rows of the edges of a relation that are not denied."""
    groups: dict[int, list[int]] = {}
    for row in snapshot.edges_of(relation):
        if not snapshot.negated[row]:
            groups.setdefault(int(ends[row]), []).append(int(row))
    return groups
