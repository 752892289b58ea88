"""What sources state of the course and the inheritance of diseases, under whichever identifier."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.groups import same_disease
from kgdx.graph.snapshot import Snapshot

RELATIONS = ("has_clinical_attribute", "has_mode_of_inheritance")


@dataclass(frozen=True, eq=False)
class DiseaseCourse:
    """Edges that tell of course or inheritance, R of them, of G diseases.

    Attributes:
        num_diseases: G.
        rows: (R,) int64 rows of the snapshot.
        disease: (R,) int64 which disease, in 0..G-1.
        curies: (R,) CURIEs of what is stated.
        share: (R,) float64 share of the patients, NaN where unstated.
        counted: (R,) float64 patients it was counted on, NaN where unstated.
    """

    num_diseases: int
    rows: Ints
    disease: Ints
    curies: NDArray[np.str_]
    share: Floats
    counted: Floats

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot, candidates: Ints) -> tuple["DiseaseCourse", Ints]:
        """What is affirmed of the candidates; those that are exactly matched are one disease.

        Args:
            candidates: (D,) int64 node indices.

        Returns:
            the edges; and (D,) int64 which disease each candidate is.
        """
        rows = snapshot.edges_of(*RELATIONS)
        rows = rows[~snapshot.negated[rows]]
        heads = snapshot.head[rows].astype(np.int64)
        numbers, of_heads = np.split(
            same_disease(snapshot, np.concatenate([candidates, heads])), [len(candidates)]
        )
        diseases, disease = np.unique(numbers, return_inverse=True)
        is_candidate = np.isin(of_heads, diseases)
        rows = rows[is_candidate]
        course = cls(
            num_diseases=len(diseases),
            rows=rows,
            disease=np.searchsorted(diseases, of_heads[is_candidate]),
            curies=np.array([snapshot.curies[i] for i in snapshot.tail[rows]], dtype=np.str_),
            share=snapshot.frequency[rows].astype(np.float64),
            counted=snapshot.edges["num_patients"].take(rows).to_numpy().astype(np.float64),
        )
        return course, disease.astype(np.int64)

    def among(self, *curies: str) -> "DiseaseCourse":
        """The edges that state one of these."""
        kept = np.isin(self.curies, curies)
        return DiseaseCourse(
            self.num_diseases,
            self.rows[kept],
            self.disease[kept],
            self.curies[kept],
            self.share[kept],
            self.counted[kept],
        )

    def patients(self, uncounted: float) -> Floats:
        """(R,) how many patients stand behind each edge.

        Args:
            uncounted: how many, where the source does not say how many it saw.
        """
        share = np.where(np.isnan(self.share), 1.0, self.share)
        return np.asarray(share * np.where(np.isnan(self.counted), uncounted, self.counted))

    def best_supported(self, uncounted: float) -> Ints:
        """(G,) row of the edge with the most patients behind it, of each disease; -1 where there is none."""
        rows = np.full(self.num_diseases, -1, dtype=np.int64)
        # The last one written stays.
        order = np.argsort(self.patients(uncounted), kind="stable")
        rows[self.disease[order]] = self.rows[order]
        return rows
