"""Probabilities: they add up, keep the order, and make the first as sure as its clues say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.reasoning.calibration import Calibration, ConfidenceFeatures, softmax, temperature

spread = st.lists(st.floats(-30, 30), min_size=1, max_size=30)
wanted = st.floats(0.01, 0.99)


def descending(values: list[float]) -> np.ndarray:
    return np.sort(np.array(values))[::-1]


def probabilities(logits: np.ndarray, first: float) -> np.ndarray:
    return softmax(logits, temperature(logits, first))


@given(spread, wanted)
def test_probabilities_add_up_and_keep_the_order(values: list[float], first: float) -> None:
    logits = descending(values)
    found = probabilities(logits, first)
    assert found.sum() == pytest.approx(1)
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) <= 0).all()


@given(spread, st.floats(0.1, 60), wanted)
def test_the_first_is_as_likely_as_wanted_where_it_can_be(
    others: list[float], margin: float, first: float
) -> None:
    """It comes first by some margin, and has more than its share of many."""
    logits = descending([*others, max(others) + margin])
    least = 1.2 / len(logits) + 0.01
    if first < least:
        first = least + (0.99 - least) * first
    assert probabilities(logits, first)[0] == pytest.approx(first, abs=1e-6)


@given(st.lists(st.floats(-30, 0), max_size=10), st.integers(1, 8), wanted)
def test_ties_share_and_nobody_gets_less_than_where_all_are_alike(
    others: list[float], num_tied: int, first: float
) -> None:
    logits = descending([*([1.0] * num_tied), *others])
    found = probabilities(logits, first)
    assert len(set(found[:num_tied])) == 1
    assert 1 / len(logits) - 1e-9 <= found[0] <= 1 / num_tied + 1e-9
    assert found[0] <= max(first, 1.2 / len(logits)) + 1e-6


@given(wanted)
def test_one_candidate_is_certain_among_itself(first: float) -> None:
    assert probabilities(np.array([3.0]), first).tolist() == [1.0]


@given(spread, wanted, wanted)
def test_the_surer_the_colder(values: list[float], one: float, other: float) -> None:
    logits, (low, high) = descending(values), sorted((one, other))
    assert temperature(logits, low) >= temperature(logits, high)


@given(wanted)
@pytest.mark.parametrize("size", [1e3, 1e6, 1e300])
def test_extreme_logits_are_borne(size: float, first: float) -> None:
    for logits in ([size, 0.0, -size], [size, size, -size], [0.0, -1e-300], [-size, -size * 2]):
        found = probabilities(np.array(logits), first)
        assert np.isfinite(found).all()
        assert found.sum() == pytest.approx(1)


@given(spread, st.floats(-100, 100))
def test_clues_are_of_the_differences_alone(values: list[float], shift: float) -> None:
    logits = descending(values)
    one, other = (ConfidenceFeatures.of(x, 3.0, 0.5) for x in (logits, logits + shift))
    assert one.row() == pytest.approx(other.row(), abs=1e-9)
    assert one.margin >= 0
    assert np.isfinite(one.row()).all()


@given(st.lists(st.floats(-8, 8), min_size=2, max_size=30))
def test_without_calibration_the_logits_are_taken_as_fair(values: list[float]) -> None:
    logits = descending(values)
    fair = float(softmax(logits, 1.0)[0])
    assert Calibration().probability(ConfidenceFeatures.of(logits, 2.0, 1.0)) == pytest.approx(
        np.clip(fair, 0.01, 0.99)
    )


def test_a_single_candidate_is_as_sure_as_anything_gets() -> None:
    assert Calibration().probability(ConfidenceFeatures.of(np.array([2.0]), 2.0, 1.0)) == 0.99


def seen(rng: np.random.Generator, n: int) -> list[ConfidenceFeatures]:
    logits = np.sort(rng.normal(0, 3, (n, 6)))[:, ::-1]
    return [ConfidenceFeatures.of(row, float(rng.normal(9, 4)), float(rng.random())) for row in logits]


@pytest.mark.parametrize("is_right", [[], [True] * 5, [False] * 5])
def test_of_cases_that_are_all_right_or_all_wrong_nothing_is_learnt(is_right: list[bool]) -> None:
    clues = seen(np.random.default_rng(0), len(is_right))
    assert Calibration.fit(clues, is_right) == Calibration()


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.floats(0.3, 4))
def test_over_the_cases_it_learnt_from_it_is_as_sure_as_they_were_often_right(
    seed: int, overconfidence: float
) -> None:
    """Logits that are too far apart, by whatever factor, come out as sure as they deserve."""
    rng = np.random.default_rng(seed)
    clues = seen(rng, 400)
    is_right = [bool(rng.random() < Calibration().probability(clue)) for clue in clues]
    told = [
        ConfidenceFeatures(clue.log_odds * overconfidence, clue.margin, clue.evidence, clue.explained)
        for clue in clues
    ]
    fitted = Calibration.fit(told, is_right)
    sure = np.array([fitted.probability(clue) for clue in told])
    assert sure.mean() == pytest.approx(np.mean(is_right), abs=0.02)
    half = np.argsort(sure)[200:]
    assert sure[half].mean() == pytest.approx(np.array(is_right)[half].mean(), abs=0.1)


def test_the_order_of_cases_changes_no_calibration() -> None:
    rng = np.random.default_rng(1)
    clues = seen(rng, 60)
    is_right = [bool(x) for x in rng.random(60) < 0.5]
    one = Calibration.fit(clues, is_right)
    other = Calibration.fit(clues[::-1], is_right[::-1])
    assert (*one.weights, one.bias) == pytest.approx((*other.weights, other.bias), rel=1e-3, abs=1e-4)
