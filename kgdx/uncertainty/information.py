"""What an answer would tell: expected information gain of yes-or-no questions about hypotheses.

The gain of a question is the mutual information of its answer and the hypotheses, in bits: by how much the
entropy of the posterior falls on average once the answer is known (Lindley 1956, Ann Math Stat 27:986).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kgdx.graph.arrays import Floats


@dataclass(frozen=True, eq=False)
class Questions:
    """Q questions about H hypotheses, of which exactly one is true.

    Attributes:
        posterior: (H,) float64, sums to 1.
        yes: (H, Q) float64 in [0, 1], probability that the answer is yes under each hypothesis.
    """

    posterior: Floats
    yes: Floats

    def gains(self) -> Floats:
        """(Q,) expected information gain in bits, from 0 to the entropy of the posterior."""
        return self.gains_once(self.posterior[None], range(self.yes.shape[1]))

    def gains_once(self, answered: Floats, questions: Sequence[int]) -> Floats:
        """Gain of some questions once others are answered.

        Args:
            answered: (A, H) float64, joint probability of every set of earlier answers and each hypothesis.

        Returns:
            (len(questions),) bits, 0 or more.
        """
        total = answered.sum(axis=1)[:, None]
        chance = (answered @ self.yes[:, questions]) / np.maximum(total, 1e-300)
        # H(answer | earlier) - H(answer | hypothesis) equals the fall of the posterior's entropy.
        before = (total * _binary_entropy(chance)).sum(axis=0)
        return np.asarray(np.maximum(before - self._open[questions], 0.0))

    @cached_property
    def _open(self) -> Floats:
        """(Q,) entropy in bits that each answer keeps though the hypothesis be known."""
        return np.asarray(self.posterior @ _binary_entropy(self.yes))

    def gains_about(self, hypothesis: int) -> Floats:
        """(Q,) gain about whether one hypothesis is true, in bits, from 0 to 1."""
        share = self.posterior[hypothesis]
        if share >= 1.0:
            return np.zeros(self.yes.shape[1])
        others = np.delete(self.posterior, hypothesis) / (1.0 - share)
        against = others @ np.delete(self.yes, hypothesis, axis=0)
        return Questions(np.array([share, 1.0 - share]), np.stack([self.yes[hypothesis], against])).gains()

    def after(self, question: int, *, is_yes: bool) -> Floats:
        """(H,) posterior once the question is answered; unchanged if the answer is impossible."""
        answer = self.yes[:, question] if is_yes else 1.0 - self.yes[:, question]
        joint = self.posterior * answer
        total = joint.sum()
        return np.asarray(joint / total) if total > 0 else self.posterior

    def chance(self, question: int) -> float:
        """Probability that the answer is yes, in [0, 1]."""
        return float(np.clip(self.posterior @ self.yes[:, question], 0.0, 1.0))


def entropy(distribution: Floats) -> float:
    """Entropy in bits of one distribution."""
    known = distribution[distribution > 0]
    return float(-(known * np.log2(known)).sum())


def _binary_entropy(chance: Floats) -> Floats:
    inside = np.clip(chance, 1e-300, 1.0)
    outside = np.clip(1.0 - chance, 1e-300, 1.0)
    return np.asarray(-(chance * np.log2(inside) + (1.0 - chance) * np.log2(outside)))
