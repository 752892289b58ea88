"""NIfTI volumes, plain or gzip: a few slices, read in one pass that never holds the volume."""

import math
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.orientations import io_orientation
from numpy.typing import NDArray

from kgdx.domain.errors import ImageError
from kgdx.domain.message import Message
from kgdx.imaging.dicom import Choose
from kgdx.imaging.display import upright
from kgdx.imaging.image import Plane
from kgdx.imaging.limits import MAX_INFLATED, check_size, open_maybe_gzip, shrunk, too_large

REMEDY = "give a readable .nii or .nii.gz file"
_LENGTHS = {348: nibabel.Nifti1Header, 540: nibabel.Nifti2Header}
# NIfTI's axes run to right, front and head where DICOM's run to left, back and head.
_LETTERS = ("RL", "AP", "HF")
_MAX_HEADER = 1 << 20


def is_nifti(file: Path) -> bool:
    """Whether the file begins as a single-file NIfTI, by itself or inside gzip."""
    try:
        with open_maybe_gzip(file) as content:
            return _header_class(content.read(540)) is not None
    except (OSError, EOFError, zlib.error):
        return False


def read_nifti(file: Path, choose: Choose) -> tuple[list[Plane], int]:
    """Decode some of the slices from foot to head; of several volumes the first.

    Args:
        file: for which `is_nifti` holds.
        choose: from the number of slices to the indices of those to decode.

    Returns:
        The planes, and how many slices there are.

    Raises:
        ImageError: if the header makes no sense, the volume is too large or cut short.
    """
    try:
        with open_maybe_gzip(file) as content:
            volume = _volume(file, read_header(content))
            # Slices are counted along the axis from foot to head.
            num = volume.shape[volume.axis]
            indices = choose(num)
            stored = [index if volume.runs_up else num - 1 - index for index in indices]
            content.seek(volume.start)
            arrays = _sections(content, volume, stored)
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(str(file), f"the NIfTI file is damaged ({type(error).__name__})", REMEDY) from error
    several = (Message("warning.several_volumes"),) if volume.num_volumes > 1 else ()
    return [
        _plane(array, volume, index + 1 if num > 1 else None, several)
        for index, array in zip(indices, arrays, strict=True)
    ], num


def read_header(content: Any) -> Any:
    """nibabel's header of an open file.

    Raises:
        ValueError: or another of nibabel's own, if it is none.
    """
    head = content.read(540)
    kind = _header_class(head)
    if kind is None:
        raise ValueError("no NIfTI header")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(head[: kind.template_dtype.itemsize], check=False)


def _header_class(head: bytes) -> Any:
    for order in ("little", "big"):
        kind = _LENGTHS.get(int.from_bytes(head[:4], order))
        magic = head[344:347] if kind is nibabel.Nifti1Header else head[4:7]
        if kind is not None and magic in (b"n+1", b"n+2"):
            return kind
    return None


@dataclass(frozen=True, slots=True)
class _Volume:
    """How a volume lies in its file: shape, where it starts, along which axis its slices are told apart."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    start: int
    slope: float
    intercept: float
    axis: int
    runs_up: bool
    letters: tuple[str, str, str]
    spacing_mm: tuple[float, float, float]
    num_volumes: int


def _volume(file: Path, header: Any) -> _Volume:
    given = [int(length) for length in header.get_data_shape()]
    shape = [*given, 1, 1, 1][:3]
    dtype = header.get_data_dtype()
    if len(given) < 2 or min(given) < 1 or dtype.kind not in "iuf":
        raise ImageError(str(file), "the NIfTI file holds no grey image of two or three axes", REMEDY)
    if math.prod(shape) * dtype.itemsize > MAX_INFLATED:
        raise too_large(file)
    start = int(header.get_data_offset())
    if not 0 < start <= _MAX_HEADER:
        raise ImageError(str(file), "the NIfTI header does not say where the volume starts", REMEDY)
    orientation = io_orientation(header.get_best_affine())  # type: ignore[no-untyped-call]
    letters = tuple(
        "" if math.isnan(axis) else _LETTERS[int(axis)][0 if sign > 0 else 1] for axis, sign in orientation
    )
    axis = next((at for at, name in enumerate(letters) if name in {"H", "F"}), 2) if shape[2] > 1 else 2
    across = [at for at in range(3) if at != axis]
    check_size(file, shape[across[0]], shape[across[1]])
    slope, intercept = header.get_slope_inter()
    zooms = [float(zoom) for zoom in header.get_zooms()[:3]] + [0.0] * 3
    return _Volume(
        shape=(shape[0], shape[1], shape[2]),
        dtype=dtype,
        start=start,
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        axis=axis,
        runs_up=letters[axis] != "F",
        letters=(letters[0], letters[1], letters[2]),
        spacing_mm=(zooms[0], zooms[1], zooms[2]),
        num_volumes=math.prod(given[3:]),
    )


def _sections(content: Any, volume: _Volume, indices: Sequence[int]) -> list[NDArray[Any]]:
    """The chosen planes, each over the two other axes; the first axis runs fastest in the file."""
    width, height, depth = volume.shape
    num_bytes = width * height * volume.dtype.itemsize
    last = max(indices) if volume.axis == 2 else depth - 1
    wanted: dict[int, list[NDArray[Any]]] = {index: [] for index in indices}
    for at in range(last + 1):
        part = content.read(num_bytes)
        if len(part) < num_bytes:
            raise EOFError
        if volume.axis == 2 and at not in wanted:
            continue
        plane = np.frombuffer(part, volume.dtype).reshape(height, width).T
        for index in wanted if volume.axis < 2 else (at,):
            wanted[index].append(plane if volume.axis == 2 else plane.take(index, axis=volume.axis))
    return [wanted[i][0] if volume.axis == 2 else np.stack(wanted[i], axis=-1) for i in indices]


def _plane(
    array: NDArray[Any], volume: _Volume, number: int | None, complaints: tuple[Message, ...]
) -> Plane:
    """Rows run along the second of the two axes, so that an axial slice lies as radiologists look at it."""
    across = [at for at in range(3) if at != volume.axis]
    values = np.asarray(shrunk(array.astype(np.float32)) * volume.slope + volume.intercept, dtype=np.float32)
    row, column = volume.letters[across[0]], volume.letters[across[1]]
    turned, is_turned = upright(np.ascontiguousarray(values.T), row, column)
    along_row, along_column = volume.spacing_mm[across[0]], volume.spacing_mm[across[1]]
    spacing = (along_row, along_column) if is_turned else (along_column, along_row)
    is_known = all(0 < length < 1e3 for length in spacing)
    return Plane(
        values=turned,
        format="nifti",
        spacing_mm=spacing if is_known else None,
        number=number,
        warnings=complaints,
    )
