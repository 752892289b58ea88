"""Ancestors over `subclass_of` and `exact_match`, with the edges that lead to them."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.cliques import MATCH_RELATION
from kgdx.graph.snapshot import Snapshot

EdgePath = tuple[tuple[int, bool], ...]
"""A walk: (snapshot row of the edge, whether it is walked from head to tail), step by step."""


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """What each node is a kind of, and what it is the same as.

    Attributes:
        also: further steps to take, (relation, whether from head to tail); like matches they do not count.
    """

    snapshot: Snapshot
    also: tuple[tuple[str, bool], ...] = ()
    _taken: dict[tuple[int, bool], list[tuple[int, int, bool, int]]] = field(default_factory=dict, repr=False)

    @cached_property
    def _up(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _sorted_by(self.snapshot.head, self.snapshot.edges_of("subclass_of"))

    @cached_property
    def _same_forward(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _sorted_by(self.snapshot.head, self.snapshot.edges_of(MATCH_RELATION))

    @cached_property
    def _same_backward(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _sorted_by(self.snapshot.tail, self.snapshot.edges_of(MATCH_RELATION))

    @cached_property
    def _further(self) -> list[tuple[bool, tuple[NDArray[np.int64], NDArray[np.int64]]]]:
        snapshot = self.snapshot
        return [
            (forward, _sorted_by(snapshot.head if forward else snapshot.tail, snapshot.edges_of(relation)))
            for relation, forward in self.also
        ]

    def ancestors_with_paths(
        self, node: int, max_kinds: int | None = None, *, over_matches: bool = True
    ) -> dict[int, EdgePath]:
        """Everything `node` is, or is a kind of, with the shortest way there.

        Args:
            node: node index; it is part of the answer, with the empty trail.
            max_kinds: most steps of `subclass_of`; None for any number. `exact_match` does not count.
            over_matches: whether to pass `exact_match` edges.

        Returns:
            node index -> trail from `node` to it.
        """
        trails: dict[int, EdgePath] = {node: ()}
        lowest = {node: 0}
        queue: deque[tuple[int, int, EdgePath]] = deque([(node, 0, ())])
        while queue:
            here, height, trail = queue.popleft()
            for row, there, is_forward, rise in self._next(here, over_matches):
                reached = 0 if max_kinds is None else height + rise
                # A longer way with fewer kinds on it may lead on to what the shortest way no longer reaches.
                if reached > (max_kinds or 0) or reached >= lowest.get(there, reached + 1):
                    continue
                lowest[there] = reached
                longer = (*trail, (row, is_forward))
                trails.setdefault(there, longer)
                queue.append((there, reached, longer))
        return trails

    def kinds_of(self, nodes: Collection[int]) -> frozenset[int]:
        """Some nodes, what is the same as one of them, and every kind of those."""
        found, waiting = set(nodes), list(nodes)
        while waiting:
            here = waiting.pop()
            rows = _rows(self._down, here)
            below = [int(self.snapshot.head[row]) for row in rows if not self.snapshot.negated[row]]
            same = [there for _, there, _, rise in self._next(here, over_matches=True) if rise == 0]
            fresh = {*below, *same} - found
            found |= fresh
            waiting += fresh
        return frozenset(found)

    @cached_property
    def _down(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _sorted_by(self.snapshot.tail, self.snapshot.edges_of("subclass_of"))

    def joined(self, start: int, steps: Sequence[tuple[int, bool]], goal: int) -> EdgePath:
        """Steps between groups as a walk from node to node, over `exact_match` where two name a group.

        Args:
            steps: (row of the snapshot, whether it is walked from head to tail).
        """
        here, trail = start, []
        for row, is_forward in steps:
            ends = int(self.snapshot.head[row]), int(self.snapshot.tail[row])
            first, last = ends if is_forward else ends[::-1]
            trail += [*self._matches(here, first), (row, is_forward)]
            here = last
        return (*trail, *self._matches(here, goal))

    def _matches(self, start: int, goal: int) -> EdgePath:
        """The fewest `exact_match` edges between two nodes of one group."""
        return self.ancestors_with_paths(start, 0)[goal]

    def _next(self, node: int, over_matches: bool) -> list[tuple[int, int, bool, int]]:
        """Row, other end, direction and rise of each step from a node; looked up once."""
        if (node, over_matches) not in self._taken:
            self._taken[node, over_matches] = self._steps(node, over_matches)
        return self._taken[node, over_matches]

    def _steps(self, node: int, over_matches: bool) -> list[tuple[int, int, bool, int]]:
        head, tail = self.snapshot.head, self.snapshot.tail
        steps = [(row, int(tail[row]), True, 1) for row in _rows(self._up, node)]
        if over_matches:
            steps += [(row, int(tail[row]), True, 0) for row in _rows(self._same_forward, node)]
            steps += [(row, int(head[row]), False, 0) for row in _rows(self._same_backward, node)]
        for forward, table in self._further:
            ends = tail if forward else head
            steps += [(row, int(ends[row]), forward, 0) for row in _rows(table, node)]
        return [step for step in steps if not self.snapshot.negated[step[0]]]


def reverse(trail: EdgePath) -> EdgePath:
    """The same walk from its end to its start."""
    return tuple((row, not is_forward) for row, is_forward in reversed(trail))


def _sorted_by(
    ends: NDArray[np.int32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(ends[rows], kind="stable")
    return ends[rows][order].astype(np.int64), rows[order]


def _rows(table: tuple[NDArray[np.int64], NDArray[np.int64]], node: int) -> list[int]:
    keys, rows = table
    start, end = np.searchsorted(keys, (node, node + 1))
    return [int(row) for row in rows[start:end]]
