"""Phantoms: what is drawn is what is claimed, and captions are true of their images."""

import numpy as np
import pytest

from kgdx.training.synthetic import signs
from kgdx.training.synthetic.captions import (
    CLAIMS,
    COLUMN,
    Statement,
    describe,
    prompts,
    truth_matrix,
    truths_of_signs,
)
from kgdx.training.synthetic.decoys import draw_decoy
from kgdx.training.synthetic.phantom import draw_phantom, sample_signs
from kgdx.training.synthetic.phantom_signs import DRAWABLE
from kgdx.training.synthetic.signs import BY_CURIE, KINDS, Sign, sides_of

ALL_SIGNS = [Sign(curie, side) for curie in DRAWABLE for side in sides_of(BY_CURIE[curie])]


def test_same_seed_same_phantom():
    one, other = draw_phantom(5), draw_phantom(5)
    assert (one.pixels == other.pixels).all()
    assert (one.caption, one.signs) == (other.caption, other.signs)
    assert not np.array_equal(one.pixels, draw_phantom(6).pixels)


@pytest.mark.parametrize("sign", ALL_SIGNS, ids=lambda sign: f"{sign.curie}-{sign.side}")
def test_every_finding_is_drawn_with_its_region(sign):
    for seed in range(3):
        phantom = draw_phantom(seed, [sign], size=96)
        assert phantom.findings == (sign.curie,)
        assert phantom.pixels.shape == (96, 96)
        assert phantom.pixels.dtype == np.float32
        assert (phantom.pixels.min(), phantom.pixels.max()) == (0, 1)
        assert 0 < phantom.masks[sign.curie].mean() < 0.6


@pytest.mark.parametrize("curie", [signs.EFFUSION, signs.PNEUMOTHORAX, signs.CONSOLIDATION, signs.NODULE])
def test_the_patients_left_is_on_the_right(curie):
    for seed in range(5):
        left, right = (draw_phantom(seed, [Sign(curie, side)]).masks[curie] for side in ("left", "right"))
        assert np.nonzero(right)[1].mean() < 64 < np.nonzero(left)[1].mean()


def test_an_effusion_is_low_and_bright():
    differences = []
    for seed in range(10):
        phantom = draw_phantom(seed, [Sign(signs.EFFUSION, "left")])
        mask = phantom.masks[signs.EFFUSION]
        assert np.nonzero(mask)[0].mean() > 60
        # The same place of the other lung holds air, or nearly the same place where the chest is turned.
        differences.append(phantom.pixels[mask].mean() - phantom.pixels[:, ::-1][mask].mean())
    assert np.mean(differences) > 0.05


def test_a_large_heart_is_wider():
    large = [draw_phantom(seed, [Sign(signs.CARDIOMEGALY)]).masks[signs.CARDIOMEGALY] for seed in range(8)]
    assert min(int(mask.any(axis=0).sum()) for mask in large) > 128 * 0.3


def test_a_normal_phantom_has_nothing():
    phantom = draw_phantom(1, [])
    assert phantom.findings == ()
    assert not phantom.masks
    assert phantom.caption


def test_unknown_finding_is_refused():
    with pytest.raises(KeyError):
        draw_phantom(1, [Sign("HP:0000001")])


def test_captions_are_true_and_some_deny():
    captions = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truths = truths_of_signs(sample_signs(rng))
        caption = describe(truths, rng)
        assert truth_matrix(truths[None], [caption])[0, 0] == 1
        captions.append(caption)
    assert any(not affirmed for caption in captions for _, affirmed in caption.claims)
    assert len({caption.text for caption in captions}) > 150


def test_truth_has_three_values():
    truths = np.full((1, len(CLAIMS)), np.nan, np.float32)
    yes, no, unknown = COLUMN[signs.CARDIOMEGALY, ""], COLUMN[signs.EFFUSION, ""], COLUMN[signs.NODULE, ""]
    truths[0, yes], truths[0, no] = 1, 0

    def truth(*claims):
        return truth_matrix(truths, [Statement("", claims)])[0, 0]

    assert truth((yes, True)) == 1
    assert truth((yes, False)) == 0
    assert truth((no, False), (yes, True)) == 1
    assert np.isnan(truth((unknown, True)))
    assert np.isnan(truth((unknown, False), (yes, True)))
    # One false part makes the whole false, whatever is unknown about the rest.
    assert truth((unknown, True), (no, True)) == 0


def test_every_kind_can_be_asked_for_and_denied():
    for kind in KINDS:
        affirmed, denied = prompts(kind.curie, True), prompts(kind.curie, False)
        assert len(affirmed) >= 4
        assert len(denied) >= 4
        assert not set(affirmed) & set(denied)


def test_decoys_are_seeded_and_in_range():
    for seed in range(12):
        decoy = draw_decoy(seed, 48)
        assert decoy.shape == (48, 48)
        assert np.isfinite(decoy).all()
        assert 0 <= decoy.min() <= decoy.max() <= 1
        assert (decoy == draw_decoy(seed, 48)).all()
