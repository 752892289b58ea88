"""Cases whose answer is known: to train on, to calibrate on, and to be judged by."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.query import GraphQuery


@dataclass(frozen=True, eq=False)
class LabelledCase:
    """One case with its answer.

    Attributes:
        accepted: positions of the right answers among the annotations' candidates; at least one.
        diseases: CURIEs of the right answers, as the case states them.
        publications: CURIEs of the papers that describe it.
        is_simulated: drawn from the annotations.
    """

    query: GraphQuery
    accepted: Ints
    diseases: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    is_simulated: bool = False

    @property
    def disease(self) -> str:
        """One name for all cases of the same disease."""
        return min(self.diseases, default=f"#{self.accepted.min()}")


def components(cases: Sequence[LabelledCase]) -> Ints:
    """(n,) number of the group of each case; sharing a disease or a paper joins cases, transitively."""
    group: dict[str, str] = {}

    def find(name: str) -> str:
        while group.setdefault(name, name) != name:
            group[name] = name = group[group[name]]
        return name

    for case in cases:
        for name in (*case.diseases, *case.publications):
            group[find(name)] = find(case.disease)
    _, numbers = np.unique([find(case.disease) for case in cases], return_inverse=True)
    return np.asarray(numbers, dtype=np.int64)


def folds(cases: Sequence[LabelledCase], num_folds: int) -> Ints:
    """(n,) fold of each case; whole groups, the largest first, each to the fold with the fewest cases."""
    groups = components(cases)
    sizes = np.bincount(groups)
    filled, fold_of = np.zeros(num_folds, dtype=np.int64), np.zeros(len(sizes), dtype=np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        fold_of[group] = np.argmin(filled)
        filled[fold_of[group]] += sizes[group]
    return fold_of[groups]


def weights(cases: Sequence[LabelledCase]) -> Floats:
    """(n,) weight of each case, mean 1: one over the root of how many its disease has.

    Between counting every case (a few diseases would decide) and every disease (single cases would).
    """
    counts = Counter(case.disease for case in cases)
    raw = np.array([counts[case.disease] ** -0.5 for case in cases])
    return np.asarray(raw / raw.mean())
