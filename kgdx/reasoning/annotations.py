"""What is known of each disease's findings: frequencies, background rates, information content.

Everything here is counted from a snapshot once and shared by all cases.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.domain.errors import BundleError
from kgdx.snapshot import Snapshot

# Frequency of a finding that a source lists without saying how often it is seen.
UNSTATED_FREQUENCY = 0.6


@dataclass(frozen=True, eq=False)
class Annotations:
    """Diseases against findings; D candidates, N nodes of the snapshot.

    Attributes:
        candidates: (D,) int64 node index of every candidate disease, ascending.
        direct: (D, N) CSR float64, frequency in (0, 1] of the findings a source states of the disease.
        frequency: (D, N) CSC float64, `direct` passed up `subclass_of` by maximum.
        denied: (D, N) CSC bool, findings that a source says the disease does not show.
        background: (N,) float64, mean of `frequency` over the candidates.
        information: (N,) float64, -ln(share of candidates with the finding or a kind of it); 0 if none.
        ancestors: (N, N) CSR bool, reflexive and transitive `subclass_of`.
        num_findings: (D,) int64, findings stated directly.
    """

    candidates: NDArray[np.int64]
    direct: sp.csr_matrix
    frequency: sp.csc_matrix
    denied: sp.csc_matrix
    background: NDArray[np.float64]
    information: NDArray[np.float64]
    ancestors: sp.csr_matrix
    num_findings: NDArray[np.int64]

    @classmethod
    def from_snapshot(
        cls, snapshot: Snapshot, is_candidate: Callable[[str], bool] | None = None
    ) -> "Annotations":
        """Count the annotations of a snapshot.

        Args:
            is_candidate: which diseases to rank, by CURIE; all with a finding if left out.

        Raises:
            BundleError: if no disease of the snapshot has a finding.
        """
        rows = snapshot.edges_of("has_phenotype")
        curies = snapshot.curies
        if is_candidate is not None:
            rows = rows[[is_candidate(curies[i]) for i in snapshot.head[rows]]]
        affirmed = rows[~snapshot.negated[rows]]
        if len(affirmed) == 0:
            remedy = "load disease annotations, such as hpoa, and build again"
            raise BundleError("snapshot", "no disease has a finding", remedy)
        candidates = np.unique(snapshot.head[affirmed]).astype(np.int64)
        shape = (len(candidates), snapshot.num_nodes)
        ancestors = _closure(snapshot)
        direct = _mean_frequency(snapshot, affirmed, candidates, shape)
        frequency = _passed_up(direct, ancestors)
        share = np.diff(frequency.indptr) / shape[0]
        return cls(
            candidates=candidates,
            direct=direct,
            frequency=frequency,
            denied=_denied(snapshot, rows, candidates, shape),
            background=np.asarray(frequency.sum(axis=0)).ravel() / shape[0],
            information=-np.log(np.where(share > 0, share, 1.0)),
            ancestors=ancestors,
            num_findings=np.diff(direct.indptr),
        )

    def ancestors_of(self, node: int) -> NDArray[np.int32]:
        """Node indices of `node` and everything it is a kind of."""
        start, end = self.ancestors.indptr[node : node + 2]
        return np.asarray(self.ancestors.indices[start:end])

    def column(self, node: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Candidate positions (0..D-1) that show the finding or a kind of it, and how often."""
        start, end = self.frequency.indptr[node : node + 2]
        return self.frequency.indices[start:end], self.frequency.data[start:end]


def _closure(snapshot: Snapshot) -> sp.csr_matrix:
    rows = snapshot.edges_of("subclass_of")
    size = snapshot.num_nodes
    ones = np.ones(len(rows), dtype=bool)
    parents = sp.csr_matrix((ones, (snapshot.head[rows], snapshot.tail[rows])), shape=(size, size))
    reached = sp.identity(size, dtype=bool, format="csr") + parents
    # Each round doubles the number of steps covered; a cycle does no harm, it only ends the growth.
    while True:
        further = (reached @ reached).astype(bool)
        if further.nnz == reached.nnz:
            further.sort_indices()
            return further
        reached = further


def _mean_frequency(
    snapshot: Snapshot, rows: NDArray[np.int64], candidates: NDArray[np.int64], shape: tuple[int, int]
) -> sp.csr_matrix:
    """Mean of the stated frequencies of each (disease, finding), else `UNSTATED_FREQUENCY`."""
    where = (np.searchsorted(candidates, snapshot.head[rows]), snapshot.tail[rows])
    stated = snapshot.frequency[rows].astype(np.float64)
    is_stated = ~np.isnan(stated)
    total = sp.csr_matrix((np.where(is_stated, stated, 0.0), where), shape=shape)
    count = sp.csr_matrix((is_stated.astype(np.float64), where), shape=shape)
    # Both matrices keep explicit zeros and so the same pattern, once duplicates are summed.
    total.sum_duplicates()
    count.sum_duplicates()
    mean = np.where(count.data > 0, total.data / np.maximum(count.data, 1.0), UNSTATED_FREQUENCY)
    result = sp.csr_matrix((mean, total.indices, total.indptr), shape=shape)
    result.eliminate_zeros()
    return result


def _passed_up(direct: sp.csr_matrix, ancestors: sp.csr_matrix) -> sp.csc_matrix:
    """Maximum over the descendants of each finding: a disease with a kind of X has X at least as often."""
    entries = direct.tocoo()
    counts = np.diff(ancestors.indptr)[entries.col]
    offsets = np.repeat(ancestors.indptr[entries.col] - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    column = ancestors.indices[offsets + np.arange(counts.sum())].astype(np.int64)
    key = column * direct.shape[0] + np.repeat(entries.row, counts)
    order = np.argsort(key, kind="stable")
    key, first = np.unique(key[order], return_index=True)
    value = np.maximum.reduceat(np.repeat(entries.data, counts)[order], first)
    where = (key % direct.shape[0], key // direct.shape[0])
    return sp.csc_matrix((value, where), shape=direct.shape)


def _denied(
    snapshot: Snapshot, rows: NDArray[np.int64], candidates: NDArray[np.int64], shape: tuple[int, int]
) -> sp.csc_matrix:
    negated = rows[snapshot.negated[rows] & np.isin(snapshot.head[rows], candidates)]
    where = (np.searchsorted(candidates, snapshot.head[negated]), snapshot.tail[negated])
    return sp.csc_matrix((np.ones(len(negated), dtype=bool), where), shape=shape)
