"""`kgdx ingest …`: put sources into a graph, and see what is in it. stdout is data, stderr is talk."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Load ontologies and tables into a graph, and look after it.")

_Store = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="FILE|URI",
        help="The graph: a file, made when missing, or neo4j://HOST:PORT.",
        show_default=False,
    ),
]
_Name = Annotated[str, typer.Argument(help="A source of the catalogue: see kgdx ingest list.")]
_From = Annotated[
    Path | None, typer.Option("--from", help="File or folder of the source.", show_default=False)
]
_Alias = Annotated[str, typer.Option("--as", metavar="NAME", help="Keep it under this name.")]
_Kind = Annotated[str, typer.Option(help="Kind of terms whose prefix does not tell it.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command()
def add(
    name: _Name,
    store: _Store,
    path: _From = None,
    alias: _Alias = "",
    kind: _Kind = "",
    as_json: _Json = False,
) -> None:
    """Load a source. Loading it again replaces what it said; nothing is written if the source is broken."""
    from ingest.catalogue import find
    from ingest.console import print_summary
    from ingest.load import load
    from kgdx.domain.errors import SourceError
    from kgdx.stores.registry import is_server, open_store

    find(name)
    is_new = not is_server(store) and not Path(store).exists()
    try:
        with open_store(store) as graph, _progress(name) as progress:
            summary = load(name, path, graph, progress, alias=alias, kind=kind)
    except SourceError:
        if is_new:  # a source that cannot be loaded must not leave an empty graph behind
            Path(store).unlink(missing_ok=True)
        raise
    print_summary(summary)
    if as_json:
        typer.echo(json.dumps(asdict(summary), ensure_ascii=False))


@app.command()
def diff(
    name: _Name,
    store: _Store,
    path: _From = None,
    alias: _Alias = "",
    kind: _Kind = "",
    as_json: _Json = False,
    examples: Annotated[int, typer.Option(min=0, help="How many of each to show.")] = 5,
) -> None:
    """Show what loading a source would add, remove and change. Writes nothing."""
    from ingest.console import print_diff
    from ingest.diff import diff as compare
    from ingest.load import read
    from kgdx.stores.registry import open_store

    with open_store(store, read_only=True) as graph:
        with _progress(name) as progress:
            batch = read(name, path, progress, alias=alias, kind=kind)
        found = compare(batch, graph)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        print_diff(found, examples)


@app.command()
def audit(
    name: Annotated[str | None, typer.Argument(help="A source to look at before it is loaded.")] = None,
    store: Annotated[str | None, typer.Option("--store", metavar="FILE|URI", help="A graph.")] = None,
    path: _From = None,
    kind: _Kind = "",
    as_json: _Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if there is an error.")] = False,
) -> None:
    """Tell what is wrong with a graph, or with a source before it is loaded, and how to mend it."""
    from graph_schema import load as load_schema
    from ingest.audit import audit as look
    from ingest.audit import has_errors
    from ingest.console import print_findings
    from ingest.load import read
    from kgdx.graph.arrow_schema import EDGE_COLUMNS, node_table
    from kgdx.stores.registry import open_store

    if (name is None) == (store is None):
        raise typer.BadParameter("give either a source with --from, or --store")
    if name is not None:
        with _progress(name) as progress:
            batch = read(name, path, progress, kind=kind)
        nodes, edges = node_table(batch.nodes), batch.edges.select(EDGE_COLUMNS.names)
    else:
        with open_store(str(store), read_only=True) as graph:
            nodes, edges = graph.export()
    findings = look(nodes, edges, load_schema())
    if as_json:
        typer.echo(json.dumps([finding.to_dict() for finding in findings], ensure_ascii=False))
    else:
        print_findings(findings)
    if strict and has_errors(findings):
        raise typer.Exit(3)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name that the source was loaded under.")], store: _Store
) -> None:
    """Take away all that a source said. What other sources say stays."""
    from rich.console import Console

    from kgdx.domain.errors import SourceError
    from kgdx.domain.graph import LoadCount
    from kgdx.graph.arrow_schema import STATED_EDGE_COLUMNS
    from kgdx.stores.registry import open_store

    with open_store(store) as graph:
        count = graph.replace_source(name, [], STATED_EDGE_COLUMNS.empty_table())
    if count == LoadCount():
        raise SourceError(f"source {name!r}", "not in this graph", "see kgdx ingest list --store")
    Console(stderr=True).print(
        f"{count.num_nodes_removed:,} nodes and {count.num_edges_removed:,} edges removed", highlight=False
    )


@app.command()
def export(
    store: _Store,
    to: Annotated[Path, typer.Option(help="Folder for nodes.tsv and edges.tsv, made when missing.")],
) -> None:
    """Write the whole graph as KGX, which `kgdx ingest add kgx` reads back unchanged."""
    from rich.console import Console

    from ingest.kgx import kinds_of_ends, write
    from kgdx.domain.errors import SourceError
    from kgdx.stores.registry import open_store

    with open_store(store, read_only=True) as graph:
        nodes, edges = graph.export()
        kinds = kinds_of_ends(graph, nodes)
    try:
        paths = write(nodes, edges, to, kinds)
    except OSError as error:
        raise SourceError(str(to), error.strerror or "cannot be written", "name another folder") from error
    console = Console(stderr=True)
    console.print(f"{nodes.num_rows:,} nodes and {edges.num_rows:,} edges written", highlight=False)
    for path in paths:
        typer.echo(path)


@app.command()
def history(
    store: _Store,
    as_json: _Json = False,
    clean: Annotated[
        bool, typer.Option("--clean", help="First remove what killed loads left beside the graph.")
    ] = False,
) -> None:
    """Show the loads that changed the graph, the newest first."""
    from ingest.console import print_history
    from kgdx.stores.registry import open_store

    # Whoever opens a graph for writing removes what killed loads left, and says so.
    with open_store(store, read_only=not clean) as graph:
        loads = [row["l"] for row in graph.query("MATCH (l:Load) RETURN l ORDER BY l.id DESC", {})]
    if as_json:
        typer.echo(json.dumps(loads, ensure_ascii=False))
    else:
        print_history(loads)


@app.command("list")
def list_sources(
    store: Annotated[
        str | None, typer.Option("--store", metavar="FILE|URI", help="Also count what this graph holds.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show the sources that can be loaded, and with --store what is loaded of each."""
    from ingest.catalogue import catalogue
    from ingest.console import print_sources

    loaded = _loaded(store) if store else None
    if not as_json:
        print_sources(list(catalogue().values()), loaded)
        return
    known = {name: asdict(source) for name, source in catalogue().items()}
    for name in dict.fromkeys([*known, *(loaded or {})]):
        held = (loaded or {}).get(name, {"num_nodes": 0, "num_edges": 0, "release": ""})
        typer.echo(
            json.dumps({"name": name, **known.get(name, {}), **(held if store else {})}, ensure_ascii=False)
        )


