"""Text burned into an image: found near the borders, and masked.

Characters are thin strokes, clearly brighter than the even ground they lie on, of one height and in a row. A
row of enough strokes near a border is text. Single letters, such as the side markers of radiographs, stay.
Text that is hardly brighter than the tissue behind it is not found.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, grey_opening, label, maximum_filter

_DETECTION_SIDE, _SMALL_SIDE = 1024, 512
# Below this, letters that could be read would be as large as organs.
_LEAST_SIDE = 128
_LEAST_CONTRAST, _STEP, _MAX_UNEVEN = 0.2, 0.22, 0.22
_MIN_HEIGHT, _MAX_HEIGHT_SHARE = 4, 0.08
_MIN_WIDTH_IN_HEIGHTS, _MAX_WIDTH_IN_HEIGHTS = 1.6, 14
_MIN_FILL, _BOLD_FILL, _MAX_FILL = 0.15, 0.36, 0.85
_MIN_STROKES, _MIN_STROKES_IN_HEIGHTS = 2.2, 0.6
_BORDER_SHARE = 0.22
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
        One box a row of text, with a margin of half a character; none in images below 128 pixels a side.
    """
    if min(pixels.shape) < _LEAST_SIDE:
        return []
    factor = -(-max(pixels.shape) // _DETECTION_SIDE)
    small = _brightest(pixels, factor)
    relief = _relief(small)
    strokes = relief >= _LEAST_CONTRAST
    boxes = []
    for row in _rows(_pieces(strokes)):
        box = row[0]
        for piece in row[1:]:
            box = box.around(piece)
        if _is_near_border(box, small.shape) and _reads_as_text(relief, strokes, box):
            boxes.append(box.scaled(factor, max(box.height * factor // 2, 2), pixels.shape))
    return boxes


def mask_text(stored: NDArray[Any], boxes: list[Box]) -> NDArray[Any]:
    """A copy of (H, W) or (H, W, C) values in which every box has the median of its rim."""
    greys = np.atleast_3d(stored).astype(np.float32)
    masked = np.atleast_3d(stored).copy()
    for box in boxes:
        inside = np.s_[box.top : box.bottom, box.left : box.right]
        greys[inside] = rim = _rim(greys, box)
        masked[inside] = np.rint(rim) if np.issubdtype(stored.dtype, np.integer) else rim
    return np.asarray(masked.reshape(stored.shape))


def _brightest(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """(H / factor, W / factor): the brightest pixel of each block, for strokes may be thin."""
    if factor == 1:
        return pixels
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    blocks = pixels[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return np.asarray(blocks.max(axis=(1, 3)), dtype=np.float32)


def _relief(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) how much brighter thin things are than what they lie on (a white top-hat)."""
    widest = 7 if max(pixels.shape) <= _SMALL_SIDE else 13
    ground = grey_opening(np.pad(pixels, widest, mode="edge"), size=(widest, widest))
    return np.asarray(pixels - ground[widest:-widest, widest:-widest], dtype=np.float32)


def _pieces(strokes: NDArray[np.bool_]) -> list[Box]:
    """Connected strokes as high as a character: letters, and words whose letters touch."""
    tallest = max(int(_MAX_HEIGHT_SHARE * strokes.shape[0]), 14)
    components, _ = label(strokes, structure=np.ones((3, 3)))
    pieces = []
    for number, (rows, columns) in enumerate(find_objects(components), start=1):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not _MIN_HEIGHT <= height <= tallest or width > _MAX_WIDTH_IN_HEIGHTS * height:
            continue
        if (components[rows, columns] == number).mean() <= _MAX_FILL or width <= height / 2:
            pieces.append(Box(rows.start, columns.start, rows.stop, columns.stop))
    return pieces


def _rows(pieces: list[Box]) -> list[list[Box]]:
    """Pieces of like height whose neighbours stand close beside them, as wide together as a short word."""
    rows: list[list[Box]] = []
    for piece in sorted(pieces, key=lambda box: box.left):
        fitting = [row for row in rows if _continues(row[-1], piece)]
        if fitting:
            min(fitting, key=lambda row: abs(row[-1].bottom - piece.bottom)).append(piece)
        else:
            rows.append([piece])
    return [row for row in rows if row[-1].right - row[0].left >= _MIN_WIDTH_IN_HEIGHTS * _height(row)]


def _height(row: list[Box]) -> int:
    return max(piece.height for piece in row)


def _continues(last: Box, piece: Box) -> bool:
    height = max(last.height, piece.height)
    is_alike = min(last.height, piece.height) >= 0.5 * height
    is_level = abs((last.top + last.bottom) - (piece.top + piece.bottom)) <= 0.7 * height
    return is_alike and is_level and piece.left - last.right <= _MAX_GAP_IN_HEIGHTS * height


def _reads_as_text(relief: NDArray[np.float32], strokes: NDArray[np.bool_], box: Box) -> bool:
    """Many upright strokes, evenly bright and sharp, on an even ground."""
    inside = strokes[box.top : box.bottom, box.left : box.right]
    shown = relief[box.top : box.bottom, box.left : box.right]
    ground = ~maximum_filter(inside, 3)
    fill = inside.mean()
    if not _MIN_FILL <= fill <= _MAX_FILL or ground.sum() < 4:
        return False
    middle = inside[box.height // 5 : -(box.height // 5) or None]
    num_strokes = (np.diff(middle.astype(np.int8), axis=1) == 1).sum(axis=1).mean()
    low, high = np.quantile(shown[ground], (0.1, 0.9))
    bright = float(np.quantile(shown[inside], 0.75))
    if bright - high < _STEP or num_strokes < _MIN_STROKES_IN_HEIGHTS * box.width / box.height:
        return False
    uneven = (high - low) / (bright - low)
    is_bold = fill >= _BOLD_FILL and num_strokes >= _MIN_STROKES and uneven <= _MAX_UNEVEN
    is_long = num_strokes >= 3 * _MIN_STROKES and uneven <= _MAX_UNEVEN / 2
    return bool(is_bold or is_long)


def _is_near_border(box: Box, shape: tuple[int, ...]) -> bool:
    tall, wide = _BORDER_SHARE * shape[0], _BORDER_SHARE * shape[1]
    in_band = box.bottom <= tall or box.top >= shape[0] - tall
    at_side = box.right <= wide or box.left >= shape[1] - wide
    return in_band or at_side


def _rim(greys: NDArray[np.float32], box: Box) -> NDArray[np.float32]:
    """(C,) the median of the pixels around a box, one pixel wide; 0 where there are none."""
    outer = box.scaled(1, 1, greys.shape)
    around = greys[outer.top : outer.bottom, outer.left : outer.right]
    is_rim = np.ones(around.shape[:2], dtype=bool)
    is_rim[box.top - outer.top :, box.left - outer.left :][: box.height, : box.width] = False
    rim = around[is_rim]
    return np.asarray(np.nanmedian(rim, axis=0) if len(rim) else np.zeros(greys.shape[2]), dtype=np.float32)
