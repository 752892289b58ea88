"""Training: it learns from figures of paths alone, repeats exactly, and never draws a held-out disease."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.reasoning.likelihood import contributions, priors
from kgdx.reasoning.messages import MessageNetwork
from kgdx.reasoning.query import without_curation
from kgdx.reasoning.ranking import ReasonerSettings
from kgdx.reasoning.reasoner import Reasoner
from kgdx.training.reasoner import train
from kgdx.training.reasoner.labelled_cases import LabelledCase
from kgdx.training.reasoner.train import WalkTraining
from kgdx.training.reasoner.train_messages import MessageTraining, ShortlistedCase
from tests.reasoning.tiny import HashEncoder, diagnostic, graph, messages, query, random_facts, reasoner

WORLD = graph("\n".join(random_facts(np.random.default_rng(1), num_diseases=20, num_findings=15)))
SHORT = train.ReasonerTraining(
    num_simulated=24,
    messages=MessageTraining(epochs=3, batch=6),
    walks=WalkTraining(num_cases=16, batch=4),
    seed=3,
)
EVERYONE = np.arange(20)


def fresh(seed: int = 3) -> Reasoner:
    return train.untrained(diagnostic(WORLD), HashEncoder(), seed)


def met(reasoner: Reasoner, cases: Sequence[LabelledCase]) -> list[ShortlistedCase]:
    seen = [ShortlistedCase.of(case, reasoner) for case in cases]
    return [case for case in seen if case is not None]


@cache
def trained(seed: int = 3, again: int = 0) -> tuple[Reasoner, list[LabelledCase], list[tuple[int, int, str]]]:
    told: list[tuple[int, int, str]] = []
    training, made = replace(SHORT, seed=seed), fresh(seed)
    cases = train.simulated(made, HashEncoder(), EVERYONE, training)
    seen = [ShortlistedCase.of(case, made) for case in cases]
    train.fit(made, cases, seen, training, lambda *step: told.append(step))
    return made, cases, told


def flat(made: Reasoner) -> torch.Tensor:
    parameters = [*made.network.parameters(), *made.messages.parameters()]
    return torch.cat([p.detach().flatten() for p in parameters])


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    one, two, other = trained()[0], trained(again=1)[0], trained(seed=4)[0]
    assert one is not two
    assert torch.equal(flat(one), flat(two))
    assert not torch.equal(flat(one), flat(other))


def test_both_networks_are_trained_and_then_at_rest() -> None:
    made, _, told = trained()
    before = fresh()
    for name in ("network", "messages"):
        now, then = getattr(made, name), getattr(before, name)
        assert not now.training
        changed = [not torch.equal(a, b) for a, b in zip(now.parameters(), then.parameters(), strict=True)]
        assert sum(changed) > 0.7 * len(changed)
    for part, steps in (("messages", 3 * 24 / 6), ("walks", 16 / 4)):
        progress = [(done, total) for done, total, what in told if what.startswith(part)]
        assert progress == [(i, steps) for i in range(1, int(steps) + 1)]


def test_nothing_could_remember_a_disease() -> None:
    """The weights are as many for any graph."""
    small = train.untrained(diagnostic(graph("D1 shows F1\nD2 shows F2")), HashEncoder(), 0)
    assert flat(small).shape == flat(fresh()).shape


def test_before_training_likelihood_alone_ranks() -> None:
    made, asked = fresh(), query(WORLD, "F3", "-F5", "F9")
    ranking = made.rank(asked)
    assert not ranking.messages.any()
    assert not ranking.graph.any()
    present, absent, of_prior, _ = made.messages.trust.tolist()
    assert present == absent == of_prior > 0, "nothing is trusted more than another"
    logit = priors(made.graph.annotations, made.likelihood)
    logit = logit + contributions(asked.observations, made.graph.annotations, made.likelihood).sum(axis=0)
    np.testing.assert_allclose(ranking.logit, present * logit[ranking.positions], atol=1e-6)


def cross_entropy(network: MessageNetwork, made: Reasoner, case: ShortlistedCase) -> float:
    """Of the right answers among the candidates that were met."""
    diseases = torch.from_numpy(made.best_paths.diseases[case.positions])
    num_present = int(case.is_present.sum())
    with torch.no_grad():
        said = network(case.pairs.float(), case.is_present).sum(dim=0)
        breadth = network.prior(diseases, num_present, len(case.is_present) - num_present)
        logit = network.trust @ case.base + said + breadth
    return float(torch.logsumexp(logit, 0) - torch.logsumexp(logit[: case.num_right], 0))


def test_what_it_learns_from_becomes_likelier() -> None:
    made, cases, _ = trained()
    seen = met(made, cases)
    after, before = (
        np.mean([cross_entropy(net, made, case) for case in seen])
        for net in (made.messages, fresh().messages)
    )
    assert after < before


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_training_meets_whom_ranking_meets_and_nobody_else(seed: int, num_met: int) -> None:
    """A right answer that was added would teach that what the likelihood thinks little of is right."""
    rng = np.random.default_rng(seed)
    made = replace(fresh(), settings=ReasonerSettings(num_met=num_met))
    words = [f"{'-' if rng.random() < 0.3 else ''}F{i}" for i in rng.choice(15, 4, replace=False)]
    accepted = np.flatnonzero(made.same == made.same[rng.integers(20)])
    asked = query(WORLD, *words)
    found = ShortlistedCase.of(LabelledCase(asked, accepted), made)
    plain = without_curation(asked)
    first = made.shortlisted(plain, made.base(plain))
    is_right = np.isin(made.same[first], made.same[accepted])
    if found is None:
        assert not is_right.any()
        return
    assert set(found.positions) == set(first)
    assert set(found.positions[: found.num_right]) == set(first[is_right])
    assert found.pairs.shape[:2] == (4, len(found.positions))
    assert found.base.shape == (4, len(found.positions))
    assert found.is_present.tolist() == [word[0] != "-" for word in words]


def test_what_curation_adds_stands_apart_from_what_a_physician_means() -> None:
    """Both are learnt from one case: its absences as they lower a disease, and what their record says."""
    made, asked = fresh(), query(WORLD, "F1", "-F2", "F3")
    found = ShortlistedCase.of(LabelledCase(asked, np.array([0])), made)
    assert found is not None
    plain = made.base(without_curation(asked)).findings[1, found.positions]
    curated = made.base(asked).findings[1, found.positions]
    assert (found.base[1] <= 0).all()
    np.testing.assert_allclose(found.base[1], plain, atol=1e-6)
    np.testing.assert_allclose(found.base[1] + found.curation, curated, atol=1e-6)
    assert (found.curation > 0).any()


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_what_training_sees_is_what_ranking_adds_up(seed: int) -> None:
    """The logit that the loss is taken of, and the logit by which the same candidates are proposed."""
    rng = np.random.default_rng(seed)
    wide = ReasonerSettings(num_met=99, num_proposed=99)
    made = reasoner(WORLD, wide, said=messages(seed % 9))
    asked = query(WORLD, *(f"F{i}" for i in rng.choice(15, 4, replace=False)))
    found = ShortlistedCase.of(LabelledCase(asked, np.array([0])), made)
    assert found is not None
    proposal, network = made.propose(asked), made.messages
    diseases = torch.from_numpy(made.best_paths.diseases[found.positions])
    said = network(found.pairs.float(), found.is_present).sum(dim=0) + network.prior(diseases, 4, 0)
    logit = dict(zip(found.positions.tolist(), (network.trust @ found.base + said).tolist(), strict=True))
    proposed = dict(zip(proposal.positions.tolist(), proposal.logit.tolist(), strict=True))
    assert proposed == pytest.approx({p: logit[p] for p in proposed}, abs=5e-3)


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 19), min_size=1, max_size=6, unique=True))
def test_patients_are_simulated_of_no_other_disease_than_asked_for(seed: int, diseases: list[int]) -> None:
    made = fresh()
    training = replace(SHORT, seed=seed, num_simulated=15)
    cases = train.simulated(made, HashEncoder(), np.array(diseases), training)
    assert len(cases) == 15
    for case in cases:
        assert case.is_simulated
        assert set(case.accepted) & set(diseases)
        assert len(set(made.same[case.accepted])) == 1
        assert any(seen.weight > 0 for seen in case.query.observations)


def test_some_patients_hide_their_case_vector() -> None:
    made = fresh()
    for share in (0.0, 1.0):
        training = replace(SHORT, without_context=share)
        cases = train.simulated(made, HashEncoder(), EVERYONE, training)
        assert {bool(case.query.context.any()) for case in cases} == {share == 0.0}


@pytest.mark.parametrize("weight", [0.1, 1.0])
def test_simulated_patients_weigh_together_what_they_are_asked_to(
    weight: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_weights: list[np.ndarray] = []
    monkeypatch.setattr(train, "fit_messages", lambda _r, _m, w, *_: given_weights.append(w))
    monkeypatch.setattr(train, "fit_walks", lambda _r, _c, w, *_: given_weights.append(w))
    made, training = fresh(), replace(SHORT, simulated_weight=weight)
    made_up = train.simulated(made, HashEncoder(), EVERYONE, training)
    published = [
        LabelledCase(case.query, case.accepted, (f"D{i % 3}",)) for i, case in enumerate(made_up[:7])
    ]
    for cases, is_mixed in (([*published, *made_up], True), (published, False), (made_up, False)):
        seen = [ShortlistedCase.of(case, made) for case in cases]
        train.fit(made, cases, seen, training, lambda *_: None)
        of_messages, of_walks = given_weights[-2:]
        np.testing.assert_array_equal(of_messages, of_walks)
        assert of_messages.mean() == pytest.approx(1)
        if is_mixed:
            assert of_messages[7:].sum() / of_messages[:7].sum() == pytest.approx(weight)
