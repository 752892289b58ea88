"""How a reasoner does on cases whose answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.case import Patient
from kgdx.evaluation import (
    coverage_risk,
    expected_calibration_error,
    mid_rank,
    paired_gain,
    sliced_metrics,
)
from kgdx.reasoning.answered import AnsweredCase
from kgdx.reasoning.calibration import Clues
from kgdx.reasoning.likelihood import contributions, priors
from kgdx.reasoning.ranking import Proposal, Ranking
from kgdx.reasoning.reasoner import Reasoner


@dataclass(frozen=True, slots=True)
class Judged:
    """One case; ranks are those of its best right answer, from 1, and ties share the middle.

    Attributes:
        rank: by all.
        base: by likelihood ratios alone.
        messages: by likelihood ratios and best paths, without walks.
        without_excluded: by all, had nothing been recorded as absent.
        without_patient: by all, were sex, age and onset unknown.
        logit: of the first answer.
        clues: what tells how sure the first answer is.
    """

    rank: float
    base: float
    messages: float
    without_excluded: float
    without_patient: float
    logit: float
    clues: Clues

    @property
    def is_right(self) -> bool:
        """The first answer is right."""
        return self.rank <= 1.0


def judge(reasoner: Reasoner, case: AnsweredCase) -> Judged:
    """Rank a case, and again without parts of it."""
    proposal, ranking = reasoner.propose(case.query), reasoner.rank(case.query)
    return Judged(
        rank=rank_of(reasoner, case, ranking, ranking.logit),
        base=_base_rank(reasoner, case),
        messages=rank_of(reasoner, case, proposal, proposal.logit),
        without_excluded=_without_excluded(reasoner, case, ranking),
        without_patient=_without_patient(reasoner, case, ranking),
        logit=float(ranking.logit[0]),
        clues=ranking.clues,
    )


def judged_metrics(
    judged: Sequence[Judged],
    probability: NDArray[np.float64],
    diseases: Sequence[str],
    shares_pmid: NDArray[np.bool_],
) -> dict[str, Any]:
    """Metrics of many cases in the keys of `benchmarks.diagnosis`.

    Args:
        probability: (n,) of each first answer.
        diseases: (n,) name of the right answer.
        shares_pmid: (n,) whether an annotation cites the paper of the case.
    """

    def slices(name: str) -> dict[str, object]:
        return sliced_metrics(ranks(name), diseases, shares_pmid)

    def ranks(name: str) -> NDArray[np.float64]:
        return np.array([getattr(case, name) for case in judged], dtype=np.float64)

    is_right = np.array([case.is_right for case in judged], dtype=bool)
    raw = np.array([case.logit for case in judged])
    return {
        "n": len(judged),
        **slices("rank"),
        "ece": expected_calibration_error(probability, is_right),
        "brier": round(float(np.mean((probability - is_right) ** 2)), 4),
        "coverage_risk": coverage_risk(probability, is_right),
        "coverage_risk_raw": coverage_risk(raw, is_right),
        "ablation": {
            "base_alone": slices("base"),
            "without_walks": slices("messages"),
            "graph_gain": paired_gain(ranks("rank"), ranks("base")),
            "messages_gain": paired_gain(ranks("messages"), ranks("base")),
            "walks_gain": paired_gain(ranks("rank"), ranks("messages")),
            "excluded_gain": paired_gain(ranks("rank"), ranks("without_excluded")),
            "demographics_gain": paired_gain(ranks("rank"), ranks("without_patient")),
        },
    }


def rank_of(
    reasoner: Reasoner, case: AnsweredCase, listed: Proposal | Ranking, logit: NDArray[np.float64]
) -> float:
    """Rank of the best right answer: first those looked at closely, then the others in their order."""
    is_first = np.isin(reasoner.same[listed.positions], reasoner.same[case.accepted])
    if is_first.any():
        return mid_rank(logit, np.flatnonzero(is_first).tolist())
    is_other = np.isin(reasoner.same[listed.others], reasoner.same[case.accepted])
    return float(1 + len(listed.positions) + np.argmax(is_other))


def _base_rank(reasoner: Reasoner, case: AnsweredCase) -> float:
    annotations = reasoner.graph.annotations
    added = contributions(case.query.observations, annotations, reasoner.likelihood).sum(axis=0)
    logit = priors(annotations, reasoner.likelihood) + added
    best = np.full(reasoner.same.max() + 1, -np.inf)
    np.maximum.at(best, reasoner.same, logit)
    return mid_rank(best[np.unique(reasoner.same)], _numbers(reasoner, case))


def _numbers(reasoner: Reasoner, case: AnsweredCase) -> list[int]:
    return np.searchsorted(np.unique(reasoner.same), reasoner.same[case.accepted]).tolist()  # type: ignore[no-any-return]


def _without_excluded(reasoner: Reasoner, case: AnsweredCase, ranking: Ranking) -> float:
    present = tuple(seen for seen in case.query.observations if seen.weight > 0)
    if len(present) in (0, len(case.query.observations)):
        return rank_of(reasoner, case, ranking, ranking.logit)
    bare = reasoner.rank(replace(case.query, observations=present))
    return rank_of(reasoner, case, bare, bare.logit)


def _without_patient(reasoner: Reasoner, case: AnsweredCase, ranking: Ranking) -> float:
    if not ranking.statements:
        return rank_of(reasoner, case, ranking, ranking.logit)
    bare = reasoner.rank(replace(case.query, patient=Patient()))
    return rank_of(reasoner, case, bare, bare.logit)
