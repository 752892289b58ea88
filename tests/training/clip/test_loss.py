"""The three terms of training do what their names say."""

import torch

from kgdx.training.clip.loss import place_loss, synonym_loss, truth_loss


def test_unknown_pairs_change_nothing():
    truths = torch.tensor([[1.0, 0.0], [0.0, 1.0], [float("nan"), float("nan")]])
    logits = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    other = logits.clone()
    other[2] = 1e3
    assert truth_loss(logits, truths) == truth_loss(other, truths)


def test_truth_lowers_the_loss_and_falsehood_raises_it():
    truths = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    right = 8 * (truths - 0.5)
    assert truth_loss(right, truths) < truth_loss(torch.zeros(2, 2), truths) < truth_loss(-right, truths)


def test_rare_truths_weigh_as_much_as_common_falsehoods():
    truths = torch.zeros(100, 1)
    truths[0] = 1
    missed, cried = torch.full((100, 1), -4.0), torch.full((100, 1), 4.0)
    assert torch.isclose(truth_loss(missed, truths), truth_loss(cried, truths))


def test_heat_on_the_mask_is_cheaper_than_beside_it():
    patches = torch.zeros(1, 9, 4)
    patches[0, 4, 0] = 9.0
    directions, known = torch.eye(1, 4), torch.ones(1, 1, dtype=torch.bool)
    on, beside = torch.zeros(1, 1, 9), torch.zeros(1, 1, 9)
    on[0, 0, 4], beside[0, 0, 0] = 1, 1
    assert place_loss(patches, directions, on, known) < place_loss(patches, directions, beside, known)
    assert place_loss(patches, directions, beside, ~known) == 0


def test_own_synonyms_are_cheaper_than_others():
    names = torch.eye(5)
    assert synonym_loss(names, names) < synonym_loss(names, names.roll(1, 0))
