"""The command line. stdout is data, stderr is talk; exit 0 done, 2 usage, 3 bad data, 4 no backend."""

import codecs
import io
import json
import logging
import os
import sys
from contextlib import suppress
from importlib.metadata import entry_points
from typing import Annotated

import typer

from graph_schema import SchemaFileError
from kgdx import __version__
from kgdx.cli import deidentify, diagnose, explain, mechanism, query, release, schema, train, train_images
from kgdx.domain.errors import BackendUnavailableError, KgdxError
from kgdx.domain.printable import cut, printable

_ESCAPES = "kgdx-escapes"
_MOST = 1000

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
    codecs.register_error(_ESCAPES, _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPES)
    try:
        run()
        code: object = 0
    except SystemExit as end:
        code = end.code or 0
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = 1
    except OSError as error:
        _tell(f"standard output: cannot be written ({error.strerror}): check where it goes")
        code = 3
    # Nothing is left to be done, and taking torch and its libraries apart takes half a second and 0.1 GB.
    os._exit(code if isinstance(code, int) else 1)


def run() -> None:
    """Run a command and turn every error of ours into one line and an exit code."""
    for command in entry_points(group="kgdx.commands"):
        app.add_typer(command.load(), name=command.name)
    try:
        app()
    except (KgdxError, SchemaFileError) as error:
        _tell(str(error))
        sys.exit(_exit_code(error))
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else "the file system"
        _tell(f"{where}: {error.strerror or 'input or output failed'}: check space and permissions")
        sys.exit(3)


def _tell(error: str) -> None:
    """One line on stderr, of a length that is read, that no terminal obeys."""
    line = " ".join(printable(cut(error, _MOST)).split())
    with suppress(OSError):
        typer.echo(f"error: {line}", err=True)
        sys.stderr.flush()


def _escape(error: UnicodeError) -> tuple[str, int]:
    """What a terminal's character set lacks, as JSON writes it, so that JSON stays JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return json.dumps(lacking)[1:-1], error.end


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
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Log steps, counts and times on stderr; nothing of a case.")
    ] = False,
) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    for name in ("kgdx", "ingest"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG if debug else logging.NOTSET)
        logger.handlers = [handler] if debug else []


if __name__ == "__main__":
    main()
