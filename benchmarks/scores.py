"""A ranking as one number for every candidate, so that ties and ranks are counted alike for every method."""

import numpy as np
from numpy.typing import NDArray

from kgdx.reasoning.ranking import Ranking

Floats = NDArray[np.float64]


def of_all(ranking: Ranking, logit: Floats, size: int) -> Floats:
    """(size,) logits of all candidates.

    Those that were not proposed come after, in their own order; further identifiers of a disease are -inf.

    Args:
        logit: (K,) of the proposed.
    """
    scores = np.full(size, -np.inf)
    scores[ranking.positions] = logit
    if len(ranking.others):
        scores[ranking.others] = ranking.others_logit - ranking.others_logit.max() + logit.min() - 1.0
    return rounded(scores)


def rounded(scores: Floats) -> Floats:
    """Sums of the same numbers in another order tie."""
    return scores.round(9)


def mass_within(scores: Floats, mass: Floats, cut: int) -> float:
    """Share of `mass` among the first `cut` by score, in [0, 1]; what ties at the end shares its places."""
    total = mass.sum()
    if total == 0 or len(scores) <= cut:
        return float(total > 0)
    last = np.sort(scores)[-cut]
    above, tied = scores > last, scores == last
    share = (cut - above.sum()) / tied.sum()
    return float((mass[above].sum() + share * mass[tied].sum()) / total)
