"""De-identified copies of images, file names included.

DICOM by the basic application level confidentiality profile (PS3.15, Annex E); PNG, JPEG, TIFF and NIfTI
without anything but pixels and geometry. Faces that can be rebuilt from volumes of the head are not removed.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kgdx.domain.errors import BadInputError, ImageError
from kgdx.imaging.clean_dicom import Pseudonyms, clean_dicom
from kgdx.imaging.clean_raster import clean_nifti, clean_raster
from kgdx.imaging.limits import is_gzip
from kgdx.imaging.read import format_of

_SUFFIXES = {"dicom": ".dcm", "png": ".png", "jpeg": ".jpg", "tiff": ".tif", "nifti": ".nii"}


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of one file.

    Attributes:
        source: the input.
        target: its clean copy; None if there is none.
        num_masked: rows of burned-in text painted over.
        error: why there is no copy.
    """

    source: Path
    target: Path | None = None
    num_masked: int = 0
    error: BadInputError | None = None


def deidentify(source: Path, target: Path, *, refuse_text: bool = False) -> Iterator[Copied]:
    """Write clean copies, one after the other.

    Files of a folder, and of the folders in it, are numbered in the order of their paths; a file that cannot
    be copied does not stop the others. Within one call equal UIDs become equal new ones.

    Args:
        source: a file or a folder; it is never written to.
        target: the copy, which must not exist yet; for a folder, one that is new or empty.
        refuse_text: refuse images with burned-in text instead of masking it.

    Raises:
        ImageError: if there is no such source, or the target is taken.
    """
    pseudonyms = Pseudonyms()
    if not source.is_dir():
        _check_free(source, target)
        yield _copied(source, target, pseudonyms, refuse_text=refuse_text)
        return
    files = sorted(path for path in source.rglob("*") if path.is_file())
    _check_folder(source, target, files)
    target.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files, start=1):
        try:
            wanted = target / f"{number:06d}{_suffix(file)}"
            yield _copied(file, wanted, pseudonyms, refuse_text=refuse_text)
        except ImageError as error:
            yield Copied(file, error=error)


def _check_free(source: Path, target: Path) -> None:
    if not source.exists():
        raise ImageError(str(source), "there is no such file or folder", "check the path")
    if target.exists():
        raise ImageError(str(target), "exists already and is not overwritten", "give another path")


def _check_folder(source: Path, target: Path, files: list[Path]) -> None:
    if not files:
        raise ImageError(str(source), "the folder is empty", "give a folder of images")
    if target.resolve().is_relative_to(source.resolve()):
        raise ImageError(str(target), "lies inside the input", "give a folder beside it")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ImageError(str(target), "exists already and is not empty", "give another folder")


def _suffix(file: Path) -> str:
    format_ = format_of(file)
    return ".nii.gz" if format_ == "nifti" and is_gzip(file) else _SUFFIXES[format_]


def _copied(source: Path, target: Path, pseudonyms: Pseudonyms, *, refuse_text: bool) -> Copied:
    content, num_masked = _clean(source, pseudonyms, refuse_text=refuse_text)
    _write(target, content)
    return Copied(source, target, num_masked)


def _clean(file: Path, pseudonyms: Pseudonyms, *, refuse_text: bool) -> tuple[bytes, int]:
    format_ = format_of(file)
    if format_ == "dicom":
        return clean_dicom(file, pseudonyms, refuse_text=refuse_text)
    if format_ == "nifti":
        return clean_nifti(file), 0
    return clean_raster(file, format_, refuse_text=refuse_text)


def _write(target: Path, content: bytes) -> None:
    """All of it or nothing: written beside its place, then moved there."""
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        fact = f"cannot be written ({error.strerror})"
        raise ImageError(str(target), fact, "choose another place") from error
