"""The Neo4j store: the graph on a server that many may ask.

A load of millions of edges does not fit into one transaction of a server, and yet it must be all or
nothing. So it keeps a journal, the `Load` node:

    writing   new nodes carry `pending`, old edges are marked `stale`, both with the number of the load;
              new edges are known by their `Provenance`. Whoever finds this undoes it.
    written   set in the one transaction that also changes the nodes there were before. Whoever finds this
              finishes it: stale edges and forgotten nodes go.
    done      there is nothing left to do.

Nobody is shown a graph between two states: while a load is not done, reading it is refused. A lock on one
node, held in a transaction that stays open, keeps a second loader out and ends with the first one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Self

import neo4j
import pyarrow as pa
import pyarrow.compute as pc
from neo4j.exceptions import ClientError, Neo4jError

from graph_schema import Relation, load
from kgdx.change import HELD_EDGE_COLUMNS, Change
from kgdx.columns import NODE_COLUMNS, node_table
from kgdx.domain.errors import BackendUnavailableError, QueryError
from kgdx.domain.graph import LoadCount, Node
from kgdx.identity import preferred_changes
from kgdx.stores import cypher as texts
from kgdx.stores import rows
from kgdx.stores.change import RECORD, Held, Key, change, check, keys_of
from kgdx.stores.connection import BATCH, Connection, batches, table, translated, values
from kgdx.stores.mentions import mention_start

_LOCK_S = 2.0
_WAITED_TOO_LONG = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "LockClientStopped")
_IN_BATCHES = f"IN TRANSACTIONS OF {BATCH} ROWS"
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
    """A `GraphStore` on a Neo4j server, 5.26 or later. Make it with `open`; close it, or use it in a `with`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._schema = load()

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
            if store._unfinished():
                with store._lock():
                    store._recover()
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
        started = _now()
        check(source, nodes, edges, self._schema)
        with self._lock():
            self._recover()
            planned = self.compare_source(source, nodes, edges)
            if planned.is_empty:
                return LoadCount()
            number = self._next_load()
            try:
                self._stage(number, planned, release, started)
                self._commit(number, planned)
            except Exception:
                self._recover()
                raise
            return self._finish(number)

    def compare_source(self, source: str, nodes: Sequence[Node], edges: pa.Table) -> Change:
        """What `replace_source` would write."""
        return change(source, nodes, edges, self._held(source, keys_of(nodes, edges)))

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

    def close(self) -> None:
        """Give the connections back. Closing twice does nothing."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other loaders out.

        Raises:
            BackendUnavailableError: at once, if another one is at work.
        """
        take = "MERGE (l:KgdxLock {id: 1}) SET l.taken = $now"
        with translated(self._connection.uri):
            try:
                with self._connection.transaction(writes=True, timeout_s=_LOCK_S) as probe:
                    probe.run(take, now=_now()).consume()
            except Neo4jError as error:
                if (error.code or "").rpartition(".")[2] in _WAITED_TOO_LONG:
                    raise self._busy() from error
                raise
            with self._connection.transaction(writes=True) as held:
                held.run(take, now=_now()).consume()
                yield

    def _busy(self) -> BackendUnavailableError:
        at_work = next(iter(self._unfinished()), None)
        what = f"{at_work['source']} is being loaded since {at_work['started']}" if at_work else "a load runs"
        return BackendUnavailableError(f"{self._connection.uri}: {what}: wait until it is done")

    def _unfinished(self) -> list[dict[str, Any]]:
        return self._connection.rows(
            "MATCH (l:Load) WHERE l.state <> 'done' RETURN l.id AS id, l.state AS state, "
            "l.source AS source, l.started AS started"
        )

    @contextmanager
    def _reading(self, timeout_s: float | None = None, writes: bool = False) -> Iterator[neo4j.Transaction]:
        """A transaction in which no load is under way."""
        with self._connection.transaction(writes, timeout_s) as opened:
            if opened.run("MATCH (l:Load) WHERE l.state <> 'done' RETURN l.id LIMIT 1").single():
                raise self._busy()
            yield opened

    def _properties(self, opened: neo4j.Transaction, relation: Relation) -> pa.Table:
        return table(opened.run(texts.edges_of(relation, texts.EDGE_PROPERTIES)), _PROPERTY_COLUMNS)

    def _held(self, source: str, keys: set[Key]) -> Held:
        mentions: dict[Key, tuple[str, ...]] = {}
        start = mention_start(source)
        for kind in self._schema.kinds:
            curies = sorted(curie for k, curie in keys if k == kind)
            for condition, given in (
                ("n.curie IN $given", [curies[i : i + BATCH] for i in range(0, len(curies), BATCH)]),
                (f"any(m IN n.{texts.MENTIONS} WHERE m STARTS WITH $given)", [start]),
            ):
                text = f"MATCH (n:{kind}) WHERE {condition} RETURN n.curie AS curie, n.{texts.MENTIONS} AS mentions"
                for value in given:
                    for row in self._connection.rows(text, given=value):
                        mentions[kind, row["curie"]] = tuple(row["mentions"])
        records = self._connection.rows(texts.records("p.loaded_from = $source"), source=source)
        return Held(
            mentions,
            self._held_edges([record["id"] for record in records]),
            {record["id"]: tuple(record[name] for name in RECORD) for record in records},
        )

    def _held_edges(self, records: Sequence[int]) -> pa.Table:
        """The edges of these records, layout `HELD_EDGE_COLUMNS`."""
        tables = [HELD_EDGE_COLUMNS.empty_table()]
        layout = pa.schema([HELD_EDGE_COLUMNS.field(n) for n in ("head", "tail", "edge_id", "provenance")])
        with translated(self._connection.uri), self._connection.transaction(writes=False) as opened:
            for relation in self._schema.relations.values() if records else ():
                text = texts.edges_of(
                    relation, ("edge_id", texts.PROVENANCE), f"e.{texts.PROVENANCE} IN $records"
                )
                found = table(opened.run(text, records=list(records)), layout)
                found = found.append_column("relation", pa.repeat(pa.scalar(relation.name), found.num_rows))
                tables.append(found.select(HELD_EDGE_COLUMNS.names))
        return pa.concat_tables(tables)

    def _next_load(self) -> int:
        (row,) = self._connection.rows("MATCH (l:Load) RETURN max(l.id) AS last")
        return (row["last"] or 0) + 1

    def _stage(self, number: int, planned: Change, release: str, started: str) -> None:
        """Write what can be undone."""
        counts = planned.count(0)
        numbers = {
            name: getattr(counts, name) for name in texts.LOAD_COLUMNS.names if name.startswith("num_")
        }
        noted = {"id": number, "source": planned.source, "release": release, "started": started, **numbers}
        self._connection.do(
            "CREATE (l:Load) SET l = $noted, l.state = 'writing', l.finished = ''", noted=noted
        )
        for kind, added in _node_tables(planned.added):
            added = added.append_column(texts.PREFERRED, added["curie"]).select(texts.NODE_PROPERTIES)
            settings = ", ".join(f"{name}: row[{i}]" for i, name in enumerate(texts.NODE_PROPERTIES))
            self._connection.do_batches(
                f"UNWIND $rows AS row CREATE (n:{kind} {{{settings}, pending: $number}})",
                batches(added),
                number=number,
            )
        self._add_edges(number, planned)
        for relation in pc.unique(planned.stale["relation"]).to_pylist():
            stale = planned.stale.filter(pc.equal(planned.stale["relation"], relation))
            self._connection.do_batches(
                f"UNWIND $rows AS row MATCH ()-[e:{relation} {{edge_id: row[0]}}]->() "
                f"WHERE e.{texts.PROVENANCE} = row[1] SET e.stale = $number",
                batches(stale.select(["edge_id", "provenance"])),
                number=number,
            )
        self._connection.do(
            "MATCH (p:Provenance) WHERE p.loaded_from = $source AND p.load < $number AND NOT p.id IN $kept "
            "SET p.stale = $number",
            source=planned.source,
            number=number,
            kept=sorted(planned.kept_records),
        )

    def _add_edges(self, number: int, planned: Change) -> None:
        edges = planned.edges
        if not edges.num_rows:
            return
        records, provenance = rows.new_records(planned.source, number, edges)
        self._connection.do("UNWIND $rows AS row CREATE (p:Provenance) SET p = row", rows=records.to_pylist())
        settings = ", ".join(f"{name}: row[{i}]" for i, name in enumerate(texts.EDGE_PROPERTIES, 2))
        for (relation, head, tail), properties in rows.by_join(edges, provenance, 10 * BATCH):
            self._connection.do_batches(
                f"UNWIND $rows AS row MATCH (h:{head} {{curie: row[0]}}) MATCH (t:{tail} {{curie: row[1]}}) "
                f"CREATE (h)-[:{relation} {{{settings}}}]->(t)",
                batches(properties),
            )

    def _commit(self, number: int, planned: Change) -> None:
        """The one moment at which the load becomes true."""
        with translated(self._connection.uri), self._connection.transaction(writes=True) as opened:
            for kind, updated in _node_tables(planned.updated):
                settings = ", ".join(
                    f"n.{name} = row[{i}]" for i, name in enumerate(updated.column_names) if name != "curie"
                )
                for batch in batches(updated):
                    text = f"UNWIND $rows AS row MATCH (n:{kind} {{curie: row[0]}}) SET {settings}"
                    opened.run(text, rows=batch).consume()
            opened.run("MATCH (l:Load {id: $number}) SET l.state = 'written'", number=number).consume()

    def _finish(self, number: int) -> LoadCount:
        """Take away what the load made stale. May be done again and again."""
        do = self._connection.do
        for relation in self._schema.relations:
            do(
                f"MATCH ()-[e:{relation}]->() WHERE e.stale = $number CALL (e) {{ DELETE e }} {_IN_BATCHES}",
                number=number,
            )
        do("MATCH (p:Provenance) WHERE p.stale = $number DELETE p", number=number)
        num_removed = 0
        for kind in self._schema.kinds:
            (row,) = self._connection.rows(texts.orphans_of(kind, "RETURN count(n) AS num"))
            num_removed += row["num"]
            if row["num"]:
                do(texts.orphans_of(kind, f"CALL (n) {{ DELETE n }} {_IN_BATCHES}"))
            do(
                f"MATCH (n:{kind}) WHERE n.pending = $number CALL (n) {{ REMOVE n.pending }} {_IN_BATCHES}",
                number=number,
            )
        self._settle_identity()
        do(
            "MATCH (l:Load {id: $number}) SET l.state = 'done', l.finished = $now, "
            "l.num_nodes_removed = l.num_nodes_removed + $removed",
            number=number,
            now=_now(),
            removed=num_removed,
        )
        (noted,) = self._connection.rows(
            "MATCH (l:Load {id: $number}) RETURN properties(l) AS l", number=number
        )
        return LoadCount(**{name: n for name, n in noted["l"].items() if name.startswith("num_")})

    def _recover(self) -> None:
        """Undo or finish what a load that was killed left; only with the lock."""
        for unfinished in self._unfinished():
            if unfinished["state"] == "written":
                self._finish(unfinished["id"])
            else:
                self._undo(unfinished["id"])

    def _undo(self, number: int) -> None:
        do = self._connection.do
        records = self._connection.rows("MATCH (p:Provenance) WHERE p.load = $n RETURN p.id AS id", n=number)
        ids = [record["id"] for record in records]
        for relation in self._schema.relations:
            match = f"MATCH ()-[e:{relation}]->() WHERE"
            do(f"{match} e.{texts.PROVENANCE} IN $ids CALL (e) {{ DELETE e }} {_IN_BATCHES}", ids=ids)
            do(f"{match} e.stale = $number CALL (e) {{ REMOVE e.stale }} {_IN_BATCHES}", number=number)
        for kind in self._schema.kinds:
            do(
                f"MATCH (n:{kind}) WHERE n.pending = $number CALL (n) {{ DELETE n }} {_IN_BATCHES}",
                number=number,
            )
        do("MATCH (p:Provenance) WHERE p.load = $number DELETE p", number=number)
        do("MATCH (p:Provenance) WHERE p.stale = $number REMOVE p.stale", number=number)
        do("MATCH (l:Load {id: $number}) DELETE l", number=number)

    def _settle_identity(self) -> None:
        """Have every node tell which one stands for it."""
        layout = pa.schema(
            [(n, pa.bool_() if n == "is_obsolete" else pa.string()) for n in texts.IDENTITY_PROPERTIES]
        )
        ends = pa.schema([("head", pa.string()), ("tail", pa.string())])
        with translated(self._connection.uri), self._connection.transaction(writes=False) as opened:
            nodes = [
                table(opened.run(texts.nodes_of(kind, texts.IDENTITY_PROPERTIES)), layout)
                for kind in self._schema.kinds
            ]
            matches = table(opened.run(texts.matches()), ends)
        changes = preferred_changes(pa.concat_tables(nodes), matches, self._schema)
        for kind in pc.unique(changes["kind"]).to_pylist():
            of_it = changes.filter(pc.equal(changes["kind"], kind)).select(["curie", "preferred"])
            self._connection.do_batches(
                f"UNWIND $rows AS row MATCH (n:{kind} {{curie: row[0]}}) SET n.{texts.PREFERRED} = row[1]",
                batches(of_it),
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _node_tables(nodes: Mapping[Node, tuple[str, ...]]) -> Iterator[tuple[str, pa.Table]]:
    by_kind: dict[str, list[Node]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node)
    for kind, members in by_kind.items():
        mentions = pa.array([list(nodes[node]) for node in members], pa.list_(pa.string()))
        yield kind, node_table(members).append_column(texts.MENTIONS, mentions)


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    """Edges with all their properties, nodes without the store's own."""
    return {name: _filled(value) for name, value in row.items()}


def _filled(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "relation" in value and "edge_id" in value:
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
