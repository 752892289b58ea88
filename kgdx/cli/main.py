"""The command line. stdout is data, stderr is talk; exit 0 done, 2 usage, 3 bad data, 4 no backend."""

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from graph_schema import SchemaFileError
from kgdx import __version__
from kgdx.cli import explain as explain_commands
from kgdx.cli import schema as schema_commands
from kgdx.cli import train as train_commands
from kgdx.cli import train_images as image_commands
from kgdx.domain.errors import BackendUnavailableError, BadInputError, KgdxError

app = typer.Typer(
    name="kgdx",
    help="Diagnosis on a medical knowledge graph, with a reason for every score. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train = typer.Typer(help="Train the models anew: seeded, with progress.", no_args_is_help=True)
app.add_typer(train, name="train")
train_commands.add_to(train)
image_commands.add_to(app, train)
explain_commands.add_to(app)
schema_commands.add_to(app)

Codes = Annotated[list[str], typer.Option(metavar="CURIE")]
BundleFolder = Annotated[
    Path | None, typer.Option("--bundle", help="Release to use; the starter if left out.")
]


def main() -> None:
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


@app.command()
def demo(
    html: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("report.html"),
) -> None:
    """Go the whole way on a bundled case: an image, a report and codes in, a report with reasons out."""
    package = Path(__file__).parent.parent
    installed = package / "_examples"
    cases = installed if installed.is_dir() else package.parent / "examples" / "cases"
    _diagnose(cases / "effusion.json", None, as_json=False, html=html)


@app.command()
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
    bundle: BundleFolder = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one page.")] = None,
    language: Annotated[str, typer.Option(help="Of the page: en or zh.")] = "en",
    what_if: Annotated[
        int | None,
        typer.Option("--what-if", min=0, metavar="N", help="Suppositions to rank it under; 20 with --html."),
    ] = None,
) -> None:
    """Diagnose one case, from a file or from flags."""
    from kgdx.domain.errors import CaseError
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
    case: "object",
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
        from kgdx.report.messages import language_spoken

        language = language_spoken(language)
    given = CaseIn.from_file(case) if isinstance(case, Path) else case
    if not isinstance(given, CaseIn):
        raise TypeError("a case or its path")
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


@app.command()
def mechanism(
    drug: Annotated[str, typer.Argument(metavar="DRUG", help="CURIE.")],
    disease: Annotated[str, typer.Argument(metavar="DISEASE", help="CURIE.")],
    bundle: BundleFolder = None,
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


@app.command()
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


@app.command()
def build(
    store: Annotated[str, typer.Option(metavar="FILE|URI", help="Store to take the graph from.")],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle.")],
    merge: Annotated[bool, typer.Option("--merge", help="Make terms that mean the same one node.")] = False,
) -> None:
    """Make a release: a snapshot of a store, with the shipped weights."""
    from rich.console import Console

    from graph_schema import load
    from kgdx.graph.canonical import resolve
    from kgdx.graph.snapshot import Snapshot
    from kgdx.release import bundle
    from kgdx.stores.registry import open_store

    talk = Console(stderr=True)
    with talk.status("reading the store"), open_store(store, read_only=True) as opened:
        nodes, edges = opened.export()
    with talk.status("building the snapshot"):
        resolved = resolve(nodes, edges, load(), merge)
        snapshot = Snapshot.from_tables(resolved.nodes, resolved.edges)
        built = bundle.build(snapshot, bundle.shipped_folder(), out, __version__, load().own_relations)
    if resolved.notes.num_rows:
        text = (
            f"{resolved.notes.num_rows:,} terms stand under another now; {resolved.num_moved:,} edges moved"
        )
        talk.print(text, highlight=False)
    for reason, num in resolved.left_out.items():
        talk.print(f"{num:,} edges left out: {reason}", highlight=False)
    talk.print(f"{snapshot.num_nodes:,} nodes, {snapshot.num_edges:,} edges in {out}", highlight=False)
    typer.echo(built.release)


@app.command()
def query(
    question: Annotated[
        str | None, typer.Argument(help="Name of a query, or Cypher; left out: list them.")
    ] = None,
    store: Annotated[str | None, typer.Option(metavar="FILE|URI", help="Store to ask.")] = None,
    param: Annotated[list[str], typer.Option("--param", "-p", metavar="NAME=VALUE")] = [],  # noqa: B006
    style: Annotated[str, typer.Option("--format", help="table, json, csv or graphml.")] = "table",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to print.")] = 200,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds until it is given up.")] = 60.0,
    write: Annotated[bool, typer.Option("--write", help="Let free Cypher change the graph.")] = False,
) -> None:
    """Ask the graph a named question, or free Cypher; read-only unless --write is given."""
    from kgdx.cli.query import ask, list_queries

    if question is None:
        list_queries()
        return
    style = "json" if json else style
    ask(question, store, param, style=style, limit=limit, timeout_s=timeout, may_write=write)


if __name__ == "__main__":
    main()
