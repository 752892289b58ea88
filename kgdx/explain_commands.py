"""`kgdx explain REPORT.json [DX]`: the reasons of a diagnosis, what would change it, and the proof."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgdx.domain.errors import BadInputError

if TYPE_CHECKING:
    from kgdx.domain.report import Diagnosis
    from kgdx.wire import ReportOut


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(explain)


def explain(
    report: Annotated[Path, typer.Argument(metavar="REPORT.json", help="As kgdx diagnose --json wrote it.")],
    diagnosis: Annotated[
        str, typer.Argument(metavar="[DX]", help="CURIE, name or rank; the first if left out.")
    ] = "1",
    what_if: Annotated[
        int, typer.Option("--what-if", min=0, metavar="N", help="Rank the case again under N suppositions.")
    ] = 0,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Score it again on and without the paths shown; all, with --json."),
    ] = False,
    bundle: Annotated[Path | None, typer.Option("--bundle", help="The report's release.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print diagnosis, what-if and verification.")] = False,
) -> None:
    """Tell why a report says what it says, and what would change it; --verify proves it."""
    from rich.console import Console

    read = read_report(report)
    chosen = _chosen(read, diagnosis, str(report))
    verification = None
    if what_if or verify:
        talk = Console(stderr=True)
        with talk.status("opening the engine"):
            from kgdx.engine import Engine

            engine = Engine.open(bundle)
        with talk.status("scoring the case again"):
            if what_if:
                read = engine.what_if(read, what_if)
            if verify:
                verification = engine.verify(read, [chosen])
    if json:
        from pydantic import TypeAdapter

        told = {"diagnosis": chosen, "what_if": read.what_if, "verification": verification}
        typer.echo(TypeAdapter(dict[str, object]).dump_json(told, indent=1).decode())
        return
    from kgdx.explain.terminal_reasons import print_reasons

    print_reasons(read, chosen, verification, Console())


def read_report(path: Path) -> "ReportOut":
    """A report from a file.

    Raises:
        BadInputError: if there is no such file, or it is no report.
    """
    from kgdx.wire import ReportOut
    from kgdx.wire.files import read_bytes

    try:
        return ReportOut.model_validate_json(read_bytes(path))
    except BadInputError as error:
        where = str(path) if error.where == "report" else error.where.replace("report", str(path), 1)
        raise BadInputError(where, error.fact, error.remedy) from None


def _chosen(report: "ReportOut", wanted: str, where: str) -> "Diagnosis":
    """The diagnosis that a rank, a CURIE or a name means."""
    if not report.differential:
        fact = f"holds no diagnosis ({report.abstained or 'the differential is empty'})"
        raise BadInputError(where, fact, "there is nothing to explain")
    for diagnosis in report.differential:
        if wanted.lower() in (str(diagnosis.rank), diagnosis.disease.lower(), diagnosis.name.lower()):
            return diagnosis
    known = ", ".join(f"{d.rank} {d.disease} ({d.name})" for d in report.differential[:5])
    raise BadInputError(where, f"has no diagnosis {wanted!r}", f"take one of {known}, …")
