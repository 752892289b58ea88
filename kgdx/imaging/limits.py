"""How large an image may be, looked up in its header, and reading that keeps to a bound."""

import gzip
import zlib
from pathlib import Path
from typing import Any, BinaryIO

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


MAX_INFLATED = 1 << 28
MAX_COPIED = 1 << 30
_MAX_READS = 150_000
_CHUNK = 1 << 20
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_EXPLICIT_LITTLE = b"1.2.840.10008.1.2.1\0\0\0"


class BoundedReader:
    """A file that can be read only so often: each element of a DICOM header takes a read or two."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._num_reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes.

        Raises:
            OverflowError: after 150,000 reads.
        """
        self._num_reads += 1
        if self._num_reads > _MAX_READS:
            raise OverflowError("the header has too many elements")
        return self._content.read(-1 if size is None else size)


def inflated(file: Path, content: BinaryIO) -> bytes:
    """A deflated DICOM file (PS3.5, A.5) as explicit little endian; empty if it is not deflated.

    `content` is left at its start.

    Raises:
        ImageError: if it inflates to more than MAX_INFLATED.
    """
    head = content.read(1024)
    content.seek(0)
    if head[128:132] != b"DICM" or _DEFLATED not in head:
        return b""
    end_of_meta = 144 + int.from_bytes(head[140:144], "little")
    content.seek(end_of_meta)
    body = inflate(file, zlib.decompressobj(-zlib.MAX_WBITS), content)
    content.seek(0)
    meta = content.read(end_of_meta).replace(_DEFLATED, _EXPLICIT_LITTLE)
    return meta + body


def inflate(file: Path, machine: Any, content: BinaryIO) -> bytes:
    """Everything that `machine` makes of the rest of the content.

    Raises:
        ImageError: if that is more than MAX_INFLATED.
    """
    parts, room = [], MAX_INFLATED
    while not machine.eof and (chunk := content.read(_CHUNK)):
        part = machine.decompress(chunk, room)
        room -= len(part)
        if room <= 0:
            raise too_large(file)
        parts.append(part)
    return b"".join(parts)


def is_gzip(file: Path) -> bool:
    """Whether a file begins as gzip does."""
    with file.open("rb") as content:
        return content.read(2) == b"\x1f\x8b"


def open_maybe_gzip(file: Path) -> Any:
    """The file for reading bytes, inflated as it is read if it is gzip."""
    return gzip.open(file, "rb") if is_gzip(file) else file.open("rb")


def exactly(file: Path, content: BinaryIO, num_bytes: int) -> bytes:
    """The next `num_bytes` of the content.

    Raises:
        ImageError: if that is more than MAX_COPIED.
        EOFError: if there are fewer.
    """
    if num_bytes > MAX_COPIED:
        raise ImageError(str(file), f"it holds more than {MAX_COPIED >> 20} MiB", "give a smaller volume")
    read = content.read(num_bytes)
    if len(read) < num_bytes:
        raise EOFError
    return read


def too_large(file: Path | str) -> ImageError:
    """The error for what inflates beyond the limit."""
    fact = f"it inflates to more than {MAX_INFLATED >> 20} MiB"
    return ImageError(str(file), fact, "give single slices, or a smaller volume")
