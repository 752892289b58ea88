"""What both stores do alike, over the columns that a reading Cypher text gives."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import Schema
from kgdx.domain.errors import QueryError
from kgdx.domain.graph import Node
from kgdx.graph.arrow_schema import NODE_COLUMNS
from kgdx.graph.cliques import preferred_changes
from kgdx.stores import cypher as texts
from kgdx.stores import rows
from kgdx.stores.base import GraphStore
from kgdx.stores.load_plan import LOADED_EDGE_COLUMNS, RECORD, Key, LoadPlan, StoreState, keys_of, plan_load
from kgdx.stores.reading_clauses import check_reads_only

Ask = Callable[..., pa.Table]
"""From a reading text, the layout of its columns, and its parameters by name, to its rows."""


class PropertyGraph(GraphStore):
    """A graph store over Cypher. What a subclass adds is how it reads, and how it writes a plan."""

    _schema: Schema

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Ask]:
        """Read one state of the graph; no load is under way in it."""

    @abstractmethod
    def _mentions(self, source: str, keys: set[Key]) -> dict[Key, tuple[str, ...]]:
        """The mentions of these nodes, where they are there, and of all that the source mentions."""

    @abstractmethod
    def _rows(
        self, cypher: str, parameters: Mapping[str, Any], limit: int | None, timeout_s: float, may_write: bool
    ) -> Iterator[dict[str, Any]]:
        """Run a checked query, as for `query`."""

    def compare_source(self, source: str, nodes: Sequence[Node], edges: pa.Table) -> LoadPlan:
        """What `replace_source` would write."""
        keys = keys_of(nodes, edges)
        with self._reading() as ask:
            records = ask(texts.records("p.loaded_from = $source"), texts.RECORD_COLUMNS, source=source)
            loaded = self._loaded_edges(ask, records["id"].to_pylist())
        held = {record["id"]: tuple(record[name] for name in RECORD) for record in records.to_pylist()}
        return plan_load(source, nodes, edges, StoreState(self._mentions(source, keys), loaded, held))

    def export(self) -> tuple[pa.Table, pa.Table]:
        """Every node and every edge as columns; an edge that two sources loaded comes once."""
        columns = tuple(NODE_COLUMNS.names)
        layout = pa.schema([*texts.END_COLUMNS, *texts.EDGE_PROPERTY_COLUMNS])
        with self._reading() as ask:
            nodes = [ask(texts.nodes_of(kind, columns), NODE_COLUMNS) for kind in self._schema.kinds]
            records = ask(texts.records(), texts.RECORD_COLUMNS)
            edges = [
                rows.to_edges(
                    relation.name, ask(texts.edges_of(relation, texts.EDGE_PROPERTIES), layout), records
                )
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
            BackendUnavailableError: if a load runs, or a server is lost.
        """
        if not may_write:
            check_reads_only(cypher)
        texts.check_complete(cypher, frozenset(parameters))
        return self._rows(cypher, parameters, limit, timeout_s, may_write)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _loaded_edges(self, ask: Ask, records: Sequence[int]) -> pa.Table:
        """The edges of these records, layout `LOADED_EDGE_COLUMNS`."""
        tables = [LOADED_EDGE_COLUMNS.empty_table()]
        names = ("edge_id", texts.PROVENANCE)
        layout = pa.schema([*texts.END_COLUMNS, *(LOADED_EDGE_COLUMNS.field(name) for name in names)])
        for relation in self._schema.relations.values() if records else ():
            text = texts.edges_of(relation, names, f"e.{texts.PROVENANCE} IN $records")
            table = ask(text, layout, records=list(records))
            table = table.append_column("relation", pa.repeat(pa.scalar(relation.name), table.num_rows))
            tables.append(table.select(LOADED_EDGE_COLUMNS.names))
        return pa.concat_tables(tables)


def identity_changes(ask: Ask, schema: Schema) -> list[tuple[str, pa.Table]]:
    """Kind by kind, the `curie` and the new `preferred` of the nodes that another one stands for now."""
    layout = texts.IDENTITY_COLUMNS
    nodes = [ask(texts.nodes_of(kind, tuple(layout.names)), layout) for kind in schema.kinds]
    matches = ask(texts.matches(), texts.END_COLUMNS)
    changes = preferred_changes(pa.concat_tables(nodes), matches, schema)
    return [
        (kind, changes.filter(pc.equal(changes["kind"], kind)).select(["curie", "preferred"]))
        for kind in pc.unique(changes["kind"]).to_pylist()
    ]


def query_error(fact: str, timeout_s: float, is_late: bool) -> QueryError:
    """The error of a query that a store refused, or that took too long."""
    if is_late:
        return QueryError("query", f"it took longer than {timeout_s:g} s", "ask for less, or allow more time")
    return QueryError("query", fact, "correct it; labels and relations are those of the schema")
