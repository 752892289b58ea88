"""Metrics with bootstrap intervals; ranking metrics are those of `kgdx.training.metrics`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.training.metrics import (
    coverage_risk,
    expected_calibration_error,
    mid_rank,
    paired_gain,
    ranking_metrics,
    sliced_metrics,
)

__all__ = [
    "accuracy",
    "coverage_risk",
    "detection_metrics",
    "expected_calibration_error",
    "grouped_interval",
    "mid_rank",
    "paired_gain",
    "presence_metrics",
    "ranking_metrics",
    "sliced_metrics",
]

Floats = NDArray[np.float64]

_RESAMPLES = 1000


def accuracy(is_right: NDArray[np.bool_], groups: Sequence[str]) -> dict[str, object]:
    """Share of right answers with its 95 % interval; whole groups (the images of a case) are resampled."""
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    right, size = np.bincount(member, is_right), np.bincount(member)
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(size), size=len(size)) for _ in range(_RESAMPLES)]
    low, high = np.quantile([right[rows].sum() / size[rows].sum() for rows in drawn], [0.025, 0.975])
    return {
        "acc": round(float(is_right.mean()), 4),
        "ci": [round(float(low), 4), round(float(high), 4)],
    }


def detection_metrics(
    gold: NDArray[np.bool_], said: NDArray[np.bool_], names: Sequence[str] = ()
) -> dict[str, object]:
    """Precision, recall and F1 over all cells (micro), with the 95 % interval over resampled rows.

    Args:
        gold: (n, k) what is true of n texts.
        said: (n, k) what was said of them.
        names: (k,) of the columns, to be told one by one under `per_finding`; none for the whole alone.
    """
    counts = np.stack([gold & said, ~gold & said, gold & ~said]).sum(axis=2).T.astype(np.float64)
    rng = np.random.default_rng(0)
    drawn = [_f1(*counts[rng.integers(len(counts), size=len(counts))].sum(axis=0)) for _ in range(_RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    told = _detection(gold.ravel(), said.ravel()) | {"f1_ci": [round(float(low), 4), round(float(high), 4)]}
    told["n"] = len(gold)
    if names:
        each = {name: _detection(gold[:, i], said[:, i]) for i, name in enumerate(names)}
        told["per_finding"] = {
            name: figures | {"n": int(gold[:, i].sum())} for i, (name, figures) in enumerate(each.items())
        }
    return told


def _detection(gold: NDArray[np.bool_], said: NDArray[np.bool_]) -> dict[str, object]:
    right, wrong, missed = (float(x.sum()) for x in (gold & said, ~gold & said, gold & ~said))
    return {
        "precision": round(right / max(right + wrong, 1), 4),
        "recall": round(right / max(right + missed, 1), 4),
        "f1": round(_f1(right, wrong, missed), 4),
    }


def _f1(right: float, wrong: float, missed: float) -> float:
    return 2 * right / max(2 * right + wrong + missed, 1)


def presence_metrics(
    logits: Floats, is_true: NDArray[np.bool_], groups: NDArray[np.int64]
) -> dict[str, object]:
    """Log loss and Brier score of probabilities, with 95 % intervals, and their calibration error.

    Args:
        logits: (n,) natural log odds.
        groups: (n,) number of the case of each; whole cases are resampled.
    """
    if len(logits) == 0:
        return {"n": 0}
    probability = 1 / (1 + np.exp(-logits))
    each = {
        "log_loss": np.logaddexp(0.0, np.where(is_true, -logits, logits)),
        "brier": (probability - is_true) ** 2,
    }
    told: dict[str, object] = {"n": len(logits)}
    for name, values in each.items():
        told |= {name: round(float(values.mean()), 4), f"{name}_ci": grouped_interval(values, groups)}
    return told | {"ece": expected_calibration_error(probability, is_true)}


def grouped_interval(values: Floats, groups: NDArray[np.int64]) -> list[float]:
    """The 95 % bootstrap interval of the mean of (n,) values; whole groups are resampled."""
    _, member = np.unique(groups, return_inverse=True)
    sums, size = np.bincount(member, values), np.bincount(member)
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(size), size=len(size)) for _ in range(_RESAMPLES)]
    low, high = np.quantile([sums[rows].sum() / size[rows].sum() for rows in drawn], [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]
