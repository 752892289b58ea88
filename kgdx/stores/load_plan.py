"""A plan: what loading a source would write, to be looked at or to be written."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from kgdx.domain.graph import LoadCount, Node

LOADED_EDGE_COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("head", "relation", "tail", "edge_id")] + [("provenance", pa.int64())]
)


@dataclass(frozen=True)
class LoadPlan:
    """What to write.

    Attributes:
        source: whose load it is.
        added, updated: nodes with their mentions; one without mentions goes unless an edge holds it.
        edges: to be written, layout `STATED_EDGE_COLUMNS`.
        stale: to be taken away, layout `LOADED_EDGE_COLUMNS`; those that come back with another release,
            license or knowledge level are among both.
        num_edges_changed: how many come back.
        kept_records: ids of provenance that edges still have.
    """

    source: str
    added: Mapping[Node, tuple[str, ...]]
    updated: Mapping[Node, tuple[str, ...]]
    edges: pa.Table
    stale: pa.Table
    num_edges_changed: int
    kept_records: frozenset[int]

    @property
    def is_empty(self) -> bool:
        """Whether the store already holds what the source states."""
        return not (self.added or self.updated or self.edges.num_rows or self.stale.num_rows)

    def count(self, num_nodes_removed: int) -> LoadCount:
        """The change in numbers."""
        changed = sum(bool(mentions) for mentions in self.updated.values())
        return LoadCount(
            num_nodes_added=len(self.added),
            num_nodes_removed=num_nodes_removed,
            num_nodes_changed=changed,
            num_edges_added=self.edges.num_rows - self.num_edges_changed,
            num_edges_removed=self.stale.num_rows - self.num_edges_changed,
            num_edges_changed=self.num_edges_changed,
        )
