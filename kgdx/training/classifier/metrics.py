"""How good answers are: AUC and accuracy as MedMNIST defines them (Yang et al. 2023, Sci Data 10:41)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from kgdx.graph.arrays import Floats


def area_under_curve(
    probabilities: NDArray[Any], truths: NDArray[Any], *, is_multi_label: bool = False
) -> float:
    """Area under the ROC curve: of the second label where there are two, else the mean over labels.

    Args:
        probabilities: (N, L).
        truths: (N, L) 0 or 1.

    Returns:
        In [0, 1]; NaN if no label has both examples and counterexamples.
    """
    columns = [1] if truths.shape[1] == 2 and not is_multi_label else range(truths.shape[1])
    told = [i for i in columns if 0 < truths[:, i].mean() < 1]
    if not told:
        return float("nan")
    return float(np.mean([roc_auc_score(truths[:, i], probabilities[:, i]) for i in told]))


def accuracy(probabilities: NDArray[Any], truths: NDArray[Any], *, is_multi_label: bool = False) -> float:
    """Share of right answers: the likeliest label, or of several labels each by itself at one half."""
    return float(is_right(probabilities, truths, is_multi_label=is_multi_label).mean())


def is_right(probabilities: NDArray[Any], truths: NDArray[Any], *, is_multi_label: bool = False) -> Floats:
    """(N,) share of an image's answers that are right: 0 or 1 where one label must be chosen."""
    if is_multi_label:
        return np.asarray(((probabilities > 0.5) == (truths == 1)).mean(axis=1))
    return np.asarray(probabilities.argmax(axis=1) == truths.argmax(axis=1), dtype=np.float64)
