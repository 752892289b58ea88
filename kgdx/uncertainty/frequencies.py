"""How often some candidates show many findings at once: `likelihood.expected_frequency` as a table."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.likelihood import LikelihoodSettings


@dataclass(frozen=True, eq=False)
class Frequencies:
    """Looks up frequencies for a few candidates and many findings, or the other way."""

    annotations: Annotations
    settings: LikelihoodSettings

    @cached_property
    def _denied(self) -> sp.csr_matrix:
        return self.annotations.denied.tocsr()

    def background(self, findings: Ints) -> Floats:
        """(Q,) how often any disease shows each finding, never 0."""
        return np.maximum(self.annotations.background[findings], 0.1 / self.annotations.num_counted)

    def expected(self, findings: Ints, positions: Ints) -> Floats:
        """What `expected_frequency` says, for many findings at once.

        Args:
            findings: (Q,) node indices.
            positions: (K,) positions among the candidates.

        Returns:
            (K, Q) probability in (0, 1].
        """
        if len(findings) == 0:
            return np.zeros((len(positions), 0))
        above = self.annotations.ancestors[findings]
        asked = np.repeat(np.arange(len(findings)), np.diff(above.indptr))
        ancestors, places = np.unique(above.indices, return_inverse=True)
        background, rate = self.background(findings), self.annotations.background[ancestors]
        share = np.divide(background[asked], rate[places], out=np.zeros(len(asked)), where=rate[places] > 0)
        trust = np.where(ancestors[places] == findings[asked], 1.0, self.settings.imprecision)
        known = _dense(self.annotations.by_disease, positions, ancestors)
        backed_off = known[:, places] * (trust * np.minimum(share, 1.0))
        noise = self.settings.noise * background + self.settings.floor
        result = np.maximum(np.maximum.reduceat(backed_off, above.indptr[:-1], axis=1), noise)
        is_denied = _dense(self._denied, positions, ancestors) > 0
        if is_denied.any():
            under = np.logical_or.reduceat(is_denied[:, places], above.indptr[:-1], axis=1)
            result = np.where(under, np.minimum(result, self.settings.denied * background), result)
        return np.asarray(result, dtype=np.float64)

    def is_denied(self, findings: Ints, position: int) -> NDArray[np.bool_]:
        """(Q,) whether a source says that one candidate does not show each finding."""
        start, end = self._denied.indptr[position : position + 2]
        return np.isin(findings, self._denied.indices[start:end])

    def plain(self, findings: Ints, positions: Ints) -> Floats:
        """(K, Q) stated frequencies, passed up but never backed off; 0 where nothing is stated."""
        ordered, places = np.unique(findings, return_inverse=True)
        return _dense(self.annotations.by_disease, positions, ordered)[:, places]


def _dense(matrix: sp.csr_matrix, rows: Ints, columns: Ints) -> Floats:
    """The chosen rows and (ascending) columns of a matrix, written out."""
    place = np.full(matrix.shape[1], -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    chosen = matrix[rows]
    where = place[chosen.indices]
    kept = where >= 0
    result = np.zeros((len(rows), len(columns)))
    result[np.repeat(np.arange(len(rows)), np.diff(chosen.indptr))[kept], where[kept]] = chosen.data[kept]
    return result
