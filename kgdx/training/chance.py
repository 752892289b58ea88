"""Whether what was trained answers better than chance, on images that no weight was fitted on."""

import numpy as np

from kgdx.domain.errors import BadInputError
from kgdx.graph.arrays import Floats32

# One-sided, at 1 in 20.
_Z = 1.645


def least_auc(truths: Floats32) -> float:
    """The area under the ROC curve that an answer without any skill exceeds once in twenty times.

    Args:
        truths: (N, L) 1 where a label holds; the label with the fewest images decides.

    Source: the variance of the rank sum (Mann and Whitney 1947).
    """
    num = truths.sum(axis=0).astype(np.float64)
    others = len(truths) - num
    told = (num > 0) & (others > 0)
    if not told.any():
        return 1.0
    variance = (len(truths) + 1) / (12 * num[told] * others[told])
    return float(min(1.0, 0.5 + _Z * np.sqrt(variance.max())))


def check_better_than_chance(what: str, auc: float, truths: Floats32, *, is_forced: bool) -> None:
    """Refuse what is no better than chance, unless somebody wants it all the same.

    Raises:
        BadInputError: with the area and what would have been needed.
    """
    least = least_auc(truths)
    if auc <= least and not is_forced:
        found = f"AUC {auc:.3f} on {len(truths)} held-out images; chance gives up to {least:.3f}"
        fact = f"is no better than chance ({found})"
        raise BadInputError(what, fact, "give more or clearer images, or --force to write it all the same")
