"""What predicted treatments are measured against, on the same graph and the same diseases."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.treatments.graph import TreatmentWalks
from kgdx.treatments.similar_diseases import KinNames

# How much nearer diseases count: the best of 1, 4, 8 and 16 for `nearest_disease` on the calibration fold.
_SHARPNESS = 4
_POPULARITY = 1e-6


def popularity(walks: TreatmentWalks, num: int) -> NDArray[np.float64]:
    """(T, num) by how many diseases a treatment is for, the same for every disease."""
    treats = np.asarray(walks.known.sum(axis=0)).ravel()[walks.treatments]
    return np.repeat(treats.astype(np.float64)[:, None], num, axis=1)


def disease_likeness(walks: TreatmentWalks, groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """(D, treated) sum of three cosines: of all that a disease is a kind of, of its genes, of its findings.

    Each ancestor, gene and finding is weighed by its inverse document frequency; findings bring the findings
    that they are kinds of.
    """
    kinds = _ancestors(walks)
    genes = _joined(walks, "gene_associated_with_condition").T.tocsr()
    findings = _joined(walks, "has_phenotype") @ kinds
    return np.asarray(sum(_cosines(features, groups, walks.treated) for features in (kinds, genes, findings)))


def name_likeness(walks: TreatmentWalks, names: KinNames, groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """(D, treated) likeness of names, as the network is given it, of every treated disease."""
    likeness = np.zeros((len(groups), len(walks.treated)))
    for row, group in zip(likeness, groups, strict=True):
        kin = names.of(int(group), len(walks.treated))
        row[np.searchsorted(walks.treated, kin.groups)] = kin.likeness
    return likeness


def nearest(walks: TreatmentWalks, likeness: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, D) what treats the likest diseases; popularity decides between what none of them tells apart."""
    treats = walks.known[walks.treated][:, walks.treatments].astype(np.float64)
    told = np.asarray(treats.T @ (likeness**_SHARPNESS).T)
    return np.asarray(told + _POPULARITY * popularity(walks, len(likeness)))


def _joined(walks: TreatmentWalks, relation: str) -> sp.csr_matrix:
    rows = walks.snapshot.edges_of(relation)
    rows = rows[~walks.snapshot.negated[rows]]
    ends = walks.group[walks.snapshot.head[rows]], walks.group[walks.snapshot.tail[rows]]
    return sp.csr_matrix((np.ones(len(rows)), ends), shape=(walks.num_groups, walks.num_groups))


def _ancestors(walks: TreatmentWalks) -> sp.csr_matrix:
    """(groups, groups) 1 where one is, or is over any number of steps a kind of, the other."""
    reached = _joined(walks, "subclass_of") + sp.identity(walks.num_groups, format="csr")
    while True:
        reached.data[:] = 1.0
        further = reached @ reached
        if further.nnz == reached.nnz:
            return reached
        reached = further


def _cosines(
    features: sp.csr_matrix, groups: NDArray[np.int64], treated: NDArray[np.int64]
) -> NDArray[np.float64]:
    features = features.copy()
    features.data[:] = 1.0
    described = features[np.concatenate([groups, treated])]
    often = np.asarray(described.sum(axis=0)).ravel()
    weighed = features @ sp.diags(np.log((1 + described.shape[0]) / (1 + often)))
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    unit = sp.diags(1.0 / np.where(length > 0, length, 1.0)) @ weighed
    return np.asarray((unit[groups] @ unit[treated].T).toarray())
