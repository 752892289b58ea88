"""The embedded store: the graph in one file, no server."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import load
from kgdx.domain.errors import BackendUnavailableError, QueryError
from kgdx.domain.graph import LoadCount, Node
from kgdx.graph.arrow_schema import STATED_EDGE_COLUMNS
from kgdx.stores import cypher as texts
from kgdx.stores import rows
from kgdx.stores.embedded_explanations import EmbeddedExplanations, is_about_explanations
from kgdx.stores.load_plan import Key, LoadPlan, check, mention_start, now
from kgdx.stores.property_graph import Ask, PropertyGraph, identity_changes, query_error
from kgdx.stores.session import Session, plain_row, unavailable

_PER_COPY = 500_000
"""Edges handed over at once: what is made ready for Ladybug should not fill the memory."""


class EmbeddedStore(PropertyGraph, EmbeddedExplanations):
    """A `Store` in one file. Make it with `open`; close it, or use it in a `with`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._schema = load()

    @classmethod
    def open(cls, path: Path, read_only: bool = False, *, is_private: bool = False) -> Self:
        """Open the graph at `path`, made when missing unless it is only to be read.

        Args:
            is_private: a file that is made is for its owner alone.

        Raises:
            BackendUnavailableError: if there is none to read, it is no graph, was made with another schema,
                or somebody else holds it.
        """
        store = cls(Session.open(path, read_only, is_private=is_private))
        try:
            store._prepare()
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
        started = now()
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

    def close(self) -> None:
        """Give the file back. Closing twice does nothing."""
        self._session.close()

    def _prepare(self) -> None:
        """Make the tables of a new graph; of any other, look whether they are those of the schema.

        Relations of the user's own may be declared when the graph is there already: they get their tables.
        """
        tables = set(self._session.table("CALL show_tables() RETURN name")["name"].to_pylist())
        if not tables and not self._session.is_read_only:
            with self._session.rewriting():
                for statement in texts.table_statements(self._schema):
                    self._session.do(statement)
            return
        wanted = {*self._schema.kinds, *self._schema.relations, "Provenance", "Load"}
        missing = sorted(wanted - tables)
        if missing and self._schema.own_relations.keys() >= set(missing):
            if self._session.is_read_only:
                raise BackendUnavailableError(
                    f"{self._session.path}: made before {missing[0]} was declared: "
                    "load a source into it, which adds the relation"
                )
            with self._session.rewriting():
                for name in missing:
                    self._session.do(texts.relation_table(self._schema.relations[name]))
        elif missing:
            raise BackendUnavailableError(
                f"{self._session.path}: made with another schema (no {', '.join(missing[:3])}): "
                "load its sources into a new file"
            )

    @contextmanager
    def _reading(self) -> Iterator[Ask]:
        def ask(text: str, layout: pa.Schema, **parameters: Any) -> pa.Table:
            return self._session.table(text, parameters).select(layout.names).cast(layout)

        yield ask

    def _mentions(self, source: str, keys: set[Key]) -> dict[Key, tuple[str, ...]]:
        mentions: dict[Key, tuple[str, ...]] = {}
        for kind in self._schema.kinds:
            table = self._session.table(texts.nodes_of(kind, ("curie", texts.MENTIONS)))
            if not table.num_rows:
                continue
            curies = pa.array(sorted(c for k, c in keys if k == kind), pa.string())
            touched = table.filter(_touched(table, curies, mention_start(source)))
            for curie, stated in zip(*(column.to_pylist() for column in touched.columns), strict=True):
                mentions[kind, curie] = tuple(stated)
        return mentions

    def _rows(
        self, cypher: str, parameters: Mapping[str, Any], limit: int | None, timeout_s: float, may_write: bool
    ) -> Iterator[dict[str, Any]]:
        try:
            found = self._session.rows(cypher, parameters, limit, timeout_s, may_write)
        except RuntimeError as error:
            fact = " ".join(str(error).split())
            if is_about_explanations(fact):
                remedy = "write one with kgdx explain --store"
                raise QueryError("query", "no explanation is in this store", remedy) from error
            raise query_error(fact, timeout_s, is_late="nterrupted" in fact) from error
        return (plain_row(row) for row in found)

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
        with self._reading() as ask:
            changes = identity_changes(ask, self._schema)
        for kind, of_it in changes:
            self._session.do(
                f"LOAD FROM $nodes MATCH (n:{kind} {{curie: new_curie}})"
                f" SET n.{texts.PREFERRED} = new_preferred",
                {"nodes": of_it.rename_columns(["new_curie", "new_preferred"])},
            )

    def _note_load(self, number: int, source: str, release: str, started: str, count: LoadCount) -> None:
        row = {"id": number, "source": source, "release": release, "state": "done", "started": started}
        row |= {"finished": now(), **asdict(count)}
        self._session.do("COPY Load FROM $load", {"load": pa.Table.from_pylist([row], texts.LOAD_COLUMNS)})


def _touched(table: pa.Table, curies: pa.Array, start: str) -> pa.Array:
    """Which nodes a load may touch: those it names, and those its source named before."""
    mentions = table[texts.MENTIONS].combine_chunks()
    by_source = pc.starts_with(mentions.flatten(), pattern=start)
    named = pc.list_parent_indices(mentions).filter(by_source)
    rows_named = pc.is_in(pa.array(np.arange(table.num_rows), named.type), named)
    return pc.or_(pc.is_in(table["curie"].combine_chunks(), curies), rows_named)
