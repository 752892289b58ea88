"""PNG, JPEG and TIFF through Pillow: what the picture shows, and nothing of the texts that come with it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageOps
from PIL.Image import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from kgdx.domain.errors import ImageError
from kgdx.domain.message import Message
from kgdx.imaging.image import Plane
from kgdx.imaging.limits import check_scans, check_size, shrink_factor, shrunk
from kgdx.imaging.quality import share_of_colour

REMEDY = "give a readable DICOM, NIfTI, PNG, JPEG or TIFF file"

# The plugins are called by themselves: Image.open would warn of large images, here a limit decides.
_PLUGINS: tuple[tuple[bytes, str, type[ImageFile]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png", PngImageFile),
    (b"\xff\xd8\xff", "jpeg", JpegImageFile),
    (b"II\x2a\0", "tiff", TiffImageFile),
    (b"MM\0\x2a", "tiff", TiffImageFile),
)


def raster_format(head: bytes) -> str:
    """`png`, `jpeg` or `tiff` by the first bytes, or empty."""
    return next((name for magic, name, _ in _PLUGINS if head.startswith(magic)), "")


def read_raster(file: Path, kind: str) -> Plane:
    """Decode one picture, turned as its EXIF orientation says; of several pages the first.

    Args:
        file: whose format is `kind`.
        kind: as `raster_format` tells it.

    Raises:
        ImageError: if it is damaged, too large or too small.
    """
    with opened(file, kind) as image:
        num_told = _pages(image)
        image.load()
        factor = shrink_factor(*image.size)
        small = image.reduce(factor) if factor > 1 and not image.mode.startswith(("I", "F")) else image
        upright = ImageOps.exif_transpose(small)
        values, colour_share = _grey(upright)
    complaints = (Message("warning.several_pages"),) if num_told > 1 else ()
    return Plane(shrunk(values), kind, colour_share=colour_share, warnings=complaints)


@contextmanager
def opened(file: Path, kind: str) -> Iterator[ImageFile]:
    """The picture, its size checked and nothing decoded yet; every failure inside becomes an `ImageError`."""
    plugin = next(plugin for _, name, plugin in _PLUGINS if name == kind)
    try:
        with warnings.catch_warnings():
            # Of metadata, which concern no pixel.
            warnings.simplefilter("ignore")
            with plugin(file) as image:
                check_size(file, *image.size)
                if kind == "jpeg":
                    check_scans(file, file.read_bytes(), image.width * image.height)
                yield image
    except ImageError:
        raise
    # Decoders fail in as many ways as files can be damaged: OSError, SyntaxError, zlib.error and more.
    except Exception as error:
        fact = f"is damaged or cut short ({type(error).__name__})"
        raise ImageError(str(file), fact, REMEDY) from error


def _pages(image: ImageFile) -> int:
    """2 if there is a second page, else 1: counting them all would follow a chain as long as the file."""
    if not isinstance(image, TiffImageFile):
        return 1
    try:
        image.seek(1)
    except EOFError:
        return 1
    finally:
        image.seek(0)
    return 2


def _grey(image: Image) -> tuple[NDArray[np.float32], float]:
    """(H, W) float32 in the file's own unit, 16-bit grey keeping its depth; share of coloured pixels."""
    if image.mode.startswith(("I", "F")):
        return np.asarray(image, dtype=np.float32), 0.0
    plain = image.convert("RGB") if image.mode in {"P", "CMYK", "YCbCr", "LAB", "HSV"} else image
    share = share_of_colour(np.asarray(plain)) if plain.mode.startswith("RGB") else 0.0
    return np.asarray(plain.convert("L"), dtype=np.float32), share
