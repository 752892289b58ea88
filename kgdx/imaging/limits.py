"""How large an image may be, looked up in its header and held before anything is decoded."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.errors import ImageError

MAX_PIXELS = 1 << 25
MAX_SIDE = 20_000
MIN_SIDE = 16
MAX_BYTES = 1 << 30
# Beyond this an image is shrunk by a whole factor as it is read: no detail that matters is lost.
WORKING_SIDE = 4096
_MAX_SCANS = 1 << 29
_MARKER_OF_SCAN = b"\xff\xda"


def check_size(file: Path | str, width: int, height: int) -> None:
    """Refuse what is too large to decode or too small to show anything.

    Raises:
        ImageError: with the size and the limit.
    """
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        fact = f"{width} x {height} pixels is more than {MAX_SIDE} a side or {MAX_PIXELS // 10**6} megapixels"
        raise ImageError(str(file), fact, "give a smaller image")
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            str(file), f"{width} x {height} pixels is too small", f"give at least {MIN_SIDE} a side"
        )


def check_scans(file: Path | str, content: bytes, num_pixels: int) -> None:
    """Refuse a progressive JPEG whose many scans would each go over the whole image.

    Raises:
        ImageError: with the number of scans.
    """
    num_scans = content.count(_MARKER_OF_SCAN)
    if num_scans > 1 and num_scans * num_pixels > _MAX_SCANS:
        fact = f"{num_scans} scans over {num_pixels // 10**6} megapixels would take too long"
        raise ImageError(str(file), fact, "save the image again as a baseline JPEG or as PNG")


def shrink_factor(width: int, height: int) -> int:
    """By how much a side is to be divided to stay within WORKING_SIDE; 1 for nearly all images."""
    return -(-max(width, height) // WORKING_SIDE)


def shrunk(pixels: NDArray[Any]) -> NDArray[Any]:
    """Means of square blocks, (H, W) or (H, W, C), same dtype; as it is if already small enough."""
    factor = shrink_factor(pixels.shape[1], pixels.shape[0])
    if factor == 1:
        return pixels
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    rows, columns = height * factor, width * factor
    corners = [(row, column) for row in range(factor) for column in range(factor)]
    # Adding up one pixel of every block at a time is far faster than a mean over two axes.
    means = np.zeros((height, width, *pixels.shape[2:]), dtype=np.float32)
    for row, column in corners:
        means += pixels[row:rows:factor, column:columns:factor]
    means /= factor**2
    is_whole = np.issubdtype(pixels.dtype, np.integer)
    return np.asarray(np.rint(means) if is_whole else means, dtype=pixels.dtype)
