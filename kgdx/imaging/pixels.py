"""The array that an image is after it was read."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""(height, width) grey values."""
