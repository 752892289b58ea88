"""What a source states, without a store: every row taken, held against the schema and counted."""

from pathlib import Path

from ingest.intake import SourceBatch
from ingest.load import read
from kgdx.domain.graph import Node


def taken(name: str, path: Path) -> SourceBatch:
    """The whole of a source; its rows add up."""
    intake = read(name, path)
    beside = sum(intake.rejected.values()) + sum(intake.skipped.values())
    assert intake.num_rows == intake.num_written + intake.num_merged + beside
    return intake


def nodes_in(intake: SourceBatch) -> dict[str, Node]:
    """Nodes by CURIE, for sources where one identifier has one kind."""
    return {node.curie: node for node in intake.nodes}


def edges_in(intake: SourceBatch, relation: str) -> set[tuple[str, str]]:
    """Head and tail of the edges of a relation."""
    columns = (intake.edges[name].to_pylist() for name in ("head", "relation", "tail"))
    return {(head, tail) for head, found, tail in zip(*columns, strict=True) if found == relation}
