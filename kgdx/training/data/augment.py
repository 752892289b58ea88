"""Images for training: stored as bytes, and varied in position, exposure, contrast, sharpness and noise."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from kgdx.encoders.pixels import to_batch
from kgdx.graph.arrays import Floats32


def as_bytes(images: Sequence[Floats32], size: int) -> Tensor:
    """(N, 1, size, size) uint8: a quarter of the memory, and what a file of grey values holds anyway.

    Args:
        images: N arrays (H, W) float32 in [0, 1], brought to the form that towers take, see `to_batch`.
    """
    parts = [to_batch(images[start : start + 256], size) for start in range(0, len(images), 256)]
    return ((torch.cat(parts) * 0.25 + 0.5) * 255).round().clamp(0, 255).to(torch.uint8)


def vary(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Change a batch at random; half of the images are mirrored.

    Args:
        images: (N, 1, S, S) float32 in [0, 1].
        strength: 0 changes nothing but sides; 1 is what a film may well look like.
        generator: the source of chance.

    Returns:
        (N, 1, S, S) float32 in [0, 1].
    """

    def spread(low: float, high: float) -> Tensor:
        chance = torch.rand(len(images), 1, 1, 1, generator=generator)
        return strength * (low + (high - low) * chance)

    moved = _move(images, strength, generator)
    size = images.shape[-1]
    is_sharp, blurred = (
        spread(0, 1) > strength * 0.7,
        _blurred(moved, size // 4, 2 * size // 3 + 1, generator),
    )
    moved = torch.where(is_sharp, blurred, moved)
    moved = moved.clamp(1e-4, 1) ** spread(-0.5, 0.5).exp()
    moved = (moved - 0.5) * spread(-0.5, 0.3).exp() + 0.5 + spread(-0.15, 0.15)
    noise = torch.randn(moved.shape, generator=generator)
    return (moved + spread(0, 0.06) * noise).clamp(0, 1)


def augment(images: Tensor, masks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Vary position, exposure, sharpness and noise of a batch; masks move along.

    Args:
        images: (N, 1, S, S) float32 in [0, 1].
        masks: (N, F, g, g) float32 in [0, 1].
        generator: the source of chance.

    Returns:
        Arrays of the same shapes; images about zero mean and unit variance, as the tower expects them.
    """
    num = len(images)

    def spread(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(num, generator=generator)

    angle, zoom = spread(-0.14, 0.14), spread(0.86, 1.14)
    rows = [zoom * angle.cos(), zoom * angle.sin(), spread(-0.1, 0.1)]
    rows += [-zoom * angle.sin(), zoom * angle.cos(), spread(-0.1, 0.1)]
    theta = torch.stack(rows, dim=1).view(num, 2, 3)
    moved = grid_sample(
        images, affine_grid(theta, list(images.shape), align_corners=False), align_corners=False
    )
    grid = affine_grid(theta, list(masks.shape), align_corners=False)
    moved_masks = grid_sample(masks, grid, align_corners=False)
    blurred = _blurred(moved, 24, 64, generator)
    moved = torch.where((spread(0, 1) < 0.35).view(-1, 1, 1, 1), blurred, moved)
    moved = moved.clamp(1e-4, 1) ** spread(-0.4, 0.4).exp().view(-1, 1, 1, 1)
    contrast, offset = spread(0.75, 1.1), spread(-0.08, 0.12)
    noise = spread(0, 0.05).view(-1, 1, 1, 1) * torch.randn(moved.shape, generator=generator)
    moved = moved * contrast.view(-1, 1, 1, 1) + offset.view(-1, 1, 1, 1) + noise
    return (moved.clamp(0, 1) - 0.5) / 0.25, moved_masks


def _move(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Turn by up to 9 degrees, zoom by a fifth, shift by 6 %, stretch one way, mirror; edges are repeated.

    A black rim would tell a moved image from a film that fills its frame, and classes differ in that.
    """

    def spread(limit: float) -> Tensor:
        return strength * limit * (2 * torch.rand(len(images), generator=generator) - 1)

    angle, across = spread(0.15), spread(0.22).exp()
    along = across * spread(0.12).exp()
    side = torch.where(torch.rand(len(images), generator=generator) < 0.5, -1.0, 1.0)
    rows = [across * angle.cos() * side, across * angle.sin(), spread(0.12)]
    rows += [-along * angle.sin() * side, along * angle.cos(), spread(0.12)]
    grid = affine_grid(torch.stack(rows, dim=1).view(-1, 2, 3), list(images.shape), align_corners=False)
    return grid_sample(images, grid, align_corners=False, padding_mode="border")


def _blurred(images: Tensor, low: int, high: int, generator: torch.Generator) -> Tensor:
    """Down to a side of at least `low` and less than `high` pixels, and back."""
    coarse = int(torch.randint(low, high, (1,), generator=generator))
    small = interpolate(images, (coarse, coarse), mode="bilinear", antialias=True)
    return interpolate(small, images.shape[-2:], mode="bilinear")
