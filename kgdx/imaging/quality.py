"""Checks that warn: a readable image may still be unsuitable for diagnosis."""

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.message import Message

SMALL_SIDE = 64
_NEARLY_ALL = 0.98
_MOST_COLOURED = 0.15
_FEW_GREYS = 12
_PAPER, _INK = 0.9, 0.35


def quality_warnings(pixels: NDArray[np.float32], colour_share: float) -> tuple[Message, ...]:
    """What is doubtful about an image.

    Args:
        pixels: (H, W) float32 in [0, 1], stretched.
        colour_share: share of clearly coloured pixels, in [0, 1].
    """
    sample = pixels[:: -(-pixels.shape[0] // 512), :: -(-pixels.shape[1] // 512)]
    found = []
    if min(pixels.shape) < SMALL_SIDE:
        height, width = pixels.shape
        found.append(Message("warning.tiny", {"width": width, "height": height}))
    if is_nearly_blank(sample):
        found.append(Message("warning.nearly_blank"))
    elif is_coloured(colour_share):
        found.append(Message("warning.in_colour"))
    elif is_drawn(sample):
        found.append(Message("warning.drawn"))
    elif is_inverted(sample):
        found.append(Message("warning.inverted"))
    return tuple(found)


def share_of_colour(colours: NDArray[np.generic]) -> float:
    """Share of pixels of (H, W, 3) whose channels differ by more than an eighth of the range."""
    sample = colours[:: -(-colours.shape[0] // 512), :: -(-colours.shape[1] // 512), :3].astype(np.float32)
    spread = sample.max(axis=-1) - sample.min(axis=-1)
    return float((spread > max(float(sample.max()), 1.0) / 8).mean())


def is_nearly_blank(pixels: NDArray[np.float32]) -> bool:
    """Nearly every pixel has the same grey."""
    return _share_of_commonest(pixels) > _NEARLY_ALL


def is_coloured(colour_share: float) -> bool:
    """More than a few marks are coloured."""
    return colour_share > _MOST_COLOURED


def is_drawn(pixels: NDArray[np.float32]) -> bool:
    """Paper with ink on it: mostly one bright grey and some that is dark; or a few flat greys."""
    levels = np.bincount((pixels * 255).astype(np.uint8).ravel(), minlength=256) / pixels.size
    commonest = int(levels.argmax())
    is_paper = commonest >= 255 * _PAPER and levels[max(commonest - 12, 0) :].sum() > 0.6
    if is_paper and levels[: int(255 * _INK)].sum() > 0.01:
        return True
    return bool(pixels.size >= SMALL_SIDE**2 and (levels > 0.001).sum() <= _FEW_GREYS)


def is_inverted(pixels: NDArray[np.float32]) -> bool:
    """The frame of the image is bright where air should be dark, and brighter than its middle."""
    height, width = pixels.shape
    tall, wide = max(height // 16, 1), max(width // 16, 1)
    corners = [pixels[:tall, :wide], pixels[:tall, -wide:], pixels[-tall:, :wide], pixels[-tall:, -wide:]]
    middle = pixels[height // 4 : -height // 4 or None, width // 4 : -width // 4 or None]
    num_bright = sum(float(np.median(corner)) > 0.85 for corner in corners)
    return num_bright >= 3 and float(np.median(middle)) < 0.7


def _share_of_commonest(pixels: NDArray[np.float32]) -> float:
    levels = np.bincount((pixels * 255).astype(np.uint8).ravel(), minlength=256)
    return float(levels.max() / pixels.size)
