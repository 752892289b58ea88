"""Contrast-limited adaptive histogram equalisation (CLAHE).

Source: Zuiderveld 1994, Contrast limited adaptive histogram equalization, Graphics Gems IV, 474-485.
"""

import numpy as np
from numpy.typing import NDArray

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
