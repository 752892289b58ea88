"""`kgdx mechanism`: how a drug may act on a disease."""

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Join the command."""
    app.command()(mechanism)


def mechanism(
    drug: Annotated[str, typer.Argument(metavar="DRUG", help="CURIE.")],
    disease: Annotated[str, typer.Argument(metavar="DISEASE", help="CURIE.")],
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Release to use; the starter if left out.")
    ] = None,
    num: Annotated[int, typer.Option(min=1, help="Most paths to print.")] = 5,
    json: Annotated[bool, typer.Option("--json", help="Print the paths as JSON.")] = False,
) -> None:
    """Tell how a drug may act on a disease: the best paths of the graph between them, with their sources."""
    from rich.console import Console

    from kgdx.report.sentences import path_lines
    from kgdx.schemas.json_values import json_text

    with Console(stderr=True).status("opening the engine"):
        from kgdx.engine import Engine

        engine = Engine.open(bundle)
    paths = engine.mechanisms(drug, disease, num)
    if not paths:
        typer.echo(f"no path of two to four edges joins {drug} and {disease} in {engine.release}", err=True)
    typer.echo(json_text(paths, indent=1) if json else path_lines(paths), nl=bool(paths or json))
