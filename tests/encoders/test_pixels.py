"""What reaches a tower: grey values as they are, and a texture that is of the image, not of its size."""

import numpy as np
import pytest
import torch

from kgdx.encoders.pixels import texture, to_batch


def test_texture_is_a_second_plane_and_leaves_the_first_alone() -> None:
    image = np.random.default_rng(0).random((40, 60)).astype(np.float32)
    plain, both = to_batch([image], 32), to_batch([image], 32, has_texture=True)
    assert both.shape == (1, 2, 32, 32)
    assert torch.equal(plain[:, 0], both[:, 0])


def test_no_images_of_one_size_need_to_be_alike() -> None:
    images = [np.eye(20, 50, dtype=np.float32), np.eye(300, dtype=np.float32)]
    assert to_batch(images, 64, has_texture=True).shape == (2, 2, 64, 64)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_where_nothing_changes_there_is_no_texture(level: float) -> None:
    assert texture(torch.full((1, 1, 30, 30), level)).max() < 0.05


def test_more_noise_is_more_texture() -> None:
    noise = torch.randn((1, 1, 64, 64), generator=torch.Generator().manual_seed(0))
    levels = [float(texture((0.5 + strength * noise).clamp(0, 1)).mean()) for strength in (0.01, 0.05, 0.2)]
    assert 0 < levels[0] < levels[1] < levels[2] <= 1


def test_texture_is_bounded_by_the_hardest_edge() -> None:
    checked = ((torch.arange(30)[:, None] + torch.arange(30)) % 2).float()[None, None]
    assert 0.95 < float(texture(checked).max()) <= 1
