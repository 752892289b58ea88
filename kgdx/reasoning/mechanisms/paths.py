"""Every simple path of two to four hops between two groups: both ends are walked from, to meet in the middle.

No more than a block of paths is held at a time, however many there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgdx.reasoning.mechanisms.hops import Hops, Ints, spread

MAX_HOPS = 4
_BLOCK = 1 << 19


@dataclass(frozen=True, eq=False)
class Joined:
    """Paths of one length, as pairs of halves; n of them.

    Attributes:
        prefix: (p, k) hops of the ways that leave the start.
        suffix: (s, l) hops of the ways that reach the end.
        left, right: (n,) which prefix and which suffix make up each path.
    """

    prefix: Ints
    suffix: Ints
    left: Ints
    right: Ints

    def __len__(self) -> int:
        return len(self.left)

    @property
    def num_hops(self) -> int:
        """Length of each path."""
        return int(self.prefix.shape[1] + self.suffix.shape[1])

    def hops(self, chosen: Ints | None = None) -> Ints:
        """(n, k + l) hops of all the paths, or of some by position."""
        left, right = (self.left, self.right) if chosen is None else (self.left[chosen], self.right[chosen])
        return np.concatenate([self.prefix[left], self.suffix[right]], axis=1)


def simple_paths(
    hops: Hops, start: int, end: int, is_shut: NDArray[np.bool_] | None = None, block: int = _BLOCK
) -> Iterator[Joined]:
    """All of them, in blocks, shortest first.

    Args:
        start, end: two groups.
        is_shut: (h,) hops that may not be walked, each marked both ways; none if left out.
        block: paths held at a time; somewhat more where many ways share their first half.
    """
    shut = np.zeros(len(hops), dtype=bool) if is_shut is None else is_shut
    ways_out, ways_in = (_ways(hops, here, there, shut) for here, there in ((start, end), (end, start)))
    for num_out, num_in in ((1, 1), (1, 2), (2, 2)):
        prefix, suffix = ways_out[num_out - 1], hops.turned[ways_in[num_in - 1][:, ::-1]]
        yield from _joined(hops, prefix, suffix, block)


def _ways(hops: Hops, start: int, avoided: int, shut: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """((n, 1), (m, 2)) the ways of one hop and of two that leave a group and keep clear of another."""
    first, _ = hops.out_of(np.array([start]))
    first = first[~shut[first] & (hops.end[first] != avoided)]
    second, after = hops.out_of(hops.end[first])
    there = hops.end[second]
    kept = np.flatnonzero(~shut[second] & (there != avoided) & (there != start))
    return first[:, None], np.stack([first[after[kept]], second[kept]], axis=1)


def _joined(hops: Hops, prefix: Ints, suffix: Ints, block: int) -> Iterator[Joined]:
    suffix = suffix[np.argsort(hops.start[suffix[:, 0]], kind="stable")]
    begins = hops.start[suffix[:, 0]]
    meets = hops.end[prefix[:, -1]]
    low, high = np.searchsorted(begins, meets), np.searchsorted(begins, meets, side="right")
    prefix, low, high = (values[high > low] for values in (prefix, low, high))
    size = high - low
    total = np.cumsum(size)
    at = 0
    while at < len(prefix):
        before = total[at] - size[at]
        until = max(at + 1, int(np.searchsorted(total, before + block, side="right")))
        right, left = spread(low[at:until], high[at:until])
        left += at
        if (
            prefix.shape[1] == suffix.shape[1] == 2
        ):  # the middle group is met once, the ones beside it may not be
            apart = hops.end[prefix[left, 0]] != hops.end[suffix[right, 0]]
            left, right = left[apart], right[apart]
        yield Joined(prefix, suffix, left, right)
        at = until
