"""`kgdx diagnose` and `kgdx demo`: cases in, reports with their reasons out."""

import sys
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgdx.domain.case import FailedCase
from kgdx.domain.errors import BadInputError, CaseError

if TYPE_CHECKING:
    from kgdx.schemas import CaseIn

Codes = Annotated[list[str], typer.Option(metavar="CURIE")]


def add_to(app: typer.Typer) -> None:
    """Join the commands."""
    app.command()(demo)
    app.command()(diagnose)


def demo(
    html: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("report.html"),
) -> None:
    """Go the whole way on a bundled case: an image, a report and codes in, a report with reasons out."""
    from kgdx.schemas import CaseIn

    package = Path(__file__).parent.parent
    installed = package / "_examples"
    cases = installed if installed.is_dir() else package.parent / "examples" / "cases"
    _diagnose(CaseIn.from_file(cases / "effusion.json"), None, as_json=False, html=html)


def diagnose(
    cases: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CASE]...",
            help="kgdx JSON or YAML, phenopackets, families, cohorts, JSON Lines; folders; - is stdin.",
        ),
    ] = None,
    finding: Codes = [],  # noqa: B006 - typer copies it
    excluded: Codes = [],  # noqa: B006
    elicited: Annotated[
        list[str],
        typer.Option(metavar="CURIE", help="Of these codes: asked for by a report or a checklist."),
    ] = [],  # noqa: B006
    text: Annotated[str, typer.Option(help="Report text.")] = "",
    image: Annotated[
        list[Path], typer.Option(help="DICOM file or series folder, NIfTI, PNG, JPEG, TIFF.")
    ] = [],  # noqa: B006
    condition: Codes = [],  # noqa: B006
    allergy: Codes = [],  # noqa: B006
    medication: Codes = [],  # noqa: B006
    excluded_disease: Codes = [],  # noqa: B006
    sex: Annotated[str, typer.Option(help="male or female.")] = "",
    age: Annotated[
        float | None, typer.Option(metavar="YEARS", help="Age when the findings were there.")
    ] = None,
    onset: Annotated[float | None, typer.Option(metavar="YEARS", help="Age at the first sign.")] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Release to use; the starter if left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one page.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a report a case and summary.tsv; JSON Lines if left out.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of the page: en or zh.")] = "en",
    what_if: Annotated[
        int | None,
        typer.Option("--what-if", min=0, metavar="N", help="Suppositions to rank it under; 20 with --html."),
    ] = None,
) -> None:
    """Diagnose cases, from files or from flags; of several cases a bad one ends nothing."""
    from kgdx.schemas import CaseIn

    coded = [finding, excluded, elicited, condition, allergy, medication, excluded_disease]
    if cases and any([*coded, text, image, sex, age is not None, onset is not None]):
        raise CaseError(
            str(cases[0]), "is given together with flags that describe a case", "give one or the other"
        )
    if language != "en":
        from kgdx.report.messages import phrases

        # Before the engine is opened for a page that nobody can write.
        language = phrases(language).language
    if cases:
        _diagnose_files(
            cases, bundle, as_json=json, html=html, out=out, num_what_if=what_if, language=language
        )
        return
    if out is not None:
        raise BadInputError("--out", "is for the reports of files", "use --json or --html with flags")
    _check_elicited(elicited, [*finding, *excluded])
    given = CaseIn(
        findings=[
            {"id": curie, "status": status, "elicited": curie in elicited}
            for status, curies in (("present", finding), ("excluded", excluded))
            for curie in curies
        ],
        report=text,
        images=[str(path) for path in image],
        conditions=condition,
        allergies=allergy,
        medications=medication,
        excluded_diseases=excluded_disease,
        sex=sex,
        age_years=age,
        onset_years=onset,
    )
    _diagnose(given, bundle, as_json=json, html=html, num_what_if=what_if, language=language)


def _check_elicited(elicited: Sequence[str], coded: Sequence[str]) -> None:
    stray = next((curie for curie in elicited if curie not in coded), None)
    if stray is not None:
        fact = "is not among the codes of --finding and --excluded"
        raise CaseError(f"--elicited {stray}", fact, "say also whether it is there")


def _diagnose_files(
    paths: Sequence[Path],
    bundle: Path | None,
    *,
    as_json: bool,
    html: Path | None,
    out: Path | None,
    num_what_if: int | None,
    language: str,
) -> None:
    from kgdx.schemas.case_files import LINES, case_paths, read_cases

    files = case_paths(paths)
    reads = read_cases(files, sys.stdin.buffer)
    first = list(islice(reads, 2))
    is_lines = any(path.suffix.lower() in LINES for path in files)
    if len(first) == 1 and len(files) == 1 and not is_lines and out is None:
        ((_, case),) = first
        if isinstance(case, FailedCase):
            raise CaseError(case.where, case.fact, case.remedy)
        _diagnose(case, bundle, as_json=as_json, html=html, num_what_if=num_what_if, language=language)
        return
    if html is not None:
        raise BadInputError(str(html), "a page shows one case", "give --out FOLDER for several")
    from kgdx.cli.diagnose_batch import Batch
    from kgdx.engine import Engine

    batch = Batch(out, num_what_if or 0)
    if batch.run(Engine.open(bundle), chain(first, reads), None if is_lines else len(files)):
        raise typer.Exit(3)


def _diagnose(
    given: "CaseIn",
    bundle: Path | None,
    *,
    as_json: bool,
    html: Path | None,
    num_what_if: int | None = None,
    language: str = "en",
) -> None:
    from rich.console import Console

    talk = Console(stderr=True)
    with talk.status("opening the engine"):
        from kgdx.engine import NUM_WHAT_IF, Engine

        engine = Engine.open(bundle)
    with talk.status("reading the case"):
        report = engine.diagnose(given)
    most = num_what_if if num_what_if is not None else NUM_WHAT_IF if html is not None else 0
    if most:
        with talk.status("asking what if"):
            report = engine.what_if(report, most)
    if language != "en":
        report = engine.naming(report, language)
    if as_json:
        typer.echo(report.model_dump_json(indent=1))
    else:
        from kgdx.report.terminal import print_report

        print_report(report, Console())
    if html is not None:
        try:
            report.to_html(html, language)
        except OSError as error:
            fact = f"cannot be written ({error.strerror})"
            raise BadInputError(str(html), fact, "choose another file for --html") from error
        talk.print(f"page written to {html}", highlight=False)
