"""Which nodes are one thing under several identifiers, such as one disease, and a graph of such groups."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from graph_schema import Schema
from kgdx.graph.cliques import MATCH_RELATION
from kgdx.graph.snapshot import Snapshot


def same_disease(
    snapshot: Snapshot, candidates: NDArray[np.int64], matches: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Number the candidates so that those joined by `exact_match`, over any number of steps, share a number.

    Args:
        candidates: (D,) int64 node indices.
        matches: as for `exact_groups`.

    Returns:
        (D,) int64.
    """
    return exact_groups(snapshot, matches)[candidates]


def exact_groups(snapshot: Snapshot, matches: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """(num_nodes,) int64 group of every node: what `exact_match` joins, over any number of steps, shares one.

    Args:
        matches: rows of the edges that join; every `exact_match` if left out. What is denied joins nothing.
    """
    rows = snapshot.edges_of(MATCH_RELATION) if matches is None else matches
    rows = rows[~snapshot.negated[rows]]
    size = snapshot.num_nodes
    joins = sp.csr_matrix(
        (np.ones(len(rows)), (snapshot.head[rows], snapshot.tail[rows])), shape=(size, size)
    )
    return np.asarray(connected_components(joins, directed=False)[1], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class GroupedGraph:
    """A snapshot in which nodes joined by `exact_match`, over any number of steps, are one group."""

    snapshot: Snapshot
    schema: Schema

    @cached_property
    def group(self) -> NDArray[np.int64]:
        """(num_nodes,) group of every node."""
        return exact_groups(self.snapshot)

    @property
    def num_groups(self) -> int:
        """How many groups there are."""
        return int(self.group.max(initial=-1)) + 1

    def members(self, group: int) -> NDArray[np.int64]:
        """Node indices of one group, ascending."""
        order, starts = self._members
        return order[starts[group] : starts[group + 1]]

    @cached_property
    def _members(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.group, kind="stable")
        return order, np.searchsorted(self.group[order], np.arange(self.num_groups + 1))
