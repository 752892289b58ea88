"""`kgdx query …`: named questions and free Cypher, read-only."""

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from graph_schema.queries import named_queries
from kgdx.domain.errors import QueryError
from kgdx.stores.embedded import EmbeddedStore


def list_queries() -> None:
    """Print the named queries with their purpose and parameters."""
    table = Table("name", "question", "parameters")
    for query in named_queries().values():
        table.add_row(query.name, query.purpose, "\n".join(f"{k}: {v}" for k, v in query.parameters.items()))
    Console().print(table)


def ask(question: str, store: Path | None, param: Sequence[str], *, as_json: bool, limit: int) -> None:
    """Run a question and print its rows.

    Raises:
        QueryError: if there is no such query, a parameter is missing or unknown, or the store refuses it.
    """
    if store is None:
        raise QueryError("query", "no store is given", "add --store STORE, as given to kgdx ingest add")
    named = named_queries().get(question)
    if named is None and " " not in question.strip():
        known = ", ".join(named_queries())
        raise QueryError("query", f"there is no query {question!r}", f"take one of {known}, or write Cypher")
    parameters = _parameters(param)
    if named is not None and set(parameters) != set(named.parameters):
        wanted = " ".join(f"-p {name}=…" for name in named.parameters)
        raise QueryError(f"query {question}", f"it takes the parameters {wanted}", "give each of them once")
    with EmbeddedStore.open(store, read_only=True) as opened:
        rows = list(islice(opened.query(named.cypher if named else question, parameters), limit + 1))
    _print(rows[:limit], as_json=as_json)
    if len(rows) > limit:
        Console(stderr=True).print(f"only the first {limit} rows are shown: raise --limit for more")


def _parameters(given: Sequence[str]) -> dict[str, Any]:
    pairs = [text.partition("=") for text in given]
    wrong = [text for text, (name, sign, _) in zip(given, pairs, strict=True) if not (name and sign)]
    if wrong:
        raise QueryError(
            f"--param {wrong[0]}", "is not NAME=VALUE", "write it as in -p disease=MONDO:0005249"
        )
    return {name: value for name, _, value in pairs}


def _print(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    table = Table(*(rows[0] if rows else ["no rows"]))
    for row in rows:
        table.add_row(*("" if value is None else _text(value) for value in row.values()))
    Console().print(table)


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
