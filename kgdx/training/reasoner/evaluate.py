"""How a reasoner does on cases whose answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.case import Patient
from kgdx.graph.arrays import Floats
from kgdx.reasoning.calibration import ConfidenceFeatures
from kgdx.reasoning.query import GraphQuery, without_curation
from kgdx.reasoning.ranking import Base, Ranking, Shortlist
from kgdx.reasoning.reasoner import Reasoner
from kgdx.training.metrics import (
    coverage_risk,
    expected_calibration_error,
    mid_rank,
    paired_gain,
    sliced_metrics,
)
from kgdx.training.reasoner.labelled_cases import LabelledCase


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case; ranks are those of its best right answer, from 1, and ties share the middle.

    Attributes:
        rank: by all, curated absences read as such.
        plain: by all, as a physician would be answered: no absence speaks for a disease.
        base: by likelihood ratios alone, of findings and of sex, age and onset.
        trusted: by the same, each multiplied by the learnt trust.
        messages: by likelihood ratios and best paths, without walks.
        without_excluded: by all, had nothing been recorded as absent.
        without_patient: by all, were sex, age and onset unknown.
        logit: of the first answer.
        clues: what tells how sure the first answer is.
        plain_logit, plain_clues: the same of the plain answer.
    """

    rank: float
    plain: float
    base: float
    trusted: float
    messages: float
    without_excluded: float
    without_patient: float
    logit: float
    clues: ConfidenceFeatures
    plain_logit: float
    plain_clues: ConfidenceFeatures

    @property
    def is_right(self) -> bool:
        """The first answer is right."""
        return self.rank <= 1.0

    @property
    def is_plainly_right(self) -> bool:
        """The first plain answer is right."""
        return self.plain <= 1.0


def evaluate_case(reasoner: Reasoner, case: LabelledCase) -> CaseResult:
    """Rank a case, and again without parts of it."""
    base, proposal = reasoner.base(case.query), reasoner.propose(case.query)
    ranking = reasoner.decide(case.query, proposal)
    plain_query = without_curation(case.query)
    plain = ranking if plain_query is case.query else reasoner.rank(plain_query)
    without_patient = replace(case.query, patient=Patient()) if ranking.patient_facts else case.query
    return CaseResult(
        rank=rank_of(reasoner, case, ranking, ranking.logit),
        plain=rank_of(reasoner, case, plain, plain.logit),
        base=_base_rank(reasoner, case, base),
        trusted=_base_rank(reasoner, case, reasoner.trusted(case.query, base)),
        messages=rank_of(reasoner, case, proposal, proposal.logit),
        without_excluded=_rank_asked(reasoner, case, _without_excluded(case.query), ranking),
        without_patient=_rank_asked(reasoner, case, without_patient, ranking),
        logit=float(ranking.logit[0]),
        clues=ranking.clues,
        plain_logit=float(plain.logit[0]),
        plain_clues=plain.clues,
    )


def case_metrics(
    judged: Sequence[CaseResult],
    probability: Floats,
    plain_probability: Floats,
    diseases: Sequence[str],
    shares_pmid: NDArray[np.bool_],
) -> dict[str, Any]:
    """Metrics of many cases in the keys of `benchmarks.runs.diagnosis`.

    Keys that end in `_plain` are of plain answers; the others read curated absences as such.

    Args:
        probability: (n,) of each first answer.
        plain_probability: (n,) of each first plain answer.
        diseases: (n,) name of the right answer.
        shares_pmid: (n,) whether an annotation cites the paper of the case.
    """

    def slices(name: str) -> dict[str, object]:
        return sliced_metrics(ranks(name), diseases, shares_pmid)

    def ranks(name: str) -> Floats:
        return np.array([getattr(case, name) for case in judged], dtype=np.float64)

    # The share of paths and walks is measured against the better of the two bases.
    best_base = min((ranks(name) for name in ("base", "trusted")), key=lambda r: float(-(r <= 1.0).mean()))
    is_right = np.array([case.is_right for case in judged], dtype=bool)
    is_plainly_right = np.array([case.is_plainly_right for case in judged], dtype=bool)
    plain = slices("plain") | _calibration(
        plain_probability, np.array([case.plain_logit for case in judged]), is_plainly_right
    )
    return {
        "n": len(judged),
        **slices("rank"),
        **_calibration(probability, np.array([case.logit for case in judged]), is_right),
        **{f"{name}_plain": value for name, value in plain.items()},
        "ablation": {
            "base_alone": slices("base"),
            "trusted_base": slices("trusted"),
            "without_walks": slices("messages"),
            "trust_gain": paired_gain(ranks("trusted"), ranks("base")),
            "graph_gain": paired_gain(ranks("rank"), best_base),
            "messages_gain": paired_gain(ranks("messages"), best_base),
            "walks_gain": paired_gain(ranks("rank"), ranks("messages")),
            "excluded_gain": paired_gain(ranks("rank"), ranks("without_excluded")),
            "excluded_gain_plain": paired_gain(ranks("plain"), ranks("without_excluded")),
            "curation_gain": paired_gain(ranks("rank"), ranks("plain")),
            "demographics_gain": paired_gain(ranks("rank"), ranks("without_patient")),
        },
    }


def _calibration(probability: Floats, logit: Floats, is_right: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "ece": expected_calibration_error(probability, is_right),
        "brier": round(float(np.mean((probability - is_right) ** 2)), 4),
        "coverage_risk": coverage_risk(probability, is_right),
        "coverage_risk_raw": coverage_risk(logit, is_right),
    }


def rank_of(reasoner: Reasoner, case: LabelledCase, listed: Shortlist | Ranking, logit: Floats) -> float:
    """Rank of the best right answer: first those looked at closely, then the others in their order."""
    is_first = np.isin(reasoner.same[listed.positions], reasoner.same[case.accepted])
    if is_first.any():
        return mid_rank(logit, np.flatnonzero(is_first).tolist())
    is_other = np.isin(reasoner.same[listed.others], reasoner.same[case.accepted])
    return float(1 + len(listed.positions) + np.argmax(is_other))


def _base_rank(reasoner: Reasoner, case: LabelledCase, base: Base) -> float:
    """Rank among all diseases, each by the best of its names."""
    best = np.full(reasoner.same.max() + 1, -np.inf)
    np.maximum.at(best, reasoner.same, base.logit)
    numbers = np.unique(reasoner.same)
    return mid_rank(best[numbers], np.searchsorted(numbers, reasoner.same[case.accepted]).tolist())


def _without_excluded(query: GraphQuery) -> GraphQuery:
    """The query with what is present alone; the same one if that leaves nothing out, or nothing at all."""
    present = tuple(obs for obs in query.observations if obs.weight > 0)
    is_shorter = 0 < len(present) < len(query.observations)
    return replace(query, observations=present) if is_shorter else query


def _rank_asked(reasoner: Reasoner, case: LabelledCase, query: GraphQuery, ranking: Ranking) -> float:
    """Rank if this were the query; `ranking` is that of the case as it is."""
    asked = ranking if query is case.query else reasoner.rank(query)
    return rank_of(reasoner, case, asked, asked.logit)