def _loaded(store: str) -> dict[str, dict[str, int | str]]:
    """Name -> how many nodes a source names and edges it states in the graph, and of which release."""
    from kgdx.stores.load_plan import mention_start
    from kgdx.stores.registry import open_store

    edges = (
        "MATCH (p:Provenance) MATCH ()-[e]->() WHERE e.provenance = p.id "
        "RETURN p.loaded_from AS name, count(e) AS num, max(p.release) AS release"
    )
    nodes = (
        "MATCH (n) WHERE n.curie IS NOT NULL UNWIND n.mentions AS m "
        "WITH m WHERE m STARTS WITH $start RETURN count(m) AS num"
    )
    found: dict[str, dict[str, int | str]] = {}
    with open_store(store, read_only=True) as graph:
        counted = {row["name"]: row for row in graph.query(edges, {})}
        for row in graph.query("MATCH (l:Load) RETURN DISTINCT l.source AS name ORDER BY name", {}):
            name = row["name"]
            (named,) = graph.query(nodes, {"start": mention_start(name)})
            held = counted.get(name, {"num": 0, "release": ""})
            found[name] = {"num_nodes": named["num"], "num_edges": held["num"], "release": held["release"]}
    return {name: held for name, held in found.items() if held["num_nodes"] or held["num_edges"]}


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}: {task.completed:,} rows"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda num_rows: progress.update(task, completed=num_rows)


if __name__ == "__main__":
    app()
