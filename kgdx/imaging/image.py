"""What is read from an image file: planes in the file's own unit, and images ready to be looked at."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.message import Message

Pixels = NDArray[np.float32]
"""(height, width) grey values."""


@dataclass(frozen=True, eq=False, slots=True)
class Plane:
    """One plane of a file: upright, dense is bright, in the file's own unit. Nothing in it names a person.

    Attributes:
        values: (H, W) float32; Hounsfield units where `modality` is CT.
        windowed: (H, W) float32, the same under the window that the file asks for; None if it asks for none.
        format: `dicom`, `png`, `jpeg`, `tiff` or `nifti`.
        modality: DICOM modality such as `CT`; empty where the file does not say.
        body_part: one of `contrast.BODY_PARTS`, or empty.
        wants_lungs: the protocol is one for the lungs.
        spacing_mm: (row, column) distance of pixel centres, None where unknown.
        number: 1-based place among the slices or frames of its volume, None for an image by itself.
        colour_share: share of clearly coloured pixels, in [0, 1].
        warnings: what a person should know of the file.
    """

    values: NDArray[np.float32]
    format: str
    windowed: NDArray[np.float32] | None = None
    modality: str = ""
    body_part: str = ""
    wants_lungs: bool = False
    spacing_mm: tuple[float, float] | None = None
    number: int | None = None
    colour_share: float = 0.0
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True, eq=False)
class MedicalImage:
    """An image as encoders take it. Nothing in it names a person.

    Attributes:
        pixels: (H, W) float32 in [0, 1], dense is bright, the central 99 % of grey values stretched.
        modality: DICOM modality such as `CR` or `DX`; empty where the file does not say.
        format: `dicom`, `png`, `jpeg`, `tiff` or `nifti`.
        body_part: one of `contrast.BODY_PARTS`, or empty.
        spacing_mm: (row, column) distance of pixel centres, None where unknown.
        number: 1-based place among the slices or frames of its volume, None for an image by itself.
        warnings: what a person should know: quality, masked text, what was left out.
    """

    pixels: NDArray[np.float32] = field(repr=False)
    modality: str
    format: str
    body_part: str = ""
    spacing_mm: tuple[float, float] | None = None
    number: int | None = None
    warnings: tuple[Message, ...] = ()
