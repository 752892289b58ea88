"""Which candidates are one disease under several identifiers."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from kgdx.graph.snapshot import Snapshot


def same_disease(
    snapshot: Snapshot, candidates: NDArray[np.int64], matches: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Number the candidates so that those joined by `exact_match`, over any number of steps, share a number.

    Args:
        candidates: (D,) int64 node indices.
        matches: rows of the edges that join; every `exact_match` if left out. What is denied joins nothing.

    Returns:
        (D,) int64.
    """
    rows = snapshot.edges_of("exact_match") if matches is None else matches
    rows = rows[~snapshot.negated[rows]]
    size = snapshot.num_nodes
    joins = sp.csr_matrix(
        (np.ones(len(rows)), (snapshot.head[rows], snapshot.tail[rows])), shape=(size, size)
    )
    _, component = connected_components(joins, directed=False)
    return np.asarray(component[candidates], dtype=np.int64)


def exact_groups(snapshot: Snapshot) -> NDArray[np.int64]:
    """(num_nodes,) group of every node: what `exact_match` joins, over any number of steps, shares one."""
    rows = snapshot.edges_of("exact_match")
    rows = rows[~snapshot.negated[rows]]
    size = snapshot.num_nodes
    matches = sp.csr_matrix(
        (np.ones(len(rows)), (snapshot.head[rows], snapshot.tail[rows])), shape=(size, size)
    )
    return np.asarray(connected_components(matches, directed=False)[1], dtype=np.int64)
