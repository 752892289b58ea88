"""What is known of each disease's findings: frequencies, background rates, information content.

A risk factor is a finding here, see `DiseaseAnnotations`. Everything is counted from a snapshot once and
shared by all cases.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.domain.errors import BundleError
from kgdx.graph.groups import same_disease
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.disease_annotations import DiseaseAnnotations

# Frequency of a finding that a source lists without saying how often it is seen.
UNSTATED_FREQUENCY = 0.6
# A count is believed as if this many further patients, of whom this share showed the finding, had been
# seen: findings are listed because they were seen, so that small counts overstate them.
_FURTHER_PATIENTS = 4.0
_FURTHER_SHARE = 0.25
# Patients behind a frequency that comes without a count.
_USUAL_COUNT = 10.0


@dataclass(frozen=True, eq=False)
class Annotations:
    """Diseases against findings; D candidates, N nodes of the snapshot.

    Attributes:
        candidates: (D,) int64 node index of every candidate disease, ascending.
        direct: (D, N) CSR float64, frequency in (0, 1] of the findings a source states of the disease.
        frequency: (D, N) CSC float64, `direct` passed up `subclass_of` by maximum.
        elsewhere: (D, N) CSR float64, as `direct`, what is stated of the same disease under other
            identifiers.
        denied: (D, N) CSC bool, findings that a source says the disease does not show.
        background: (N,) float64, mean of `frequency` over the candidates.
        information: (N,) float64, -ln(share of candidates with the finding or a kind of it); 0 if none.
        ancestors: (N, N) CSR bool, reflexive and transitive `subclass_of`.
        num_findings: (D,) int64, findings stated directly.
        num_counted: how many diseases `background` and `information` were counted over.
    """

    candidates: NDArray[np.int64]
    direct: sp.csr_matrix
    frequency: sp.csc_matrix
    elsewhere: sp.csr_matrix
    denied: sp.csc_matrix
    background: NDArray[np.float64]
    information: NDArray[np.float64]
    ancestors: sp.csr_matrix
    num_findings: NDArray[np.int64]
    num_counted: int

    @classmethod
    def from_snapshot(
        cls, snapshot: Snapshot, is_candidate: Callable[[str], bool] | None = None
    ) -> "Annotations":
        """Count the annotations of a snapshot.

        Args:
            is_candidate: which diseases to rank, by CURIE; all with a finding or a risk factor if left out.

        Raises:
            BundleError: if no disease of the snapshot has a finding.
        """
        stated = asked = DiseaseAnnotations.of(snapshot)
        curies = snapshot.curies
        if is_candidate is not None:
            asked = asked.take(np.array([is_candidate(curies[i]) for i in asked.disease], dtype=bool))
        affirmed = _affirmed(snapshot, asked)
        if len(affirmed.rows) == 0:
            remedy = "load disease annotations, such as hpoa, and build again"
            raise BundleError("snapshot", "no disease has a finding", remedy)
        candidates = np.unique(affirmed.disease)
        shape = (len(candidates), snapshot.num_nodes)
        ancestors = _closure(snapshot, snapshot.edges_of("subclass_of"))
        direct = _mean_frequency(snapshot, affirmed, candidates, shape)
        frequency = _passed_up(direct, ancestors)
        share = np.diff(frequency.indptr) / shape[0]
        return cls(
            candidates=candidates,
            direct=direct,
            frequency=frequency,
            elsewhere=_elsewhere(
                snapshot, _affirmed(snapshot, stated), candidates, snapshot.edges_of("exact_match")
            ),
            denied=_denied(snapshot, asked, candidates, shape),
            background=np.asarray(frequency.sum(axis=0)).ravel() / shape[0],
            information=-np.log(np.where(share > 0, share, 1.0)),
            ancestors=ancestors,
            num_findings=np.diff(direct.indptr),
            num_counted=len(candidates),
        )

    def seen_over(self, snapshot: Snapshot, position: int, rows: NDArray[np.int64]) -> "Annotations":
        """One candidate as it would be known by some edges alone.

        What was counted over all diseases stays as it is: background rates, information content, and how many
        findings are stated of the candidate.

        Args:
            position: of the candidate.
            rows: of the snapshot's edge table, ascending.
        """
        candidate = self.candidates[[position]]
        shape = (1, snapshot.num_nodes)
        stated = DiseaseAnnotations.of(snapshot, rows)
        own = stated.take(stated.disease == candidate[0])
        ancestors = _closure(snapshot, snapshot.edges_of("subclass_of", among=rows))
        direct = _mean_frequency(snapshot, _affirmed(snapshot, own), candidate, shape)
        matches = snapshot.edges_of("exact_match", among=rows)
        return replace(
            self,
            candidates=candidate,
            direct=direct,
            frequency=_passed_up(direct, ancestors),
            elsewhere=_elsewhere(snapshot, _affirmed(snapshot, stated), candidate, matches),
            denied=_denied(snapshot, own, candidate, shape),
            ancestors=ancestors,
            num_findings=self.num_findings[[position]],
        )

    @cached_property
    def by_disease(self) -> sp.csr_matrix:
        """(D, N) CSR, `frequency` by row."""
        return self.frequency.tocsr()

    def frequency_of(self, position: int) -> NDArray[np.float64]:
        """(N,) how often one candidate shows each finding, or a kind of it."""
        start, end = self.by_disease.indptr[position : position + 2]
        result = np.zeros(self.frequency.shape[1])
        result[self.by_disease.indices[start:end]] = self.by_disease.data[start:end]
        return result

    def ancestors_of(self, node: int) -> NDArray[np.int32]:
        """Node indices of `node` and everything it is a kind of."""
        start, end = self.ancestors.indptr[node : node + 2]
        return np.asarray(self.ancestors.indices[start:end])

    def denying(self, node: int) -> NDArray[np.int64]:
        """Candidate positions of which a source denies the finding, or what it is a kind of; ascending."""
        above = self.ancestors_of(node)
        columns = above[self.denied.indptr[above + 1] > self.denied.indptr[above]]
        if len(columns) == 0:
            return np.zeros(0, dtype=np.int64)
        indptr, indices = self.denied.indptr, self.denied.indices
        denying = [indices[indptr[column] : indptr[column + 1]] for column in columns.tolist()]
        return np.asarray(np.unique(np.concatenate(denying)), dtype=np.int64)

    def column(self, node: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Candidate positions (0..D-1) that show the finding or a kind of it, and how often."""
        start, end = self.frequency.indptr[node : node + 2]
        return self.frequency.indices[start:end], self.frequency.data[start:end]


