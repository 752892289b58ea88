"""Explanations on a Neo4j server."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import neo4j

from graph_schema.explanations import explanation_schema
from kgdx.domain.errors import BackendUnavailableError
from kgdx.domain.explanation import Explanation, fingerprint
from kgdx.stores import explanation_cypher as texts
from kgdx.stores.base import ExplanationStore
from kgdx.stores.connection import BATCH, Connection, translated
from kgdx.stores.explanation_rows import Records, Row, read

_CASES = 50
"""Cases a transaction: of 400, each with a thousand nodes, a server with the default heap took no more."""

# Two that write at once would both find a case missing, or one take away what the other links to.
# Whoever comes second waits.
_LOCK = "MERGE (l:KgdxLock {id: 2}) SET l.taken = toString(datetime())"


class Neo4jExplanations(ExplanationStore):
    """Explanations beside the graph of a server."""

    _connection: Connection

    def write_explanations(self, explanations: Sequence[Explanation], written: str) -> int:
        """Write what the server does not hold yet, all or nothing.

        Many do not fit into one transaction of a server. If one of several fails, the cases that those
        before it added are taken away again; one that was there with other words of the case stays as it was
        written.
        """
        given = list({each.case: each for each in explanations}.values())
        num_written, added = 0, list[str]()
        try:
            for start in range(0, len(given), _CASES):
                fresh, new = self._write_some(given[start : start + _CASES], written)
                num_written += fresh
                added += new
        except BaseException:
            with suppress(BackendUnavailableError):
                self.forget_explanations(added)
            raise
        return num_written

    def read_explanation(self, case: str) -> Explanation:
        """What was written of a case.

        Raises:
            QueryError: if there is no such case.
        """
        with translated(self._connection.uri), self._connection.transaction(writes=False) as opened:

            def ask(text: str, parameters: Mapping[str, Any]) -> list[Row]:
                return [dict(record) for record in opened.run(text, dict(parameters))]

            return read(ask, case)

    def forget_explanations(self, names: Sequence[str]) -> int:
        """Take away the cases of these ids or labels; says how many there were."""
        cases = [row["key"] for row in self._connection.rows(texts.NAMED, names=list(names))]
        for start in range(0, len(cases), _CASES):
            with self._writing() as opened:
                _forget(opened, cases[start : start + _CASES])
        return len(cases)

    def _write_some(self, some: Sequence[Explanation], written: str) -> tuple[int, list[str]]:
        """Write in one transaction; how many were written, and which of them were not there at all."""
        with self._writing() as opened:
            cases = [each.case for each in some]
            held = {row["key"]: row["content"] for row in opened.run(texts.HELD, cases=cases)}
            fresh = [each for each in some if held.get(each.case) != fingerprint(each)]
            _forget(opened, [each.case for each in fresh if each.case in held])
            _write(opened, Records.of(fresh, written))
        return len(fresh), [each.case for each in fresh if each.case not in held]

    @contextmanager
    def _writing(self) -> Iterator[neo4j.Transaction]:
        with translated(self._connection.uri), self._connection.transaction(writes=True) as opened:
            opened.run(_LOCK).consume()
            yield opened


def _forget(opened: neo4j.Transaction, cases: Sequence[str]) -> None:
    for statement in texts.forget_statements() if cases else ():
        opened.run(statement, keys=list(cases)).consume()
    for statement in texts.SWEEP if cases else ():
        opened.run(statement).consume()


def _write(opened: neo4j.Transaction, records: Records) -> None:
    schema = explanation_schema()
    for name, nodes in records.nodes.items():
        _in_batches(opened, texts.create_nodes(schema.kinds[name]), list(nodes.values()))
    for (name, head, tail), rows in records.links.items():
        _in_batches(opened, texts.create_links(schema.links[name], head, tail), rows)


def _in_batches(opened: neo4j.Transaction, statement: str, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), BATCH):
        opened.run(statement, rows=rows[start : start + BATCH]).consume()
