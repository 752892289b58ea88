"""A folder of DICOM slices: which belong together, in which order, and which stand for all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kgdx.domain.errors import ImageError
from kgdx.domain.message import Message
from kgdx.imaging.dicom import Choose, is_dicom, opened, read_dicom
from kgdx.imaging.image import Plane

_MAX_FILES = 5_000
_GAP = 1.5


@dataclass(frozen=True, slots=True)
class Slice:
    """One file of a folder.

    Attributes:
        group: files of one series, size and direction share it.
        place: millimetres along the normal of the slices, None where the header does not say.
        number: InstanceNumber, 0 where the header does not say.
    """

    path: Path
    group: tuple[Any, ...]
    place: float | None
    number: int


def read_series(folder: Path, choose: Choose) -> tuple[list[Plane], int]:
    """Decode the slices that stand for a folder.

    Slices are ordered by ImagePositionPatient along their normal, from foot to head for axial ones, or by
    InstanceNumber where a position is missing. Of several series the one with the most slices is read.

    Args:
        folder: files that are not DICOM are passed over.
        choose: from the number of slices to the indices of those to decode.

    Returns:
        The planes, and how many slices the series has.

    Raises:
        ImageError: if there is no readable DICOM image in the folder.
    """
    slices, num_bad = _slices(folder)
    if not slices:
        raise ImageError(str(folder), "no DICOM image in this folder", "give one file, or a folder of slices")
    sizes = Counter(item.group for item in slices)
    group = sizes.most_common(1)[0][0]
    series = ordered([item for item in slices if item.group == group])
    complaints = _complaints(series, num_bad, num_other=len(slices) - len(series))
    if len(series) == 1:
        planes, num_frames = read_dicom(series[0].path, choose)
        return [replace(plane, warnings=(*plane.warnings, *complaints)) for plane in planes], num_frames
    planes = []
    for index in choose(len(series)):
        (plane,), _ = read_dicom(series[index].path, lambda num: [num // 2])
        planes.append(replace(plane, number=index + 1, warnings=(*plane.warnings, *complaints)))
    return planes, len(series)


def ordered(slices: Sequence[Slice]) -> list[Slice]:
    """The slices of one series by position, else by number, else by name."""
    if all(item.place is not None for item in slices):
        return sorted(slices, key=lambda item: (item.place or 0.0, item.number, item.path.name))
    return sorted(slices, key=lambda item: (item.number, item.path.name))


def _slices(folder: Path) -> tuple[list[Slice], int]:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if len(files) > _MAX_FILES:
        fact = f"the folder holds {len(files):,} files, more than {_MAX_FILES:,}"
        raise ImageError(str(folder), fact, "give the folder of one series")
    slices, num_bad = [], 0
    for path in files:
        with path.open("rb") as content:
            if not is_dicom(content.read(132)):
                continue
        try:
            with opened(path) as (_, header):
                slices.append(_slice(path, header))
        except ImageError:
            num_bad += 1
    return slices, num_bad


def _slice(path: Path, header: Any) -> Slice:
    cosines = [round(float(value), 2) for value in header.get("ImageOrientationPatient") or ()]
    position = [float(value) for value in header.get("ImagePositionPatient") or ()]
    place = None
    if len(cosines) == 6 and len(position) == 3:
        place = float(np.dot(np.cross(cosines[:3], cosines[3:]), position))
    number = header.get("InstanceNumber")
    group = (str(header.get("SeriesInstanceUID", "")), int(header.Rows), int(header.Columns), tuple(cosines))
    return Slice(path, group, place, int(number) if number is not None else 0)


def _complaints(series: Sequence[Slice], num_bad: int, num_other: int) -> tuple[Message, ...]:
    complaints = []
    if num_bad:
        complaints.append(Message("warning.unreadable_files", {"n": num_bad}))
    if num_other:
        complaints.append(Message("warning.other_series", {"n": num_other}))
    places = [item.place for item in series if item.place is not None]
    if len(places) == len(series) > 2:
        gaps = np.diff(places)
        if gaps.max() > _GAP * float(np.median(gaps)):
            complaints.append(Message("warning.missing_slices"))
    return tuple(complaints)
