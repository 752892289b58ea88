"""A connection to a Neo4j server: statements, rows and columns, with every driver error translated."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import neo4j
import pyarrow as pa
from neo4j import READ_ACCESS, WRITE_ACCESS, GraphDatabase
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError, ServiceUnavailable

from graph_schema.explanations import KEY
from kgdx.domain.errors import BackendUnavailableError
from kgdx.stores.cypher import EDGE_PROPERTIES, MENTIONS
from kgdx.stores.rows import publications

# What the driver logs is raised as an error as well; it is shown where somebody set up logging.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

BATCH = 20_000
"""Rows a transaction; what a server with the default heap takes easily."""

_FETCH = 20_000


class Connection:
    """A driver and the database it speaks to. Give it back with `close`."""

    def __init__(self, uri: str, driver: neo4j.Driver, database: str) -> None:
        self.uri = uri
        self._driver = driver
        self._database = database

    @classmethod
    def open(cls, uri: str, user: str, password: str, database: str) -> "Connection":
        """Log in.

        Raises:
            BackendUnavailableError: if nobody answers, or not with this user and password.
        """
        # An address may hold a user and a password, which no message repeats.
        told = re.sub(r"//[^@/]*@", "//", uri)
        try:
            driver = GraphDatabase.driver(
                uri, auth=(user, password), notifications_min_severity="OFF", connection_timeout=15
            )
        except (ConfigurationError, ValueError) as error:
            raise BackendUnavailableError(
                f"{told}: no address of a Neo4j server: write neo4j://HOST:PORT"
            ) from error
        connection = cls(told, driver, database)
        try:
            connection.rows("RETURN 1 AS one")
        except BaseException:
            driver.close()
            raise
        return connection

    def do(self, statement: str, **parameters: Any) -> None:
        """Run a statement in a transaction of its own; also one that makes several of its own."""
        with translated(self.uri), self._session(WRITE_ACCESS) as session:
            session.run(statement, parameters).consume()

    def do_batches(self, statement: str, rows: Iterable[list[Any]], **parameters: Any) -> None:
        """Run a statement for each batch of `$rows`, each in a transaction of its own."""
        with translated(self.uri), self._session(WRITE_ACCESS) as session:
            for batch in rows:
                session.run(statement, parameters, rows=batch).consume()

    @contextmanager
    def transaction(self, writes: bool, timeout_s: float | None = None) -> Iterator[neo4j.Transaction]:
        """A transaction: kept if the block succeeds and it writes, else undone."""
        access = WRITE_ACCESS if writes else READ_ACCESS
        with self._session(access) as session, session.begin_transaction(timeout=timeout_s) as opened:
            yield opened
            if writes:
                opened.commit()

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """All rows of a reading statement of ours."""
        with translated(self.uri), self.transaction(writes=False) as opened:
            return [dict(record) for record in opened.run(statement, parameters)]

    def close(self) -> None:
        """Give the connections back. Closing twice does nothing."""
        self._driver.close()

    def _session(self, access: str) -> neo4j.Session:
        return self._driver.session(database=self._database, default_access_mode=access, fetch_size=_FETCH)


def table(result: neo4j.Result, schema: pa.Schema) -> pa.Table:
    """A result in columns, a batch at a time."""
    batches = []
    while records := result.fetch(_FETCH):
        columns = zip(*(record.values() for record in records), strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema)


def asked(opened: neo4j.Transaction, text: str, layout: pa.Schema, **parameters: Any) -> pa.Table:
    """The rows of a reading text in a layout."""
    return table(opened.run(text, parameters), layout)


def batches(rows: pa.Table) -> Iterator[list[Any]]:
    """Rows as lists, by batches."""
    for batch in rows.to_batches(max_chunksize=BATCH):
        columns = (column.to_pylist() for column in batch.columns)
        yield [list(row) for row in zip(*columns, strict=True)]


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Turn what the driver raises into an error of ours.

    Raises:
        BackendUnavailableError: with what to do about it.
    """
    try:
        yield
    except AuthError as error:
        remedy = "set KGDX_NEO4J_USER and KGDX_NEO4J_PASSWORD"
        raise BackendUnavailableError(f"{uri}: user or password refused: {remedy}") from error
    except ServiceUnavailable as error:
        raise BackendUnavailableError(
            f"{uri}: no Neo4j server answers: start it, or check the address"
        ) from error
    except (DriverError, Neo4jError) as error:
        first = (str(getattr(error, "message", "") or error).splitlines() or ["it failed"])[0]
        raise BackendUnavailableError(f"{uri}: {first}: see the server's log") from error


def plain_row(row: neo4j.Record) -> dict[str, Any]:
    """Nodes as their properties, edges with all that an edge may have, paths as their nodes and edges."""
    return {name: _plain(value) for name, value in dict(row).items()}


def _plain(value: Any) -> Any:
    from neo4j.graph import Node, Path, Relationship

    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return {"nodes": [_plain(n) for n in value.nodes], "edges": [_plain(e) for e in value.relationships]}
    if isinstance(value, Relationship):
        head, tail = (
            node.get("curie") or node.get(KEY) if node is not None else None for node in value.nodes
        )
        held = dict(value)
        if "edge_id" in held:
            held = {name: held.get(name) for name in EDGE_PROPERTIES}
            held["publications"] = publications(held["publications"])
        return {"relation": value.type, "head": head, "tail": tail, **held}
    if isinstance(value, (Node, dict)):
        return {name: _plain(item) for name, item in value.items() if name != MENTIONS}
    return value
