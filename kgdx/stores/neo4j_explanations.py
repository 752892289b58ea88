"""Explanations on a Neo4j server; one call is one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

import neo4j

from graph_schema.explanations import explanation_schema
from kgdx.domain.explanation import Explanation, fingerprint
from kgdx.stores import explanation_cypher as texts
from kgdx.stores.connection import BATCH, Connection, translated
from kgdx.stores.explanation_reading import read
from kgdx.stores.explanation_rows import Records, Row

# Two that write at once would both find a case missing. Whoever comes second waits.
_LOCK = "MERGE (l:KgdxLock {id: 2}) SET l.taken = $now"


def write_explanations(connection: Connection, explanations: Sequence[Explanation], written: str) -> int:
    """Write what the server does not hold yet, all or nothing."""
    given = {each.case: each for each in explanations}
    with translated(connection.uri), connection.transaction(writes=True) as opened:
        opened.run(_LOCK, now=written).consume()
        held = {row["key"]: row["content"] for row in opened.run(texts.HELD, cases=list(given))}
        fresh = [each for case, each in given.items() if held.get(case) != fingerprint(each)]
        _forget(opened, [each.case for each in fresh if each.case in held])
        _write(opened, Records.of(fresh, written))
    return len(fresh)


def read_explanation(connection: Connection, case: str) -> Explanation:
    """One explanation.

    Raises:
        QueryError: if the server does not hold it.
    """
    with translated(connection.uri), connection.transaction(writes=False) as opened:

        def ask(text: str, parameters: Mapping[str, Any]) -> list[Row]:
            return [dict(record) for record in opened.run(text, dict(parameters))]

        return read(ask, case)


def forget_explanations(connection: Connection, names: Sequence[str]) -> int:
    """Take away the cases of these ids or labels; says how many there were."""
    with translated(connection.uri), connection.transaction(writes=True) as opened:
        cases = [record["key"] for record in opened.run(texts.NAMED, names=list(names))]
        _forget(opened, cases)
    return len(cases)


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
