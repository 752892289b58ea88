"""`kgdx diagnose` of several cases: JSON Lines, or a folder of reports with a summary."""

import json
import re
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kgdx.cli.cells import tsv_line
from kgdx.domain.case import FailedCase
from kgdx.domain.errors import BadInputError
from kgdx.schemas.case_files import Read
from kgdx.schemas.report import SCHEMA_VERSION
from kgdx.whole_files import PRIVATE, write_whole

if TYPE_CHECKING:
    from kgdx.engine import Engine
    from kgdx.schemas import CaseIn, ReportOut

SUMMARY = "summary.tsv"
_COLUMNS = (
    "source", "case_id", "state", "disease", "name", "probability", "red_flags", "warnings", "report", "error"
)  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Where the answers go.

    Attributes:
        out: folder for a report each and the summary; None prints JSON Lines.
        num_what_if: suppositions that each case is ranked under.
    """

    out: Path | None
    num_what_if: int = 0
    _taken: Counter[str] = field(default_factory=Counter)
    _rows: list[tuple[object, ...]] = field(default_factory=list)

    def run(self, engine: "Engine", reads: Iterator[Read], num_cases: int | None) -> int:
        """Answer every case; returns how many failed.

        Args:
            num_cases: how many there will be, if that is known.

        Raises:
            BadInputError: if the folder cannot be written to.
        """
        self._prepare()
        places: deque[str] = deque()
        counts: Counter[str] = Counter()
        columns = SpinnerColumn(), TextColumn("cases"), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("cases", total=num_cases)
            for answer in engine.diagnose_many(_noting(reads, places)):
                if self.num_what_if and not isinstance(answer, FailedCase):
                    answer = engine.what_if(answer, self.num_what_if)
                counts[self._write(places.popleft(), answer)] += 1
                progress.advance(task)
        self._finish()
        told = ", ".join(f"{num} {state}" for state, num in sorted(counts.items()))
        typer.echo(f"{counts.total()} cases: {told or 'none'}", err=True)
        return counts["failed"]

    def _prepare(self) -> None:
        if self.out is None:
            return
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            write_whole(self.out / SUMMARY, tsv_line(_COLUMNS), PRIVATE)
        except OSError as error:
            fact = f"cannot be written ({error.strerror})"
            raise BadInputError(str(self.out), fact, "choose another folder for --out") from error

    def _write(self, place: str, answer: "ReportOut | FailedCase") -> str:
        """Write an answer; returns its state."""
        is_failed = isinstance(answer, FailedCase)
        record = _error_record(place, answer) if isinstance(answer, FailedCase) else answer.model_dump_json()
        if self.out is None:
            sys.stdout.write(record + "\n")
            sys.stdout.flush()
        name = "" if is_failed or self.out is None else self._named(place)
        if name and self.out is not None:
            write_whole(self.out / name, record + "\n", PRIVATE)
        row = _failed_row(place, answer) if isinstance(answer, FailedCase) else _row(place, answer, name)
        self._rows.append(row)
        return str(row[2])

    def _finish(self) -> None:
        if self.out is None:
            return
        lines = (tsv_line(row) for row in (_COLUMNS, *self._rows))
        write_whole(self.out / SUMMARY, "".join(lines), PRIVATE)
        typer.echo(str(self.out / SUMMARY))

    def _named(self, place: str) -> str:
        """A file name of its own: of the file that the case is from, with its number there."""
        file, *within = place.split(", ")
        numbers = [re.sub(r"\D", "", part) for part in within]
        stem = re.sub(r"[^\w.-]", "_", "-".join([Path(file).stem, *filter(None, numbers)]))[:100]
        self._taken[stem] += 1
        return f"{stem}.json" if self._taken[stem] == 1 else f"{stem}~{self._taken[stem]}.json"


def _noting(reads: Iterator[Read], places: deque[str]) -> "Iterator[CaseIn | FailedCase]":
    for place, case in reads:
        places.append(place)
        yield case


def _error_record(place: str, failed: FailedCase) -> str:
    error = {"where": failed.where, "fact": failed.fact, "remedy": failed.remedy}
    record = {"schema_version": SCHEMA_VERSION, "case_id": failed.case_id, "source": place, "error": error}
    return json.dumps(record, ensure_ascii=False)


def _row(place: str, report: "ReportOut", name: str) -> tuple[object, ...]:
    state = "abstained" if report.abstained else "answered"
    first = report.differential[0] if report.differential else None
    told = (first.disease, first.name, f"{first.probability:.4f}") if first else ("", "", "")
    flags = ", ".join(flag.disease for flag in report.red_flags)
    return (place, report.case_id, state, *told, flags, len(report.warnings), name, "")


def _failed_row(place: str, failed: FailedCase) -> tuple[object, ...]:
    return (place, failed.case_id, "failed", "", "", "", "", "", "", str(failed))
