"""`kgdx query`: named questions and free Cypher, read-only unless asked otherwise."""

from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Join the command."""
    app.command()(query)


def query(
    question: Annotated[
        str | None, typer.Argument(help="Name of a query, or Cypher; left out: list them.")
    ] = None,
    store: Annotated[str | None, typer.Option(metavar="FILE|URI", help="Store to ask.")] = None,
    param: Annotated[list[str], typer.Option("--param", "-p", metavar="NAME=VALUE")] = [],  # noqa: B006
    style: Annotated[str, typer.Option("--format", help="table, json, csv or graphml.")] = "table",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to print.")] = 200,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds until it is given up.")] = 60.0,
    write: Annotated[bool, typer.Option("--write", help="Let free Cypher change the graph.")] = False,
) -> None:
    """Ask the graph a named question, or free Cypher; read-only unless --write is given."""
    from kgdx.cli.rows import ask, list_queries

    if question is None:
        list_queries()
        return
    style = "json" if json else style
    ask(question, store, param, style=style, limit=limit, timeout_s=timeout, may_write=write)
