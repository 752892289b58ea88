"""Evidence from images, on encoders small enough to know the answer by hand."""

import dataclasses
import math

import numpy as np
import pytest

from kgdx.domain.case import Polarity
from kgdx.encoders.finding_set import Domain, FindingSet, ImageFinding
from kgdx.evidence.image_evidence import MAX_WEIGHT, heat_map, hot_box, image_evidence, weigh
from kgdx.report.messages import text as text_of

IMAGE = np.zeros((40, 40), np.float32)
AXES = {"fluid": 0, "no fluid": 1, "chest": 2, "cat": 3}


class FakeText:
    dim, revision = 4, "fake"

    def encode_texts(self, texts):
        return np.stack([np.eye(4, dtype=np.float32)[AXES[text]] for text in texts])


class FakeImage:
    """An image encoder that sees what it is told: (4, 4, 4) patches."""

    dim, revision = 4, "fake"

    def __init__(self, fluid=0.0, no_fluid=0.0, chest=1.0, at=(3, 3)):
        self.patches = np.zeros((4, 4, 4), np.float32)
        self.patches[at][0], self.patches[at][1] = 16 * fluid, 16 * no_fluid
        self.patches[..., 2] = chest
        self.patches[..., 3] = 1 - chest

    def encode_patches(self, image):
        return self.patches

    def encode_images(self, images):
        vector = self.patches.mean(axis=(0, 1))
        return np.stack([vector / np.linalg.norm(vector)] * len(images))


FINDING = ImageFinding(
    curie="HP:0002202",
    name="Pleural effusion",
    prompts=("fluid",),
    absent_prompts=("no fluid",),
    slope=8.0,
    intercept=0.0,
    prior=0.5,
    reliability=0.5,
    heldout_auc=0.9,
    calibrated_on="a fake",
)
DOMAIN = Domain(("chest",), ("cat",), 0.0, ((0.0, 0.0, 1.0, 0.0),), 0.3)
FINDINGS = FindingSet((FINDING,), DOMAIN)


def look(encoder, findings=FINDINGS, image=IMAGE):
    return image_evidence(image, "film", encoder, FakeText(), findings)


def test_a_finding_that_is_seen_is_present_with_its_region():
    (evidence,), warnings = look(FakeImage(fluid=1))
    assert not warnings
    assert (evidence.curie, evidence.polarity) == ("HP:0002202", Polarity.PRESENT)
    assert 1 <= evidence.weight <= MAX_WEIGHT
    assert evidence.origin.image_id == "film"
    left, top, right, bottom = evidence.origin.region
    assert 0.5 < left < right <= 1
    assert 0.5 < top < bottom <= 1


def test_a_finding_that_is_denied_is_absent_with_negative_weight():
    (evidence,), _ = look(FakeImage(no_fluid=1))
    assert evidence.polarity == Polarity.EXCLUDED
    assert evidence.weight <= -1
    assert evidence.origin.probability < 0.3
    assert evidence.origin.region == (0, 0, 1, 1)


def test_what_is_undecided_is_no_evidence():
    assert look(FakeImage(fluid=0.05)) == ([], [])


def test_another_kind_of_image_gives_no_finding_but_a_reason():
    evidence, (warning,) = look(FakeImage(fluid=1, chest=0.2))
    assert not evidence
    assert "film" in text_of(warning)
    assert "chest radiograph" in text_of(warning)


def test_an_image_unlike_all_training_images_gives_no_finding():
    evidence, (warning,) = look(FakeImage(fluid=5))
    assert not evidence
    assert "unlike" in text_of(warning)


def test_weight_is_the_trusted_part_of_the_likelihood_ratio():
    finding = dataclasses.replace(FINDING, prior=0.2, intercept=-0.5)
    posterior, weight = weigh(0.25, finding)
    assert posterior == pytest.approx(1 / (1 + math.exp(-1.5)))
    assert weight == pytest.approx(0.5 * (1.5 - math.log(0.2 / 0.8)))


def test_weight_grows_with_the_margin_and_stays_within_its_limit():
    weights = [weigh(margin, FINDING)[1] for margin in np.linspace(-9, 9, 50)]
    assert weights == sorted(weights)
    assert (weights[0], weights[-1]) == (-MAX_WEIGHT, MAX_WEIGHT)


@pytest.mark.parametrize("shape", [(40, 40), (80, 40), (33, 77)])
def test_heat_map_has_the_shape_of_the_image_and_peaks_at_the_patch(shape):
    image = np.zeros(shape, np.float32)
    heat = heat_map(image, "fluid", FakeImage(fluid=1, at=(1, 2)), FakeText(), ("no fluid",))
    assert heat.shape == shape
    assert heat.dtype == np.float32
    assert (heat.min(), heat.max()) == (0, 1)
    side, (height, width) = max(shape), shape
    row, column = np.unravel_index(heat.argmax(), shape)
    # Patches tile the padded square: the peak lies in patch (1, 2) of 4 x 4, or at the border nearest to it.
    assert abs((row + (side - height) // 2) / side - 0.375) < 0.13
    assert abs((column + (side - width) // 2) / side - 0.625) < 0.13


def test_heat_map_of_what_is_denied_is_empty():
    assert not heat_map(IMAGE, "fluid", FakeImage(no_fluid=1), FakeText(), ("no fluid",)).any()


def test_box_without_heat_is_the_whole_image():
    assert hot_box(np.zeros((4, 4, 4), np.float32), np.ones(4, np.float32), 50, 40) == (0, 0, 1, 1)


def test_findings_survive_json_and_bad_json_is_told():
    assert FindingSet.from_json(FINDINGS.to_json()) == FINDINGS
    broken = FINDINGS.to_json()
    del broken["findings"][0]["slope"]
    with pytest.raises(TypeError, match="slope"):
        FindingSet.from_json(broken)
