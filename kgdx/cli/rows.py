"""What `kgdx query` asks, and how it prints the rows."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import networkx as nx
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graph_schema.queries import NamedQuery, named_queries
from kgdx.cli.cells import guarded
from kgdx.domain.errors import QueryError
from kgdx.domain.printable import printable
from kgdx.stores.registry import open_store
from kgdx.stores.walks import graph_of

_MOST_S = 86_400
FORMATS = ("table", "json", "csv", "graphml")

Rows = Sequence[dict[str, Any]]


def list_queries() -> None:
    """Print the named queries with their purpose and parameters."""
    table = Table("name", "question", "parameters", show_lines=True)
    for query in named_queries().values():
        told = (
            f"{name}: {meaning}" + (" (several: A,B,C)" if name in query.lists else "")
            for name, meaning in query.parameters.items()
        )
        table.add_row(query.name, query.purpose, "\n".join(told))
    Console().print(table)


def ask(
    question: str,
    store: str | None,
    param: Sequence[str],
    *,
    style: str = "table",
    limit: int = 200,
    timeout_s: float = 60.0,
    may_write: bool = False,
) -> None:
    """Run a question and print its rows on stdout.

    Args:
        question: name of a query, or Cypher.
        param: `NAME=VALUE`; a parameter that takes several values has them with commas between.
        style: one of `FORMATS`.
        limit: most rows to print.
        timeout_s: seconds until the question is given up.
        may_write: let free Cypher change the graph.

    Raises:
        QueryError: if there is no such query, a parameter is missing or unknown, or the store refuses it.
    """
    if store is None:
        raise QueryError("query", "no store is given", "add --store STORE, as given to kgdx ingest add")
    if style not in FORMATS:
        raise QueryError(f"--format {style}", "is not known", f"take one of {', '.join(FORMATS)}")
    if not 0 < timeout_s <= _MOST_S:
        raise QueryError(
            f"--timeout {timeout_s:g}", "is no time to wait", f"give 0.001 to {_MOST_S:,} seconds"
        )
    named = named_queries().get(question)
    if named is None and " " not in question.strip():
        known = ", ".join(named_queries())
        raise QueryError("query", f"there is no query {question!r}", f"take one of {known}, or write Cypher")
    parameters = _parameters(param, named)
    cypher = named.cypher if named else question
    is_writing = may_write and named is None
    with open_store(store, read_only=not is_writing) as opened:
        found = opened.query(cypher, parameters, limit=limit + 1, timeout_s=timeout_s, may_write=is_writing)
        rows = list(found)
    print_rows(rows[:limit], style)
    if len(rows) > limit:
        Console(stderr=True).print(f"only the first {limit} rows are shown: raise --limit for more")


def print_rows(rows: Rows, style: str) -> None:
    """Print rows as a table for people, or as JSON, CSV or GraphML for programs."""
    if style == "table":
        _print_table(rows)
    elif style == "json":
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    elif style == "csv":
        typer.echo(to_csv(rows), nl=False)
    else:
        typer.echo("\n".join(nx.generate_graphml(_writable(graph_of(rows)))))


def _writable(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """A graph without the control characters that XML cannot hold."""
    cleaned = nx.MultiDiGraph()
    cleaned.add_nodes_from((printable(str(node)), _clean(data)) for node, data in graph.nodes(data=True))
    for head, tail, key, data in graph.edges(keys=True, data=True):
        cleaned.add_edge(printable(str(head)), printable(str(tail)), printable(str(key)), **_clean(data))
    return cleaned


def _clean(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: printable(value) if isinstance(value, str) else value for name, value in data.items()}


def to_csv(rows: Rows) -> str:
    """RFC 4180, with a header; lists have `|` between their items, what is not known is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow([guarded(printable(_cell(value))) for value in row.values()])
    return text.getvalue()


def _parameters(given: Sequence[str], named: NamedQuery | None) -> Mapping[str, Any]:
    pairs = [text.partition("=") for text in given]
    wrong = [text for text, (name, sign, _) in zip(given, pairs, strict=True) if not (name and sign)]
    if wrong:
        remedy = "write it as in -p disease=MONDO:0005249"
        raise QueryError(f"--param {wrong[0]}", "is not NAME=VALUE", remedy)
    parameters: dict[str, Any] = {name: value for name, _, value in pairs}
    if named is None:
        return parameters
    if set(parameters) != set(named.parameters) or len(pairs) != len(parameters):
        wanted = " ".join(f"-p {name}=…" for name in named.parameters) or "none"
        fact = f"it takes the parameters {wanted}" if named.parameters else "it takes no parameters"
        raise QueryError(f"query {named.name}", fact, "give each of them once")
    for name in named.lists:
        parameters[name] = [part.strip() for part in parameters[name].split(",") if part.strip()]
    return parameters


def _print_table(rows: Rows) -> None:
    table = Table(*(rows[0] if rows else ["no rows"]))
    for row in rows:
        table.add_row(*(escape(printable(_text(value))) for value in row.values()))
    Console().print(table)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("curie") or value.get("relation") or value)
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else "|".join(map(str, value)) if isinstance(value, list) else str(value)


__all__ = ["FORMATS", "ask", "list_queries", "print_rows", "to_csv"]
