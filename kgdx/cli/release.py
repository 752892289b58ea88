"""`kgdx build`: a release from a store."""

from pathlib import Path
from typing import Annotated

import typer

from kgdx import __version__


def add_to(app: typer.Typer) -> None:
    """Join the command."""
    app.command()(build)


def build(
    store: Annotated[str, typer.Option(metavar="FILE|URI", help="Store to take the graph from.")],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle.")],
    merge: Annotated[bool, typer.Option("--merge", help="Make terms that mean the same one node.")] = False,
) -> None:
    """Make a release: a snapshot of a store, with the shipped weights."""
    from rich.console import Console

    from graph_schema import load
    from kgdx.graph.canonical import canonical_view
    from kgdx.graph.snapshot import Snapshot
    from kgdx.release import bundle
    from kgdx.stores.registry import open_store

    talk = Console(stderr=True)
    with talk.status("reading the store"), open_store(store, read_only=True) as opened:
        nodes, edges = opened.export()
    with talk.status("building the snapshot"):
        view = canonical_view(nodes, edges, load(), merge)
        snapshot = Snapshot.from_tables(view.nodes, view.edges)
        built = bundle.build(snapshot, bundle.shipped_folder(), out, __version__, load().own_relations)
    if view.notes.num_rows:
        text = f"{view.notes.num_rows:,} terms stand under another now; {view.num_moved:,} edges moved"
        talk.print(text, highlight=False)
    for reason, num in view.left_out.items():
        talk.print(f"{num:,} edges left out: {reason}", highlight=False)
    talk.print(f"{snapshot.num_nodes:,} nodes, {snapshot.num_edges:,} edges in {out}", highlight=False)
    typer.echo(built.release)
