"""Which way round a plane is shown: as radiologists look at it, the patient's left on the right."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
