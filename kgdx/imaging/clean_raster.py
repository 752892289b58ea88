"""Pictures and NIfTI volumes without their metadata."""

import gzip
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from kgdx.domain.errors import ImageError
from kgdx.imaging.burned_in import Box, find_text, mask_text
from kgdx.imaging.codestream import without_comments
from kgdx.imaging.contrast import stretch
from kgdx.imaging.limits import check_size, exactly, open_maybe_gzip
from kgdx.imaging.nifti import REMEDY, read_header
from kgdx.imaging.raster import opened

_MAX_PAGES = 200
_ORIENTATION = 0x0112


def clean_raster(file: Path, kind: str, *, refuse_text: bool) -> tuple[bytes, int]:
    """The content of a clean copy: pixels without EXIF, comments, profiles and texts.

    A JPEG without burned-in text keeps its coded pixels bit for bit.

    Returns:
        The bytes of the copy; the number of rows of text that were masked.

    Raises:
        ImageError: if it is damaged, too large, or has text burned in and `refuse_text`.
    """
    with opened(file, kind) as image:
        num_masked, pages = 0, []
        for page in range(_MAX_PAGES if kind == "tiff" else 1):
            if page and not _turn_to(image, page):
                break
            check_size(file, *image.size)
            image.load()
            boxes = _text(image)
            if boxes and refuse_text:
                raise ImageError(str(file), "text is burned into the image", "mask it, or leave the file out")
            num_masked += len(boxes)
            pages.append(_bare(image, boxes))
        target = io.BytesIO()
        if kind == "jpeg" and not num_masked:
            orientation = image.getexif().get(_ORIENTATION, 1)
            return _with_orientation(without_comments(file.read_bytes()), orientation), 0
        if kind == "jpeg":
            tables: Any = image
            pages[0].save(target, "JPEG", qtables=tables.quantization, subsampling=get_sampling(tables))
        elif kind == "tiff":
            pages[0].save(
                target, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate"
            )
        else:
            pages[0].save(target, "PNG")
        return target.getvalue(), num_masked


def _turn_to(image: Any, page: int) -> bool:
    try:
        image.seek(page)
    except EOFError:
        return False
    return True


def _text(image: Image.Image) -> list[Box]:
    grey = image if image.mode.startswith(("I", "F")) else image.convert("RGB").convert("L")
    return find_text(stretch(np.asarray(grey, dtype=np.float32)))


def _bare(image: Image.Image, boxes: list[Box]) -> Image.Image:
    """The pixels alone, upright, in an image that never saw the file."""
    plain = image.convert("RGB") if boxes and image.mode == "P" else image
    bare = Image.fromarray(mask_text(np.asarray(plain), boxes)) if boxes else plain.copy()
    if bare.mode != plain.mode:
        bare = bare.convert(plain.mode)
    bare.info.clear()
    orientation = image.getexif().get(_ORIENTATION, 1)
    fresh = Image.frombytes(bare.mode, bare.size, bare.tobytes())
    if bare.mode == "P" and bare.palette is not None:
        fresh.putpalette(bare.palette.getdata()[1], bare.palette.mode)
    fresh.getexif()[_ORIENTATION] = orientation
    upright = ImageOps.exif_transpose(fresh)
    upright.getexif().clear()
    upright.info.clear()
    return upright


def _with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF segment that says its orientation and nothing else, if it is turned at all."""
    if orientation not in range(2, 9):
        return jpeg
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    body = exif.tobytes()
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def clean_nifti(file: Path) -> bytes:
    """The content of a clean copy: free texts of the header emptied, extensions left out; gzip if it was.

    Raises:
        ImageError: if it is damaged or too large.
    """
    try:
        with open_maybe_gzip(file) as content:
            header = read_header(content)
            num_bytes = math.prod(int(length) for length in header.get_data_shape())
            num_bytes *= header.get_data_dtype().itemsize
            content.seek(int(header.get_data_offset()))
            volume = exactly(file, content, num_bytes)
            is_gzip = isinstance(content, gzip.GzipFile)
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(str(file), f"the NIfTI file is damaged ({type(error).__name__})", REMEDY) from error
    clean = header.copy()
    for name in ("data_type", "db_name", "descrip", "aux_file", "intent_name", "unused_str"):
        if name in clean.keys():  # noqa: SIM118 - a header is no mapping
            clean[name] = b""
    clean.set_data_offset(clean.single_vox_offset)
    whole = clean.binaryblock + b"\0" * 4 + volume
    # gzip that names neither a file nor a time.
    return gzip.compress(whole, mtime=0) if is_gzip else whole
