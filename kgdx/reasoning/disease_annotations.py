"""What sources state of diseases: what their patients show, and what their patients had been exposed to.

A finding stands at the far end of `has_phenotype`, a risk factor at the near end of `predisposes_to`. Either
says of a disease that its patients have something, so that either is evidence when a case has it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.kinds import CODED_KINDS
from kgdx.graph.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class DiseaseAnnotations:
    """Statements, one a row; S of them.

    Attributes:
        rows: (S,) int64 row of the snapshot's edge table.
        disease: (S,) int64 node index.
        finding: (S,) int64 node index of the finding or risk factor.
        is_forward: (S,) bool, the edge leads from the finding to the disease, as that of a risk factor does.
    """

    rows: NDArray[np.int64]
    disease: NDArray[np.int64]
    finding: NDArray[np.int64]
    is_forward: NDArray[np.bool_]

    @classmethod
    def of(cls, snapshot: Snapshot, among: NDArray[np.int64] | None = None) -> "DiseaseAnnotations":
        """All that is stated of diseases, findings first, each in the order of the snapshot.

        A risk factor counts if a case can have a code for it: what is a disease itself goes under the
        conditions of a case, and does not.

        Args:
            among: rows of the edge table to look at, ascending; all if left out.
        """
        shown, risks = (snapshot.edges_of(name, among=among) for name in ("has_phenotype", "predisposes_to"))
        is_coded = np.isin(snapshot.kinds[snapshot.head[risks]], CODED_KINDS)
        risks = risks[is_coded & (snapshot.kinds[snapshot.tail[risks]] == "Disease")]
        rows = np.concatenate([shown, risks])
        is_forward = np.arange(len(rows)) >= len(shown)
        head, tail = snapshot.head[rows].astype(np.int64), snapshot.tail[rows].astype(np.int64)
        disease, finding = np.where(is_forward, tail, head), np.where(is_forward, head, tail)
        return cls(rows, disease, finding, is_forward)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "DiseaseAnnotations":
        """Some of the statements, by mask or by number."""
        return DiseaseAnnotations(
            self.rows[chosen], self.disease[chosen], self.finding[chosen], self.is_forward[chosen]
        )

    def by_disease(self) -> "DiseaseAnnotations":
        """The same statements, those of one disease beside each other, ready for `of_disease`."""
        return self.take(np.argsort(self.disease, kind="stable"))

    def of_disease(self, disease: int) -> "DiseaseAnnotations":
        """The statements of one disease, by node index; of statements sorted by `by_disease`."""
        start, end = np.searchsorted(self.disease, np.array((disease, disease + 1), dtype=self.disease.dtype))
        return self.take(np.arange(start, end))
