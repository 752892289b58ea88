"""What two diseases have in common in the graph: kinds, genes and findings.

Three cosines between what a disease is a kind of over any number of steps, its genes, and its findings with
all that they are kinds of. Each is weighed by its inverse document frequency among all diseases of the graph.
Nothing here knows of treatments.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.reasoning.treatment_walks import TreatmentWalks


@dataclass(frozen=True, eq=False)
class GraphLikeness:
    """Likeness of any disease to all treated ones."""

    walks: TreatmentWalks

    def of(self, group: int) -> NDArray[np.float32]:
        """(treated, 3) float32 in [0, 1]: by kinds, genes and findings."""
        parts = [(treated @ features[group].T).toarray()[:, 0] for features, treated in self._features]
        return np.asarray(np.clip(np.stack(parts, axis=1), 0.0, 1.0), dtype=np.float32)

    def among_treated(self) -> NDArray[np.float32]:
        """(treated, treated) float32 in [0, 3]: the three summed."""
        total = sum((treated @ treated.T).toarray() for _, treated in self._features)
        return np.asarray(total, dtype=np.float32)

    @cached_property
    def _features(self) -> list[tuple[sp.csr_matrix, sp.csr_matrix]]:
        """Rows of unit length of all groups, and of the treated ones: of kinds, genes and findings."""
        kinds = ancestors(self.walks)
        genes = joined(self.walks, "gene_associated_with_condition").T.tocsr()
        findings = joined(self.walks, "has_phenotype") @ kinds
        units = [_weighed(features, self._diseases) for features in (kinds, genes, findings)]
        return [(unit, unit[self.walks.treated]) for unit in units]

    @cached_property
    def _diseases(self) -> NDArray[np.int64]:
        return np.asarray(np.unique(self.walks.group[self.walks.snapshot.kinds == "Disease"]))


def joined(walks: TreatmentWalks, relation: str) -> sp.csr_matrix:
    """(groups, groups) how many edges of a relation lead from one to the other; denied ones do not count."""
    rows = walks.snapshot.edges_of(relation)
    rows = rows[~walks.snapshot.negated[rows]]
    ends = walks.group[walks.snapshot.head[rows]], walks.group[walks.snapshot.tail[rows]]
    return sp.csr_matrix((np.ones(len(rows)), ends), shape=(walks.num_groups, walks.num_groups))


def ancestors(walks: TreatmentWalks) -> sp.csr_matrix:
    """(groups, groups) 1 where one is, or is over any number of steps a kind of, the other."""
    reached = joined(walks, "subclass_of") + sp.identity(walks.num_groups, format="csr")
    while True:
        reached.data[:] = 1.0
        further = reached @ reached
        if further.nnz == reached.nnz:
            return reached
        reached = further


def _weighed(features: sp.csr_matrix, diseases: NDArray[np.int64]) -> sp.csr_matrix:
    """Rows of unit length; what all diseases have in common weighs nothing."""
    features = features.copy()
    features.data[:] = 1.0
    often = np.asarray(features[diseases].sum(axis=0)).ravel()
    weighed = features @ sp.diags(np.log((1 + len(diseases)) / (1 + np.minimum(often, len(diseases)))))
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return (sp.diags(1.0 / np.where(length > 0, length, 1.0)) @ weighed).tocsr().astype(np.float32)
