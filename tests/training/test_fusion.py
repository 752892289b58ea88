"""Drawn cases say what they should, and what is learnt from them is what they hold."""

import numpy as np
import pytest
import torch

from kgdx.domain.case import Polarity
from kgdx.encoders.clip import Clip
from kgdx.evidence.fusion import Fusion
from kgdx.evidence.text import WEIGHTS
from kgdx.release.bundle import shipped_folder
from kgdx.training.fusion import FusionTraining, Statements, fit_factors, fit_scale, train
from kgdx.training.synthetic.cases import SAID, draw_cases, drawn_findings, prior_logit, said


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip.open(shipped_folder() / "clip")


def silent(*_: object) -> None:
    """Progress that nobody looks at."""


def statements(said_: np.ndarray, worth: np.ndarray, seed: int = 0) -> Statements:
    """Findings whose presence is as likely as `worth` says, at even odds before."""
    is_true = np.random.default_rng(seed).random(len(said_)) < 1 / (1 + np.exp(-worth))
    return Statements(said_, np.zeros(len(said_)), is_true, np.arange(len(said_)))


def column(number: int, values: np.ndarray) -> np.ndarray:
    table = np.zeros((len(values), 4))
    table[:, number] = values
    return table


# Drawn cases


def test_the_same_seed_draws_the_same_case(clip: Clip) -> None:
    one, two, other = draw_cases(5, clip, 3), draw_cases(5, clip, 2), draw_cases(6, clip, 2)
    for first, second in zip(one, two, strict=False):
        assert (first.evidence, first.subthreshold_scores) == (second.evidence, second.subthreshold_scores)
        assert first.truths == second.truths
    told = [tuple(item.weight for item in case.evidence) for case in (*one, *other)]
    assert len(set(told)) == 5


def test_modalities_are_there_and_missing_in_all_ways(clip: Clip) -> None:
    cases = [case for seed in range(6) for case in draw_cases(seed, clip, 12)]
    mixes = {frozenset(e.origin.modality for e in case.evidence) for case in cases}
    assert frozenset({"code", "text", "image"}) in mixes
    assert {frozenset({"text"}), frozenset({"image"})} <= mixes
    for case in cases:
        assert bool(case.images) == bool(case.subthreshold_scores)
        assert case.truths.keys() == {finding.curie for finding in drawn_findings(clip)}


def test_an_image_is_worth_what_its_reliability_says(clip: Clip) -> None:
    """The distrust of phantoms is in the cases: patients have what discounted answers say."""
    cases = [case for seed in range(60) for case in draw_cases(seed, clip, 8) if case.images]
    expected, found = [], []
    for case in cases:
        for finding in drawn_findings(clip):
            odds = prior_logit(finding) + case.subthreshold_scores[finding.curie]
            expected.append(1 / (1 + np.exp(-odds)))
            found.append(case.truths[finding.curie])
    share = np.array(expected)
    spread = np.sqrt((share * (1 - share)).sum())
    assert abs(sum(found) - share.sum()) < 4 * spread
    believed = share > 0.4
    assert abs(np.sum(np.array(found)[believed]) - share[believed].sum()) < 4 * np.sqrt(believed.sum()) / 2


def test_reports_err_at_the_measured_rates(clip: Clip) -> None:
    """The rates are those that the weights of what is read were measured by."""
    rng, finding, num = np.random.default_rng(0), drawn_findings(clip)[0], 4000
    for is_there, rates in SAID.items():
        drawn = [item.polarity for _ in range(num) for item in said(finding, is_there, rng)]
        for polarity, rate in rates.items():
            assert abs(drawn.count(polarity) - num * rate) < 5 * np.sqrt(num * rate)
    for polarity in Polarity:
        ratio = np.log(SAID[True][polarity] / SAID[False][polarity])
        assert ratio == pytest.approx(WEIGHTS[polarity], abs=0.15)


# What is learnt


@pytest.mark.parametrize("worth", [0.5, 1.0, 1.6])
def test_the_scale_of_a_modality_is_what_its_statements_are_worth(worth: float) -> None:
    weights = np.random.default_rng(1).choice([-2.0, 2.0], 4000)
    told = statements(column(1, weights), worth * weights)
    fusion = fit_scale(Fusion.additive("fake", 2), told)
    assert 2 / (1 + np.exp(-fusion.scale[1])) == pytest.approx(worth, abs=0.15)
    assert fusion.scale[0] == 0
    assert fusion.scale[2] == pytest.approx(0.0, abs=1e-6)


def test_codes_alone_teach_nothing() -> None:
    weights = np.random.default_rng(1).choice([-4.0, 12.0], 500)
    fusion = fit_factors(Fusion.additive("fake", 2), statements(column(0, weights), weights / 4))
    for part in (fusion.scale, fusion.key, fusion.agree, fusion.oppose):
        np.testing.assert_allclose(part, 0, atol=1e-6)


def test_a_contradiction_that_is_worth_less_is_learnt() -> None:
    rng = np.random.default_rng(2)
    table = column(0, rng.choice([-4.0, 12.0], 1200))
    table[:, 1] = rng.choice([-3.2, 5.6], 1200)
    is_opposed = np.sign(table[:, 0]) != np.sign(table[:, 1])
    told = statements(table, np.where(is_opposed, 0.25, 1.0) * table[:, 0] + table[:, 1])
    fusion = fit_factors(Fusion.additive("fake", 2), told)
    factors = fusion.factors(table[:, 0], np.zeros(len(table), dtype=np.int64), table)
    assert factors[is_opposed & (table[:, 0] > 0)].mean() < 0.6
    assert factors[~is_opposed].mean() > 0.8


def test_training_is_reproducible(clip: Clip) -> None:
    settings = FusionTraining(15, 8, 8, patients=4, seed=3)
    heard: list[tuple[int, int, str]] = []
    one, outcome = train(clip, settings, lambda *told: heard.append(told))
    # Whatever ran before: two threads round otherwise than one.
    torch.set_num_threads(2)
    two, again = train(clip, settings, silent)
    assert one.to_json() == two.to_json()
    assert outcome == again
    assert one.revision == clip.revision
    assert (one.agree >= 0).all()
    assert (one.oppose <= 0).all()
    assert all(0 <= done <= total for done, total, _ in heard)
    assert outcome.num_findings > 0
