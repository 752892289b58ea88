"""Dangerous diagnoses that the evidence does not rule out, by a stated rule.

A diagnosis is dangerous if it is an emergency of `graph_schema/dangers.yaml`, is a kind of one or matches one
exactly or closely; or if it shows an acute threat to life often enough. It is not ruled out

- while its probability is at least `least_probability`, whatever speaks against it; or
- while it is at most `most_behind` times less probable than the first, and no sure finding contradicts it:
  none that is there and that a source denies of it, none that is absent and that it always shows.

The second part matters where probability is spread over thousands of candidates and few reach a fixed share.
Beside these stands what the patient's complaint asks to exclude, whatever its place (`presentations.py`).
Either is ruled out where a finding that excludes it was looked for and is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from graph_schema.clinical import Dangers, dangers
from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message, Value
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner
from kgdx.uncertainty.danger_classes import emergencies
from kgdx.uncertainty.frequencies import Frequencies
from kgdx.uncertainty.presentations import PresentationTable


@dataclass(frozen=True, slots=True)
class DangerSettings:
    """When a dangerous diagnosis counts as not ruled out.

    Attributes:
        least_probability: share that is never ignored, in [0, 1].
        most_behind: how many times less probable than the first it may be.
        sure: |weight| from which an observation is sure, natural log odds.
        always: frequency from which the absence of a finding contradicts, in [0, 1].
        most_flagged: how many are told, likeliest first; a list too long is not read.
    """

    least_probability: float = 0.01
    most_behind: float = 50.0
    sure: float = 3.0
    always: float = 0.95
    most_flagged: int = 5


@dataclass(frozen=True, eq=False)
class DangerFinder:
    """Tells the dangerous among the candidates of a reasoner."""

    reasoner: Reasoner
    frequencies: Frequencies
    settings: DangerSettings = field(default_factory=DangerSettings)
    rule: Dangers = field(default_factory=dangers)

    @cached_property
    def reasons(self) -> Mapping[int, Message]:
        """Position among the candidates -> why the disease is dangerous; the others are not in it."""
        annotations = self.reasoner.graph.annotations
        snapshot = self.reasoner.graph.snapshot
        by_node = emergencies(snapshot, self.rule.classes)
        found = {
            position: Message(f"danger.{by_node[int(node)]}")
            for position, node in enumerate(annotations.candidates)
            if int(node) in by_node
        }
        for curie, reason in self.rule.findings.items():
            if curie not in snapshot.index:
                continue
            node = snapshot.index[curie]
            values: dict[str, Value] = {
                "danger": Message(f"danger.{reason}"),
                "finding": ConceptRef(curie, snapshot.names[node]),
            }
            shown = Message("danger_shown.by_finding", values)
            positions, often = annotations.column(node)
            for position in positions[often >= self.rule.least_frequency]:
                found.setdefault(int(position), shown)
        return found

    @cached_property
    def presentations(self) -> PresentationTable:
        """What a complaint asks to exclude."""
        return PresentationTable(self.reasoner)

    def flags(self, query: GraphQuery, ranking: Ranking) -> dict[int, Message]:
        """Place in the whole ranking, from 0, -> why the disease there must not be missed, in order."""
        positions = ranking.positions.tolist()
        flags = {place: self.reasons[positions[place]] for place in self.not_ruled_out(query, ranking)}
        return dict(sorted((self.presentations.to_exclude(query, ranking) | flags).items()))

    def not_ruled_out(self, query: GraphQuery, ranking: Ranking) -> list[int]:
        """Places in the ranking, below the first, of the dangerous diagnoses to be kept in mind."""
        near = ranking.probability[0] / self.settings.most_behind
        flagged = []
        for place in range(1, len(ranking.positions)):
            probability = ranking.probability[place]
            if int(ranking.positions[place]) not in self.reasons:
                continue
            if self.presentations.is_excluded(query, int(ranking.diseases[place])):
                continue
            if probability >= self.settings.least_probability or (
                probability >= near and not self._is_contradicted(query, int(ranking.positions[place]))
            ):
                flagged.append(place)
        return flagged[: self.settings.most_flagged]

    def _is_contradicted(self, query: GraphQuery, position: int) -> bool:
        return any(self._speaks_against(seen, position) for seen in query.observations)

    def _speaks_against(self, seen: Observation, position: int) -> bool:
        if abs(seen.weight) < self.settings.sure:
            return False
        annotations = self.reasoner.graph.annotations
        if seen.weight > 0:
            above = annotations.ancestors_of(seen.node).astype(np.int64)
            return bool(self.frequencies.is_denied(above, position).any())
        often = self.frequencies.plain(np.array([seen.node]), np.array([position]))
        return bool(often[0, 0] >= self.settings.always)
