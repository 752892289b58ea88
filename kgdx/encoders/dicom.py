"""DICOM pixels: stored values to the grey values a reader would see. No other part of the header is kept."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.filereader import read_file_meta_info
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from kgdx.domain.errors import ImageError

_REMEDY = "export the image again as DICOM, PNG or JPEG"
_PIXEL_KEYS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins so is DICOM: by its magic, or by a first element of group 2 or 8.

    Args:
        head: at least the first 132 bytes, fewer of a shorter file.
    """
    has_early_group = head[:2] in (b"\x02\x00", b"\x08\x00") and head[3:4] == b"\x00"
    return head[128:132] == b"DICM" or has_early_group


def read_dicom(file: Path, check_size: Callable[[int, int], None]) -> tuple[NDArray[np.float32], str]:
    """Decode the only, or the middle, frame.

    Rescale slope and intercept (or the modality table) are applied, then the window (or the VOI table) of the
    file where it leaves something to see. MONOCHROME1 is inverted; colour becomes grey.

    Args:
        file: a file for which `is_dicom` holds.
        check_size: called with (width, height) of the header before pixels are touched; raises to refuse.

    Returns:
        (H, W) float32 in any unit, dense is bright; the modality, such as `CR`, or "".

    Raises:
        ImageError: if there are no pixels, or they cannot be decoded.
    """
    try:
        # Header values that break the standard make pydicom warn; they do not concern the pixels.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(file, check_size)
    except ImageError:
        raise
    # Decoders raise anything on damaged files. Their messages may quote the header: only the type is told.
    except Exception as error:
        fact = f"the DICOM file is damaged or coded in an unknown way ({type(error).__name__})"
        raise ImageError(str(file), fact, _REMEDY) from error


def _read(file: Path, check_size: Callable[[int, int], None]) -> tuple[NDArray[np.float32], str]:
    if _is_deflated(file):
        # Its size is unknown until all of it is inflated.
        raise ImageError(str(file), "deflated DICOM is not read", _REMEDY)
    header = dcmread(file, force=True, stop_before_pixels=True)
    rows, columns = header.get("Rows"), header.get("Columns")
    if not rows or not columns:
        raise ImageError(str(file), "the DICOM file holds no image", "give an image, no report or directory")
    check_size(int(columns), int(rows))
    dataset = dcmread(file, force=True)
    if not any(key in dataset for key in _PIXEL_KEYS):
        raise ImageError(str(file), "the DICOM file has no pixel data", _REMEDY)
    middle = int(dataset.get("NumberOfFrames") or 1) // 2
    if not hasattr(dataset.file_meta, "TransferSyntaxUID"):
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    plane = _display(pixel_array(dataset, index=middle), dataset)
    return plane, str(dataset.get("Modality", ""))[:16]


def _is_deflated(file: Path) -> bool:
    with file.open("rb") as content:
        content.seek(128)
        if content.read(4) != b"DICM":
            return False
    return bool(read_file_meta_info(file).get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian)


def _display(stored: NDArray[Any], dataset: Any) -> NDArray[np.float32]:
    """(H, W) float32 as displayed, from (H, W) or (H, W, 3) stored values."""
    if str(dataset.get("PhotometricInterpretation")) == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
    if stored.ndim == 3:
        return np.asarray(stored[..., :3].astype(np.float32) @ _LUMA, dtype=np.float32)
    values = np.asarray(apply_modality_lut(stored, dataset), dtype=np.float64)
    padding = dataset.get("PixelPaddingValue")
    if padding is not None and (is_real := stored != padding).any():
        # Padding far outside the range of tissue would squeeze tissue into one grey.
        values = np.where(is_real, values, values[is_real].min())
    plane = _windowed(values, stored, dataset)
    if str(dataset.get("PhotometricInterpretation")) == "MONOCHROME1":
        plane = plane.max() + plane.min() - plane
    return plane.astype(np.float32)


def _windowed(values: NDArray[np.float64], stored: NDArray[Any], dataset: Any) -> NDArray[np.float64]:
    """Apply the file's window; keep the values as they are if it has none or it would blank the image."""
    try:
        table = dataset.get("VOILUTSequence")
        # A table is indexed by whole numbers, so it needs the values before padding was replaced.
        source = apply_modality_lut(stored, dataset) if table else values
        seen = np.asarray(apply_voi_lut(source, dataset), dtype=np.float64)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, NotImplementedError):
        return values
    low, high = np.quantile(seen, (0.05, 0.95))
    return seen if high > low else values
