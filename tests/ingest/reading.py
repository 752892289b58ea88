"""What a source states, without a store: every row taken, held against the schema and counted."""

from pathlib import Path

from ingest.load import read
from ingest.source_batch import SourceBatch
from kgdx.domain.graph import Node


def taken(name: str, path: Path) -> SourceBatch:
    """The whole of a source; its rows add up."""
    batch = read(name, path)
    beside = sum(batch.rejected.values()) + sum(batch.skipped.values())
    assert batch.num_rows == batch.num_written + batch.num_merged + beside
    return batch


def nodes_in(batch: SourceBatch) -> dict[str, Node]:
    """Nodes by CURIE, for sources where one identifier has one kind."""
    return {node.curie: node for node in batch.nodes}


def edges_in(batch: SourceBatch, relation: str) -> set[tuple[str, str]]:
    """Head and tail of the edges of a relation."""
    columns = (batch.edges[name].to_pylist() for name in ("head", "relation", "tail"))
    return {(head, tail) for head, found, tail in zip(*columns, strict=True) if found == relation}
