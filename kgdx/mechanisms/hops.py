"""What paths walk over: hops between groups, and the edges of different meaning that each is made of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Ints


@dataclass(frozen=True, eq=False)
class Hops:
    """Ordered pairs of groups that some edge joins, sorted; h of them, each there both ways.

    Attributes:
        start, end: (h,) groups.
    """

    start: Ints
    end: Ints
    num_groups: int

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def first(self) -> Ints:
        """(num_groups + 1,) where the hops out of each group begin."""
        return np.searchsorted(self.start, np.arange(self.num_groups + 1))

    @cached_property
    def turned(self) -> Ints:
        """(h,) the same hop the other way."""
        # Sorted by (end, start), they stand as their turned ones do by (start, end).
        result = np.empty(len(self), dtype=np.int64)
        result[np.lexsort((self.start, self.end))] = np.arange(len(self))
        return result

    def find(self, start: int, end: int) -> int:
        """The hop from one group to another; -1 if there is none."""
        low, high = self.first[start], self.first[start + 1]
        place = low + int(np.searchsorted(self.end[low:high], end))
        return place if place < high and self.end[place] == end else -1

    def out_of(self, groups: Ints) -> tuple[Ints, Ints]:
        """((n,) hops that leave some groups, (n,) the position in `groups` that each leaves)."""
        return spread(self.first[groups], self.first[groups + 1])


@dataclass(frozen=True, eq=False)
class Edges:
    """Directed edges, each of one meaning between two groups; e of them, sorted by hop.

    Attributes:
        hop: (e,) of each.
        meaning: (e,) see `MechanismGraph.meanings`.
        rows: (s,) rows of the snapshot that state them, those of one edge side by side.
        is_forward: (s,) whether that row is walked from head to tail.
        first: (e + 1,) where the rows of each edge begin.
    """

    hops: Hops
    hop: Ints
    meaning: Ints
    rows: Ints
    is_forward: NDArray[np.bool_]
    first: Ints

    def __len__(self) -> int:
        return len(self.hop)

    @cached_property
    def of_row(self) -> Ints:
        """(s,) the edge that each row states."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def of_hops(self, hops: Ints) -> tuple[Ints, Ints]:
        """((n,) edges that some hops are made of, (n,) the position in `hops` of each's)."""
        return spread(np.searchsorted(self.hop, hops), np.searchsorted(self.hop, hops, side="right"))

    def rows_of(self, edges: Ints) -> tuple[Ints, Ints]:
        """((n,) rows of the snapshot that state some edges, (n,) the position in `edges` of each's)."""
        places, which = spread(self.first[edges], self.first[edges + 1])
        return self.rows[places], which

    def places_of(self, rows: Ints) -> Ints:
        """Where some rows of the snapshot stand among `rows`; a row stands there twice, once each way."""
        order, known = self._by_row
        asked = np.unique(rows)
        return order[spread(np.searchsorted(known, asked), np.searchsorted(known, asked, side="right"))[0]]

    @cached_property
    def _by_row(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.rows, kind="stable")
        return order, self.rows[order]

    @cached_property
    def num_beside(self) -> Ints:
        """(h,) how many edges each hop is made of."""
        return np.bincount(self.hop, minlength=len(self.hops))

    @cached_property
    def out_key(self) -> Ints:
        """(e,) the same for edges of one meaning that leave one group."""
        return np.asarray(self.hops.start[self.hop] * (self.meaning.max(initial=0) + 1) + self.meaning)

    @cached_property
    def in_key(self) -> Ints:
        """(e,) the same for edges of one meaning that reach one group."""
        return np.asarray(self.hops.end[self.hop] * (self.meaning.max(initial=0) + 1) + self.meaning)

    @cached_property
    def fan_out(self) -> Ints:
        """(e,) edges of the same meaning that leave its start."""
        return _fan(self.out_key)

    @cached_property
    def fan_in(self) -> Ints:
        """(e,) edges of the same meaning that reach its end."""
        return _fan(self.in_key)


def spread(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """((n,) the numbers of some ranges, one range after the other, (n,) which range each is of)."""
    size = high - low
    which = np.repeat(np.arange(len(size)), size)
    return np.arange(len(which)) - np.repeat(np.cumsum(size) - size - low, size), which


def _fan(keys: Ints) -> Ints:
    _, which, num = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(num[which.ravel()])
