"""`kgdx diagnose` and `kgdx demo`: a case in, a report with its reasons out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    package = Path(__file__).parent.parent
    installed = package / "_examples"
    cases = installed if installed.is_dir() else package.parent / "examples" / "cases"
    _diagnose(cases / "effusion.json", None, as_json=False, html=html)


def diagnose(
    case: Annotated[Path | None, typer.Argument(help="kgdx JSON or GA4GH phenopacket.")] = None,
    finding: Codes = [],  # noqa: B006 - typer copies it
    excluded: Codes = [],  # noqa: B006
    text: Annotated[str, typer.Option(help="Report text.")] = "",
    image: Annotated[
        list[Path], typer.Option(help="DICOM file or series folder, NIfTI, PNG, JPEG, TIFF.")
    ] = [],  # noqa: B006
    condition: Codes = [],  # noqa: B006
    allergy: Codes = [],  # noqa: B006
    medication: Codes = [],  # noqa: B006
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Release to use; the starter if left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one page.")] = None,
    language: Annotated[str, typer.Option(help="Of the page: en or zh.")] = "en",
    what_if: Annotated[
        int | None,
        typer.Option("--what-if", min=0, metavar="N", help="Suppositions to rank it under; 20 with --html."),
    ] = None,
) -> None:
    """Diagnose one case, from a file or from flags."""
    from kgdx.schemas import CaseIn

    flags = [finding, excluded, text, image, condition, allergy, medication]
    if case is not None and any(flags):
        raise CaseError(
            str(case), "is given together with flags that describe a case", "give one or the other"
        )
    if case is not None:
        _diagnose(case, bundle, as_json=json, html=html, num_what_if=what_if, language=language)
        return
    given = CaseIn(
        findings=[*finding, *({"id": curie, "status": "excluded"} for curie in excluded)],
        report=text,
        images=[str(path) for path in image],
        conditions=condition,
        allergies=allergy,
        medications=medication,
    )
    _diagnose(given, bundle, as_json=json, html=html, num_what_if=what_if, language=language)


def _diagnose(
    case: "CaseIn | Path",
    bundle: Path | None,
    *,
    as_json: bool,
    html: Path | None,
    num_what_if: int | None = None,
    language: str = "en",
) -> None:
    from rich.console import Console

    from kgdx.schemas import CaseIn

    if language != "en":
        from kgdx.report.messages import phrases

        # Before the engine is opened for a page that nobody can write.
        language = phrases(language).language
    given = CaseIn.from_file(case) if isinstance(case, Path) else case
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
