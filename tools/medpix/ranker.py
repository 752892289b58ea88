"""How much each sign of a title weighs: fitted so that the right titles come out likeliest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

_RIDGE = 1e-3


def fit(
    signs: NDArray[np.float64], right: NDArray[np.int64], known: NDArray[np.float64] | float = 0.0
) -> Sequence[float]:
    """Weights of a softmax over candidates (conditional logit, McFadden 1974), never negative.

    Args:
        signs: (N, M, F) of M candidates in N cases.
        right: (N,) number of the right candidate.
        known: (N, M) what stands already and is only added to.

    Returns:
        F weights, four digits.
    """
    spread = signs.std(axis=(0, 1)) + 1e-9
    scaled = signs / spread

    def loss(weights: NDArray[np.float64]) -> float:
        likelihood = log_softmax(known + scaled @ weights, axis=1)[np.arange(len(right)), right]
        return float(-likelihood.mean() + _RIDGE * (weights**2).sum())

    count = signs.shape[2]
    found = minimize(loss, np.ones(count), bounds=[(0, None)] * count, method="L-BFGS-B")
    return [round(float(weight), 4) for weight in found.x / spread]
