"""Image files to pixels: PNG, JPEG and DICOM, told apart by what is in them.

Whatever comes in, one thing comes out: grey values in [0, 1] with dense tissue bright. Size is looked up in
the header and held to a limit before anything is decoded.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageOps
from PIL.Image import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from kgdx.domain.errors import ImageError
from kgdx.encoders.dicom import is_dicom, read_dicom
from kgdx.encoders.pixels import stretch

MAX_PIXELS = 100_000_000
MAX_SIDE = 20_000
MIN_SIDE = 16
MAX_BYTES = 1 << 30
_REMEDY = "give a readable DICOM, PNG or JPEG file"

# The plugins are called by themselves: Image.open would warn of large images, here a limit decides.
_RASTER: tuple[tuple[bytes, str, type[PngImageFile] | type[JpegImageFile]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png", PngImageFile),
    (b"\xff\xd8\xff", "jpeg", JpegImageFile),
)


@dataclass(frozen=True)
class Radiograph:
    """Pixels and nothing that names a person.

    Attributes:
        pixels: (H, W) float32 in [0, 1], dense is bright, the central 99 % of grey values stretched.
        modality: DICOM modality such as `CR` or `DX`; empty where the file does not say.
        format: `dicom`, `png` or `jpeg`.
    """

    pixels: NDArray[np.float32] = field(repr=False)
    modality: str
    format: str


def read_image(path: Path | str) -> Radiograph:
    """Read one image file.

    16-bit files keep their depth until they are stretched; colour becomes grey; of a multi-frame DICOM the
    middle frame is read.

    Raises:
        ImageError: if the file is missing, empty, a folder, of another type, damaged, larger than
            MAX_PIXELS or MAX_SIDE, smaller than MIN_SIDE, blank, or not finite.
    """
    file = Path(path)
    head = _head(file)
    if is_dicom(head):
        plane, modality = read_dicom(file, lambda width, height: check_size(file, width, height))
        return Radiograph(_finish(file, plane), modality, "dicom")
    for magic, name, plugin in _RASTER:
        if head.startswith(magic):
            return Radiograph(_finish(file, _read_raster(file, plugin)), "", name)
    kind = "text" if head.isascii() and b"\0" not in head else "of an unknown type"
    raise ImageError(str(file), f"the content is {kind}, no image", _REMEDY)


def check_size(file: Path, width: int, height: int) -> None:
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


def _head(file: Path) -> bytes:
    """The first bytes, enough to tell the type by."""
    if file.is_dir():
        raise ImageError(str(file), "is a folder", "give one image file")
    try:
        size = file.stat().st_size
        with file.open("rb") as content:
            head = content.read(512)
    except OSError as error:
        raise ImageError(str(file), f"cannot be opened ({error.strerror})", "check the path") from error
    except ValueError as error:
        raise ImageError(repr(str(file)), f"is no path ({error})", "check the path") from error
    if not head:
        raise ImageError(str(file), "the file is empty", _REMEDY)
    if size > MAX_BYTES:
        raise ImageError(str(file), f"{size >> 20} MiB is more than {MAX_BYTES >> 20}", "give a single image")
    return head


def _read_raster(file: Path, plugin: type[PngImageFile] | type[JpegImageFile]) -> NDArray[np.float32]:
    try:
        with plugin(file) as image:
            check_size(file, *image.size)
            image.load()
            return _grey(ImageOps.exif_transpose(image))
    except ImageError:
        raise
    # Decoders fail in as many ways as files can be damaged: OSError, SyntaxError, zlib.error and more.
    except Exception as error:
        raise ImageError(str(file), f"is damaged or cut short ({error})", _REMEDY) from error


def _grey(image: Image) -> NDArray[np.float32]:
    """(H, W) float32 in the file's own unit; 16-bit grey keeps its depth."""
    if image.mode.startswith(("I", "F")):
        return np.asarray(image, dtype=np.float32)
    return np.asarray(
        image.convert("RGB" if image.mode == "P" else image.mode).convert("L"), dtype=np.float32
    )


def _finish(file: Path, plane: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(plane).all():
        raise ImageError(str(file), "pixel values are not finite numbers", "export the image again")
    pixels = stretch(plane)
    if pixels.max() == pixels.min():
        raise ImageError(
            str(file), "the image is blank: every pixel has the same value", "give an exposed image"
        )
    return pixels
