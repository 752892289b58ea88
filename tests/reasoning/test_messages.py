"""Messages: nothing where nothing is shared, one by one, and nothing at all before training."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.reasoning.best_paths import NUM_DISEASE_FEATURES, NUM_PAIR_FEATURES
from kgdx.reasoning.messages import MessageNetwork, MessageSettings
from tests.reasoning.tiny import messages

seeds = st.integers(0, 2**32)
sizes = st.integers(1, 70)


def pairs(seed: int, num_findings: int, num_candidates: int) -> torch.Tensor:
    """Features of pairs; those of about every third are 0, all but the information of the finding."""
    rng = torch.Generator().manual_seed(seed)
    made = torch.rand(num_findings, num_candidates, NUM_PAIR_FEATURES, generator=rng)
    made[..., -1] = torch.rand(num_findings, 1, generator=rng)
    made[..., :-1] *= torch.rand(num_findings, num_candidates, 1, generator=rng) > 0.33
    return made


def presence(seed: int, num_findings: int) -> torch.Tensor:
    return torch.rand(num_findings, generator=torch.Generator().manual_seed(seed)) < 0.6


def wide(seed: int) -> MessageNetwork:
    """As wide as a real one, with random weights."""
    torch.manual_seed(seed)
    made = MessageNetwork(MessageSettings())
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter)
    return made.eval().requires_grad_(False)


@settings(max_examples=40)
@given(seeds, st.integers(1, 9), sizes)
def test_what_shares_nothing_sends_exactly_nothing(seed: int, num_findings: int, num_candidates: int) -> None:
    given_pairs, is_present = pairs(seed, num_findings, num_candidates), presence(seed, num_findings)
    said = wide(seed % 9)(given_pairs, is_present)
    shares = (given_pairs[..., :-1] > 0).any(dim=2)
    assert said.shape == (num_findings, num_candidates)
    assert (said[~shares] == 0).all()
    assert (said[shares] != 0).all(), "and what shares something does say something"


@settings(max_examples=25)
@given(seeds, st.integers(1, 6), sizes)
def test_messages_do_not_know_of_each_other(seed: int, num_findings: int, num_candidates: int) -> None:
    net, given_pairs = messages(seed % 9), pairs(seed, num_findings, num_candidates)
    is_present = presence(seed, num_findings)
    together = net(given_pairs, is_present)
    rng = np.random.default_rng(seed)
    row, column = rng.integers(num_findings), rng.integers(num_candidates)
    alone = net(given_pairs[row : row + 1, column : column + 1], is_present[row : row + 1])
    torch.testing.assert_close(alone[0, 0], together[row, column], rtol=1e-4, atol=1e-5)


@settings(max_examples=25)
@given(seeds, st.integers(2, 6), sizes)
def test_findings_and_candidates_may_come_in_any_order(
    seed: int, num_findings: int, num_candidates: int
) -> None:
    net, given_pairs = messages(seed % 9), pairs(seed, num_findings, num_candidates)
    is_present = presence(seed, num_findings)
    rng = np.random.default_rng(seed)
    rows, columns = (torch.from_numpy(rng.permutation(n)) for n in (num_findings, num_candidates))
    shuffled = net(given_pairs[rows][:, columns], is_present[rows])
    torch.testing.assert_close(shuffled, net(given_pairs, is_present)[rows][:, columns], rtol=1e-4, atol=1e-5)


def test_an_absence_is_read_by_another_function_than_a_presence() -> None:
    net, one = messages(), pairs(0, 1, 5).abs() + 0.1
    assert not torch.allclose(net(one, torch.tensor([True])), net(one, torch.tensor([False])))


@pytest.mark.parametrize(("num_findings", "num_candidates"), [(0, 4), (3, 0), (0, 0)])
def test_nothing_to_say_of_nothing(num_findings: int, num_candidates: int) -> None:
    if num_candidates == 0:
        given_pairs = torch.zeros(num_findings, 0, NUM_PAIR_FEATURES)
    else:
        given_pairs = pairs(0, num_findings, num_candidates)
    said = messages()(given_pairs, torch.ones(num_findings, dtype=torch.bool))
    assert said.shape == (num_findings, num_candidates)


def test_before_training_nothing_is_said_of_anything() -> None:
    net = MessageNetwork(MessageSettings())
    assert not net(pairs(1, 5, 8), presence(1, 5)).any()
    diseases = torch.rand(8, NUM_DISEASE_FEATURES)
    assert not net.prior(diseases, 3, 2).any()
    assert (net.trust > 0).all()


@settings(max_examples=25)
@given(seeds, sizes)
def test_what_a_disease_gains_by_its_breadth_hangs_on_no_other_disease(seed: int, num_diseases: int) -> None:
    net = messages(seed % 9)
    diseases = torch.rand(num_diseases, NUM_DISEASE_FEATURES, generator=torch.Generator().manual_seed(seed))
    together = net.prior(diseases, 4, 1)
    alone = torch.cat([net.prior(row[None], 4, 1) for row in diseases])
    assert together.shape == (num_diseases,)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_training_reaches_every_parameter() -> None:
    net, is_present = messages(), torch.tensor([True, False, True])
    net.requires_grad_(True)
    diseases = torch.rand(4, NUM_DISEASE_FEATURES)
    logit = net.trust @ torch.rand(4, 4) + net(pairs(2, 3, 4), is_present).sum(0) + net.prior(diseases, 2, 1)
    torch.autograd.backward(logit @ torch.arange(4.0))
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0 or name in ("present.4.bias", "absent.4.bias"), name
