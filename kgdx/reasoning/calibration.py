"""From logits to probabilities: how often a first answer that looks like this one is right.

A logistic regression on a few clues says how sure the first answer is (Platt 1999, Probabilistic outputs for
support vector machines, with more than one clue). Each case then gets the temperature at which its first
answer has that probability; order and relative logits stay as they are, and probabilities add up to 1 over
all candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from kgdx.graph.arrays import Floats

_SUREST = 0.99
_STEPS = 40
_COLDEST, _HOTTEST = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class ConfidenceFeatures:
    """What tells how sure a first answer is.

    Attributes:
        log_odds: of the first answer, were its logits fair (temperature 1).
        margin: logit of the first answer less that of the second, at least 0.
        evidence: all that present findings, sex, age and onset add to the first answer, whatever they add to
            others; natural log, unbounded. Not its logit: what stands there before any finding differs from
            one training to the next.
        explained: share of the present findings that speak for the first answer, in [0, 1].
    """

    log_odds: float
    margin: float
    evidence: float
    explained: float

    @classmethod
    def of(cls, logits: Floats, evidence: float, explained: float) -> "ConfidenceFeatures":
        """Clues of a ranking.

        Args:
            logits: (D,) of the whole candidate list, the first answer first.
        """
        others = logits[1:] - logits[0]
        rest = np.logaddexp.reduce(others) if len(others) else -np.inf
        margin = -float(others.max(initial=-np.inf))
        return cls(-float(rest), margin, evidence, explained)

    def row(self) -> tuple[float, ...]:
        """The clues as the regression takes them; all finite."""
        return (
            float(np.clip(self.log_odds, -10.0, 10.0)),
            float(np.log1p(min(self.margin, 20.0))),
            float(np.clip(self.evidence, -100.0, 100.0)) / 10.0,
            self.explained,
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """How sure a first answer is, by its clues.

    Attributes:
        weights: of the clues, as `ConfidenceFeatures.row` orders them.
        bias: natural log odds where all clues are 0.
        clues: names of the clues that the weights are for; another version may have others.
    """

    weights: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    bias: float = 0.0
    clues: tuple[str, ...] = tuple(field.name for field in fields(ConfidenceFeatures))

    def probability(self, clues: ConfidenceFeatures) -> float:
        """That the first answer is right, in (0, 1)."""
        odds = self.bias + float(np.dot(self.weights, clues.row()))
        return float(np.clip(1.0 / (1.0 + np.exp(-odds)), 1.0 - _SUREST, _SUREST))

    @classmethod
    def fit(cls, clues: Sequence[ConfidenceFeatures], is_right: Sequence[bool]) -> "Calibration":
        """On cases whose answer is known; the identity where all are right, or none."""
        # scikit-learn is heavy, and ranking needs none of it.
        from sklearn.linear_model import LogisticRegression

        if len(set(is_right)) < 2:
            return cls()
        fitted = LogisticRegression(max_iter=1000).fit([clue.row() for clue in clues], list(is_right))
        return cls(tuple(float(w) for w in fitted.coef_[0]), float(fitted.intercept_[0]))


def temperature(logits: Floats, first: float) -> float:
    """The temperature at which the first candidate has a probability, within [1e-3, 1e3].

    Where candidates tie with the first, it can get no more than its equal share, and where all are alike no
    less.

    Args:
        logits: (D,) the greatest first.
        first: wanted, in (0, 1).
    """
    low, high = np.log(_COLDEST), np.log(_HOTTEST)
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        is_too_sure = softmax(logits, float(np.exp(middle)))[0] > first
        low, high = (middle, high) if is_too_sure else (low, middle)
    return float(np.exp(high))


def softmax(logits: Floats, temperature: float) -> Floats:
    """(D,) float64 probabilities, sum 1; the first of the logits is the greatest."""
    weight = np.exp((logits - logits[0]) / temperature)
    return np.asarray(weight / weight.sum())
