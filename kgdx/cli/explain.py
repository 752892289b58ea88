"""`kgdx explain REPORT.json [DX]`: the reasons of a diagnosis, what would change it, and the proof."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgdx.domain.errors import BadInputError

if TYPE_CHECKING:
    from kgdx.domain.report import Diagnosis
    from kgdx.schemas import ReportOut


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
        bool, typer.Option("--verify", help="Score it again: on its retained edges, without its paths.")
    ] = False,
    bundle: Annotated[Path | None, typer.Option("--bundle", help="The report's release.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print diagnosis, what-if and verification.")] = False,
    export: Annotated[
        Path | None, typer.Option(help="Write the explanation as a graph; the ending tells the format.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar="FILE|URI", help="Write the explanation into a store instead.")
    ] = None,
    label: Annotated[str, typer.Option(help="Your own name for the case, kept with --store.")] = "",
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Keep quotes, ages and sex, too, with --store.")
    ] = False,
) -> None:
    """Tell why a report says what it says, and what would change it; --verify proves it."""
    from rich.console import Console

    from kgdx.schemas import ReportOut

    _check_alone(store, export, is_asked=diagnosis != "1" or json or verify or what_if > 0)
    if store is not None:
        store_reports([report], store, label=label, with_text=with_text)
        return
    if label or with_text:
        remedy = "add --store STORE, or leave them out"
        raise BadInputError("explain", "--label and --with-text say what a store keeps", remedy)
    read = ReportOut.from_file(report)
    if export is not None:
        read.export(export)
        typer.echo(f"explanation written to {export}", err=True)
        return
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
        from kgdx.schemas.json_values import json_text

        told = {"diagnosis": chosen, "what_if": read.what_if, "verification": verification}
        told |= {"is_sound": verification.is_sound} if verification else {}
        typer.echo(json_text(told, indent=1))
    else:
        from kgdx.report.terminal_reasons import print_reasons

        print_reasons(read, chosen, verification, Console())
    if verification is not None and not verification.is_sound:
        raise typer.Exit(3)


def _check_alone(store: str | None, export: Path | None, *, is_asked: bool) -> None:
    """What writes the whole explanation somewhere tells nothing besides."""
    if (store is not None and (export is not None or is_asked)) or (export is not None and is_asked):
        fact = "--store and --export write the whole report, and nothing else is done"
        raise BadInputError("explain", fact, "give them alone")


def store_reports(files: Sequence[Path], store: str, *, label: str = "", with_text: bool = False) -> None:
    """Write the explanations of reports into a store; prints the id of each case, one a line.

    Nothing is written unless every file is a report.

    Args:
        files: reports as `kgdx diagnose --json` writes them.
        store: path of a file, made when missing, or the address of a Neo4j server.
        label: the caller's own name for the case of these reports.
        with_text: keep words of the case, and what is said of age and sex, as well.

    Raises:
        BadInputError: if a file is no report.
        BackendUnavailableError: if the store cannot be opened or reached.
    """
    from kgdx.report.exports.saved import remember
    from kgdx.schemas import ReportOut
    from kgdx.stores.registry import open_store

    reports = [ReportOut.from_file(file) for file in files]
    with open_store(store, is_private=True) as opened:
        done = remember(opened, reports, label=label, with_text=with_text)
    for case in done.cases:
        typer.echo(case)
    known = len(set(done.cases)) - done.num_new
    typer.echo(f"{done.num_new} written to {store}{f', {known} there already' if known else ''}", err=True)


def _chosen(report: "ReportOut", wanted: str, where: str) -> "Diagnosis":
    """The diagnosis that a rank, a CURIE or a name means."""
    from kgdx.report.messages import phrases

    if not report.differential:
        why = phrases().messages(report.abstained) or "the differential is empty"
        fact = f"holds no diagnosis ({why})"
        raise BadInputError(where, fact, "there is nothing to explain")
    for diagnosis in report.differential:
        if wanted.lower() in (str(diagnosis.rank), diagnosis.disease.lower(), diagnosis.name.lower()):
            return diagnosis
    known = ", ".join(f"{d.rank} {d.disease} ({d.name})" for d in report.differential[:5])
    raise BadInputError(where, f"has no diagnosis {wanted!r}", f"take one of {known}, …")
