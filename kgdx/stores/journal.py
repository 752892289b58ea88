"""How one load into a server is all or nothing.

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

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from typing import Any

import pyarrow.compute as pc
from neo4j.exceptions import Neo4jError

from graph_schema import Schema
from kgdx.domain.errors import BackendUnavailableError
from kgdx.domain.graph import LoadCount
from kgdx.stores import cypher as texts
from kgdx.stores import rows
from kgdx.stores.connection import BATCH, Connection, asked, batches, translated
from kgdx.stores.load_plan import LoadPlan, now
from kgdx.stores.property_graph import identity_changes

_LOCK_S = 2.0
_WAITED_TOO_LONG = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration", "LockClientStopped")
_IN_BATCHES = f"IN TRANSACTIONS OF {BATCH} ROWS"


class Journal:
    """The loads of one server. Everything that writes is done with the lock."""

    def __init__(self, connection: Connection, schema: Schema) -> None:
        self._connection = connection
        self._schema = schema

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other loaders out.

        Raises:
            BackendUnavailableError: at once, if another one is at work.
        """
        take = "MERGE (l:KgdxLock {id: 1}) SET l.taken = $now"
        with translated(self._connection.uri):
            try:
                with self._connection.transaction(writes=True, timeout_s=_LOCK_S) as probe:
                    probe.run(take, now=now()).consume()
            except Neo4jError as error:
                if (error.code or "").rpartition(".")[2] in _WAITED_TOO_LONG:
                    raise self.busy() from error
                raise
            with self._connection.transaction(writes=True) as held:
                held.run(take, now=now()).consume()
                yield

    def busy(self) -> BackendUnavailableError:
        """The error that tells which load is at work."""
        at_work = next(iter(self.unfinished()), None)
        what = f"{at_work['source']} is being loaded since {at_work['started']}" if at_work else "a load runs"
        return BackendUnavailableError(f"{self._connection.uri}: {what}: wait until it is done")

    def unfinished(self) -> list[dict[str, Any]]:
        """The loads that are under way, or were killed: `id`, `state`, `source` and `started`."""
        return self._connection.rows(
            "MATCH (l:Load) WHERE l.state <> 'done' RETURN l.id AS id, l.state AS state, "
            "l.source AS source, l.started AS started"
        )

    def write(self, planned: LoadPlan, release: str, started: str) -> LoadCount:
        """Write a change: all of it or, if that fails, nothing."""
        (row,) = self._connection.rows("MATCH (l:Load) RETURN max(l.id) AS last")
        number = (row["last"] or 0) + 1
        try:
            self._stage(number, planned, release, started)
            self._commit(number, planned)
        except BaseException:
            # Also when it is interrupted: until this is put right, nobody may read. If the server no longer
            # answers, whoever opens the graph next puts it right, and the first error is the one to tell.
            with suppress(BackendUnavailableError):
                self.recover()
            raise
        return self._finish(number)

    def recover(self) -> None:
        """Undo or finish what a load that was killed left."""
        for unfinished in self.unfinished():
            if unfinished["state"] == "written":
                self._finish(unfinished["id"])
            else:
                self._undo(unfinished["id"])

    def _stage(self, number: int, planned: LoadPlan, release: str, started: str) -> None:
        """Write what can be undone."""
        noted = {"id": number, "source": planned.source, "release": release, "started": started}
        noted |= asdict(planned.count(0))
        self._connection.do(
            "CREATE (l:Load) SET l = $noted, l.state = 'writing', l.finished = ''", noted=noted
        )
        for kind, added in rows.node_tables(planned.added):
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

    def _add_edges(self, number: int, planned: LoadPlan) -> None:
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

    def _commit(self, number: int, planned: LoadPlan) -> None:
        """The one moment at which the load becomes true."""
        with translated(self._connection.uri), self._connection.transaction(writes=True) as opened:
            for kind, updated in rows.node_tables(planned.updated):
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
            now=now(),
            removed=num_removed,
        )
        (noted,) = self._connection.rows(
            "MATCH (l:Load {id: $number}) RETURN properties(l) AS l", number=number
        )
        return LoadCount(**{name: n for name, n in noted["l"].items() if name.startswith("num_")})

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
        with translated(self._connection.uri), self._connection.transaction(writes=False) as opened:
            changes = identity_changes(partial(asked, opened), self._schema)
        for kind, of_it in changes:
            self._connection.do_batches(
                f"UNWIND $rows AS row MATCH (n:{kind} {{curie: row[0]}}) SET n.{texts.PREFERRED} = row[1]",
                batches(of_it),
            )
