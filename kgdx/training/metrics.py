"""How good rankings are, and how far their probabilities can be believed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats

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
    rng = np.random.default_rng(0)
    drawn = [rng.choice(difference, len(difference)).mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        f"top{cut}": round(float(difference.mean()), 4),
        f"top{cut}_ci": [round(float(low), 4), round(float(high), 4)],
    }


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
