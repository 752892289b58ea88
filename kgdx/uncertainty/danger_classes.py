"""What counts as one of a list of emergencies: all that is a kind of one, or the same."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.snapshot import Snapshot


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
