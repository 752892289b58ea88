"""The audit: what is wrong with a graph, or with a source before it is loaded, and how to mend it."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from graph_schema import Schema
from ingest.audit import edges as of_edges
from ingest.audit import nodes as of_nodes
from ingest.audit.finding import Finding, Graph

_CHECKS: tuple[Callable[[Graph], Iterator[Finding]], ...] = (
    of_nodes.dangling,
    of_nodes.kind_conflicts,
    of_nodes.cycles,
    of_nodes.degrees,
    of_nodes.identity,
    of_edges.misjoined,
    of_edges.duplicates,
    of_edges.contradictions,
    of_edges.obsolete,
    of_edges.unproved,
    of_edges.numbers,
)


def audit(nodes: pa.Table, edges: pa.Table, schema: Schema) -> list[Finding]:
    """Look for what is wrong. The audit of a clean graph is empty.

    Args:
        nodes, edges: layouts `NODE_COLUMNS` and `EDGE_COLUMNS`, as a store exports them.

    Returns:
        Errors first; like findings are one.
    """
    graph = Graph(nodes, edges, schema)
    found = [finding for check in _CHECKS for finding in check(graph)]
    return sorted(found, key=lambda f: (f.level != "error", f.code, -f.num, f.where))


def has_errors(findings: list[Finding]) -> bool:
    """Whether any of them makes results wrong."""
    return any(finding.level == "error" for finding in findings)


__all__ = ["Finding", "audit", "has_errors"]
