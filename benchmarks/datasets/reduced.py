"""A graph without a fifth of its diseases, to train on what will grow."""

from hashlib import sha256

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgdx.graph.groups import same_disease
from kgdx.graph.snapshot import Snapshot

_ONE_IN = 5


def removed_nodes(snapshot: Snapshot) -> NDArray[np.bool_]:
    """(num_nodes,) the diseases to take out: a fifth of those with findings, and all that means the same.

    A hash of the first CURIE of all that is matched exactly decides: no name of a disease stays behind.
    """
    same = same_disease(snapshot, np.arange(snapshot.num_nodes))
    described = np.unique(same[snapshot.head[snapshot.edges_of("has_phenotype")]])
    # Nodes are in the order of CURIEs.
    _, first = np.unique(same, return_index=True)
    taken = [number for number in described if _is_taken(snapshot.curies[first[number]])]
    return np.isin(same, taken)


def _is_taken(curie: str) -> bool:
    return sha256(curie.encode()).digest()[0] % _ONE_IN == 0


def reduced(snapshot: Snapshot, is_removed: NDArray[np.bool_]) -> Snapshot:
    """The snapshot without some nodes and without every edge that ends in one."""
    kept = ~(is_removed[snapshot.head] | is_removed[snapshot.tail])
    edges = snapshot.edges.filter(pa.array(kept))
    for end in ("head", "tail"):
        curies = snapshot.nodes["curie"].take(edges[end])
        edges = edges.set_column(edges.column_names.index(end), end, curies)
    return Snapshot.from_tables(snapshot.nodes.filter(pa.array(~is_removed)), edges)


def counts(snapshot: Snapshot, is_removed: NDArray[np.bool_]) -> dict[str, int]:
    """What is taken out: diseases, of how many, their nodes and edges."""
    same = same_disease(snapshot, np.arange(snapshot.num_nodes))
    described = np.unique(same[snapshot.head[snapshot.edges_of("has_phenotype")]])
    return {
        "diseases": len(np.unique(same[is_removed])),
        "of": len(described),
        "nodes": int(is_removed.sum()),
        "edges": int((is_removed[snapshot.head] | is_removed[snapshot.tail]).sum()),
    }
