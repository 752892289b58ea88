"""The explanation subgraph of each candidate: the strongest walks, found backward from the candidate.

The search knows exactly how much of the score flows through what it has not yet walked (the forward walk
sums), so it follows flow, not node degree or path length.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats32, Ints


@dataclass(frozen=True, eq=False)
class Walks:
    """Simple walks from findings to candidates; W of them.

    Attributes:
        candidate: (W,) int64 position of the candidate.
        start: (W,) int64 local node at which the walk starts.
        edges: (W, L) int64 positions of directed edges in walking order, -1 after the last.
        contribution: (W,) float32 share of the candidate's graph logit.
    """

    candidate: Ints
    start: Ints
    edges: Ints
    contribution: Floats32

    def of(self, candidate: int) -> "Walks":
        """The walks of one candidate, largest share first."""
        mine = np.flatnonzero(self.candidate == candidate)
        return self.take(mine[np.argsort(-np.abs(self.contribution[mine]), kind="stable")])

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Walks":
        """Some of the walks, by mask or by number."""
        return Walks(
            self.candidate[chosen], self.start[chosen], self.edges[chosen], self.contribution[chosen]
        )


@dataclass(frozen=True, eq=False)
class _Frontier:
    """Partial walks, from some node to a candidate: what the search still has to lengthen; P of them.

    Attributes:
        edges: (P, L) and `nodes` (P, L + 1), from the candidate on, -1 after the last.
    """

    candidate: Ints
    node: Ints
    product: Floats32
    edges: Ints
    nodes: Ints


@dataclass(frozen=True, eq=False)
class _Steps:
    """One step more, by every way there is; the walks themselves are written out for the chosen alone.

    Attributes:
        parent: of which partial walk of the frontier it is the next step.
        product: (S, C) float32 of all gates on the way.
    """

    parent: Ints
    edge: Ints
    node: Ints
    candidate: Ints
    product: Floats32

    def take(self, chosen: Ints) -> "_Steps":
        return _Steps(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def walked(self, frontier: _Frontier, length: int) -> _Frontier:
        edges, nodes = frontier.edges[self.parent], frontier.nodes[self.parent]
        edges[:, length - 1], nodes[:, length] = self.edge, self.node
        return _Frontier(self.candidate, self.node, self.product, edges, nodes)


@dataclass(frozen=True, eq=False)
class PathSearch:
    """A search over one case graph.

    Attributes:
        edge_index: (2, E) int64.
        gates: (E, C) float32.
        start: (n, C) float32 boundary condition; zero rows start no walk.
        sums: (L + 1, n, C) float32 walk sums of |start|: the most that can flow.
        readout: (L, C) float32.
    """

    edge_index: Ints
    gates: Floats32
    start: Floats32
    sums: Floats32
    readout: Floats32

    def strongest(self, candidates: Ints, num_walks: int, beam: int) -> Walks:
        """The strongest simple walks into each candidate.

        Args:
            candidates: (K,) int64 local nodes.
            num_walks: how many to keep for each.
            beam: how many partial walks to follow for each.
        """
        order = np.argsort(self.edge_index[1], kind="stable")
        first = np.searchsorted(self.edge_index[1][order], np.arange(len(self.start) + 1))
        depth = len(self.readout)
        frontier = _Frontier(
            candidate=np.arange(len(candidates)),
            node=candidates,
            product=np.ones((len(candidates), self.gates.shape[1]), np.float32),
            edges=np.full((len(candidates), depth), -1, np.int64),
            nodes=np.column_stack([candidates, np.full((len(candidates), depth), -1, np.int64)]),
        )
        found = []
        for length in range(1, depth + 1):
            steps = self._lengthen(frontier, order, first, length)
            found.append(self._complete(steps, frontier, length, num_walks))
            kept = _best(steps.candidate, self._flow(steps, length), beam)
            frontier = steps.take(kept).walked(frontier, length)
        walks = Walks(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
        return walks.take(_best(walks.candidate, np.abs(walks.contribution), num_walks))

    def _lengthen(self, frontier: _Frontier, order: Ints, first: Ints, length: int) -> _Steps:
        counts = first[frontier.node + 1] - first[frontier.node]
        parent = np.repeat(np.arange(len(counts)), counts)
        offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        edge = order[first[frontier.node][parent] + offset]
        node = self.edge_index[0][edge]
        is_fresh = np.ones(len(node), dtype=bool)
        for passed in frontier.nodes.T[:length]:
            is_fresh &= passed[parent] != node
        parent, edge, node = parent[is_fresh], edge[is_fresh], node[is_fresh]
        product = frontier.product[parent] * self.gates[edge]
        return _Steps(parent, edge, node, frontier.candidate[parent], product)

    def _complete(
        self, steps: _Steps, frontier: _Frontier, length: int, num_walks: int
    ) -> tuple[Ints, Ints, Ints, Floats32]:
        done = steps.take(np.flatnonzero(self._is_start[steps.node]))
        value = (self.start[done.node] * done.product) @ self.readout[length - 1]
        kept = _best(done.candidate, np.abs(value), num_walks)
        walks = done.take(kept).walked(frontier, length)
        walks.edges[:, :length] = walks.edges[:, :length][:, ::-1].copy()
        return walks.candidate, walks.node, walks.edges, value[kept]

    @cached_property
    def _is_start(self) -> NDArray[np.bool_]:
        return np.asarray((self.start != 0).any(axis=1))

    def _flow(self, steps: _Steps, length: int) -> Floats32:
        """Upper bound of what still reaches the candidate through each partial walk."""
        still = np.zeros_like(self.start)
        for more in range(1, len(self.readout) - length + 1):
            still += self.sums[more] * np.abs(self.readout[length + more - 1])
        return np.asarray(np.einsum("sc,sc->s", steps.product, still[steps.node]))


def _best(group: Ints, value: Floats32, count: int) -> Ints:
    """Positions of the `count` largest positive values of each group."""
    positive = np.flatnonzero(value > 0)
    positive = positive[np.argsort(group[positive], kind="stable")]
    starts = np.flatnonzero(np.diff(group[positive], prepend=-1))
    # Sorting all of them would take longer than the rest of the search.
    positive = np.concatenate([_largest(part, value, count) for part in np.split(positive, starts[1:])])
    order = positive[np.lexsort((-value[positive], group[positive]))]
    sorted_group = group[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_group, sorted_group)
    best: Ints = order[rank < count]
    return best


def _largest(part: Ints, value: Floats32, count: int) -> Ints:
    """The positions of the `count` largest values, and of all that are equal to the least of them."""
    if len(part) <= count:
        return part
    least = np.partition(value[part], len(part) - count)[len(part) - count]
    largest: Ints = part[value[part] >= least]
    return largest
