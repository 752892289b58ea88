"""The reasons of one diagnosis on the terminal: findings, paths with their sources, what-if, verification."""

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from kgdx.domain.path import Path, Step
from kgdx.domain.report import Diagnosis, FindingContribution, Report
from kgdx.domain.what_if import Intervention, WhatIf
from kgdx.explain.faithfulness import Scored, Verification, Verified
from kgdx.explain.walk import chain
from kgdx.report.messages import phrases
from kgdx.report.runner_up import Contrast, compare
from kgdx.report.sentences import sentence
from kgdx.report.terminal import hanging, print_parts, section
from kgdx.report.wording import percent, plain, short_source, signed

_WORDS = phrases("en")
_NUM_PUBLICATIONS = 4
_SUPPOSED = {
    Intervention.UNMENTIONED: "without",
    Intervention.PRESENT: "present",
    Intervention.EXCLUDED: "absent",
}


def print_reasons(
    report: Report, diagnosis: Diagnosis, verification: Verification | None, console: Console
) -> None:
    """Print why a report gives a diagnosis its place."""
    print_parts(_parts(report, diagnosis, verification), console)


def _parts(
    report: Report, diagnosis: Diagnosis, verification: Verification | None
) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{diagnosis.rank}. {plain(diagnosis.name)}", "bold"),
        f"  {percent(diagnosis.probability)}  ",
        (plain(diagnosis.disease), "dim"),
    )
    yield hanging("logit", _of_logit(diagnosis), "dim")
    for title, findings in (
        ("Speaks for it", diagnosis.supports),
        ("Speaks against it", diagnosis.contradicts),
        ("Unexplained", diagnosis.unexplained),
    ):
        yield from section(title, _findings(findings))
    if len(report.differential) > 1:
        rival = report.differential[1 if diagnosis is report.differential[0] else 0]
        title = f"What {plain(rival.name)} (rank {rival.rank}) explains better"
        yield from section(title, _contrasts(compare(diagnosis, rival).by_second))
    yield from section("Paths", (line for path in diagnosis.paths for line in _path(path)))
    if report.what_if:
        yield from section("What if", [_what_if(report.what_if, report, diagnosis)])
    if verification is not None:
        yield from section("Verification", _verification(verification))
    yield Text("")
    yield Text(plain(report.disclaimer), style="italic")


def _of_logit(diagnosis: Diagnosis) -> str:
    retained, full = signed(diagnosis.logit), signed(diagnosis.full_graph_logit)
    more = signed(diagnosis.residual_logit)
    return f"{retained} on the retained subgraph; {full} on the full graph, which is {more} more"


def _findings(findings: Sequence[FindingContribution]) -> Iterator[RenderableType]:
    for finding in findings:
        yield hanging(signed(finding.contribution), f"{_WORDS.finding(finding)}  {finding.curie}", "bold")


def _contrasts(contrasts: Sequence[Contrast]) -> Iterator[RenderableType]:
    for each in contrasts:
        both = f"{signed(each.second)} there, {signed(each.first)} here"
        yield hanging(
            signed(each.difference), f"{_WORDS.finding(each.finding)}  {each.finding.curie}  {both}", "bold"
        )


def _path(path: Path) -> Iterator[RenderableType]:
    yield hanging(signed(path.contribution), sentence(path), "bold")
    if path.steps:
        yield hanging("", chain(path), "dim")
    for step in path.steps:
        yield hanging("", _provenance(step), "dim")


def _provenance(step: Step) -> str:
    """Who states an edge: `edge 0f3a…: hpo-annotations 2023-01-27 (licence), PMID:1 and 3 more`."""
    source = " ".join(filter(None, (short_source(step.source), step.release)))
    licence = f" ({step.licence})" if step.licence else ""
    cited = f", {_WORDS.enumerated(step.publications, _NUM_PUBLICATIONS)}" if step.publications else ""
    return f"edge {step.edge_id}: {source}{licence}{cited}"


def _what_if(suppositions: Sequence[WhatIf], report: Report, diagnosis: Diagnosis) -> Table:
    place = [each.disease for each in report.differential].index(diagnosis.disease)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    for name in ("supposed", "its rank", "its probability", "first would be"):
        table.add_column(name, overflow="fold")
    for what in suppositions:
        names = _WORDS.enumerated([plain(name) for name in what.names], len(what.names))
        word = _SUPPOSED[what.intervention]
        said = f"{word} {names}" if what.intervention is Intervention.UNMENTIONED else f"{names}: {word}"
        standing = what.reranked[place]
        first = f"{plain(what.first.name)} {percent(what.first.probability)}"
        mark = " [turns the first]" if what.is_turning else ""
        table.add_row(Text(f"{said}{mark}"), str(standing.rank), percent(standing.probability), Text(first))
    return table


def _verification(verification: Verification) -> Iterator[RenderableType]:
    held = (
        f"{verification.num_edges} edges of all paths, {len(verification.unknown)} not in the graph as stated"
    )
    yield hanging("edges", held, "bold")
    for verified in verification.diagnoses:
        yield from (hanging(label, told, "bold") for label, told in _scores(verified))
    if verification.missing:
        yield hanging("missing", f"{', '.join(verification.missing)}: not ranked among the first now", "bold")
    changed = ", ".join(plain(curie) for curie in verification.treatments)
    yield hanging("treatments", f"otherwise now: {changed}" if changed else "come out as reported", "bold")
    left_out = "contributions, names, warnings, red flags, next steps, pairs and suppositions"
    yield hanging("not covered", left_out, "bold")
    sound = "every edge is in the graph as stated, every diagnosis and treatment comes out as reported"
    yield hanging("result", sound if verification.is_sound else "NOT as reported: see above", "bold")


def _scores(verified: Verified) -> Iterable[tuple[str, str]]:
    return (
        ("reported", _score(verified.reported)),
        ("again", _score(verified.again)),
        ("retained", f"{_score(verified.retained)} on {verified.num_retained} retained edges alone"),
        (
            "full graph",
            f"{_score(verified.full_graph)} with what the rest of the graph adds to it and its rivals",
        ),
        (
            "without",
            f"{_score(verified.without_paths)} without the {verified.num_edges} edges of the paths for it",
        ),
        ("at random", f"{_score(verified.without_random)} without as many random paths"),
    )


def _score(scored: Scored) -> str:
    return f"logit {signed(scored.logit)}, {percent(scored.probability)}, rank {scored.rank}"