def _closure(snapshot: Snapshot, rows: NDArray[np.int64]) -> sp.csr_matrix:
    rows = rows[~snapshot.negated[rows]]
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


def _affirmed(snapshot: Snapshot, stated: DiseaseAnnotations) -> DiseaseAnnotations:
    return stated.take(~snapshot.negated[stated.rows])


def _mean_frequency(
    snapshot: Snapshot, affirmed: DiseaseAnnotations, candidates: NDArray[np.int64], shape: tuple[int, int]
) -> sp.csr_matrix:
    """Shrunk mean of the stated frequencies of each (disease, finding), else `UNSTATED_FREQUENCY`.

    The mean of a Beta posterior over all patients that were counted (Gelman et al. 2013, Bayesian Data
    Analysis, 2.4).
    """
    where = (np.searchsorted(candidates, affirmed.disease), affirmed.finding)
    stated = snapshot.frequency[affirmed.rows].astype(np.float64)
    counted = np.nan_to_num(snapshot.num_patients[affirmed.rows], nan=_USUAL_COUNT)
    patients = np.where(np.isnan(stated), 0.0, counted)
    total = sp.csr_matrix((np.nan_to_num(stated) * patients, where), shape=shape)
    count = sp.csr_matrix((patients, where), shape=shape)
    # Both matrices keep explicit zeros and so the same pattern, once duplicates are summed.
    total.sum_duplicates()
    count.sum_duplicates()
    shrunk = (total.data + _FURTHER_PATIENTS * _FURTHER_SHARE) / (count.data + _FURTHER_PATIENTS)
    mean = np.where(count.data > 0, shrunk, UNSTATED_FREQUENCY)
    result = sp.csr_matrix((mean, total.indices, total.indptr), shape=shape)
    result.eliminate_zeros()
    return result


def _passed_up(direct: sp.csr_matrix, ancestors: sp.csr_matrix) -> sp.csc_matrix:
    """Maximum over the descendants of each finding: a disease with a kind of X has X at least as often."""
    entries = direct.tocoo()
    counts = np.diff(ancestors.indptr)[entries.col]
    offsets = np.repeat(ancestors.indptr[entries.col] - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    column = ancestors.indices[offsets + np.arange(counts.sum())].astype(np.int64)
    rows = np.repeat(entries.row, counts)
    return _greatest(rows, column, np.repeat(entries.data, counts), direct.shape).tocsc()


def _elsewhere(
    snapshot: Snapshot,
    affirmed: DiseaseAnnotations,
    candidates: NDArray[np.int64],
    matches: NDArray[np.int64],
) -> sp.csr_matrix:
    """Greatest frequency that the other identifiers of each candidate state; `matches` joins them."""
    diseases = np.unique(affirmed.disease)
    shape = (len(diseases), snapshot.num_nodes)
    stated = _mean_frequency(snapshot, affirmed, diseases, shape)
    joined = same_disease(snapshot, np.concatenate([candidates, diseases]), matches)
    mine, theirs = joined[: len(candidates)], joined[len(candidates) :]
    order = np.argsort(theirs, kind="stable")
    first, last = (np.searchsorted(theirs[order], mine, side) for side in ("left", "right"))
    owner = np.repeat(np.arange(len(candidates)), last - first)
    other = order[np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])]
    is_other = diseases[other] != candidates[owner]
    entries = stated[other[is_other]].tocoo()
    rows, columns = owner[is_other][entries.row], entries.col.astype(np.int64)
    return _greatest(rows, columns, entries.data, (len(candidates), snapshot.num_nodes))


def _greatest(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64], shape: tuple[int, int]
) -> sp.csr_matrix:
    """A matrix of the greatest of the values given for each entry."""
    key = columns * shape[0] + rows
    order = np.argsort(key, kind="stable")
    key, first = np.unique(key[order], return_index=True)
    value = np.maximum.reduceat(values[order], first) if len(first) else values
    return sp.csr_matrix((value, (key % shape[0], key // shape[0])), shape=shape)


def _denied(
    snapshot: Snapshot, stated: DiseaseAnnotations, candidates: NDArray[np.int64], shape: tuple[int, int]
) -> sp.csc_matrix:
    negated = stated.take(snapshot.negated[stated.rows] & np.isin(stated.disease, candidates))
    where = (np.searchsorted(candidates, negated.disease), negated.finding)
    return sp.csc_matrix((np.ones(len(negated.rows), dtype=bool), where), shape=shape)
