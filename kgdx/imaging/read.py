"""Image files to pixels: DICOM, NIfTI, PNG, JPEG and TIFF, told apart by what is in them.

Whatever comes in, one thing comes out: grey values in [0, 1] with dense tissue bright. Size is looked up in
the header and held to a limit before anything is decoded.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kgdx.domain.errors import ImageError
from kgdx.domain.message import Message
from kgdx.imaging.dicom import Choose, is_dicom, read_dicom
from kgdx.imaging.image import MedicalImage, Plane
from kgdx.imaging.limits import MAX_BYTES
from kgdx.imaging.nifti import is_nifti, read_nifti
from kgdx.imaging.prepare import Preprocessing, prepare
from kgdx.imaging.raster import REMEDY, raster_format, read_raster
from kgdx.imaging.series import read_series

_AS_IS = Preprocessing()


def read_image(path: Path | str, settings: Preprocessing = _AS_IS) -> MedicalImage:
    """Read one image; of a volume, a series or several frames the middle one.

    16-bit files keep their depth until they are stretched; colour becomes grey.

    Args:
        path: a file, or a folder with the slices of one DICOM series.
        settings: how to prepare it; `num_slices` plays no part.

    Raises:
        ImageError: if the file is missing, empty, of another type, damaged, larger than MAX_PIXELS or
            MAX_SIDE, smaller than MIN_SIDE, blank, or not finite.
    """
    return read_images(path, replace(settings, num_slices=1))[0]


def read_images(path: Path | str, settings: Preprocessing = _AS_IS) -> tuple[MedicalImage, ...]:
    """Read the images that stand for a file or folder: one, or `num_slices` evenly through a volume.

    Slices that are blank are left out as long as one is not.

    Raises:
        ImageError: as `read_image`.
    """
    file = Path(path)
    planes, num = _planes(file, lambda num: evenly(num, settings.num_slices))
    images, blank = [], None
    for plane in planes:
        try:
            images.append(prepare(plane, str(file), settings))
        except ImageError as error:
            blank = error
    if blank is not None and not images:
        raise blank
    if num > 1:
        told = Message("warning.slices", {"n": num, "numbers": _numbers(images)})
        images[0] = replace(images[0], warnings=(told, *images[0].warnings))
    return tuple(images)


def evenly(num: int, num_wanted: int) -> Sequence[int]:
    """Indices that part a sequence evenly: its middle for one, its quarters for three; never one twice."""
    return sorted({num * (at + 1) // (num_wanted + 1) for at in range(num_wanted)})


def _planes(file: Path, choose: Choose) -> tuple[list[Plane], int]:
    if _is_folder(file):
        return read_series(file, choose)
    format_ = format_of(file)
    if format_ == "dicom":
        return read_dicom(file, choose)
    if format_ == "nifti":
        return read_nifti(file, choose)
    return [read_raster(file, format_)], 1


def format_of(file: Path) -> str:
    """`dicom`, `png`, `jpeg`, `tiff` or `nifti`, by what is in the file.

    Raises:
        ImageError: if it is none of them, empty, too large, or cannot be opened.
    """
    head = _head(file)
    if is_dicom(head):
        return "dicom"
    if format_ := raster_format(head):
        return format_
    if is_nifti(file):
        return "nifti"
    kind = "text" if head.isascii() and b"\0" not in head else "of an unknown type"
    raise ImageError(str(file), f"the content is {kind}, no image", REMEDY)


def _is_folder(file: Path) -> bool:
    try:
        return file.is_dir()
    except ValueError as error:
        raise ImageError(repr(str(file)), f"is no path ({error})", "check the path") from error


def _head(file: Path) -> bytes:
    """The first bytes, enough to tell the type by."""
    try:
        size = file.stat().st_size
        with file.open("rb") as content:
            head = content.read(512)
    except OSError as error:
        raise ImageError(str(file), f"cannot be opened ({error.strerror})", "check the path") from error
    except ValueError as error:
        raise ImageError(repr(str(file)), f"is no path ({error})", "check the path") from error
    if not head:
        raise ImageError(str(file), "the file is empty", REMEDY)
    if size > MAX_BYTES:
        raise ImageError(str(file), f"{size >> 20} MiB is more than {MAX_BYTES >> 20}", "give a single image")
    return head


def _numbers(images: Sequence[MedicalImage]) -> str:
    return ", ".join(str(image.number) for image in images)
