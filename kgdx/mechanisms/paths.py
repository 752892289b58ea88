"""Every simple path of two to four hops between two groups: both ends are walked from, to meet in the middle.

Halves are held, and no more than a block of whole paths at a time, however many there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Ints
from kgdx.mechanisms.hops import Hops, spread

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
