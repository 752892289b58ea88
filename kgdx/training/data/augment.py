"""Variants of a film that show the same: position, exposure, contrast, sharpness, noise, hidden parts."""

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate


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
    moved = torch.where(spread(0, 1) > strength * 0.7, _blurred(moved, generator), moved)
    moved = moved.clamp(1e-4, 1) ** spread(-0.5, 0.5).exp()
    moved = (moved - 0.5) * spread(-0.5, 0.3).exp() + 0.5 + spread(-0.15, 0.15)
    noise = torch.randn(moved.shape, generator=generator)
    return (moved + spread(0, 0.06) * noise).clamp(0, 1)


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


def _blurred(images: Tensor, generator: torch.Generator) -> Tensor:
    """Down to a quarter to two thirds of the resolution and back."""
    size = images.shape[-1]
    coarse = int(torch.randint(size // 4, 2 * size // 3 + 1, (1,), generator=generator))
    small = interpolate(images, (coarse, coarse), mode="bilinear", antialias=True)
    return interpolate(small, (size, size), mode="bilinear")
