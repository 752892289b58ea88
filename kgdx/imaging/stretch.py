"""Percentile normalisation: the one stretch of grey values that every image gets."""

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
