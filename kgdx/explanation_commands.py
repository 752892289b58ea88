"""`kgdx explain REPORT.json … --store STORE`: explanations into a store."""

from collections.abc import Sequence
from pathlib import Path

import typer

from kgdx.explanations import remember
from kgdx.stores.opening import open_store
from kgdx.wire import ReportOut


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
    reports = [ReportOut.from_file(file) for file in files]
    with open_store(store) as opened:
        done = remember(opened, reports, label=label, with_text=with_text)
    for case in done.cases:
        typer.echo(case)
    known = len(set(done.cases)) - done.num_new
    typer.echo(f"{done.num_new} written to {store}{f', {known} there already' if known else ''}", err=True)


__all__ = ["store_reports"]
