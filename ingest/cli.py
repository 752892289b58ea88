"""`kgdx ingest …`: put sources into a graph, and see what can be loaded. stdout is data, stderr is talk."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ingest.load import Summary

app = typer.Typer(no_args_is_help=True, help="Load ontologies and tables into a graph.")

_Store = Annotated[
    Path, typer.Option("--store", help="The graph, one file; made when missing.", show_default=False)
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A source of the catalogue: see kgdx ingest list.")],
    store: _Store,
    path: Annotated[
        Path | None, typer.Option("--from", help="File or folder of the source.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as one JSON object.")] = False,
) -> None:
    """Load a source. Loading it again replaces what it said; nothing is written if the source is broken."""
    from ingest.catalogue import find
    from ingest.load import load
    from kgdx.domain.errors import SourceError
    from kgdx.stores.embedded import EmbeddedStore

    find(name)
    is_new = not store.exists()
    try:
        with EmbeddedStore.open(store) as graph, _progress(name) as progress:
            summary = load(name, path, graph, progress)
    except SourceError:
        if is_new:  # a source that cannot be loaded must not leave an empty graph behind
            store.unlink(missing_ok=True)
        raise
    _tell(summary)
    if as_json:
        typer.echo(json.dumps(asdict(summary), ensure_ascii=False))


@app.command("list")
def list_sources(
    store: Annotated[Path | None, typer.Option("--store", help="Also count what this graph holds.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show the sources that can be loaded, and with --store what is loaded of each."""
    from rich.console import Console
    from rich.table import Table

    from ingest.catalogue import catalogue

    loaded = _loaded(store) if store else {}
    table = Table("name", "what it is", *(["nodes", "edges", "release"] if store else []), show_lines=True)
    for source in catalogue().values():
        held = loaded.get(source.name, {})
        if as_json:
            typer.echo(json.dumps({**asdict(source), **held}, ensure_ascii=False))
        about = f"{source.title} ({source.licence})\n{source.yields}\ngive: {source.format}\n{source.url}"
        table.add_row(source.name, about, *(f"{n:,}" if isinstance(n, int) else n for n in held.values()))
    if not as_json:
        Console().print(table)


def _loaded(store: Path) -> dict[str, dict[str, int | str]]:
    """Source name -> how many nodes it names and edges it states in the graph, and of which release."""
    from ingest.catalogue import catalogue
    from kgdx.stores.change import mention_start
    from kgdx.stores.cypher import LOADED_FROM, MENTIONS
    from kgdx.stores.embedded import EmbeddedStore

    stated = "count(e) AS num, max(e.release) AS release"
    count_edges = f"MATCH ()-[e]->() RETURN e.{LOADED_FROM} AS name, {stated}"
    count_nodes = (
        f"MATCH (n) UNWIND n.{MENTIONS} AS m WITH m WHERE m STARTS WITH $start RETURN count(m) AS num"
    )
    with EmbeddedStore.open(store, read_only=True) as graph:
        edges = {row["name"]: (row["num"], row["release"]) for row in graph.query(count_edges, {})}
        loaded: dict[str, dict[str, int | str]] = {}
        for name in catalogue():
            (row,) = graph.query(count_nodes, {"start": mention_start(name)})
            num_edges, release = edges.get(name, (0, ""))
            loaded[name] = {"num_nodes": row["num"], "num_edges": num_edges, "release": release}
        return loaded


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}: {task.completed:,} rows"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda num_rows: progress.update(task, completed=num_rows)


def _tell(summary: "Summary") -> None:
    from rich.console import Console
    from rich.table import Table

    from ingest.catalogue import owner_of

    change = summary.change
    table = Table("rows", "", title=f"{summary.source}: {summary.num_rows:,} rows read", title_justify="left")
    table.add_row(f"{summary.num_written:,}", "written")
    if summary.num_merged:
        table.add_row(f"{summary.num_merged:,}", "merged: they repeat another row")
    for reason, num in summary.skipped.items():
        table.add_row(f"{num:,}", f"skipped: {reason}")
    for reason, num in summary.rejected.items():
        table.add_row(f"{num:,}", f"rejected: {reason} (first: {summary.examples[reason][0]})")
    console = Console(stderr=True)
    console.print(table)
    console.print(
        f"{summary.num_nodes:,} nodes and {summary.num_edges:,} edges stated; "
        f"in the graph: nodes +{change.num_nodes_added:,} -{change.num_nodes_removed:,} ~{change.num_nodes_changed:,}, "
        f"edges +{change.num_edges_added:,} -{change.num_edges_removed:,} ~{change.num_edges_changed:,}"
    )
    for prefix, num in summary.undescribed.items():
        owner = owner_of(prefix)
        advice = f"load {owner}" if owner else "load its ontology"
        console.print(f"{num:,} {prefix} terms in the graph are named by edges alone: {advice}")


if __name__ == "__main__":
    app()
