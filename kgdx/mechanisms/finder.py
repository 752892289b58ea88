"""The best mechanisms between a drug and a disease, best first, each hop with what it adds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graph_schema import Schema
from kgdx.encoders.base import TextEncoder
from kgdx.graph.arrays import Ints
from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.hops import Halves
from kgdx.mechanisms.model import MechanismNetwork, meaning_vectors, slots
from kgdx.mechanisms.question import GroupNames, Question, read, read_halves


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A path by which a drug may act.

    Attributes:
        trail: from the drug to the disease.
        score: the sum of what its hops add; natural log, unbounded.
        added: what each hop adds; matches to the same thing under another identifier are no hops.
        share: of exp(score), among all paths between the two; in (0, 1].
    """

    trail: EdgePath
    score: float
    added: tuple[float, ...]
    share: float


@dataclass(frozen=True, eq=False)
class MechanismFinder:
    """Ranks paths over one graph.

    Attributes:
        meanings: (R, 3 text_dim + 1) float32, `meaning_vectors` of `graph.meanings`.
    """

    graph: MechanismGraph
    network: MechanismNetwork
    meanings: Tensor
    names: GroupNames

    @classmethod
    def on(
        cls, snapshot: Snapshot, schema: Schema, network: MechanismNetwork, encoder: TextEncoder
    ) -> "MechanismFinder":
        """Put a trained network onto a snapshot.

        Args:
            encoder: the one that the network was trained with; embeds meanings and names.
        """
        graph = MechanismGraph(snapshot, schema)
        return cls(graph, network, meaning_vectors(graph.meanings, encoder), GroupNames(graph, encoder))

    def between(self, drug: int, disease: int, num: int = 5) -> list[Mechanism]:
        """The `num` best mechanisms between two nodes; none where the graph joins them by no path."""
        question = Question(self.graph, int(self.graph.group[drug]), int(self.graph.group[disease]))
        if question.start == question.end:
            return []
        best: list[tuple[float, tuple[int, ...]]] = []
        total = -np.inf
        for halves in question.paths():
            for left, right, scored in self.scored(question, halves):
                total = np.logaddexp(total, np.logaddexp.reduce(scored))
                first = np.argsort(-scored, kind="stable")[:num]
                ways = halves.joined(left[first], right[first]).tolist()
                best += list(zip(scored[first].tolist(), map(tuple, ways), strict=True))
                best = sorted(best, key=lambda found: -found[0])[:num]
        return [
            self._mechanism(question, (drug, disease), hops, float(np.exp(score - total)))
            for score, hops in best
        ]

    def scored(self, question: Question, halves: Halves) -> Iterator[tuple[Ints, Ints, NDArray[np.float64]]]:
        """((n,) prefixes, (n,) suffixes, (n,) scores) of all paths of one length, in blocks."""
        with torch.no_grad():
            before, after = (
                told.scores(self.network, self.meanings).numpy().astype(np.float64)
                for told in read_halves(question, halves, self.names)
            )
        for left, right in halves.blocks():
            yield left, right, before[left] + after[right]

    def _mechanism(
        self, question: Question, ends: tuple[int, int], hops: tuple[int, ...], share: float
    ) -> Mechanism:
        told = read(question, np.array([hops]), slots(len(hops)), self.names)
        with torch.no_grad():
            values = told.values(self.network, self.meanings).numpy()
        best = [
            places[np.argmax(values[places])]
            for places in (np.flatnonzero(told.place == place) for place in told.paths[0])
        ]
        rows = [question.row(int(told.edge[i])) for i in best]
        added = tuple(float(values[i]) for i in best)
        return Mechanism(self._hierarchy.joined(ends[0], rows, ends[1]), sum(added), added, share)

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return Hierarchy(self.graph.snapshot)
