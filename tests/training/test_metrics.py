"""Metrics: what they are on plain numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.training.metrics import (
    coverage_risk,
    expected_calibration_error,
    mid_rank,
    mid_ranks,
    paired_gain,
    ranking_metrics,
    sliced_metrics,
)

few_scores = st.lists(st.integers(0, 4), min_size=1, max_size=12)
many_ranks = st.lists(st.integers(1, 30), min_size=1, max_size=25)


@given(few_scores, st.data())
def test_a_rank_is_the_mean_over_all_orders_of_ties(scores: list[int], data: st.DataObject) -> None:
    right = data.draw(st.integers(0, len(scores) - 1))
    above = sum(score > scores[right] for score in scores)
    tied = sum(score == scores[right] for score in scores)
    assert mid_rank(np.array(scores, float), [right]) == np.mean([above + 1 + i for i in range(tied)])


def test_ranks_share_the_middle_of_a_tie() -> None:
    np.testing.assert_array_equal(mid_ranks(np.array([3.0, 1.0, 1.0, 0.0]), np.array([0, 2])), [1.0, 2.5])


@given(few_scores, st.data())
def test_the_best_of_the_right_ones_counts(scores: list[int], data: st.DataObject) -> None:
    right = data.draw(st.lists(st.integers(0, len(scores) - 1), min_size=1, unique=True))
    values = np.array(scores, float)
    assert mid_rank(values, right) == min(mid_rank(values, [i]) for i in right)


@given(many_ranks)
def test_over_cases_each_case_counts_once(ranks: list[int]) -> None:
    told = ranking_metrics(np.array(ranks, float))
    assert told["n"] == len(ranks)
    for cut in (1, 3, 10):
        assert told[f"top{cut}"] == pytest.approx(np.mean([rank <= cut for rank in ranks]), abs=1e-4)
    assert told["mrr"] == pytest.approx(np.mean([1 / rank for rank in ranks]), abs=1e-4)


@given(many_ranks, st.integers(1, 4))
def test_over_diseases_each_disease_counts_once(ranks: list[int], num_diseases: int) -> None:
    diseases = [f"D{i % num_diseases}" for i in range(len(ranks))]
    told = ranking_metrics(np.array(ranks, float), diseases)
    means = [
        np.mean([rank <= 3 for rank, d in zip(ranks, diseases, strict=True) if d == disease])
        for disease in set(diseases)
    ]
    assert told["n"] == len(set(diseases))
    assert told["top3"] == pytest.approx(np.mean(means), abs=1e-4)


def test_of_no_case_nothing_is_told() -> None:
    assert ranking_metrics(np.array([])) == {"n": 0}
    assert ranking_metrics(np.array([]), []) == {"n": 0}
    told = sliced_metrics(np.array([1.0]), ["D"], np.array([True]))
    assert told["clean"] == told["macro_clean"] == {"n": 0}
    assert told["shared_pmid"] == told["micro"]


@given(many_ranks)
def test_nothing_is_gained_on_oneself(ranks: list[int]) -> None:
    values = np.array(ranks, float)
    assert paired_gain(values, values) == {"top1": 0, "top1_ci": [0, 0]}


@given(many_ranks, many_ranks)
def test_what_one_gains_the_other_loses(ranks: list[int], others: list[int]) -> None:
    size = min(len(ranks), len(others))
    one, other = np.array(ranks[:size], float), np.array(others[:size], float)
    there, back = paired_gain(one, other, 3), paired_gain(other, one, 3)
    assert there["top3"] == pytest.approx(-float(str(back["top3"])))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.data())
def test_the_calibration_error_is_the_gap_bin_by_bin(sure: list[float], data: st.DataObject) -> None:
    is_right = data.draw(st.lists(st.booleans(), min_size=len(sure), max_size=len(sure)))
    values, right = np.array(sure), np.array(is_right)
    assert 0 <= expected_calibration_error(values, right) <= 1
    whole = expected_calibration_error(values, right, num_bins=1)
    assert whole == pytest.approx(abs(values.mean() - right.mean()), abs=1e-4)
    assert expected_calibration_error(right.astype(float), right) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_the_risk_of_all_is_the_share_of_wrong_answers(cases: list[tuple[float, bool]]) -> None:
    sure, is_right = np.array([p for p, _ in cases]), np.array([ok for _, ok in cases])
    steps = coverage_risk(sure, is_right)
    assert [step["coverage"] for step in steps] == [i / 10 for i in range(1, 11)]
    assert steps[-1]["risk"] == pytest.approx(1 - is_right.mean(), abs=1e-4)
    perfect = [step["risk"] for step in coverage_risk(is_right.astype(float), is_right)]
    assert perfect == sorted(perfect), "where the surest are the right ones, risk only grows"
