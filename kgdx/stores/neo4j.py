"""The Neo4j store: the graph on a server that many may ask."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import neo4j
import pyarrow as pa
from neo4j.exceptions import ClientError, Neo4jError

from graph_schema import Relation, load
from graph_schema.explanations import KEY
from kgdx.domain.errors import QueryError
from kgdx.domain.explanation import Explanation
from kgdx.domain.graph import LoadCount, Node
from kgdx.graph.arrow_schema import NODE_COLUMNS
from kgdx.stores import cypher as texts
from kgdx.stores import neo4j_explanations as kept
from kgdx.stores import rows
from kgdx.stores.connection import BATCH, Connection, table, translated, values
from kgdx.stores.journal import Journal, now
from kgdx.stores.load_plan import (
    LOADED_EDGE_COLUMNS,
    RECORD,
    Key,
    LoadPlan,
    StoreState,
    check,
    keys_of,
    mention_start,
    plan_load,
)

_PROPERTY_COLUMNS = pa.schema(
    [("head", pa.string()), ("tail", pa.string())]
    + [
        (name, {"negated": pa.bool_(), "frequency": pa.float64()}.get(name, pa.string()))
        if name not in ("num_patients", texts.PROVENANCE)
        else (name, pa.int64())
        for name in texts.EDGE_PROPERTIES
    ]
)


class Neo4jStore:
    """A `Store` on a Neo4j server, 5.26 or later. Made with `open`; closed, or used in a `with`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._schema = load()
        self._journal = Journal(connection, self._schema)

    @classmethod
    def open(
        cls, uri: str, user: str, password: str, database: str = "neo4j", read_only: bool = False
    ) -> Self:
        """Log in, make the constraints that are missing, and undo or finish a load that was killed.

        Args:
            uri: `neo4j://host:port`, or another scheme of the driver.
            read_only: make no constraints; a load that was killed is still put right.

        Raises:
            BackendUnavailableError: if the server cannot be reached or refuses the user, or a load runs.
        """
        store = cls(Connection.open(uri, user, password, database))
        try:
            if not read_only:
                for statement in texts.constraint_statements(store._schema):
                    store._connection.do(statement)
            if store._journal.unfinished():
                with store._journal.lock():
                    store._journal.recover()
        except BaseException:
            store.close()
            raise
        return store

    def replace_source(
        self, source: str, nodes: Sequence[Node], edges: pa.Table, release: str = ""
    ) -> LoadCount:
        """Make `source` state exactly these nodes and edges: all of it or, if that fails, nothing.

        Raises:
            SourceError: if a node or an edge breaks the schema; the store is then as it was.
            BackendUnavailableError: if another load runs, or the server is lost on the way.
        """
        started = now()
        check(source, nodes, edges, self._schema)
        with self._journal.lock():
            self._journal.recover()
            planned = self.compare_source(source, nodes, edges)
            return LoadCount() if planned.is_empty else self._journal.write(planned, release, started)

    def compare_source(self, source: str, nodes: Sequence[Node], edges: pa.Table) -> LoadPlan:
        """What `replace_source` would write."""
        return plan_load(source, nodes, edges, self._state(source, keys_of(nodes, edges)))

    def export(self) -> tuple[pa.Table, pa.Table]:
        """Every node and every edge as columns; an edge that two sources loaded comes once."""
        with translated(self._connection.uri), self._reading() as opened:
            columns = tuple(NODE_COLUMNS.names)
            nodes = [
                table(opened.run(texts.nodes_of(kind, columns)), NODE_COLUMNS) for kind in self._schema.kinds
            ]
            records = table(opened.run(texts.records()), texts.RECORD_COLUMNS)
            edges = [
                rows.to_edges(relation.name, self._properties(opened, relation), records)
                for relation in self._schema.relations.values()
            ]
        return pa.concat_tables(nodes), rows.stated_once(edges)

    def query(
        self,
        cypher: str,
        parameters: Mapping[str, Any],
        *,
        limit: int | None = None,
        timeout_s: float = 60.0,
        may_write: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Rows of a Cypher query, read-only unless told otherwise; nodes, edges and paths as dictionaries.

        Raises:
            QueryError: if the query is malformed, takes longer than `timeout_s` seconds, or would write
                where it may only read.
            BackendUnavailableError: if a load runs, or the server is lost.
        """
        if not may_write:
            texts.check_reads_only(cypher)
        texts.check_complete(cypher, frozenset(parameters))
        found: list[dict[str, Any]] = []
        try:
            with self._reading(timeout_s, may_write) as opened:
                for record in opened.run(cypher, dict(parameters)):
                    if limit is not None and len(found) >= limit:
                        break
                    found.append(_complete(values(dict(record))))
        except ClientError as error:
            raise _query_error(error, timeout_s) from error
        except Neo4jError as error:
            with translated(self._connection.uri):
                raise error from error
        return iter(found)

    def write_explanations(self, explanations: Sequence[Explanation], written: str) -> int:
        """Have the store hold exactly this of each case, all or nothing; says how many were written."""
        return kept.write_explanations(self._connection, explanations, written)

    def read_explanation(self, case: str) -> Explanation:
        """What was written of a case.

        Raises:
            QueryError: if there is no such case.
        """
        return kept.read_explanation(self._connection, case)

    def forget_explanations(self, names: Sequence[str]) -> int:
        """Take cases away by id or by label; says how many there were."""
        return kept.forget_explanations(self._connection, names)

    def close(self) -> None:
        """Give the connections back. Closing twice does nothing."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _reading(self, timeout_s: float | None = None, writes: bool = False) -> Iterator[neo4j.Transaction]:
        """A transaction in which no load is under way."""
        with self._connection.transaction(writes, timeout_s) as opened:
            if opened.run("MATCH (l:Load) WHERE l.state <> 'done' RETURN l.id LIMIT 1").single():
                raise self._journal.busy()
            yield opened

    def _properties(self, opened: neo4j.Transaction, relation: Relation) -> pa.Table:
        return table(opened.run(texts.edges_of(relation, texts.EDGE_PROPERTIES)), _PROPERTY_COLUMNS)

    def _state(self, source: str, keys: set[Key]) -> StoreState:
        mentions: dict[Key, tuple[str, ...]] = {}
        start = mention_start(source)
        for kind in self._schema.kinds:
            curies = sorted(curie for k, curie in keys if k == kind)
            for condition, given in (
                ("n.curie IN $given", [curies[i : i + BATCH] for i in range(0, len(curies), BATCH)]),
                (f"any(m IN n.{texts.MENTIONS} WHERE m STARTS WITH $given)", [start]),
            ):
                text = (
                    f"MATCH (n:{kind}) WHERE {condition}"
                    f" RETURN n.curie AS curie, n.{texts.MENTIONS} AS mentions"
                )
                for value in given:
                    for row in self._connection.rows(text, given=value):
                        mentions[kind, row["curie"]] = tuple(row["mentions"])
        records = self._connection.rows(texts.records("p.loaded_from = $source"), source=source)
        return StoreState(
            mentions,
            self._loaded_edges([record["id"] for record in records]),
            {record["id"]: tuple(record[name] for name in RECORD) for record in records},
        )

    def _loaded_edges(self, records: Sequence[int]) -> pa.Table:
        """The edges of these records, layout `LOADED_EDGE_COLUMNS`."""
        tables = [LOADED_EDGE_COLUMNS.empty_table()]
        layout = pa.schema([LOADED_EDGE_COLUMNS.field(n) for n in ("head", "tail", "edge_id", "provenance")])
        with translated(self._connection.uri), self._connection.transaction(writes=False) as opened:
            for relation in self._schema.relations.values() if records else ():
                text = texts.edges_of(
                    relation, ("edge_id", texts.PROVENANCE), f"e.{texts.PROVENANCE} IN $records"
                )
                found = table(opened.run(text, records=list(records)), layout)
                found = found.append_column("relation", pa.repeat(pa.scalar(relation.name), found.num_rows))
                tables.append(found.select(LOADED_EDGE_COLUMNS.names))
        return pa.concat_tables(tables)


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    """Edges with all their properties, nodes without the store's own."""
    return {name: _filled(value) for name, value in row.items()}


def _filled(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "relation" in value and "edge_id" in value and KEY not in value:
        held = {name: value.get(name) for name in texts.EDGE_PROPERTIES}
        ends = {name: value.get(name) for name in ("relation", "head", "tail")}
        return {**ends, **held, "publications": rows.publications(held["publications"])}
    return {name: _filled(item) for name, item in value.items() if name != texts.MENTIONS}


def _query_error(error: ClientError, timeout_s: float) -> QueryError:
    if "TransactionTimedOut" in (error.code or ""):
        return QueryError("query", f"it took longer than {timeout_s:g} s", "ask for less, or allow more time")
    fact = " ".join((error.message or str(error)).split())
    return QueryError("query", fact, "correct it; labels and relations are those of the schema")


__all__ = ["Neo4jStore"]
