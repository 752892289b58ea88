"""Ranks to metrics, with bootstrap intervals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RESAMPLES = 1000


def mid_rank(scores: Floats, accepted: Sequence[int]) -> float:
    """Rank of the best accepted candidate, from 1; ties share the middle of their ranks."""
    best = max(scores[i] for i in accepted)
    return float(1 + (scores > best).sum() + ((scores == best).sum() - 1) / 2)


def ranking_metrics(
    ranks: Floats, groups: Sequence[str] | None = None, cuts: Sequence[int] = (1, 3, 10)
) -> dict[str, object]:
    """top1, top3, top10 (or as `cuts` says) and mrr with their 95 % bootstrap intervals.

    Args:
        ranks: (n,) from 1.
        groups: disease of each case; if given, cases are averaged within a disease first, and diseases are
            what is resampled.
    """
    each = np.column_stack([*(ranks <= cut for cut in cuts), 1.0 / ranks]).astype(np.float64)
    if groups is not None:
        _, member = np.unique(np.asarray(groups), return_inverse=True)
        sums = np.zeros((member.max(initial=-1) + 1, each.shape[1]))
        np.add.at(sums, member, each)
        each = sums / np.bincount(member)[:, None]
    if len(each) == 0:
        return {"n": 0}
    rng = np.random.default_rng(0)
    drawn = np.stack([each[rng.integers(len(each), size=len(each))].mean(axis=0) for _ in range(_RESAMPLES)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    result: dict[str, object] = {"n": len(each)}
    for i, name in enumerate((*(f"top{cut}" for cut in cuts), "mrr")):
        result[name] = round(float(each[:, i].mean()), 4)
        result[f"{name}_ci"] = [round(float(low[i]), 4), round(float(high[i]), 4)]
    return result


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


def paired_gain(ranks: Floats, baseline: Floats, cut: int = 1) -> dict[str, object]:
    """Difference in top-1 (or top-`cut`) on the same cases, with its 95 % bootstrap interval."""
    difference = (ranks <= cut).astype(np.float64) - (baseline <= cut)
    rng = np.random.default_rng(0)
    drawn = [rng.choice(difference, len(difference)).mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        f"top{cut}": round(float(difference.mean()), 4),
        f"top{cut}_ci": [round(float(low), 4), round(float(high), 4)],
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


def expected_calibration_error(probability: Floats, is_right: NDArray[np.bool_], num_bins: int = 10) -> float:
    """Mean distance of confidence and accuracy over equal-width bins, weighed by their cases."""
    which = np.minimum((probability * num_bins).astype(int), num_bins - 1)
    bins = [which == i for i in range(num_bins) if (which == i).any()]
    gaps = [abs(probability[b].mean() - is_right[b].mean()) * b.mean() for b in bins]
    return round(float(sum(gaps)), 4)


def coverage_risk(probability: Floats, is_right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Share of wrong first answers among the surest 10 %, 20 %, … of the cases."""
    order = np.argsort(-probability, kind="stable")
    wrong = np.cumsum(~is_right[order]) / np.arange(1, len(order) + 1)
    ends = [max(1, round(len(order) * tenth / 10)) for tenth in range(1, 11)]
    return [{"coverage": i / 10, "risk": round(float(wrong[end - 1]), 4)} for i, end in enumerate(ends, 1)]
