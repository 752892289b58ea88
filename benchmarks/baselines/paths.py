"""What the ranking of mechanisms is measured against, on the same paths."""

import numpy as np
from numpy.typing import NDArray

from kgdx.mechanisms.question import Readings

Floats = NDArray[np.float64]

_DAMPING = 0.4
_FAN_OUT, _FAN_IN = 1, 2


def degree_weighted(told: Readings) -> Floats:
    """(p,) ln of the product over a path's edges of (edges of that meaning at either end) ** -0.4.

    Where edges of several meanings join two groups, the one that is dampened least.

    Source: the degree-weighted path count of Himmelstein and Baranzini 2015, PLoS Comput Biol 11:e1004259;
    the count of a walk of kinds is the sum of these products over its paths, and each path has its own here.
    """
    dampened = -_DAMPING * told.figures[:, [_FAN_OUT, _FAN_IN]].astype(np.float64).sum(axis=1)
    least = np.full(int(told.place.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(least, told.place, dampened)
    return np.asarray(least[told.paths].sum(axis=1))


def shortest(told: Readings) -> Floats:
    """(p,) the fewer edges the better."""
    return np.full(len(told.paths), -float(told.paths.shape[1]))
