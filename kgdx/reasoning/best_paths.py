"""The best path from each finding of a case to each candidate disease.

A path climbs `subclass_of` from the finding to a kind that it shares with a finding stated of the disease,
and comes down to that; the fewer diseases show the shared kind, the nearer are the two. It is Bellman–Ford
over (max, nearness) where the walks of `layers.py` are over (+, x); since `subclass_of` is closed once for a
graph (`Annotations.ancestors`), one step reaches any height. What is stated of the disease under another
identifier is met in the same way, over one more edge, `exact_match`.

Nearness is 2 I(shared kind) / (I(finding) + I(stated finding)), I the information content.
Source: Lin 1998, An information-theoretic definition of similarity, ICML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats32, Ints
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.query import Observation

NUM_PAIR_FEATURES = 9
NUM_DISEASE_FEATURES = 4


@dataclass(frozen=True, eq=False)
class Met:
    """How F findings meet what is stated of K candidates; all (F, K), 0 where nothing telling is shared.

    Attributes:
        nearness: float32 in [0, 1], of the nearest stated finding.
        shared: float32 in [0, 1], greatest information content of a kind that both are.
        nearest_frequency: float32 in [0, 1], how often the nearest stated finding is seen.
        frequency: float32 in [0, 1], how often the finding or a kind of it is seen.
        is_stated: float32, 1 where the very finding is stated.
    """

    nearness: Floats32
    shared: Floats32
    nearest_frequency: Floats32
    frequency: Floats32
    is_stated: Floats32


@dataclass(frozen=True, slots=True)
class Nearest:
    """Where a best path runs: over the shared kind to the stated finding."""

    kind: int
    finding: int
    nearness: float


@dataclass(frozen=True, eq=False)
class BestPaths:
    """What is stated of the candidates of a graph, ready to be met from any finding; D candidates, N nodes.

    Attributes:
        information: (N,) float32 in [0, 1], information content; 1 for what no candidate shows.
        diseases: (D, NUM_DISEASE_FEATURES) float32, mostly in [0, 2]: how many findings are stated (log), how
            many under other identifiers (log), how many a patient is expected to show (log), whether there is
            another identifier.
    """

    annotations: Annotations
    information: Floats32
    diseases: Floats32

    @classmethod
    def of(cls, annotations: Annotations) -> "BestPaths":
        """Count once for a graph."""
        scaled = annotations.information / np.log(annotations.num_counted + 1.0)
        information = np.where(annotations.background > 0, scaled, 1.0)
        num_elsewhere = np.diff(annotations.elsewhere.indptr)
        expected = np.asarray(annotations.direct.sum(axis=1)).ravel()
        logs = [np.log1p(count) for count in (annotations.num_findings, num_elsewhere, expected)]
        diseases = np.stack([*logs, num_elsewhere > 0], axis=1) / 3.0
        return cls(annotations, information.astype(np.float32), diseases.astype(np.float32))

    def features(self, observations: Sequence[Observation], positions: Ints) -> Floats32:
        """How each finding and each candidate are related.

        Args:
            positions: (K,) positions among the annotations' candidates.

        Returns:
            (F, K, NUM_PAIR_FEATURES) float32 in [0, 1]: the five figures of `Met` for what is stated of the
            candidate, the first, third and fourth for what is stated under its other identifiers, and the
            information content of the finding. All but the last are 0 where the two share nothing.
        """
        nodes = np.array([obs.node for obs in observations], dtype=np.int64)
        stated = self.annotations.direct[positions], self.annotations.elsewhere[positions]
        findings, where = np.unique(np.concatenate([s.indices for s in stated]), return_inverse=True)
        near, shared, is_kind = self._nearness(nodes, findings)
        own, other = (
            _shortlist(part, nodes, near[:, columns], shared[:, columns], is_kind[:, columns])
            for part, columns in zip(stated, np.split(where, [stated[0].nnz]), strict=True)
        )
        columns = (
            own.nearness,
            own.shared,
            own.nearest_frequency,
            own.frequency,
            own.is_stated,
            other.nearness,
            other.nearest_frequency,
            other.frequency,
            np.broadcast_to(self.information[nodes][:, None], own.nearness.shape),
        )
        return np.stack(columns, axis=2)

    def nearest(
        self, nodes: Sequence[int], positions: Ints, *, is_elsewhere: bool = False
    ) -> list[list[Nearest | None]]:
        """The best path from each finding to each of some candidates, None where there is none.

        Args:
            positions: (K,) positions among the annotations' candidates.
            is_elsewhere: meet what is stated under other identifiers.

        Returns:
            A list for each candidate, in the order of the findings.
        """
        stated = (self.annotations.elsewhere if is_elsewhere else self.annotations.direct)[positions]
        nearness = self._nearness(np.array(nodes, dtype=np.int64), stated.indices)[0]
        columns = _nearest_columns(nearness, stated)
        found: list[list[Nearest | None]] = [[] for _ in positions]
        marked = np.zeros(len(self.information), dtype=np.float32)
        for i, node in enumerate(nodes):
            kinds = self.annotations.ancestors_of(node)
            marked[kinds] = self.information[kinds]
            for ways, column in zip(found, columns[i].tolist(), strict=True):
                if column < 0:
                    ways.append(None)
                    continue
                finding = int(stated.indices[column])
                above = self.annotations.ancestors_of(finding)
                kind = int(above[np.argmax(marked[above])])
                ways.append(Nearest(kind, finding, float(nearness[i, column])))
            marked[kinds] = 0.0
        return found

    def strongest(self, node: int, stated: sp.csr_matrix) -> set[tuple[int, int]]:
        """Where the figures of one finding and one candidate come from.

        Args:
            stated: (1, N) frequencies of what is stated of the candidate.

        Returns:
            Stated findings with the kind that they share with the finding: of the nearest the commonest, the
            most telling, and of its own kinds the commonest; none where nothing telling is shared.
        """
        near, shared, is_kind = (each[0] for each in self._nearness(np.array([node]), stated.indices))
        if not near.any():
            return set()
        often = stated.data
        nearest = int(np.argmax(np.where(near == near.max(), often, -1.0)))
        chosen = {(nearest, self._kind(node, stated.indices[nearest]))}
        telling = int(np.argmax(shared))
        chosen.add((telling, self._kind(node, stated.indices[telling])))
        if is_kind.any():
            chosen.add((int(np.argmax(np.where(is_kind, often, -1.0))), node))
        chosen |= {(int(column), node) for column in np.flatnonzero(stated.indices == node)}
        return {(int(stated.indices[column]), kind) for column, kind in chosen}

    def _kind(self, node: int, finding: int) -> int:
        """The most telling of what two findings both are."""
        kinds = np.intersect1d(self.annotations.ancestors_of(node), self.annotations.ancestors_of(finding))
        return int(kinds[np.argmax(self.information[kinds])])

    def _nearness(
        self, nodes: Ints, findings: NDArray[np.int32]
    ) -> tuple[Floats32, Floats32, NDArray[np.bool_]]:
        """(F, T) nearness of stated findings, information of the shared kind, whether it is a kind of q.

        What all candidates show is near to nothing, itself included: it tells none from another.
        """
        above = self.annotations.ancestors[findings]
        shared = np.zeros((len(nodes), len(findings)), dtype=np.float32)
        is_kind = np.zeros(shared.shape, dtype=bool)
        marked = np.zeros(len(self.information), dtype=np.float32)
        for i, node in enumerate(nodes):
            kinds = self.annotations.ancestors_of(int(node))
            marked[kinds] = self.information[kinds]
            shared[i] = (
                np.maximum.reduceat(marked[above.indices], above.indptr[:-1]) if len(findings) else 0.0
            )
            marked[kinds] = 0.0
            kinds_of = np.searchsorted(above.indptr, np.flatnonzero(above.indices == node), "right") - 1
            is_kind[i, kinds_of] = True
        both = self.information[nodes][:, None] + self.information[findings]
        nearness = np.divide(2.0 * shared, both, out=np.zeros_like(shared), where=both > 0)
        return nearness, shared, is_kind & (nearness > 0)


def _shortlist(
    stated: sp.csr_matrix, nodes: Ints, near: Floats32, shared: Floats32, is_kind: NDArray[np.bool_]
) -> Met:
    """Meet the rows of a (K, N) matrix of frequencies.

    Args:
        near, shared, is_kind: of each of its entries, as `BestPaths._nearness` tells them.
    """
    often = stated.data.astype(np.float32)
    best = _row_maximum(near, stated.indptr)
    is_nearest = near >= np.repeat(best, np.diff(stated.indptr), axis=1)
    is_same = is_kind & (stated.indices == nodes[:, None])
    return Met(
        nearness=best,
        shared=_row_maximum(shared, stated.indptr),
        nearest_frequency=_row_maximum(is_nearest * often, stated.indptr) * (best > 0),
        frequency=_row_maximum(is_kind * often, stated.indptr),
        is_stated=_row_maximum(is_same.astype(np.float32), stated.indptr),
    )


def _nearest_columns(nearness: Floats32, stated: sp.csr_matrix) -> Ints:
    """(F, K) column of what is nearest in each of K rows, the commonest of equals; -1 where nothing is."""
    best = np.full((len(nearness), stated.shape[0]), -1, dtype=np.int64)
    each = np.arange(len(nearness))
    for row, (start, end) in enumerate(pairwise(stated.indptr.tolist())):
        if end > start:
            order = start + np.argsort(-stated.data[start:end], kind="stable")
            column = order[np.argmax(nearness[:, order], axis=1)]
            best[:, row] = np.where(nearness[each, column] > 0, column, -1)
    return best


def _row_maximum(values: Floats32, indptr: NDArray[np.int32]) -> Floats32:
    """(F, K) maximum over each of K runs of columns; 0 for an empty run."""
    result = np.zeros((len(values), len(indptr) - 1), dtype=np.float32)
    is_filled = np.diff(indptr) > 0
    if is_filled.any():
        result[:, is_filled] = np.maximum.reduceat(values, indptr[:-1][is_filled], axis=1)
    return result
