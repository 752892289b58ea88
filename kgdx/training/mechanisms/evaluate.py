"""Where curated paths stand among all paths of their pair."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats, Ints
from kgdx.mechanisms.hops import Hops
from kgdx.training.metrics import mid_rank, ranking_metrics

_DECIMALS = 6
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Of the best curated path of one pair.

    Attributes:
        rank: from 1; ties share the middle of their ranks.
        num_paths: of the pair, curated ones among them.
    """

    rank: float
    num_paths: int

    @property
    def percentile(self) -> float:
        """The share of the other paths that stand below it, in [0, 1]; 1 where there is no other."""
        return (self.num_paths - self.rank) / (self.num_paths - 1) if self.num_paths > 1 else 1.0


def is_gold(hops: Hops, paths: Ints, gold: Iterable[Sequence[int]]) -> NDArray[np.bool_]:
    """(n,) whether a path visits the same groups, in the same order, as a curated one.

    Args:
        paths: (n, num_hops) hops.
        gold: curated paths, as groups.
    """
    found = np.zeros(len(paths), dtype=bool)
    for path in gold:
        if len(path) - 1 == paths.shape[1]:
            steps = [hops.find(start, end) for start, end in pairwise(path)]
            found |= (paths == np.array(steps)).all(axis=1)
    return found


def place(scores: Floats, is_curated: NDArray[np.bool_]) -> Place | None:
    """Where the best curated path stands; None if none is among the paths.

    Args:
        scores: (n,); what differs by less than a millionth is a tie.
    """
    accepted = np.flatnonzero(is_curated)
    if len(accepted) == 0:
        return None
    return Place(mid_rank(np.round(scores, _DECIMALS), accepted.tolist()), len(scores))


def place_metrics(places: Sequence[Place]) -> dict[str, object]:
    """n, mrr, hit1, hit10 and mpr with their 95 % bootstrap intervals, over pairs."""
    if not places:
        return {"n": 0}
    told = ranking_metrics(np.array([place.rank for place in places]), cuts=(1, 10))
    percentile = np.array([place.percentile for place in places])
    rng = np.random.default_rng(0)
    drawn = [rng.choice(percentile, len(percentile)).mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {key.replace("top", "hit"): value for key, value in told.items()} | {
        "mpr": round(float(percentile.mean()), 4),
        "mpr_ci": [round(float(low), 4), round(float(high), 4)],
    }
