"""From our grey images to what an open_clip tower was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from torch import Tensor
from torch.nn.functional import interpolate, pad


@dataclass(frozen=True, slots=True)
class Transform:
    """Pad to a centred square, resize, repeat the grey channel, standardise.

    open_clip would crop or squash what is not square; padding keeps the whole image and its shape.

    Attributes:
        size: side of the tower's input in pixels.
        mean, std: by channel.
        interpolation: `bicubic` or `bilinear`.
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str

    @classmethod
    def from_config(cls, config: Mapping[str, Any], image_size: int | Sequence[int]) -> Self:
        """From open_clip's `preprocess_cfg`; what it leaves out is open_clip's own default.

        Raises:
            ValueError: if the tower's input is not square.
        """
        height, width = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)[:2]
        if height != width:
            raise ValueError(f"input of {height} x {width} pixels is not square")
        mean = tuple(float(value) for value in config.get("mean") or OPENAI_DATASET_MEAN)
        std = tuple(float(value) for value in config.get("std") or OPENAI_DATASET_STD)
        # open_clip takes anything but bilinear for bicubic.
        how = "bilinear" if config.get("interpolation") == "bilinear" else "bicubic"
        return cls(int(height), mean, std, how)

    def __call__(self, images: Sequence[NDArray[np.float32]]) -> Tensor:
        """(N, C, size, size) float32 from N arrays (H, W) float32 in [0, 1]."""
        planes = [
            self._resized(_to_square(torch.from_numpy(np.ascontiguousarray(image)))) for image in images
        ]
        mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (self.mean, self.std))
        return (torch.stack(planes) - mean) / std

    def _resized(self, square: Tensor) -> Tensor:
        if square.shape[-1] == self.size:
            return square
        side = (self.size, self.size)
        resized = interpolate(square[None], side, mode=self.interpolation, antialias=True)
        return resized[0].clamp(0, 1)


def _to_square(plane: Tensor) -> Tensor:
    """(1, side, side) from (H, W): the longer side, padded with black around the centre, as by `to_batch`."""
    height, width = plane.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    return pad(plane[None], (left, side - width - left, top, side - height - top))
