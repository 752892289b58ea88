"""Explanations in the embedded store; their tables are made when the first is written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from graph_schema.explanations import explanation_schema
from kgdx.domain.errors import BackendUnavailableError
from kgdx.domain.explanation import Explanation, fingerprint
from kgdx.stores import explanation_cypher as texts
from kgdx.stores.base import ExplanationStore
from kgdx.stores.explanation_rows import Records, Row, read
from kgdx.stores.session import Session

_TYPES = {
    "string": pa.string(),
    "strings": pa.list_(pa.string()),
    "double": pa.float64(),
    "int": pa.int64(),
    "bool": pa.bool_(),
}


class EmbeddedExplanations(ExplanationStore):
    """Explanations beside the graph of an embedded store."""

    _session: Session

    def write_explanations(self, explanations: Sequence[Explanation], written: str) -> int:
        """Write what the file does not hold yet, all or nothing; the whole file is written once."""
        given = {each.case: each for each in explanations}
        held = _held(self._session, given)
        fresh = [each for case, each in given.items() if held.get(case) != fingerprint(each)]
        if not fresh:
            return 0
        _check_writable(self._session)
        with self._session.rewriting():
            for statement in texts.record_tables():
                self._session.do(statement)
            _forget(self._session, [each.case for each in fresh if each.case in held])
            _write(self._session, Records.of(fresh, written))
        return len(fresh)

    def read_explanation(self, case: str) -> Explanation:
        """What was written of a case.

        Raises:
            QueryError: if there is no such case.
        """

        def ask(text: str, parameters: Mapping[str, Any]) -> list[Row]:
            return self._session.rows(text, parameters) if _has_tables(self._session) else []

        return read(ask, case)

    def forget_explanations(self, names: Sequence[str]) -> int:
        """Take away the cases of these ids or labels; says how many there were."""
        if not _has_tables(self._session):
            return 0
        cases = [row["key"] for row in self._session.rows(texts.NAMED, {"names": list(names)})]
        if cases:
            _check_writable(self._session)
            with self._session.rewriting():
                _forget(self._session, cases)
        return len(cases)


def is_about_explanations(error: str) -> bool:
    """Whether a query failed for want of the tables that the first explanation brings."""
    schema = explanation_schema()
    return any(f"Table {name} does not exist" in error for name in (*schema.kinds, *schema.links))


def _held(session: Session, cases: Iterable[str]) -> dict[str, str]:
    """Case -> fingerprint of what the file holds of it."""
    if not _has_tables(session):
        return {}
    return {row["key"]: row["content"] for row in session.rows(texts.HELD, {"cases": list(cases)})}


def _has_tables(session: Session) -> bool:
    tables = set(session.table("CALL show_tables() RETURN name")["name"].to_pylist())
    return explanation_schema().kinds.keys() <= tables


def _check_writable(session: Session) -> None:
    if session.is_read_only:
        raise BackendUnavailableError(f"{session.path}: open for reading only: open it for writing")


def _forget(session: Session, cases: Sequence[str]) -> None:
    for statement in texts.forget_statements() if cases else ():
        session.do(statement, {"keys": list(cases)})
    for statement in texts.SWEEP if cases else ():
        session.do(statement)


def _write(session: Session, records: Records) -> None:
    schema = explanation_schema()
    for name, nodes in records.nodes.items():
        rows = list(nodes.values())
        if name in texts.SHARED:
            there = {
                row["key"] for row in session.table(texts.known(name), {"keys": list(nodes)}).to_pylist()
            }
            rows = [row for row in rows if row["key"] not in there]
        session.do(f"COPY {name} FROM $rows", {"rows": _table(rows, texts.columns_of(schema.kinds[name]))})
    for (name, head, tail), rows in records.links.items():
        table = _table(rows, {"head": "string", "tail": "string", **schema.links[name].properties})
        session.do(f"COPY {name} FROM $rows (from='{head}', to='{tail}')", {"rows": table})


def _table(rows: Sequence[Row], columns: Mapping[str, str]) -> pa.Table:
    layout = pa.schema([(name, _TYPES[type_]) for name, type_ in columns.items()])
    return pa.Table.from_pylist(list(rows), layout)
