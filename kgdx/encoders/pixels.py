"""The one way in which every image reaches an encoder: stretch, pad to a square, resize."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate, pad

from kgdx.imaging.stretch import stretch


def to_batch(images: Sequence[NDArray[np.float32]], size: int) -> torch.Tensor:
    """Stack images for the tower.

    Each is stretched, padded with black to a centred square and resized with antialiasing, so that its shape
    is kept whatever the size.

    Args:
        images: N arrays (H, W) float32 in [0, 1].
        size: side of the tower's input in pixels.

    Returns:
        (N, 1, size, size) float32, about zero mean and unit variance.
    """
    squares = []
    for image in images:
        height, width = image.shape
        side = max(height, width)
        top, left = (side - height) // 2, (side - width) // 2
        plane = torch.from_numpy(stretch(image))[None, None]
        plane = pad(plane, (left, side - width - left, top, side - height - top))
        if side != size:
            plane = interpolate(plane, (size, size), mode="bilinear", antialias=True)
        squares.append(plane)
    return (torch.cat(squares) - 0.5) / 0.25
