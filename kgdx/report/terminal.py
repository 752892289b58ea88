"""A report on the terminal: the differential, its reasons, treatments and evidence.

Meaning never hangs on colour or on a picture letter: signs and words say it too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from kgdx.domain.case import Polarity
from kgdx.domain.path import Path
from kgdx.domain.report import (
    Diagnosis,
    DiseasePair,
    NextFinding,
    ProbabilityChange,
    RedFlag,
    Report,
    Treatment,
)
from kgdx.domain.treatment import Severity, TreatmentStatus
from kgdx.explain.walk import chain
from kgdx.report.messages import phrases
from kgdx.report.sentences import indications, sentence
from kgdx.report.wording import counted, factor, percent, plain, signed

_WORDS = phrases("en")
_NUM_EXPLAINED = 3
_PATHS_EACH = 3
_NUM_TREATMENTS = {
    TreatmentStatus.RECOMMENDED: 6,
    TreatmentStatus.CAUTION: 4,
    TreatmentStatus.POSSIBLE: 3,
    TreatmentStatus.HELD_BACK: 4,
    TreatmentStatus.PREDICTED: 3,
}
_STATUS_WORDS = {
    TreatmentStatus.RECOMMENDED: "recommended",
    TreatmentStatus.CAUTION: "with caution",
    TreatmentStatus.POSSIBLE: "possible",
    TreatmentStatus.HELD_BACK: "held back",
    TreatmentStatus.PREDICTED: "predicted",
}
_MARKS = {
    TreatmentStatus.RECOMMENDED: ("[+]", "bold green"),
    TreatmentStatus.CAUTION: ("[!]", "bold yellow"),
    TreatmentStatus.POSSIBLE: ("[?]", "bold cyan"),
    TreatmentStatus.HELD_BACK: ("[=]", "bold yellow"),
    TreatmentStatus.PREDICTED: ("[~]", "bold magenta"),
    TreatmentStatus.CONTRAINDICATED: ("[x]", "bold red"),
}
_CONCERNS = {Severity.CONTRAINDICATED: ("veto", "red"), Severity.CAUTION: ("caution", "yellow")}
_INDICATIONS_EACH = 1
_FINDINGS_EACH = 3
_BAR_CELLS = 10
_ASCII = str.maketrans({"−": "-", "–": "-", "←": "<", "→": ">", "█": "#", "░": ".", "·": "-", "…": "~"})


def print_report(report: Report, console: Console) -> None:
    """Print a report; no line is longer than the console is wide.

    On a console whose encoding is not UTF, arrows and bars become ASCII.
    """
    print_parts(_parts(report), console)


def print_parts(parts: Iterable[RenderableType], console: Console) -> None:
    """Print parts of a report, arrows and bars as ASCII on a console that knows no other."""
    group = Group(*parts)
    console.print(group if console.encoding.startswith("utf") else _Narrowed(group))


def _parts(report: Report) -> Iterator[RenderableType]:
    yield Text.assemble(("kgdx report", "bold"), "  release ", plain(report.release))
    for warning in report.warnings:
        yield hanging("Warning", _WORDS.message(warning), "yellow")
    if report.abstained:
        yield Panel(
            Text(plain(_WORDS.messages(report.abstained))),
            title="No commitment",
            title_align="left",
            style="yellow",
        )
    yield from section("Differential", _differential(report))
    if report.red_flags:
        yield from section("Must not be missed", _red_flag(report.red_flags))
    if report.disease_pairs:
        yield from section("Several diseases at once", _combinations(report.disease_pairs))
    if report.next_steps:
        yield from section("What to look for next", _next_steps(report.next_steps))
    yield from section("Best paths", _best_paths(report.differential[:_NUM_EXPLAINED]))
    yield from section("Treatments", _treatments(report.treatments))
    yield from section("Evidence", [_evidence(report)] if report.evidence else [])
    yield Text("")
    yield Text(plain(report.disclaimer), style="italic")


def section(title: str, content: Iterable[RenderableType]) -> Iterator[RenderableType]:
    """A heading with what stands under it, or that there is nothing."""
    yield Text(f"\n{title}", style="bold cyan")
    filled = list(content)
    yield from filled or [Text("  none")]


def _differential(report: Report) -> Iterator[Table]:
    if not report.differential:
        return
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), show_edge=False)
    table.add_column("#", justify="right")
    table.add_column("Diagnosis", ratio=4, overflow="fold")
    table.add_column("Probability", min_width=_BAR_CELLS + 1)
    table.add_column("Speaks for (+) and against (−)", ratio=5, overflow="fold")
    for diagnosis in report.differential:
        named = Text.assemble((plain(diagnosis.name), "bold"), "\n", (plain(diagnosis.disease), "dim"))
        if diagnosis.red_flag is not None:
            named.append(f"\n[!] {plain(_WORDS.message(diagnosis.red_flag))}", "bold red")
        if diagnosis.group is not None:
            group = f"{plain(diagnosis.group.name)} and its kinds: {percent(diagnosis.group.probability)}"
            named.append(f"\n{group}", "dim")
        table.add_row(str(diagnosis.rank), named, _bar(diagnosis.probability), _for_and_against(diagnosis))
    yield table


def _bar(probability: float) -> Text:
    filled = round(min(max(probability, 0.0), 1.0) * _BAR_CELLS)
    return Text.assemble(
        (f"{percent(probability)}\n", "bold"), ("█" * filled, "cyan"), ("░" * (_BAR_CELLS - filled), "dim")
    )


def _for_and_against(diagnosis: Diagnosis) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for findings, word, style in (
        (diagnosis.supports, "for", "green"),
        (diagnosis.contradicts, "against", "red"),
    ):
        for finding in findings[:_FINDINGS_EACH]:
            grid.add_row(
                Text(signed(finding.contribution), style=style), Text(plain(_WORDS.finding(finding)))
            )
        if len(findings) > _FINDINGS_EACH:
            grid.add_row("", Text(f"and {len(findings) - _FINDINGS_EACH} more {word}", style="dim"))
    if diagnosis.unexplained:
        grid.add_row("", Text(f"{len(diagnosis.unexplained)} unexplained", style="dim"))
    return grid


def _red_flag(flags: Sequence[RedFlag]) -> Iterator[RenderableType]:
    for flag in flags:
        yield Text.assemble(
            ("[!] ", "bold red"), (plain(flag.name), "bold"), f"  {percent(flag.probability)}"
        )
        yield hanging(f"rank {flag.rank}", _WORDS.message(flag.why), "dim")
        if flag.rules_out:
            asked = flag.rules_out
            told = f"{asked.name} ({asked.kind.value}); {_shift('absent', asked.if_absent)}"
            yield hanging("tells most", told, "dim")


def _next_steps(steps: Sequence[NextFinding]) -> Iterator[RenderableType]:
    for i, step in enumerate(steps, 1):
        told = f"  {step.kind.value}, {step.gain_bits:.2f} bits"
        yield Text.assemble(f"{i}. ", (plain(step.name), "bold"), (told, "dim"))
        yield hanging("present", _shift("", step.if_present), "dim")
        yield hanging("absent", _shift("", step.if_absent), "dim")
    answer = f'{{"id": "{steps[0].curie}", "status": "excluded", "elicited": true}}'
    yield Text(f"An answer goes into the case marked as asked for, such as {answer}", "dim")


def _shift(word: str, moved: ProbabilityChange) -> str:
    said = f"{moved.name} {percent(moved.before)} → {percent(moved.after)}"
    return f"{word}: {said}" if word else said


def _combinations(pairs: Sequence[DiseasePair]) -> Iterator[RenderableType]:
    for pair in pairs:
        both = f"{plain(pair.first.name)} and {plain(pair.second.name)}"
        yield Text.assemble((both, "bold"), f"  {factor(pair.factor)} than one alone")
        for disease, findings in ((pair.first, pair.by_first), (pair.second, pair.by_second)):
            names = _WORDS.enumerated([finding.name for finding in findings], _FINDINGS_EACH)
            yield hanging("explains", f"{disease.name}: {names}", "dim")


def _best_paths(differential: tuple[Diagnosis, ...]) -> Iterator[RenderableType]:
    for diagnosis in differential:
        title = f"{diagnosis.rank}. {plain(diagnosis.name)}"
        yield Text.assemble((title, "bold"), f"  {percent(diagnosis.probability)}")
        yield from (line for path in diagnosis.paths[:_PATHS_EACH] for line in _path(path))
        if not diagnosis.paths:
            yield Text("   no path of the graph carries this score")


def _path(path: Path) -> Iterator[RenderableType]:
    yield hanging(signed(path.contribution), sentence(path), "bold")
    yield from _chain(path)


def _chain(path: Path) -> Iterator[RenderableType]:
    if path.steps:
        yield Padding(Text(plain(chain(path)), style="dim", overflow="fold"), (0, 0, 0, 11))


def _treatments(treatments: Sequence[Treatment]) -> Iterator[RenderableType]:
    """The best of each status, and every one that is contraindicated: a veto is never left unsaid."""
    left: Counter[TreatmentStatus] = Counter()
    shown: Counter[TreatmentStatus] = Counter()
    for treatment in treatments:
        if shown[treatment.status] < _NUM_TREATMENTS.get(treatment.status, len(treatments)):
            shown[treatment.status] += 1
            yield from _treatment(treatment)
        else:
            left[treatment.status] += 1
    if left:
        kinds = ", ".join(f"{number} {_STATUS_WORDS[status]}" for status, number in left.items())
        further = counted(left.total(), "further treatment")
        yield hanging("", f"{further} ({kinds}) in the page (--html) and in the data (--json)", "dim")


def _treatment(treatment: Treatment) -> Iterator[RenderableType]:
    mark, style = _MARKS[treatment.status]
    yield Text.assemble(
        (f"{mark} {treatment.status.value}", style),
        "  ",
        (plain(treatment.name), "bold"),
        "  ",
        (plain(treatment.drug), "dim"),
    )
    yield hanging("benefit", f"{percent(treatment.expected_benefit)} of the posterior", "dim")
    if treatment.confidence is not None:
        doubt = (
            f"prediction, confidence {percent(treatment.confidence)}: no source states that it treats this"
        )
        yield hanging("", doubt, "magenta")
    if treatment.indications:
        yield hanging("why", indications(treatment.indications), "dim")
    for path in treatment.paths[:_INDICATIONS_EACH]:
        yield from _chain(path)
    if treatment.reservations:
        yield hanging("but", _WORDS.messages(treatment.reservations), "cyan")
    for concern in treatment.concerns:
        label, colour = _CONCERNS[concern.severity]
        said = _WORDS.messages(filter(None, (concern.mechanism, concern.advice)))
        told = f"{sentence(concern.path)} [{concern.kind.value}]"
        yield hanging(label, f"{told}: {said}" if said else told, colour)
        yield from _chain(concern.path)


def _evidence(report: Report) -> Table:
    counts = Counter((item.origin.modality, item.polarity) for item in report.evidence)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    table.add_column(counted(len(report.evidence), "observation"))
    for polarity in Polarity:
        table.add_column(polarity.value, justify="right")
    for modality in dict.fromkeys(item.origin.modality for item in report.evidence):
        table.add_row(modality, *(str(counts[modality, polarity]) for polarity in Polarity))
    return table


def hanging(label: str, words: str, style: str) -> Table:
    """A label and words beside it, whose further lines stay clear of the label."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=10, justify="right")
    grid.add_column(overflow="fold")
    grid.add_row(Text(label, style=style), Text(plain(words)))
    return grid


class _Narrowed:
    """What a console can encode of a renderable; everything keeps its width."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._inner, options):
            text = segment.text.translate(_ASCII).encode(console.encoding, "replace").decode(console.encoding)
            yield Segment(text, segment.style, segment.control)
