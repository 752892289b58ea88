"""Variants of images to train on: moved, exposed otherwise, partly hidden, mixed with another."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from kgdx.encoders.pixels import to_batch

# Sides of the images that are kept for training: larger than the input, for zooming in.
SOURCE_SIDE = 224


def vary(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Turn, zoom, stretch, shift, mirror; exposure, contrast, noise; hide a rectangle now and then.

    Args:
        images: (N, 2, S, S) float32 in [0, 1], grey values and texture, any S.
        side: of what comes out, in pixels.

    Returns:
        (N, 2, side, side) float32 in [0, 1].
    """
    num = len(images)

    def spread(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(num, generator=generator)

    angle, zoom = spread(-0.35, 0.35), spread(math.log(0.5), math.log(1.2)).exp()
    stretch, mirror = spread(-0.15, 0.15).exp(), (spread(0, 1) < 0.5).float() * 2 - 1
    rows = [zoom * stretch * angle.cos() * mirror, zoom * angle.sin(), spread(-0.25, 0.25)]
    rows += [-zoom * angle.sin() * mirror, zoom / stretch * angle.cos(), spread(-0.25, 0.25)]
    grid = affine_grid(torch.stack(rows, dim=1).view(num, 2, 3), [num, 2, side, side], align_corners=False)
    grey, grain = grid_sample(images, grid, align_corners=False).clamp(1e-4, 1).chunk(2, dim=1)
    grey = grey ** spread(-0.6, 0.6).exp().view(-1, 1, 1, 1) * spread(0.6, 1.2).view(-1, 1, 1, 1)
    grey = grey + (spread(0, 0.1) * (spread(0, 1) < 0.5)).view(-1, 1, 1, 1)
    grey = grey + spread(0, 0.05).view(-1, 1, 1, 1) * torch.randn(grey.shape, generator=generator)
    grain = grain * spread(0.85, 1.15).view(-1, 1, 1, 1) + spread(-0.05, 0.05).view(-1, 1, 1, 1)
    moved = torch.cat([grey, grain], dim=1)
    for row in torch.nonzero(spread(0, 1) < 0.4).ravel().tolist():
        height, width, top, left = (
            int(torch.randint(side // 8, side // 2, (1,), generator=generator)) for _ in range(4)
        )
        moved[row, :, top : top + height, left : left + width] = float(torch.rand(1, generator=generator)) / 2
    return moved.clamp(0, 1)


def mix(
    images: Tensor, share: float, by_patch: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor, float]:
    """(mixed images, row of each one's partner, share of the image itself in what came out)."""
    other = torch.randperm(len(images), generator=generator)
    if not by_patch:
        return share * images + (1 - share) * images[other], other, share
    side = images.shape[-1]
    cut = int(side * math.sqrt(1 - share))
    top, left = (int(torch.randint(0, side - cut + 1, (1,), generator=generator)) for _ in range(2))
    mixed = images.clone()
    mixed[:, :, top : top + cut, left : left + cut] = images[other][:, :, top : top + cut, left : left + cut]
    return mixed, other, 1 - cut * cut / (side * side)


def squared(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(2, SOURCE_SIDE, SOURCE_SIDE) uint8 of (H, W) float32 in [0, 1]: what the tower sees, but larger."""
    planes = to_batch([pixels], SOURCE_SIDE, has_texture=True)[0] * 0.25 + 0.5
    whole: NDArray[np.uint8] = (planes * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    return whole
