"""Judging: ranks are counted alike for all parts, ties in the middle, whoever was not proposed after."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.domain.case import Patient
from kgdx.reasoning.calibration import ConfidenceFeatures
from kgdx.reasoning.likelihood import contributions, priors
from kgdx.reasoning.ranking import ReasonerSettings
from kgdx.reasoning.reasoner import Reasoner
from kgdx.training.metrics import mid_rank
from kgdx.training.reasoner.evaluate import CaseResult, case_metrics, evaluate_case, rank_of
from kgdx.training.reasoner.labelled_cases import LabelledCase
from tests.reasoning.tiny import graph, network, query, random_facts, reasoner, silent

FACTS = random_facts(np.random.default_rng(5), num_diseases=9, num_findings=10)
WORLD = graph(
    "\n".join([*FACTS, "D1 has_clinical_attribute HP:0003577", "D4 has_clinical_attribute HP:0003584"])
)
FEW = ReasonerSettings(num_met=6, num_proposed=3)
words = st.lists(
    st.sampled_from([sign + f"F{i}" for i in range(10) for sign in ("", "-")]),
    min_size=1,
    max_size=5,
    unique_by=lambda word: word.lstrip("-"),
)
positions = st.integers(0, 8)


def answered(made: Reasoner, case: list[str], position: int, patient: Patient | None = None) -> LabelledCase:
    """The disease at a position, under whatever identifier."""
    asked = replace(query(WORLD, *case), patient=patient or Patient())
    return LabelledCase(asked, np.flatnonzero(made.same == made.same[position]))


def speechless() -> Reasoner:
    """Likelihood alone: neither messages nor walks say anything."""
    net = network()
    net.readout.data.zero_()
    return reasoner(WORLD, net=net, said=silent())


@settings(max_examples=20)
@given(words, positions)
def test_where_all_are_proposed_the_rank_is_that_of_the_logit(case: list[str], position: int) -> None:
    made = reasoner(WORLD)
    asked = answered(made, case, position)
    ranking = made.rank(asked.query)
    place = np.flatnonzero(made.same[ranking.positions] == made.same[position]).tolist()
    assert len(place) == 1
    found = evaluate_case(made, asked)
    assert found.rank == mid_rank(ranking.logit, place)
    assert found.logit == ranking.logit[0]
    is_present = [obs.weight > 0 for obs in asked.query.observations]
    said = ranking.of_findings[0][is_present].sum() + ranking.demographics[0].sum()
    assert found.clues.evidence == pytest.approx(said)
    assert found.clues == ranking.clues
    assert found.is_right == (place == [0] and (ranking.logit[1:] < ranking.logit[0]).all())


@settings(max_examples=20)
@given(words)
def test_every_disease_has_a_rank_of_its_own_proposed_or_not(case: list[str]) -> None:
    made = reasoner(WORLD, FEW)
    firsts = [int(np.flatnonzero(made.same == number)[0]) for number in sorted(set(made.same))]
    ranking = made.rank(query(WORLD, *case))
    ranks = [
        rank_of(made, answered(made, case, position), ranking, ranking.logit - np.arange(3))
        for position in firsts
    ]
    assert sorted(ranks) == list(range(1, len(firsts) + 1))
    others = [ranks[firsts.index(int(np.flatnonzero(made.same == made.same[p])[0]))] for p in ranking.others]
    assert others == list(range(4, len(firsts) + 1)), "in their order, after those who were proposed"


def test_ties_share_the_middle_of_their_ranks() -> None:
    made = reasoner(WORLD)
    ranking = made.rank(query(WORLD, "F3"))
    logit = np.array([5.0, 2.0, 2.0, 2.0, *[1.0] * (len(ranking.positions) - 4)])
    ranks = [rank_of(made, answered(made, ["F3"], int(p)), ranking, logit) for p in ranking.positions]
    assert ranks[:4] == [1, 3, 3, 3]
    both = replace(answered(made, ["F3"], 0), accepted=ranking.positions[[1, 4]])
    assert rank_of(made, both, ranking, logit) == 3, "the best of the right ones"


@settings(max_examples=20)
@given(words, positions)
def test_the_base_is_the_likelihood_whatever_the_networks_say(case: list[str], position: int) -> None:
    made, quiet = reasoner(WORLD), speechless()
    asked = answered(made, case, position)
    added = contributions(asked.query.observations, made.graph.annotations, made.likelihood).sum(axis=0)
    logit = priors(made.graph.annotations, made.likelihood) + added
    best = np.array([logit[made.same == number].max() for number in sorted(set(made.same))])
    place = sorted(set(made.same)).index(made.same[position])
    assert evaluate_case(made, asked).base == mid_rank(best, [place]) == evaluate_case(quiet, asked).base


@settings(max_examples=20)
@given(words, positions)
def test_one_trust_in_everything_changes_no_rank(case: list[str], position: int) -> None:
    made = reasoner(WORLD)
    asked = answered(made, case, position, Patient("female", 3.0))
    made.messages.trust.data[:] = 0.25
    even = evaluate_case(made, asked)
    assert even.trusted == even.base
    made.messages.trust.data[:] = 0.0
    assert evaluate_case(made, asked).trusted == (len(set(made.same)) + 1) / 2, "nothing is believed: all tie"
    assert evaluate_case(made, asked).base == even.base


@settings(max_examples=20)
@given(words, positions)
def test_the_base_knows_the_patient(case: list[str], position: int) -> None:
    made = speechless()
    asked = answered(made, case, position, Patient("female", 3.0))
    logit = made.base(asked.query).logit
    best = np.array([logit[made.same == number].max() for number in sorted(set(made.same))])
    place = sorted(set(made.same)).index(made.same[position])
    assert evaluate_case(made, asked).base == mid_rank(best, [place])


@settings(max_examples=20)
@given(words, positions)
def test_where_the_networks_say_nothing_all_ranks_are_that_of_the_base(
    case: list[str], position: int
) -> None:
    made = speechless()
    found = evaluate_case(made, answered(made, case, position))
    # Sums of the same numbers in another order may part ties.
    assert found.messages == pytest.approx(found.base, abs=4)
    assert found.rank == found.messages


@settings(max_examples=20)
@given(words, positions)
def test_what_is_left_out_is_as_if_it_had_never_been_there(case: list[str], position: int) -> None:
    made = reasoner(WORLD)
    patient = Patient("female", 3.0)
    found = evaluate_case(made, answered(made, case, position, patient))
    bare = evaluate_case(made, answered(made, case, position))
    assert found.without_patient == bare.rank
    assert bare.without_patient == bare.rank
    present = [word for word in case if word[0] != "-"]
    if present:
        assert found.without_excluded == evaluate_case(made, answered(made, present, position, patient)).rank
    else:
        assert found.without_excluded == found.rank, "nothing would be left"


def one(rank: float, base: float, log_odds: float = 0.0) -> CaseResult:
    clues = ConfidenceFeatures(log_odds, 1.0, log_odds, 1.0)
    return CaseResult(rank, base, base, base, base, base, rank, log_odds, clues, log_odds, clues)


def test_metrics_count_what_was_judged() -> None:
    judged = [one(1, 2, 3.0), one(1, 1, 2.0), one(2, 1, 1.0), one(1.5, 30, 0.0)]
    sure = np.array([0.9, 0.7, 0.5, 0.1])
    told = case_metrics(judged, sure, sure, ["A", "A", "B", "C"], np.array([False, False, True, False]))
    assert (told["n"], told["micro"]["top1"], told["macro"]["top1"]) == (4, 0.5, round(1 / 3, 4))
    assert told["micro_plain"]["top1"] == 0.5, "the plain ranks are those of the base here"
    assert [told[f"{name}_plain"]["n"] for name in ("macro", "clean", "macro_clean")] == [3, 3, 2]
    assert told["ece_plain"] != told["ece"], "the same probabilities of other answers"
    assert told["clean"]["n"] == 3
    assert told["shared_pmid"]["top1"] == 0
    assert told["brier"] == round(float(np.mean([0.01, 0.09, 0.25, 0.01])), 4)
    assert [step["risk"] for step in told["coverage_risk"]][-1] == 0.5
    assert told["coverage_risk"] == told["coverage_risk_raw"], "the same order, so the same curve"
    ablation = told["ablation"]
    assert ablation["base_alone"]["micro"]["top1"] == 0.5
    assert ablation["graph_gain"]["top1"] == 0
    assert ablation["demographics_gain"] == {"top1": 0, "top1_ci": [0, 0]}


@settings(max_examples=8)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=20))
def test_gains_are_differences_on_the_same_cases(ranks: list[tuple[int, int]]) -> None:
    judged = [one(a, b) for a, b in ranks]
    half = np.full(len(ranks), 0.5)
    told = case_metrics(judged, half, half, ["A"] * len(ranks), np.zeros(len(ranks), bool))
    difference = np.mean([(a <= 1) - (b <= 1) for a, b in ranks])
    for name in ("graph_gain", "walks_gain", "excluded_gain"):
        gain = told["ablation"][name]
        assert gain["top1"] == pytest.approx(difference, abs=1e-4)
        low, high = gain["top1_ci"]
        assert low - 1e-4 <= gain["top1"] <= high + 1e-4
    for name in ("messages_gain", "demographics_gain"):
        assert told["ablation"][name]["top1"] == 0
