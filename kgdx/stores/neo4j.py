"""The Neo4j store: the graph on a server that many may ask."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import neo4j
import pyarrow as pa
from neo4j.exceptions import ClientError, Neo4jError

from graph_schema import load
from kgdx.domain.graph import LoadCount, Node
from kgdx.stores import cypher as texts
from kgdx.stores.connection import BATCH, Connection, asked, plain_row, translated
from kgdx.stores.journal import Journal
from kgdx.stores.load_plan import Key, check, mention_start, now
from kgdx.stores.neo4j_explanations import Neo4jExplanations
from kgdx.stores.property_graph import Ask, PropertyGraph, query_error


class Neo4jStore(PropertyGraph, Neo4jExplanations):
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

    def close(self) -> None:
        """Give the connections back. Closing twice does nothing."""
        self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[Ask]:
        with translated(self._connection.uri), self._settled() as opened:
            yield partial(asked, opened)

    @contextmanager
    def _settled(self, timeout_s: float | None = None, writes: bool = False) -> Iterator[neo4j.Transaction]:
        """A transaction in which no load is under way."""
        with self._connection.transaction(writes, timeout_s) as opened:
            if opened.run("MATCH (l:Load) WHERE l.state <> 'done' RETURN l.id LIMIT 1").single():
                raise self._journal.busy()
            yield opened

    def _mentions(self, source: str, keys: set[Key]) -> dict[Key, tuple[str, ...]]:
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
        return mentions

    def _rows(
        self, cypher: str, parameters: Mapping[str, Any], limit: int | None, timeout_s: float, may_write: bool
    ) -> Iterator[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        try:
            with self._settled(timeout_s, may_write) as opened:
                for record in opened.run(cypher, dict(parameters)):
                    if limit is not None and len(found) >= limit:
                        break
                    found.append(plain_row(record))
        except ClientError as error:
            fact = " ".join((error.message or str(error)).split())
            is_late = "TransactionTimedOut" in (error.code or "")
            raise query_error(fact, timeout_s, is_late) from error
        except Neo4jError as error:
            with translated(self._connection.uri):
                raise error from error
        return iter(found)
