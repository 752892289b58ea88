"""The one way from a plane to an image: window, stretch, mask, denoise, enhance, resize, check."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kgdx.domain.errors import ImageError
from kgdx.domain.message import Message
from kgdx.imaging.burned_in import find_text, mask_text
from kgdx.imaging.contrast import WINDOWS, apply_window, equalised, stretch, window_for
from kgdx.imaging.image import MedicalImage, Plane
from kgdx.imaging.quality import quality_warnings

_DENOISE_SIDE = 3


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How planes become images.

    Attributes:
        window: `auto` (CT: by body part; else the file's own), `file`, `none`, or one of `contrast.WINDOWS`.
        denoise: run a median filter of 3 x 3 pixels.
        enhance: equalise contrast within neighbourhoods (CLAHE).
        mask_text: paint over burned-in text near the borders.
        max_side: longest side in pixels; longer ones are shrunk with the aspect kept. None keeps every size.
        num_slices: how many slices or frames stand for a volume.
    """

    window: str = "auto"
    denoise: bool = False
    enhance: bool = False
    mask_text: bool = True
    max_side: int | None = None
    num_slices: int = 3

    def __post_init__(self) -> None:
        if self.window not in {"auto", "file", "none", *WINDOWS}:
            known = ", ".join(["auto", "file", "none", *WINDOWS])
            raise ImageError("Preprocessing", f"no window is called {self.window!r}", f"give one of {known}")
        if self.num_slices < 1 or (self.max_side is not None and self.max_side < 1):
            raise ImageError(
                "Preprocessing", "num_slices and max_side are at least 1", "give a larger number"
            )


def prepare(plane: Plane, where: str, settings: Preprocessing) -> MedicalImage:
    """Make an image of a plane.

    Raises:
        ImageError: if the plane is blank or holds values that are not finite; `where` names its file.
    """
    if not np.isfinite(plane.values).all():
        raise ImageError(where, "pixel values are not finite numbers", "export the image again")
    pixels = stretch(_windowed(plane, settings.window))
    if pixels.max() == pixels.min():
        raise ImageError(where, "the image is blank: every pixel has the same value", "give an exposed image")
    complaints = [*plane.warnings, *quality_warnings(pixels, plane.colour_share)]
    boxes = find_text(pixels) if settings.mask_text else []
    if boxes:
        pixels = stretch(mask_text(pixels, boxes))
        complaints.append(Message("warning.masked_text", {"n": len(boxes)}))
    if settings.denoise:
        from scipy.ndimage import median_filter  # few images are denoised

        pixels = median_filter(pixels, _DENOISE_SIDE)
    if settings.enhance:
        pixels = equalised(pixels)
    small = _resized(pixels, settings.max_side)
    factor = pixels.shape[0] / small.shape[0]
    spacing = plane.spacing_mm
    return MedicalImage(
        pixels=small,
        modality=plane.modality,
        format=plane.format,
        body_part=plane.body_part,
        spacing_mm=None if spacing is None else (spacing[0] * factor, spacing[1] * factor),
        number=plane.number,
        warnings=tuple(complaints),
    )


def _windowed(plane: Plane, window: str) -> NDArray[np.float32]:
    by_file = plane.values if plane.windowed is None else plane.windowed
    if window == "auto" and plane.modality == "CT":
        if not plane.body_part and not plane.wants_lungs and plane.windowed is not None:
            return by_file
        return _if_seen(apply_window(plane.values, window_for(plane.body_part, plane.wants_lungs)), by_file)
    if window in {"auto", "file"}:
        return by_file
    return plane.values if window == "none" else apply_window(plane.values, WINDOWS[window])


def _if_seen(windowed: NDArray[np.float32], otherwise: NDArray[np.float32]) -> NDArray[np.float32]:
    """The window, unless it leaves nothing to see: the values were no Hounsfield units."""
    low, high = np.quantile(windowed, (0.05, 0.95))
    return windowed if high > low else otherwise


def _resized(pixels: NDArray[np.float32], max_side: int | None) -> NDArray[np.float32]:
    height, width = pixels.shape
    if max_side is None or max(height, width) <= max_side:
        return pixels
    share = max_side / max(height, width)
    size = (max(round(width * share), 1), max(round(height * share), 1))
    small = Image.fromarray(pixels).resize(size, Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32).clip(0, 1)
