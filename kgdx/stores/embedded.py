"""The embedded store: the graph in one file, no server."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import load
from kgdx.domain.errors import BackendUnavailableError, QueryError
from kgdx.domain.explanation import Explanation
from kgdx.domain.graph import LoadCount, Node
from kgdx.graph.arrow_schema import NODE_COLUMNS, STATED_EDGE_COLUMNS
from kgdx.graph.cliques import preferred_changes
from kgdx.stores import cypher as texts
from kgdx.stores import embedded_explanations as kept
from kgdx.stores import rows
from kgdx.stores.embedded_tables import prepare
from kgdx.stores.ladybug_values import plain_row
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
from kgdx.stores.session import Session, unavailable

_PER_COPY = 500_000
"""Edges handed over at once: what is made ready for Ladybug should not fill the memory."""


class EmbeddedStore:
    """A `Store` in one file. Make it with `open`; close it, or use it in a `with`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._schema = load()

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> Self:
        """Open the graph at `path`, made when missing unless it is only to be read.

        Raises:
            BackendUnavailableError: if there is none to read, it is no graph, was made with another schema,
                or somebody else holds it.
        """
        store = cls(Session.open(path, read_only))
        try:
            prepare(store._session, store._schema)
        except RuntimeError as error:
            store.close()
            raise unavailable(path, error) from error
        except BackendUnavailableError:
            store.close()
            raise
        return store

    def replace_source(
        self, source: str, nodes: Sequence[Node], edges: pa.Table, release: str = ""
    ) -> LoadCount:
        """Make `source` state exactly these nodes and edges, all or nothing.

        Raises:
            SourceError: if a node or an edge breaks the schema; the store is then as it was.
        """
        started = _now()
        check(source, nodes, edges, self._schema)
        planned = self.compare_source(source, nodes, edges)
        if planned.is_empty:
            return LoadCount()
        with self._session.rewriting():
            number, count = self._next_load(), planned.count(0)
            self._delete_edges(planned.stale)
            self._forget_records(planned)
            self._update_nodes(planned.updated)
            self._add_nodes(planned.added)
            tables = self._add_records(source, number, planned.edges)
            # Ladybug keeps what it has not committed in memory, so that there must be no second copy of it.
            del edges
            planned = replace(planned, edges=STATED_EDGE_COLUMNS.empty_table())
            self._add_edges(tables)
            count = replace(count, num_nodes_removed=self._remove_orphans(planned))
            self._settle_identity()
            self._note_load(number, source, release, started, count)
        return count

    def compare_source(self, source: str, nodes: Sequence[Node], edges: pa.Table) -> LoadPlan:
        """What `replace_source` would write."""
        return plan_load(source, nodes, edges, self._state(source, keys_of(nodes, edges)))

    def export(self) -> tuple[pa.Table, pa.Table]:
        """Every node and every edge as columns; an edge that two sources loaded comes once."""
        columns = tuple(NODE_COLUMNS.names)
        nodes = [self._session.table(texts.nodes_of(kind, columns)) for kind in self._schema.kinds]
        records = self._session.table(texts.records())
        edges = [
            rows.to_edges(relation.name, table, records)
            for relation in self._schema.relations.values()
            if (table := self._session.table(texts.edges_of(relation, texts.EDGE_PROPERTIES))).num_rows
            or relation.name == "has_phenotype"  # one table at least, for the layout
        ]
        return pa.concat_tables(nodes).select(NODE_COLUMNS.names).cast(NODE_COLUMNS), rows.stated_once(edges)

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
        """
        if not may_write:
            texts.check_reads_only(cypher)
        texts.check_complete(cypher, frozenset(parameters))
        try:
            found = self._session.rows(cypher, parameters, limit, timeout_s, may_write)
        except RuntimeError as error:
            fact = " ".join(str(error).split())
            if kept.is_about_explanations(fact):
                fact, remedy = (
                    "no explanation is in this store",
                    "write one with kgdx explain --store",
                )
            elif "nterrupted" in fact:
                fact, remedy = f"it took longer than {timeout_s:g} s", "ask for less, or allow more time"
            else:
                remedy = "correct it; labels and relations are those of the schema"
            raise QueryError("query", fact, remedy) from error
        return (plain_row(row) for row in found)

    def write_explanations(self, explanations: Sequence[Explanation], written: str) -> int:
        """Have the store hold exactly this of each case, all or nothing; says how many were written."""
        return kept.write_explanations(self._session, explanations, written)

    def read_explanation(self, case: str) -> Explanation:
        """What was written of a case.

        Raises:
            QueryError: if there is no such case.
        """
        return kept.read_explanation(self._session, case)

    def forget_explanations(self, names: Sequence[str]) -> int:
        """Take cases away by id or by label; says how many there were."""
        return kept.forget_explanations(self._session, names)

    def close(self) -> None:
        """Give the file back. Closing twice does nothing."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _state(self, source: str, keys: set[Key]) -> StoreState:
        mentions: dict[Key, tuple[str, ...]] = {}
        wanted = {
            kind: pa.array(sorted(c for k, c in keys if k == kind), pa.string())
            for kind in self._schema.kinds
        }
        for kind, curies in wanted.items():
            table = self._session.table(texts.nodes_of(kind, ("curie", texts.MENTIONS)))
            if not table.num_rows:
                continue
            touched = table.filter(_touched(table, curies, mention_start(source)))
            for curie, stated in zip(*(column.to_pylist() for column in touched.columns), strict=True):
                mentions[kind, curie] = tuple(stated)
        records = self._session.table(
            texts.records("p.loaded_from = $source"), {"source": source}
        ).to_pylist()
        return StoreState(
            mentions,
            self._loaded_edges([record["id"] for record in records]),
            {record["id"]: tuple(record[name] for name in RECORD) for record in records},
        )

    def _loaded_edges(self, records: Sequence[int]) -> pa.Table:
        """The edges of these records, layout `LOADED_EDGE_COLUMNS`."""
        tables = [LOADED_EDGE_COLUMNS.empty_table()]
        for relation in self._schema.relations.values() if records else ():
            text = texts.edges_of(
                relation, ("edge_id", texts.PROVENANCE), f"e.{texts.PROVENANCE} IN $records"
            )
            table = self._session.table(text, {"records": list(records)})
            table = table.append_column("relation", pa.repeat(pa.scalar(relation.name), table.num_rows))
            tables.append(table.select(LOADED_EDGE_COLUMNS.names).cast(LOADED_EDGE_COLUMNS))
        return pa.concat_tables(tables)

    def _next_load(self) -> int:
        last = self._session.table("MATCH (l:Load) RETURN max(l.id) AS last")["last"][0].as_py()
        return (last or 0) + 1

    def _delete_edges(self, stale: pa.Table) -> None:
        for relation in pc.unique(stale["relation"]).to_pylist():
            of_it = stale.filter(pc.equal(stale["relation"], relation))
            ids = pa.table({"id": of_it["edge_id"], "record": of_it["provenance"]})
            self._session.do(
                f"LOAD FROM $stale MATCH ()-[e:{relation}]->() "
                f"WHERE e.edge_id = id AND e.{texts.PROVENANCE} = record DELETE e",
                {"stale": ids},
            )

    def _forget_records(self, planned: LoadPlan) -> None:
        self._session.do(
            "MATCH (p:Provenance) WHERE p.loaded_from = $source AND NOT p.id IN $kept DELETE p",
            {"source": planned.source, "kept": sorted(planned.kept_records)},
        )

    def _update_nodes(self, updated: Mapping[Node, tuple[str, ...]]) -> None:
        for kind, table in rows.node_tables(updated):
            renamed = table.rename_columns([f"new_{name}" for name in table.column_names])
            settings = ", ".join(f"n.{name} = new_{name}" for name in table.column_names if name != "curie")
            self._session.do(
                f"LOAD FROM $nodes MATCH (n:{kind} {{curie: new_curie}}) SET {settings}", {"nodes": renamed}
            )

    def _add_nodes(self, added: Mapping[Node, tuple[str, ...]]) -> None:
        for kind, table in rows.node_tables(added):
            whole = table.append_column(texts.PREFERRED, table["curie"])
            self._session.do(f"COPY {kind} FROM $nodes", {"nodes": whole.select(texts.NODE_PROPERTIES)})

    def _add_records(self, source: str, number: int, edges: pa.Table) -> deque[rows.Joined]:
        """Write the provenance of the edges, and make ready the tables that `_add_edges` writes."""
        if not edges.num_rows:
            return deque()
        records, provenance = rows.new_records(source, number, edges)
        self._session.do("COPY Provenance FROM $records", {"records": records})
        return deque(rows.by_join(edges, provenance, _PER_COPY))

    def _add_edges(self, tables: deque[rows.Joined]) -> None:
        """Write the tables, each forgotten once it is written."""
        pa.default_memory_pool().release_unused()
        while tables:
            (relation, head, tail), table = tables.popleft()
            self._session.do(f"COPY {relation} FROM $edges (from='{head}', to='{tail}')", {"edges": table})
            del table
            pa.default_memory_pool().release_unused()

    def _remove_orphans(self, planned: LoadPlan) -> int:
        if not planned.stale.num_rows and all(planned.updated.values()):
            return 0
        num_removed = 0
        for kind in self._schema.kinds:
            counted = self._session.table(texts.orphans_of(kind, "RETURN count(n) AS num"))
            if num_orphans := counted["num"][0].as_py():
                self._session.do(texts.orphans_of(kind, "DELETE n"))
                num_removed += num_orphans
        return num_removed

    def _settle_identity(self) -> None:
        """Have every node tell which one stands for it."""
        nodes = [
            self._session.table(texts.nodes_of(kind, texts.IDENTITY_PROPERTIES))
            for kind in self._schema.kinds
        ]
        matches = self._session.table(texts.matches())
        changes = preferred_changes(pa.concat_tables(nodes), matches, self._schema)
        for kind in pc.unique(changes["kind"]).to_pylist():
            of_it = changes.filter(pc.equal(changes["kind"], kind)).select(["curie", "preferred"])
            self._session.do(
                f"LOAD FROM $nodes MATCH (n:{kind} {{curie: new_curie}})"
                f" SET n.{texts.PREFERRED} = new_preferred",
                {"nodes": of_it.rename_columns(["new_curie", "new_preferred"])},
            )

    def _note_load(self, number: int, source: str, release: str, started: str, count: LoadCount) -> None:
        numbers = {name: getattr(count, name) for name in texts.LOAD_COLUMNS.names if name.startswith("num_")}
        row = {"id": number, "source": source, "release": release, "state": "done", "started": started}
        row |= {"finished": _now(), **numbers}
        self._session.do("COPY Load FROM $load", {"load": pa.Table.from_pylist([row], texts.LOAD_COLUMNS)})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _touched(table: pa.Table, curies: pa.Array, start: str) -> pa.Array:
    """Which nodes a load may touch: those it names, and those its source named before."""
    mentions = table[texts.MENTIONS].combine_chunks()
    by_source = pc.starts_with(mentions.flatten(), pattern=start)
    named = pc.list_parent_indices(mentions).filter(by_source)
    rows_named = pc.is_in(pa.array(np.arange(table.num_rows), named.type), named)
    return pc.or_(pc.is_in(table["curie"].combine_chunks(), curies), rows_named)


__all__ = ["EmbeddedStore"]
