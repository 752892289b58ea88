"""What paths walk over, hops between groups, and every simple path of two to four of them.

Both ends of a path are walked from, to meet in the middle. Halves are held, and no more than a block of whole
paths at a time, however many there are.
"""

from collections.abc import Iterator
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


MAX_HOPS = 4
_BLOCK = 1 << 19


@dataclass(frozen=True, eq=False)
class Halves:
    """Paths of one length, as ways that leave the start and ways that reach the end.

    Attributes:
        prefix: (p, k) hops of the former, each of which some way goes on from.
        suffix: (s, l) hops of the latter, sorted by where they begin.
        low, high: (p,) the suffixes that go on from each prefix, as a range.
    """

    hops: Hops
    prefix: Ints
    suffix: Ints
    low: Ints
    high: Ints

    @property
    def num_hops(self) -> int:
        """Length of each path."""
        return int(self.prefix.shape[1] + self.suffix.shape[1])

    def joined(self, left: Ints, right: Ints) -> Ints:
        """(n, k + l) hops of some paths."""
        return np.concatenate([self.prefix[left], self.suffix[right]], axis=1)

    def blocks(self, block: int = _BLOCK) -> Iterator[tuple[Ints, Ints]]:
        """((n,) prefixes, (n,) suffixes) of all paths, some at a time.

        Args:
            block: most paths at a time, but for a prefix that more suffixes than that go on from.
        """
        size = self.high - self.low
        total, at = np.cumsum(size), 0
        while at < len(size):
            end = int(np.searchsorted(total, total[at] - size[at] + block, side="right"))
            end = max(at + 1, end)
            right, left = spread(self.low[at:end], self.high[at:end])
            left += at
            if self.num_hops == MAX_HOPS:  # the groups beside the middle one may be the same
                ends = self.hops.end
                apart = ends[self.prefix[left, 0]] != ends[self.suffix[right, 0]]
                left, right = left[apart], right[apart]
            if len(left):
                yield left, right
            at = end


def simple_paths(
    hops: Hops, start: int, end: int, is_shut: NDArray[np.bool_] | None = None
) -> Iterator[Halves]:
    """All of them, length by length, shortest first.

    Args:
        start, end: two groups.
        is_shut: (h,) hops that may not be walked, each marked both ways; none if left out.
    """
    shut = np.zeros(len(hops), dtype=bool) if is_shut is None else is_shut
    ways_out, ways_in = (_ways(hops, here, there, shut) for here, there in ((start, end), (end, start)))
    for num_out, num_in in ((1, 1), (1, 2), (2, 2)):
        yield _halves(hops, ways_out[num_out - 1], hops.turned[ways_in[num_in - 1][:, ::-1]])


def _ways(hops: Hops, start: int, avoided: int, shut: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """((n, 1), (m, 2)) the ways of one hop and of two that leave a group and keep clear of another."""
    first, _ = hops.out_of(np.array([start]))
    first = first[~shut[first] & (hops.end[first] != avoided)]
    second, after = hops.out_of(hops.end[first])
    there = hops.end[second]
    kept = np.flatnonzero(~shut[second] & (there != avoided) & (there != start))
    return first[:, None], np.stack([first[after[kept]], second[kept]], axis=1)


def _halves(hops: Hops, prefix: Ints, suffix: Ints) -> Halves:
    suffix = suffix[np.isin(hops.start[suffix[:, 0]], hops.end[prefix[:, -1]])]
    suffix = suffix[np.argsort(hops.start[suffix[:, 0]], kind="stable")]
    begins, meets = hops.start[suffix[:, 0]], hops.end[prefix[:, -1]]
    low, high = np.searchsorted(begins, meets), np.searchsorted(begins, meets, side="right")
    kept = high > low
    return Halves(hops, prefix[kept], suffix, low[kept], high[kept])
