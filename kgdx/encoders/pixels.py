"""The one way in which every image reaches a tower of ours: stretch, pad to a square, resize."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import avg_pool2d, interpolate, pad

from kgdx.imaging.contrast import stretch

# Side at which texture is measured, whatever the tower's: in a small input noise is averaged away.
_TEXTURE_SIDE = 256
_NEAR = 5
_FINEST = 0.005


def to_batch(images: Sequence[NDArray[np.float32]], size: int, *, has_texture: bool = False) -> torch.Tensor:
    """Stack images for the tower.

    Each is stretched, padded with black to a centred square and resized with antialiasing, so that its shape
    is kept whatever the size.

    Args:
        images: N arrays (H, W) float32 in [0, 1].
        size: side of the tower's input in pixels.
        has_texture: whether a second plane says how restless each place of the image is, see `texture`.

    Returns:
        (N, 1 or 2, size, size) float32, about zero mean and unit variance.
    """
    squares = []
    for image in images:
        whole = _square(image)
        planes = [_resized(whole, size)]
        if has_texture:
            planes.append(_resized(texture(_resized(whole, _TEXTURE_SIDE)), size))
        squares.append(torch.cat(planes, dim=1))
    return (torch.cat(squares) - 0.5) / 0.25


def texture(squares: torch.Tensor) -> torch.Tensor:
    """How much grey values differ near each pixel, as noise, grain and edges make them.

    Args:
        squares: (N, 1, S, S) float32 in [0, 1].

    Returns:
        (N, 1, S, S) float32 in [0, 1]: standard deviation over 5 x 5 pixels, on a scale that is linear far
        below _FINEST and logarithmic above.
    """

    def mean(plane: torch.Tensor) -> torch.Tensor:
        return avg_pool2d(plane, _NEAR, 1, _NEAR // 2, count_include_pad=False)

    deviation = (mean(squares**2) - mean(squares) ** 2).clamp_min(0).sqrt()
    # No 25 values in [0, 1] deviate by more than a half.
    scaled = torch.log1p(deviation / _FINEST) / math.log1p(0.5 / _FINEST)
    return scaled.clamp(0, 1)


def _square(image: NDArray[np.float32]) -> torch.Tensor:
    """(1, 1, side, side) of a stretched (H, W), with black around the shorter sides."""
    height, width = image.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    plane = torch.from_numpy(stretch(image))[None, None]
    return pad(plane, (left, side - width - left, top, side - height - top))


def _resized(square: torch.Tensor, size: int) -> torch.Tensor:
    if square.shape[-1] == size:
        return square
    return interpolate(square, (size, size), mode="bilinear", antialias=True)
