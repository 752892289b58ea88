"""1,000 broken image files, and bombs: each gives pixels or one ImageError, and nothing else."""

import random

import numpy as np
import pytest

from benchmarks.datasets.corrupted_images import mutants
from benchmarks.datasets.image_bombs import bombs
from benchmarks.datasets.synthetic_images import seeds
from kgdx.domain.errors import ImageError
from kgdx.imaging.deidentify import deidentify
from kgdx.imaging.read import read_image, read_images

NUM_MUTANTS = 1_000
# One in ten is also copied: that decodes less, and writes.
COPIED = 10


@pytest.fixture(scope="module")
def files():
    return seeds()


def test_seeds_are_sound(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        for image in read_images(tmp_path / name):
            assert image.pixels.shape in {(72, 64), (64, 72)}, name


def test_every_mutant_gives_pixels_or_a_clear_error(tmp_path, files):
    num_read, refused = 0, []
    for number, (name, content) in enumerate(mutants(files, NUM_MUTANTS)):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            pixels = read_image(path).pixels
        except ImageError as error:
            refused.append((path, error))
        else:
            num_read += 1
            assert pixels.dtype == np.float32
            assert pixels.min() >= 0, name
            assert pixels.max() <= 1, name
        if number % COPIED == 0:
            copy(path, tmp_path / "copy")
        path.unlink()
    assert num_read > NUM_MUTANTS // 10
    assert len(refused) > NUM_MUTANTS // 10
    assert all(str(path) in str(error) and error.remedy for path, error in refused)


def copy(path, target):
    try:
        (copied,) = deidentify(path, target)
    except ImageError:
        return
    copied.target.unlink()


def test_bombs_are_read_or_refused(tmp_path):
    refused = set()
    for name, content in bombs(large=512):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            read_image(path)
        except ImageError:
            refused.add(name)
        path.unlink()
    claims = {"bomb-claim.png", "bomb-claim.jpg", "bomb-claim.dcm", "bomb-claim.nii", "bomb-deflated.dcm"}
    claims |= {"bomb-jpeg2000-claim.dcm", "bomb-jpeg2000-small.dcm", "bomb-rle-long.dcm", "bomb.nii.gz"}
    assert refused >= claims | {"bomb-elements.dcm", "bomb-nested.dcm"}


def test_mutants_do_not_depend_on_the_state_of_the_world(files):
    first = list(mutants(files, 50))
    random.seed(99)
    assert list(mutants(files, 50)) == first
