"""DICOM pixels: stored values to the grey values a reader would see, the patient's left on the right."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut

from kgdx.imaging.contrast import body_part, names_lungs, part_in_words
from kgdx.imaging.image import Pixels, Plane
from kgdx.imaging.limits import shrunk
from kgdx.imaging.quality import share_of_colour

# PS3.3, C.7.3.1.1.1: those that carry images. What is not listed is not kept.
_WITH_IMAGES = (
    "AR BI BMD CR CT DG DX ECG ES GM IO IVOCT IVUS LS MG MR NM OCT OP OPT OT PT PX RF RG SC SM TG US XA XC"
)
MODALITIES = frozenset(_WITH_IMAGES.split())
_PROJECTIONS = {"CR", "DX", "MG", "RF", "RG", "XA", "PX", "IO", ""}
# Searched for a body part; nothing else of them goes any further.
_FREE_TEXTS = ("ProtocolName", "SeriesDescription", "StudyDescription")
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def plane_of(stored: NDArray[Any], header: Any, number: int | None) -> Plane:
    """A plane of one frame.

    Rescale slope and intercept, or the modality table, are applied; MONOCHROME1 is inverted.

    Args:
        stored: (H, W) or (H, W, C) as decoded.
        header: its data set.
        number: 1-based, None for the only frame.
    """
    values, windowed, colour_share = displayed(shrunk(stored), header)
    modality = str(header.get("Modality", "")).strip()
    modality = modality if modality in MODALITIES else ""
    words = " ".join(str(header.get(key, "")) for key in _FREE_TEXTS)
    kernel = f"{words} {header.get('ConvolutionKernel', '')}"
    row, column = directions(header)
    is_projection = modality in _PROJECTIONS
    values, is_turned = upright(values, row, column, is_projection=is_projection)
    if windowed is not None:
        windowed, _ = upright(windowed, row, column, is_projection=is_projection)
    spacing = _spacing(header, stored.shape[0] / (values.shape[1] if is_turned else values.shape[0]))
    return Plane(
        values=values,
        windowed=windowed,
        format="dicom",
        modality=modality,
        body_part=body_part(str(header.get("BodyPartExamined", ""))) or part_in_words(words),
        wants_lungs=names_lungs(kernel),
        spacing_mm=(spacing[1], spacing[0]) if spacing and is_turned else spacing,
        number=number,
        colour_share=colour_share,
    )


def directions(header: Any) -> tuple[str, str]:
    """Letters of the directions in which rows and columns run; empty where the header does not say."""
    cosines = header.get("ImageOrientationPatient")
    if cosines is not None and len(cosines) == 6:
        numbers = [float(cosine) for cosine in cosines]
        return letter(numbers[:3]), letter(numbers[3:])
    words = header.get("PatientOrientation")
    if words is not None and not isinstance(words, str) and len(words) == 2:
        return str(words[0])[:1], str(words[1])[:1]
    return "", ""


def _spacing(header: Any, factor: float) -> tuple[float, float] | None:
    given = header.get("PixelSpacing") or header.get("ImagerPixelSpacing")
    try:
        row, column = (float(value) * factor for value in given)
    except (TypeError, ValueError):
        return None
    return (row, column) if 0 < row < 1e3 and 0 < column < 1e3 else None


def displayed(stored: NDArray[Any], header: Any) -> tuple[Pixels, Pixels | None, float]:
    """(values, values under the file's window, share of colour) of (H, W) or (H, W, 3) stored values."""
    if str(header.get("PhotometricInterpretation")) == "PALETTE COLOR":
        stored = apply_color_lut(stored, header)
    if stored.ndim == 3:
        return np.asarray(stored[..., :3] @ _LUMA, dtype=np.float32), None, share_of_colour(stored)
    values = np.asarray(apply_modality_lut(stored, header), dtype=np.float32)
    padding = header.get("PixelPaddingValue")
    if padding is not None and (is_real := stored != padding).any():
        # Padding far outside the range of tissue would squeeze tissue into one grey.
        values = np.where(is_real, values, values[is_real].min())
    windowed = _windowed(values, stored, header)
    if str(header.get("PhotometricInterpretation")) == "MONOCHROME1":
        values = values.max() + values.min() - values
        windowed = None if windowed is None else windowed.max() + windowed.min() - windowed
    return values, windowed, 0.0


def _windowed(values: NDArray[np.float32], stored: NDArray[Any], header: Any) -> NDArray[np.float32] | None:
    """Apply the file's window; None if it has none, or one that would blank the image."""
    table = header.get("VOILUTSequence")
    if not table and header.get("WindowCenter") is None:
        return None
    try:
        # A table is indexed by whole numbers, so it needs the values before padding was replaced.
        source = apply_modality_lut(stored, header) if table else values
        seen = np.asarray(apply_voi_lut(source, header), dtype=np.float32)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, NotImplementedError):
        return None
    low, high = np.quantile(seen, (0.05, 0.95))
    return seen if high > low else None


# Directions of the patient (PS3.3, C.7.6.1.1.1), each with its axis.
_AXES = {"R": "x", "L": "x", "A": "y", "P": "y", "H": "z", "F": "z"}
_LEAST_COSINE = 0.5


def letter(cosines: Sequence[float]) -> str:
    """Where a vector of the patient's coordinates (to left, back, head) mostly points to, or empty."""
    axis = int(np.argmax(np.abs(cosines)))
    if not abs(cosines[axis]) >= _LEAST_COSINE:
        return ""
    return ("LR", "PA", "HF")[axis][int(cosines[axis] < 0)]


def upright(
    plane: NDArray[np.float32], row: str, column: str, *, is_projection: bool = False
) -> tuple[NDArray[np.float32], bool]:
    """Turn a plane so that rows run to the patient's left or back, columns to the back or the feet.

    Args:
        plane: (H, W).
        row: direction in which a row runs, as a letter of R, L, A, P, H, F.
        column: direction in which a column runs.
        is_projection: a radiograph; a lateral one may look either way.

    Returns:
        The plane, as it is where a direction is not known; whether rows and columns were exchanged.
    """
    if row not in _AXES or column not in _AXES or _AXES[row] == _AXES[column]:
        return plane, False
    is_turned = _AXES[row] == "z" or (_AXES[row] == "y" and _AXES[column] == "x")
    if is_turned:
        plane, row, column = plane.T, column, row
    is_lateral_view = is_projection and _AXES[row] == "y"
    if row in "RA" and not is_lateral_view:
        plane = plane[:, ::-1]
    if column in "AH":
        plane = plane[::-1]
    return np.ascontiguousarray(plane), is_turned
