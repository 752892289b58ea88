"""Calibration of links: similarity and margin to the probability that the concept is meant."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats

_NEVER = 1.1


@dataclass(frozen=True, slots=True)
class LinkCalibration:
    """A logistic curve over what a link is known by, fitted for one encoder.

    Attributes:
        similarity, margin, num_words, offset: weights of cosine similarity, of its distance to the next
            unrelated concept, of the number of words beyond the first (at most three), and the constant.
        least: probability below which nothing is linked.
    """

    similarity: float
    margin: float
    num_words: float
    offset: float
    least: float

    def probability(self, similarity: float, margin: float, num_words: int) -> float:
        """That the concept is meant, in [0, 1].

        Args:
            similarity: cosine of phrase and nearest name, in [-1, 1].
            margin: how much farther the nearest name of an unrelated concept is, at least 0.
            num_words: of the phrase, without words such as "of".
        """
        logit = self.similarity * similarity + self.margin * margin + self.offset
        logit += self.num_words * min(num_words - 1, 3)
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))

    @classmethod
    def never(cls) -> Self:
        """For an encoder whose links nobody has calibrated: none is ever sure enough."""
        return cls(0.0, 0.0, 0.0, 0.0, _NEVER)

    @classmethod
    def fit(
        cls, seen: Sequence[tuple[float, float, int]], is_right: Sequence[bool], least_precision: float
    ) -> Self:
        """Fit the curve, and choose the lowest bound that keeps the asked precision.

        Args:
            seen: (similarity, margin, number of words) of proposed links.
            is_right: whether each was right.
            least_precision: of all links whose probability reaches the bound, in [0, 1].
        """
        from sklearn.linear_model import LogisticRegression  # takes a second, and only fitting needs it

        features = np.asarray([(s, m, min(n - 1, 3)) for s, m, n in seen], dtype=np.float64)
        truth = np.asarray(is_right, dtype=np.bool_)
        fitted = LogisticRegression(C=100.0).fit(features, truth)
        probability: Floats = fitted.predict_proba(features)[:, 1]
        least = lowest_bound(probability, truth, least_precision)
        similarity, margin, num_words = (round(float(w), 4) for w in fitted.coef_[0])
        return cls(similarity, margin, num_words, round(float(fitted.intercept_[0]), 4), round(least, 4))

    def to_json(self) -> dict[str, float]:
        """As `LinkCalibration(**...)` reads it back."""
        return asdict(self)


def lowest_bound(probability: Floats, is_right: NDArray[np.bool_], least_precision: float) -> float:
    """The lowest probability at or above which at least this share is right; above 1 if there is none.

    Args:
        probability, is_right: (n,).
    """
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    precision = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    is_last_of_equals = np.append(ordered[1:] < ordered[:-1], True)
    enough = np.flatnonzero((precision >= least_precision) & is_last_of_equals)
    return float(ordered[enough[-1]]) if len(enough) else _NEVER
