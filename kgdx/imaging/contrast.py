"""Contrast: the stretch of grey values that every image gets, windows for CT, and local equalisation.

Sources: Radiopaedia, Windowing (CT), for the numbers of the windows; Zuiderveld 1994, Contrast limited
adaptive histogram equalization, Graphics Gems IV, 474-485.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOW, HIGH = 0.005, 0.995


def stretch(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Map the central 99 % of grey values to [0, 1] and clip the rest.

    Stretching twice changes nothing: what was clipped is the new border. A constant image becomes zeros.
    """
    low, high = np.quantile(pixels, (LOW, HIGH))
    if not high > low:
        low, high = float(pixels.min()), float(pixels.max())
    if not high > low:
        return np.zeros(pixels.shape, dtype=np.float32)
    return np.asarray(np.clip((pixels - low) / (high - low), 0, 1), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Window:
    """A window in Hounsfield units."""

    centre: float
    width: float


WINDOWS: Mapping[str, Window] = MappingProxyType(
    {
        "brain": Window(40, 80),
        "lung": Window(-600, 1500),
        "mediastinum": Window(50, 350),
        "soft tissue": Window(50, 400),
        "abdomen": Window(50, 400),
        "bone": Window(400, 1800),
    }
)

_PARTS = {
    "brain": "HEAD BRAIN",
    "lung": "LUNG",
    "mediastinum": "CHEST THORAX HEART MEDIASTINUM",
    "soft tissue": "ORBIT NECK BREAST",
    "abdomen": "ABDOMEN ABDOMENPELVIS CHESTABDOMEN CHESTABDPELVIS LIVER KIDNEY PANCREAS PELVIS",
    "bone": "SKULL SINUS SPINE CSPINE TSPINE LSPINE SHOULDER ELBOW WRIST HAND HIP FEMUR KNEE ANKLE FOOT "
    "EXTREMITY ARM LEG",
}
# Words of BodyPartExamined (PS3.16, Annex L) and the window of each. What is not listed is not kept.
BODY_PARTS: Mapping[str, str] = MappingProxyType(
    {word: window for window, words in _PARTS.items() for word in words.split()}
)
_LUNG_WORDS = ("LUNG", "PULM", "HRCT")


def body_part(word: str) -> str:
    """The word as listed in BODY_PARTS, or empty: free text of a header goes no further."""
    plain = "".join(letter for letter in word.upper() if letter.isalpha())
    return plain if plain in BODY_PARTS else ""


def part_in_words(words: str) -> str:
    """The first body part that a protocol or series description names, or empty."""
    return next((part for part in map(body_part, words.replace("_", " ").split()) if part), "")


def names_lungs(words: str) -> bool:
    """Whether a protocol, description or kernel is one for the lungs."""
    return any(word in words.upper() for word in _LUNG_WORDS)


def window_for(part: str, wants_lungs: bool) -> Window:
    """The window of a CT image; soft tissue where the part is not known."""
    name = BODY_PARTS.get(part, "soft tissue")
    return WINDOWS["lung" if wants_lungs and name in {"mediastinum", "soft tissue"} else name]


def apply_window(hounsfield: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """(H, W) Hounsfield units to [0, 1]: black below the window, white above it."""
    low = window.centre - window.width / 2
    return np.asarray(np.clip((hounsfield - low) / window.width, 0, 1), dtype=np.float32)


_NUM_TILES, _NUM_BINS = 8, 256
# No grey may take more than this many times its even share: else noise in flat regions would be spread out.
_CLIP = 4.0


def equalised(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) float32 in [0, 1] to the same: each grey becomes its rank among those around it.

    Each of 8 x 8 tiles has a curve of its own; a pixel gets the mean of those of the four nearest tiles,
    weighted by their distance.
    """
    bins = np.minimum((pixels * _NUM_BINS).astype(np.int32), _NUM_BINS - 1)
    rows = np.array_split(bins, _NUM_TILES, axis=0)
    curves = np.array([[_curve(tile) for tile in np.array_split(row, _NUM_TILES, axis=1)] for row in rows])
    top, bottom, down = _neighbours(pixels.shape[0])
    left, right, across = _neighbours(pixels.shape[1])
    down, across = down[:, None], across[None, :]
    above = _mapped(curves, top, left, bins) * (1 - across) + _mapped(curves, top, right, bins) * across
    below = _mapped(curves, bottom, left, bins) * (1 - across) + _mapped(curves, bottom, right, bins) * across
    return np.asarray(above * (1 - down) + below * down, dtype=np.float32)


def _curve(tile: NDArray[np.int32]) -> NDArray[np.float32]:
    """(256,) float32 rising to 1: the share of pixels up to each grey, after clipping."""
    counts = np.bincount(tile.ravel(), minlength=_NUM_BINS) / max(tile.size, 1)
    clipped = np.minimum(counts, _CLIP / _NUM_BINS)
    spread = clipped + (1 - clipped.sum()) / _NUM_BINS
    return np.asarray(np.cumsum(spread), dtype=np.float32)


def _neighbours(length: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """For each pixel the tile before it, the tile after it, and how far it is from one to the other."""
    place = (np.arange(length) + 0.5) / length * _NUM_TILES - 0.5
    before = np.clip(np.floor(place), 0, _NUM_TILES - 1).astype(np.int32)
    after = np.clip(before + 1, 0, _NUM_TILES - 1).astype(np.int32)
    return before, after, np.clip(place - before, 0, 1).astype(np.float32)


def _mapped(
    curves: NDArray[np.float32], rows: NDArray[np.int32], columns: NDArray[np.int32], bins: NDArray[np.int32]
) -> NDArray[np.float32]:
    return np.asarray(curves[rows[:, None], columns[None, :], bins], dtype=np.float32)
