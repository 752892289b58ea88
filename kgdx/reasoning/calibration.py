"""From logits to probabilities: one temperature, fitted on cases whose answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRID = np.geomspace(0.5, 20.0, 75)


@dataclass(frozen=True, eq=False)
class Answered:
    """A ranked case with its answer.

    Attributes:
        logits: (D,) logits of the whole candidate list, the first of the ranking first.
        is_right: the first of the ranking is an accepted answer.
    """

    logits: Floats
    is_right: bool


def first_probability(case: Answered, temperature: float) -> float:
    """Probability of the first of the ranking, in (0, 1]."""
    scaled = (case.logits - case.logits.max()) / temperature
    return float(np.exp(scaled[0]) / np.exp(scaled).sum())


def fit_temperature(cases: Sequence[Answered]) -> float:
    """The temperature at which the first answer's probability errs least (Brier score of being right).

    One parameter, as in Guo et al. 2017 (arXiv:1706.04599); the Brier score, for what matters is how far
    the first answer can be believed, also where the true one is not among those that were proposed.
    """

    def brier(temperature: float) -> float:
        return float(np.mean([(first_probability(c, temperature) - c.is_right) ** 2 for c in cases]))

    return float(min(_GRID, key=brier)) if cases else 1.0


def calibration_error(cases: Sequence[tuple[Answered, float]], num_bins: int = 10) -> float:
    """Expected calibration error of the first answers, each at a temperature; in [0, 1].

    Mean distance of confidence and accuracy over equal-width bins of confidence, weighed by their cases.
    """
    probability = np.array([first_probability(case, temperature) for case, temperature in cases])
    is_right = np.array([case.is_right for case, _ in cases], dtype=np.float64)
    which = np.minimum((probability * num_bins).astype(int), num_bins - 1)
    bins = [which == i for i in np.unique(which)]
    return float(sum(abs(probability[b].mean() - is_right[b].mean()) * b.mean() for b in bins))
