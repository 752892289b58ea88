"""Pixels, with or without a heat map over them, as a PNG that a page can carry inside itself."""

import base64
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Dark violet to pale yellow. Lightness only ever rises, so the map reads in grey and to the colour-blind.
STOPS = ("#2b1055", "#7a1f7d", "#c73a66", "#f2803f", "#fbc951", "#fdf6c8")
_MAX_ALPHA = 0.78
_MAX_SIDE = 896


@dataclass(frozen=True, eq=False, slots=True)
class HeatMap:
    """Where in an image a finding was seen.

    Attributes:
        curie, name: the finding.
        values: (H, W) float32 in [0, 1]; stretched where its shape is not the image's.
    """

    curie: str
    name: str
    values: NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class ShownImage:
    """An image as the report shows it.

    Attributes:
        image_id: id under which the evidence speaks of it.
        pixels: (H, W) float32 in [0, 1], black to white.
        heat_maps: maps over the same image, in the order to be shown.
    """

    image_id: str
    pixels: NDArray[np.float32]
    heat_maps: tuple[HeatMap, ...] = ()


def grey(pixels: NDArray[np.float32]) -> Image.Image:
    """(H, W) in [0, 1] as an 8-bit picture, shrunk to the size a page needs; what is not finite is black."""
    clean = np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
    picture = Image.fromarray(np.rint(clean * 255).astype(np.uint8))
    picture.thumbnail((_MAX_SIDE, _MAX_SIDE))
    return picture


def overlay(pixels: NDArray[np.float32], values: NDArray[np.float32]) -> Image.Image:
    """Lay a heat map over an image: colour and opacity both grow with the value, so 0 leaves it untouched."""
    base = grey(pixels)
    heat = grey(values).resize(base.size, Image.Resampling.BILINEAR)
    share = np.asarray(heat, dtype=np.float32)[..., None] / 255
    under = np.asarray(base.convert("RGB"), dtype=np.float32)
    alpha = _MAX_ALPHA * share
    mixed = under * (1 - alpha) + colours(share[..., 0]) * alpha
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def colours(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(...) values in [0, 1] -> (..., 3) RGB in [0, 255], straight between the stops."""
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in STOPS], dtype=np.float32)
    places = np.linspace(0, 1, len(stops))
    channels = [np.interp(values, places, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def data_uri(picture: Image.Image) -> str:
    """The picture as PNG in a `data:` URI."""
    buffer = BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
