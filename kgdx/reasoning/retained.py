"""The explanation subgraph of each candidate: the strongest walks, found backward from the candidate.

The search knows exactly how much of the score flows through what it has not yet walked (the forward walk
sums), so it follows flow, not node degree or path length.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


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
    contribution: Floats

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
    """Partial walks, from some node to a candidate: what the search still has to lengthen."""

    candidate: Ints
    node: Ints
    product: Floats
    edges: Ints
    nodes: Ints

    def take(self, chosen: Ints) -> "_Frontier":
        return _Frontier(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class WalkSearch:
    """A search over one case graph.

    Attributes:
        edge_index: (2, E) int64.
        gates: (E, C) float32.
        start: (n, C) float32 boundary condition; zero rows start no walk.
        sums: (L + 1, n, C) float32 walk sums of |start|: the most that can flow.
        readout: (L, C) float32.
    """

    edge_index: Ints
    gates: Floats
    start: Floats
    sums: Floats
    readout: Floats

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
            frontier = self._lengthen(frontier, order, first, length)
            found.append(self._complete(frontier, length))
            flow = self._flow(frontier, length)
            frontier = frontier.take(_best(frontier.candidate, flow, beam))
        walks = Walks(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
        kept = _best(walks.candidate, np.abs(walks.contribution), num_walks)
        return walks.take(kept)

    def _lengthen(self, frontier: _Frontier, order: Ints, first: Ints, length: int) -> _Frontier:
        counts = first[frontier.node + 1] - first[frontier.node]
        parent = np.repeat(np.arange(len(counts)), counts)
        offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        edge = order[first[frontier.node][parent] + offset]
        node = self.edge_index[0][edge]
        fresh = ~(frontier.nodes[parent] == node[:, None]).any(axis=1)
        parent, edge, node = parent[fresh], edge[fresh], node[fresh]
        edges, nodes = frontier.edges[parent], frontier.nodes[parent]
        edges[:, length - 1], nodes[:, length] = edge, node
        product = frontier.product[parent] * self.gates[edge]
        return _Frontier(frontier.candidate[parent], node, product, edges, nodes)

    def _complete(self, frontier: _Frontier, length: int) -> tuple[Ints, Ints, Ints, Floats]:
        ends = np.flatnonzero(np.abs(self.start[frontier.node]).sum(axis=1) > 0)
        done = frontier.take(ends)
        value = (self.start[done.node] * done.product) @ self.readout[length - 1]
        walked = done.edges.copy()
        walked[:, :length] = walked[:, :length][:, ::-1]
        return done.candidate, done.node, walked, value

    def _flow(self, frontier: _Frontier, length: int) -> Floats:
        """Upper bound of what still reaches the candidate through each partial walk."""
        flow = np.zeros(len(frontier.node), np.float32)
        for more in range(1, len(self.readout) - length + 1):
            weighed = frontier.product * np.abs(self.readout[length + more - 1])
            flow += (self.sums[more][frontier.node] * weighed).sum(axis=1)
        return flow


def _best(group: Ints, value: Floats, count: int) -> Ints:
    """Positions of the `count` largest positive values of each group."""
    order = np.lexsort((-value, group))
    order = order[value[order] > 0]
    sorted_group = group[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_group, sorted_group)
    best: Ints = order[rank < count]
    return best
