"""The embedded store: the graph in one file, no server."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import load
from kgdx.columns import EDGE_COLUMNS, NODE_COLUMNS, edge_table, node_table
from kgdx.domain.errors import QueryError
from kgdx.domain.graph import Edge, LoadCount, Node
from kgdx.stores import cypher as texts
from kgdx.stores.change import Stamp, StoredNode, distinct, edges_by_ends, node_change
from kgdx.stores.session import Session, unavailable

_STAMP = ("edge_id", "licence", "knowledge_level", "release")
_INTERNAL = ("_ID", "_LABEL", "_SRC", "_DST", texts.MENTIONS, texts.LOADED_FROM)


class EmbeddedStore:
    """A `GraphStore` in one file. Make it with `open`; close it, or use it in a `with`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._schema = load()

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> Self:
        """Open the graph at `path`, made when missing unless it is only to be read.

        Raises:
            BackendUnavailableError: if there is none to read, it is no graph, or somebody else holds it.
        """
        store = cls(Session.open(path, read_only))
        try:
            store._prepare()
        except RuntimeError as error:
            store.close()
            raise unavailable(path, error) from error
        return store

    def replace_source(self, source: str, nodes: Sequence[Node], edges: Sequence[Edge]) -> LoadCount:
        """Make `source` state exactly these nodes and edges, in one transaction.

        Raises:
            SourceError: if a node or an edge breaks the schema; the store is then as it was.
        """
        with self._session.transaction():
            change = node_change(source, nodes, self._stored_nodes(), self._schema)
            stored = self._stored_stamps(source)
            wanted = distinct(edges)
            fresh = (edge for key, edge in wanted.items() if key not in stored)
            groups = edges_by_ends(source, fresh, change.kinds, self._schema)
            self._delete_edges(source, {key: name for key, name in stored.items() if key not in wanted})
            self._update_nodes(change.updated)
            self._add_nodes(change.added)
            for (relation, head, tail), members in groups.items():
                self._add_edges(source, relation, head, tail, members)
            num_removed = self._remove_orphans()
        before, after = {key[0] for key in stored}, {key[0] for key in wanted}
        return LoadCount(len(change.added), num_removed, len(after - before), len(before - after))

    def export(self) -> tuple[pa.Table, pa.Table]:
        """Every node and every edge as columns; an edge that two sources loaded comes once."""
        columns = tuple(NODE_COLUMNS.names)
        nodes = [self._session.table(texts.nodes_of(kind, columns)) for kind in self._schema.kinds]
        edges = []
        for relation in self._schema.relations.values():
            table = self._session.table(texts.edges_of(relation))
            edges.append(table.append_column("relation", pa.repeat(pa.scalar(relation.name), len(table))))
        stated = _stated_once(pa.concat_tables(edges))
        return (
            pa.concat_tables(nodes).select(NODE_COLUMNS.names).cast(NODE_COLUMNS),
            stated.select(EDGE_COLUMNS.names).cast(EDGE_COLUMNS),
        )

    def query(self, cypher: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Rows of a read-only Cypher query; nodes, edges and paths as plain dictionaries.

        Raises:
            QueryError: if the query is malformed or would write.
        """
        texts.check_reads_only(cypher, frozenset(parameters))
        try:
            rows = self._session.rows(cypher, parameters)
        except RuntimeError as error:
            fact = " ".join(str(error).split())
            raise QueryError(
                "query", fact, "correct it; labels and relations are those of the schema"
            ) from error
        return ({name: _plain(value) for name, value in row.items()} for row in rows)

    def close(self) -> None:
        """Give the file back. Closing twice does nothing."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _prepare(self) -> None:
        """Make the tables that are missing or, in a graph that is only read, find them there."""
        if self._session.is_read_only:
            for kind in self._schema.kinds:
                self._session.do(texts.nodes_of(kind, ("curie",)) + " LIMIT 1")
            return
        for statement in texts.table_statements(self._schema):
            self._session.do(statement)

    def _stored_nodes(self) -> dict[str, StoredNode]:
        stored = {}
        for kind in self._schema.kinds:
            table = self._session.table(texts.nodes_of(kind, ("curie", texts.MENTIONS)))
            for curie, mentions in zip(*(column.to_pylist() for column in table.columns), strict=True):
                stored[curie] = StoredNode(kind, tuple(mentions))
        return stored

    def _stored_stamps(self, source: str) -> dict[Stamp, str]:
        """Stamp -> relation of every edge that the source loaded."""
        stored = {}
        for relation in self._schema.relations.values():
            table = self._session.table(texts.edges_loaded_from(relation, _STAMP), {"source": source})
            stamps = zip(*(column.to_pylist() for column in table.columns), strict=True)
            stored.update(dict.fromkeys(stamps, relation.name))
        return stored

    def _delete_edges(self, source: str, stale: Mapping[Stamp, str]) -> None:
        for relation in set(stale.values()):
            ids = pa.table({"id": [key[0] for key, name in stale.items() if name == relation]})
            self._session.do(texts.deletion_of(relation), {"stale": ids, "source": source})

    def _update_nodes(self, updated: Mapping[Node, tuple[str, ...]]) -> None:
        for kind, table in _node_tables(updated):
            renamed = table.rename_columns([f"new_{name}" for name in table.column_names])
            self._session.do(texts.update_of(kind), {"nodes": renamed})

    def _add_nodes(self, added: Mapping[Node, tuple[str, ...]]) -> None:
        for kind, table in _node_tables(added):
            self._session.do(f"COPY {kind} FROM $nodes", {"nodes": table})

    def _add_edges(self, source: str, relation: str, head: str, tail: str, edges: Sequence[Edge]) -> None:
        table = edge_table(edges).drop_columns(["relation"])
        table = table.append_column(texts.LOADED_FROM, pa.repeat(pa.scalar(source), len(table)))
        table = table.select(["head", "tail", *texts.EDGE_PROPERTIES])
        self._session.do(f"COPY {relation} FROM $edges (from='{head}', to='{tail}')", {"edges": table})

    def _remove_orphans(self) -> int:
        num_removed = 0
        for kind in self._schema.kinds:
            counted = self._session.table(texts.orphans_of(kind, "RETURN count(n) AS num"))
            if num_orphans := counted["num"][0].as_py():
                self._session.do(texts.orphans_of(kind, "DELETE n"))
                num_removed += num_orphans
        return num_removed


def _node_tables(nodes: Mapping[Node, tuple[str, ...]]) -> Iterator[tuple[str, pa.Table]]:
    by_kind: dict[str, list[Node]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node)
    for kind, members in by_kind.items():
        mentions = pa.array([list(nodes[node]) for node in members], pa.list_(pa.string()))
        yield kind, node_table(members).append_column(texts.MENTIONS, mentions)


def _stated_once(edges: pa.Table) -> pa.Table:
    """Keep one of the edges with the same id: the one of the smaller source name."""
    if pc.count_distinct(edges["edge_id"]).as_py() == len(edges):
        return edges
    edges = edges.sort_by([("edge_id", "ascending"), (texts.LOADED_FROM, "ascending")])
    ids = edges["edge_id"].to_numpy(zero_copy_only=False)
    return edges.filter(pa.array(np.concatenate(([True], ids[1:] != ids[:-1]))))


def _plain(value: Any) -> Any:
    """Nodes and edges as their properties, paths as their nodes and edges."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "_NODES" in value:
        return {"nodes": _plain(value["_NODES"]), "edges": _plain(value["_RELS"])}
    kept = {key: _plain(item) for key, item in value.items() if key not in _INTERNAL}
    return {"relation": value["_LABEL"], **kept} if "_SRC" in value else kept


__all__ = ["EmbeddedStore"]
