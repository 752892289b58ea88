"""The command line. stdout is data, stderr is talk; exit 0 done, 2 usage, 3 bad data, 4 no backend."""

import os
import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from graph_schema import SchemaFileError
from kgdx import __version__
from kgdx.cli import deidentify, diagnose, explain, mechanism, query, release, schema, train, train_images
from kgdx.domain.errors import BackendUnavailableError, KgdxError

app = typer.Typer(
    name="kgdx",
    help="Diagnosis on a medical knowledge graph, with a reason for every score. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
training = typer.Typer(help="Train the models anew: seeded, with progress.", no_args_is_help=True)
app.add_typer(training, name="train")
train.add_to(training)
train_images.add_to(app, training)
for commands in (explain, diagnose, mechanism, deidentify, release, query, schema):
    commands.add_to(app)


def main() -> None:
    """The installed script: run a command, and leave."""
    try:
        run()
        code: object = 0
    except SystemExit as end:
        code = end.code or 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 1
    # Nothing is left to be done, and taking torch and its libraries apart takes half a second and 0.1 GB.
    os._exit(code if isinstance(code, int) else 1)


def run() -> None:
    """Run a command and turn every error of ours into one line and an exit code."""
    for command in entry_points(group="kgdx.commands"):
        app.add_typer(command.load(), name=command.name)
    try:
        app()
    except (KgdxError, SchemaFileError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(_exit_code(error))


def _exit_code(error: Exception) -> int:
    if isinstance(error, BackendUnavailableError):
        return 4
    return 3


def _version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"kgdx {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None: ...


if __name__ == "__main__":
    main()
