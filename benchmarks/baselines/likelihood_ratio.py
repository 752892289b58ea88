"""The two baselines of the protocol, written from their definition and from nothing else of ours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.reasoning.annotations import Annotations

_FLOOR = 1e-5


class Baselines:
    """Scores of every candidate by term similarity and by a naive likelihood ratio."""

    def __init__(self, annotations: Annotations) -> None:
        self._annotations = annotations
        self._of_term: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def scores(self, observed: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(resnik, naive_lr) of each candidate, both (D,) float64.

        resnik: mean over observed terms of the highest information content among the term's ancestors,
        itself included, that the disease has. naive_lr: sum over observed terms q of
        ln(max(F[d,q], max over ancestors a of F[d,a] b[q] / b[a], 0.02 b[q] + 1e-5)) - ln(b[q] + 1e-5).
        """
        parts = [self._term(term) for term in observed]
        return np.mean([p[0] for p in parts], axis=0), np.sum([p[1] for p in parts], axis=0)

    def _term(self, term: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if term not in self._of_term:
            self._of_term[term] = self._compute(term)
        return self._of_term[term]

    def _compute(self, term: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        known = self._annotations
        background = known.background[term]
        shared = np.zeros(len(known.candidates))
        probability = np.full(len(known.candidates), 0.02 * background + _FLOOR)
        for ancestor in known.ancestors_of(term):
            positions, frequency = known.column(ancestor)
            if known.background[ancestor] == 0:
                continue
            shared[positions] = np.maximum(shared[positions], known.information[ancestor])
            backed_off = frequency * background / known.background[ancestor]
            probability[positions] = np.maximum(probability[positions], backed_off)
        return shared, np.log(probability) - np.log(background + _FLOOR)
