"""`kgdx deidentify`: clean copies of images."""

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Join the command."""
    app.command()(deidentify)


def deidentify(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="File or folder of images.")],
    target: Annotated[Path, typer.Argument(metavar="OUTPUT", help="New file or folder.")],
    refuse_text: Annotated[
        bool, typer.Option("--refuse-text", help="Refuse images with burned-in text instead of masking it.")
    ] = False,
) -> None:
    """Write clean copies of images: DICOM by the basic confidentiality profile, others without texts."""
    from kgdx.imaging.deidentify import deidentify as copies

    num_bad = 0
    for copied in copies(source, target, refuse_text=refuse_text):
        if copied.error is not None:
            num_bad += 1
            typer.echo(f"error: {copied.error}", err=True)
            continue
        typer.echo(copied.target)
        if copied.num_masked:
            typer.echo(f"{copied.target}: {copied.num_masked} rows of burned-in text masked", err=True)
    if num_bad:
        raise typer.Exit(3)
