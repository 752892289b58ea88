"""Dangerous diagnoses that the evidence does not rule out, by a stated rule.

A diagnosis is dangerous if it is an emergency of `graph_schema/dangers.yaml`, is a kind of one or matches one
exactly or closely; or if it shows an acute threat to life often enough. It is not ruled out

- while its probability is at least `least_probability`, whatever speaks against it; or
- while it is at most `most_behind` times less probable than the first, and no sure finding contradicts it:
  none that is there and that a source denies of it, none that is absent and that it always shows.

The second part matters where probability is spread over thousands of candidates and few reach a fixed share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph_schema.clinical import Dangers, dangers
from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message, Value
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner
from kgdx.uncertainty.frequencies import Frequencies


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

    def not_ruled_out(self, query: GraphQuery, ranking: Ranking) -> list[int]:
        """Places in the ranking, below the first, of the dangerous diagnoses to be kept in mind."""
        near = ranking.probability[0] / self.settings.most_behind
        flagged = []
        for place in range(1, len(ranking.positions)):
            probability = ranking.probability[place]
            if int(ranking.positions[place]) not in self.reasons:
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


def emergencies(snapshot: Snapshot, classes: Mapping[str, str]) -> dict[int, str]:
    """Node -> reason, for every class and all that is a kind of it, or the same, in any number of steps.

    `close_match` is followed once, and only as the first step from the disease: what two vocabularies call
    nearly the same is safer flagged than missed, but nearly the same twice over is something else.
    """
    reasons = {snapshot.index[curie]: why for curie, why in classes.items() if curie in snapshot.index}
    kinds, matches = snapshot.edges_of("subclass_of"), snapshot.edges_of("exact_match")
    below = _Neighbours(
        [snapshot.tail[kinds], snapshot.tail[matches], snapshot.head[matches]],
        [snapshot.head[kinds], snapshot.head[matches], snapshot.tail[matches]],
    )
    frontier = list(reasons)
    while frontier:
        reached = []
        for node in frontier:
            for other in below[node]:
                if other not in reasons:
                    reasons[other] = reasons[node]
                    reached.append(other)
        frontier = reached
    nearly = snapshot.edges_of("close_match")
    ends = zip(snapshot.head[nearly].tolist(), snapshot.tail[nearly].tolist(), strict=True)
    close = {one: reasons[other] for pair in ends for one, other in (pair, pair[::-1]) if other in reasons}
    return close | reasons


class _Neighbours:
    """`_Neighbours(starts, ends)[node]`: where the edges from a node lead."""

    def __init__(self, starts: Sequence[NDArray[np.int32]], ends: Sequence[NDArray[np.int32]]) -> None:
        start, end = np.concatenate(starts), np.concatenate(ends)
        order = np.lexsort((end, start))
        self._start, self._end = start[order], end[order]

    def __getitem__(self, node: int) -> list[int]:
        first, last = np.searchsorted(self._start, (node, node + 1))
        return [int(other) for other in self._end[first:last]]
