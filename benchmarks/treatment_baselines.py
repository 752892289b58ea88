"""What predicted treatments are measured against, on the same graph and the same diseases."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.reasoning.kin import KinFinder
from kgdx.reasoning.likeness import ancestors, joined
from kgdx.reasoning.treatment_walks import TreatmentWalks

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
    kinds = ancestors(walks)
    genes = joined(walks, "gene_associated_with_condition").T.tocsr()
    findings = joined(walks, "has_phenotype") @ kinds
    return np.asarray(sum(_cosines(features, groups, walks.treated) for features in (kinds, genes, findings)))


def name_likeness(walks: TreatmentWalks, names: KinFinder, groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """(D, treated) likeness of names, as the network is given it, of every treated disease."""
    likeness = np.stack([names.of_names(int(group)) for group in groups]).astype(np.float64)
    # A disease tells nothing of itself, should the graph know what treats it.
    likeness[groups[:, None] == walks.treated] = 0.0
    return likeness


def nearest(walks: TreatmentWalks, likeness: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, D) what treats the likest diseases; popularity decides between what none of them tells apart."""
    treats = walks.known[walks.treated][:, walks.treatments].astype(np.float64)
    told = np.asarray(treats.T @ (likeness**_SHARPNESS).T)
    return np.asarray(told + _POPULARITY * popularity(walks, len(likeness)))


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
