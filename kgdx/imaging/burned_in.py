"""Text burned into an image: found near the borders, and masked.

Characters are small, sharp, almost as bright as the image gets, of one height, and stand in a row. A row that
holds enough of them near a border is text. Single letters, such as the side markers of radiographs, stay.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label, maximum_filter, minimum_filter

_DETECTION_SIDE = 1024
_BRIGHT, _STEP = 0.72, 0.45
_MIN_HEIGHT, _MAX_HEIGHT_SHARE = 4, 0.07
_MAX_WIDTH_IN_HEIGHTS = 1.8
_MIN_FILL, _MAX_FILL = 0.12, 0.9
_BORDER_SHARE = 0.22
_MIN_CHARACTERS = 3
_MAX_GAP_IN_HEIGHTS = 1.6


@dataclass(frozen=True, slots=True)
class Box:
    """Rows `top` to `bottom`, columns `left` to `right`, ends left out, in pixels."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    def around(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def scaled(self, factor: int, margin: int, shape: tuple[int, ...]) -> "Box":
        """The same box in an image `factor` times as large, with a margin, cut at the borders."""
        return Box(
            max(self.top * factor - margin, 0),
            max(self.left * factor - margin, 0),
            min(self.bottom * factor + margin, shape[0]),
            min(self.right * factor + margin, shape[1]),
        )


def find_text(pixels: NDArray[np.float32]) -> list[Box]:
    """Rows of burned-in text.

    Args:
        pixels: (H, W) float32 in [0, 1].

    Returns:
        One box a row of text, with a margin of half a character.
    """
    factor = -(-max(pixels.shape) // _DETECTION_SIDE)
    small = _brightest(pixels, factor)
    rows = _rows(_characters(small))
    boxes = []
    for row in rows:
        box = row[0]
        for character in row[1:]:
            box = box.around(character)
        if _is_near_border(box, small.shape):
            boxes.append(box.scaled(factor, max(box.height * factor // 2, 2), pixels.shape))
    return boxes


def mask_text(pixels: NDArray[np.float32], boxes: list[Box]) -> NDArray[np.float32]:
    """A copy in which every box has the median grey of its rim."""
    masked = pixels.copy()
    for box in boxes:
        masked[box.top : box.bottom, box.left : box.right] = _rim(masked, box)
    return masked


def _brightest(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """(H / factor, W / factor): the brightest pixel of each block, for strokes may be thin."""
    if factor == 1:
        return pixels
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    blocks = pixels[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return np.asarray(blocks.max(axis=(1, 3)), dtype=np.float32)


def _characters(pixels: NDArray[np.float32]) -> list[Box]:
    """Small, sharp, bright components, each on a darker ground."""
    tallest = max(int(_MAX_HEIGHT_SHARE * pixels.shape[0]), 12)
    components, _ = label(pixels >= _BRIGHT, structure=np.ones((3, 3)))
    sharp = (maximum_filter(pixels, 3) - minimum_filter(pixels, 3)) >= _STEP
    characters = []
    for number, (rows, columns) in enumerate(find_objects(components), start=1):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not _MIN_HEIGHT <= height <= tallest or width > _MAX_WIDTH_IN_HEIGHTS * height:
            continue
        inside = components[rows, columns] == number
        if not (_MIN_FILL <= inside.mean() <= _MAX_FILL or (width <= 2 and height >= _MIN_HEIGHT)):
            continue
        if sharp[rows, columns][inside].mean() >= 0.6:
            characters.append(Box(rows.start, columns.start, rows.stop, columns.stop))
    return characters


def _rows(characters: list[Box]) -> list[list[Box]]:
    """Characters of like height whose neighbours stand close beside them, at least three in a row."""
    rows: list[list[Box]] = []
    for character in sorted(characters, key=lambda box: box.left):
        fitting = [row for row in rows if _continues(row[-1], character)]
        if fitting:
            min(fitting, key=lambda row: abs(row[-1].bottom - character.bottom)).append(character)
        else:
            rows.append([character])
    return [row for row in rows if len(row) >= _MIN_CHARACTERS]


def _continues(last: Box, character: Box) -> bool:
    height = max(last.height, character.height)
    is_alike = min(last.height, character.height) >= 0.55 * height
    is_level = abs((last.top + last.bottom) - (character.top + character.bottom)) <= 0.7 * height
    return is_alike and is_level and character.left - last.right <= _MAX_GAP_IN_HEIGHTS * height


def _is_near_border(box: Box, shape: tuple[int, ...]) -> bool:
    tall, wide = _BORDER_SHARE * shape[0], _BORDER_SHARE * shape[1]
    in_band = box.bottom <= tall or box.top >= shape[0] - tall
    at_side = box.right <= 1.6 * wide or box.left >= shape[1] - 1.6 * wide
    return in_band or at_side


def _rim(pixels: NDArray[np.float32], box: Box) -> float:
    """The median of the pixels around a box, one pixel wide."""
    outer = box.scaled(1, 1, pixels.shape)
    around = pixels[outer.top : outer.bottom, outer.left : outer.right].copy()
    around[box.top - outer.top : box.bottom - outer.top, box.left - outer.left : box.right - outer.left] = (
        np.nan
    )
    return float(np.nanmedian(around)) if not np.isnan(around).all() else 0.0
