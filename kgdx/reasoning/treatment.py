"""Treatments for a posterior over diagnoses, and the safety rules that veto them.

A treatment of a disease is one of it, of what it is the same as, or of what it is closely a kind of. A veto
is a hard rule: a condition of the patient in which the treatment, or its class, must not be given, or an
allergy to the treatment, its class, or a member of it. A vetoed treatment is kept and shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.reasoning.hierarchy import Hierarchy, Trail, reverse
from kgdx.snapshot import Snapshot

# What treats "infection" treats this infection only in a manner of speaking: do not climb far.
_MAX_KINDS = 2


@dataclass(frozen=True, slots=True)
class Indication:
    """A disease that a treatment is for; the trail leads from the disease to the treatment."""

    disease: int
    probability: float
    trail: Trail


@dataclass(frozen=True, slots=True)
class Veto:
    """Why a treatment must not be given; the trail leads from the reason to the treatment.

    Attributes:
        reason: node index of the patient's condition, or of what the patient is allergic to.
        is_allergy: whether the reason is an allergy.
    """

    reason: int
    is_allergy: bool
    trail: Trail


@dataclass(frozen=True, slots=True)
class Option:
    """A treatment with everything that speaks for and against it.

    Attributes:
        treatment: node index.
        benefit: posterior probability of all it is indicated for, in [0, 1].
        indications: likeliest disease first.
        vetoes: empty if nothing forbids it.
    """

    treatment: int
    benefit: float
    indications: tuple[Indication, ...]
    vetoes: tuple[Veto, ...]


@dataclass(frozen=True, eq=False)
class TreatmentGraph:
    """The edges of a snapshot that speak of treatments."""

    snapshot: Snapshot
    hierarchy: Hierarchy

    def options(
        self, posterior: Sequence[tuple[int, float]], conditions: Sequence[int], allergies: Sequence[int]
    ) -> list[Option]:
        """All treatments of some diagnoses, best first, vetoed ones last.

        Args:
            posterior: (disease node, probability in [0, 1]), each disease once.
            conditions: nodes of what the patient has: comorbidities, states, findings.
            allergies: nodes of drugs or drug classes.
        """
        indications: dict[int, list[Indication]] = {}
        for disease, probability in posterior:
            for treatment, trail in self._treatments_of(disease).items():
                indications.setdefault(treatment, []).append(Indication(disease, probability, trail))
        climbed = [(node, self.hierarchy.climb(node)) for node in conditions]
        allergic = [(node, self.hierarchy.climb(node)) for node in allergies]
        options = [
            Option(
                treatment,
                min(1.0, sum(item.probability for item in found)),
                tuple(sorted(found, key=lambda item: -item.probability)),
                tuple(self._vetoes(treatment, climbed, allergic)),
            )
            for treatment, found in indications.items()
        ]
        names = self.snapshot.names
        return sorted(options, key=lambda o: (bool(o.vetoes), -o.benefit, _length(o), names[o.treatment]))

    def vetoes_of(self, treatment: int, conditions: Sequence[int]) -> list[Veto]:
        """Why a treatment must not be given in some conditions; empty if nothing forbids it.

        Args:
            treatment: node index.
            conditions: nodes of what the patient has.
        """
        return self._vetoes(treatment, [(node, self.hierarchy.climb(node)) for node in conditions], ())

    @cached_property
    def _treating(self) -> Mapping[int, list[int]]:
        """Disease -> rows of the edges that treat it."""
        return _grouped(self.snapshot, "treats", self.snapshot.tail)

    @cached_property
    def _forbidding(self) -> Mapping[int, list[int]]:
        """Condition -> rows of the edges that forbid a treatment in it."""
        return _grouped(self.snapshot, "contraindicated_in", self.snapshot.tail)

    def _treatments_of(self, disease: int) -> dict[int, Trail]:
        found: dict[int, Trail] = {}
        for node, trail in self.hierarchy.climb(disease, _MAX_KINDS).items():
            for row in self._treating.get(node, ()):
                found.setdefault(int(self.snapshot.head[row]), (*trail, (row, False)))
        return found

    def _vetoes(
        self,
        treatment: int,
        conditions: Sequence[tuple[int, dict[int, Trail]]],
        allergies: Sequence[tuple[int, dict[int, Trail]]],
    ) -> list[Veto]:
        classes = self.hierarchy.climb(treatment)
        vetoes = []
        for reason, kinds in conditions:
            trail = self._forbidden(kinds, classes)
            if trail is not None:
                vetoes.append(Veto(reason, False, trail))
        for reason, kinds in allergies:
            if reason in classes:
                vetoes.append(Veto(reason, True, reverse(classes[reason])))
            elif treatment in kinds:
                vetoes.append(Veto(reason, True, kinds[treatment]))
        return vetoes

    def _forbidden(self, kinds: dict[int, Trail], classes: dict[int, Trail]) -> Trail | None:
        """The shortest way from a condition through a prohibition to a treatment."""
        trails = [
            (*up, (row, False), *reverse(classes[drug]))
            for node, up in kinds.items()
            for row in self._forbidding.get(node, ())
            if (drug := int(self.snapshot.head[row])) in classes
        ]
        return min(trails, key=len, default=None)


def _length(option: Option) -> int:
    return min(len(item.trail) for item in option.indications)


def _grouped(snapshot: Snapshot, relation: str, ends: NDArray[np.int32]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for row in snapshot.edges_of(relation):
        if not snapshot.negated[row]:
            groups.setdefault(int(ends[row]), []).append(int(row))
    return groups
