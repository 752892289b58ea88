"""Walks over a store: neighbourhood of a node, shortest paths between two, over `GraphStore.query`."""

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import Any

import networkx as nx

from graph_schema.explanations import KEY
from kgdx.domain.errors import QueryError
from kgdx.stores.base import GraphStore

MAX_EDGES = 2_000

_STEP = (
    "MATCH (a)-[e]->(b) WHERE a.curie IN $frontier OR b.curie IN $frontier "
    "RETURN a, e, b ORDER BY e.edge_id, a.curie, b.curie"
)
_NODE = "MATCH (n) WHERE n.curie = $curie RETURN n"


def neighbourhood(
    store: GraphStore, curie: str, hops: int = 1, max_edges: int = MAX_EDGES
) -> nx.MultiDiGraph:
    """The nodes within some steps of one, over edges in either direction, and the edges on the way.

    Args:
        hops: number of steps, at least 1.
        max_edges: edges after which it stops; the graph then has `is_cut` among its attributes.

    Returns:
        Nodes by CURIE with their properties, edges by edge id with theirs.

    Raises:
        QueryError: if the store has no such node.
    """
    graph = nx.MultiDiGraph(is_cut=False)
    _put(graph, _found(store, curie))
    frontier = {curie}
    for _ in range(hops):
        rows = list(store.query(_STEP, {"frontier": sorted(frontier)}, limit=max_edges + 1))
        before = set(graph.nodes)
        for row in rows[: max_edges - graph.number_of_edges()]:
            _put(graph, row["a"])
            _put(graph, row["b"])
            graph.add_edge(row["a"]["curie"], row["b"]["curie"], row["e"]["edge_id"], **_kept(row["e"]))
        graph.graph["is_cut"] = graph.graph["is_cut"] or len(rows) > max_edges
        frontier = set(graph.nodes) - before
        if not frontier or graph.number_of_edges() >= max_edges:
            break
    return graph


def paths(store: GraphStore, start: str, end: str, max_hops: int = 4, max_paths: int = 10) -> list[list[str]]:
    """Ways from one node to another over edges in either direction, the shortest first.

    Args:
        max_hops: longest way, in edges.

    Returns:
        The CURIEs along each way; empty if there is none in the neighbourhoods that were looked at.

    Raises:
        QueryError: if the store has no such node.
    """
    there = neighbourhood(store, start, (max_hops + 1) // 2)
    back = neighbourhood(store, end, max(1, max_hops // 2))
    plain = nx.Graph(nx.compose(there, back).to_undirected(as_view=True))
    if not nx.has_path(plain, start, end):
        return []
    ordered = nx.Graph()
    ordered.add_nodes_from(sorted(plain))
    ordered.add_edges_from(sorted(map(tuple, map(sorted, plain.edges))))
    ways = nx.shortest_simple_paths(ordered, start, end)
    short = (way for way in islice(ways, 50 * max_paths) if len(way) <= max_hops + 1)
    return sorted(islice(short, max_paths), key=lambda way: (len(way), way))


def graph_of(rows: Iterable[dict[str, Any]]) -> nx.MultiDiGraph:
    """Every node, edge and path in the rows of a query, as one graph.

    An edge needs its two nodes in the same row, or comes with a path.

    Raises:
        QueryError: if there is no node in any row.
    """
    graph = nx.MultiDiGraph()
    for row in rows:
        nodes = [value for value in row.values() if _is_node(value)]
        edges = [value for value in row.values() if _is_edge(value)]
        for value in row.values():
            if isinstance(value, dict) and "nodes" in value and "edges" in value:
                _put_path(graph, value["nodes"], value["edges"])
        for node in nodes:
            _put(graph, node)
        if edges and len(nodes) == len(edges) + 1:
            _put_path(graph, nodes, edges)
    if not graph:
        remedy = "return nodes and edges, as in MATCH p = (d:Disease)-[e:treats]-() RETURN p"
        raise QueryError("query", "its rows hold no node, so they are no graph", remedy)
    return graph


def _put_path(
    graph: nx.MultiDiGraph, nodes: Sequence[dict[str, Any]], edges: Sequence[dict[str, Any]]
) -> None:
    for node in nodes:
        _put(graph, node)
    for (one, other), edge in zip(pairwise(nodes), edges, strict=True):
        head, tail = edge["head"] or _identifier(one), edge["tail"] or _identifier(other)
        graph.add_edge(head, tail, edge.get("edge_id") or f"{head} {edge['relation']} {tail}", **_kept(edge))


def _put(graph: nx.MultiDiGraph, node: dict[str, Any]) -> None:
    graph.add_node(_identifier(node), **_kept(node))


def _kept(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties as GraphML can hold them: no nulls, lists as text."""
    said_otherwise = {"curie", KEY} if _is_node(properties) else {"head", "tail"}
    return {
        name: "|".join(map(str, value)) if isinstance(value, list) else value
        for name, value in properties.items()
        if value is not None and name not in said_otherwise
    }


def _is_node(value: Any) -> bool:
    return isinstance(value, dict) and ("curie" in value or KEY in value)


def _is_edge(value: Any) -> bool:
    return isinstance(value, dict) and "relation" in value and not _is_node(value)


def _identifier(node: dict[str, Any]) -> str:
    """CURIE, or the key of a node of an explanation."""
    named: str = node.get("curie") or node[KEY]
    return named


def _found(store: GraphStore, curie: str) -> dict[str, Any]:
    row = next(store.query(_NODE, {"curie": curie}, limit=1), None)
    if row is None:
        raise QueryError("query", f"{curie} is not in this graph", "check the CURIE, or load its source")
    node: dict[str, Any] = row["n"]
    return node
