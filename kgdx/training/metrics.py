"""How good rankings and classifications are, and how far their probabilities can be believed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from kgdx.graph.arrays import Floats, Ints

_RESAMPLES = 1000


def mid_rank(scores: Floats, accepted: Sequence[int]) -> float:
    """Rank of the best accepted candidate, from 1; ties share the middle of their ranks."""
    return float(mid_ranks(scores, np.asarray(accepted)).min())


def mid_ranks(scores: Floats, accepted: Ints) -> Floats:
    """(k,) rank of each accepted candidate, from 1; ties share the middle of their ranks.

    Args:
        scores: (n,).
        accepted: (k,) positions.
    """
    own = scores[accepted][:, None]
    above, level = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    return np.asarray(1.0 + above + (level - 1) / 2.0)


def means_with_intervals(each: Floats, names: Sequence[str]) -> dict[str, object]:
    """Mean of every column under its name, and under `<name>_ci` its 95 % bootstrap interval.

    Args:
        each: (n, k), n at least 1.
        names: of the k columns.
    """
    rng = np.random.default_rng(0)
    drawn = np.stack([each[rng.integers(len(each), size=len(each))].mean(axis=0) for _ in range(_RESAMPLES)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    result: dict[str, object] = {}
    for i, name in enumerate(names):
        result[name] = round(float(each[:, i].mean()), 4)
        result[f"{name}_ci"] = [round(float(low[i]), 4), round(float(high[i]), 4)]
    return result


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
    return {"n": len(each)} | means_with_intervals(each, [*(f"top{cut}" for cut in cuts), "mrr"])


def sliced_metrics(
    ranks: Floats, diseases: Sequence[str], shares_pmid: NDArray[np.bool_]
) -> dict[str, object]:
    """Metrics over cases and over diseases, of all cases and of those whose paper no annotation cites.

    Args:
        ranks: (n,) from 1.
        shares_pmid: (n,) whether an annotation cites the paper that the case comes from: it may hold the
            answer.
    """
    names, is_clean = np.asarray(diseases), ~shares_pmid
    return {
        "micro": ranking_metrics(ranks),
        "macro": ranking_metrics(ranks, names.tolist()),
        "clean": ranking_metrics(ranks[is_clean]),
        "macro_clean": ranking_metrics(ranks[is_clean], names[is_clean].tolist()),
        "shared_pmid": ranking_metrics(ranks[shares_pmid]),
    }


def paired_gain(ranks: Floats, baseline: Floats, cut: int = 1) -> dict[str, object]:
    """Difference in top-1 (or top-`cut`) on the same cases, with its 95 % bootstrap interval."""
    difference = (ranks <= cut).astype(np.float64) - (baseline <= cut)
    return means_with_intervals(difference[:, None], [f"top{cut}"])


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
