"""What the commands of `kgdx ingest` say to people: tables and lines, drawn by rich."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape as escape_markup
from rich.table import Table

from ingest.audit import Finding
from ingest.catalogue import Source, owner_of
from ingest.diff import Diff
from ingest.load import Summary
from kgdx.domain.printable import printable

_COLORS = {"+": "green", "-": "red", "~": "yellow", "error": "red", "warning": "yellow"}


def print_summary(summary: Summary) -> None:
    """What became of the rows, and what that changed; on stderr."""
    title = f"{summary.source}: {summary.num_rows:,} rows read"
    table = Table("rows", "", title=title, title_justify="left")
    table.add_row(f"{summary.num_written:,}", "written")
    if summary.num_merged:
        table.add_row(f"{summary.num_merged:,}", "merged: they repeat another row")
    for reason, num in summary.skipped.items():
        table.add_row(f"{num:,}", escape(f"skipped: {reason}"))
    for reason, num in summary.rejected.items():
        table.add_row(f"{num:,}", escape(f"rejected: {reason} (first: {summary.examples[reason][0]})"))
    console = Console(stderr=True)
    console.print(table)
    change = summary.change
    console.print(
        f"{summary.num_nodes:,} nodes and {summary.num_edges:,} edges stated; in the graph: "
        f"nodes +{change.num_nodes_added:,} -{change.num_nodes_removed:,} ~{change.num_nodes_changed:,}, "
        f"edges +{change.num_edges_added:,} -{change.num_edges_removed:,} ~{change.num_edges_changed:,}"
    )
    for prefix, num in summary.undescribed.items():
        owner = owner_of(prefix)
        advice = f"load {owner}" if owner else "load its ontology"
        console.print(f"{num:,} {prefix} terms in the graph are named by edges alone: {advice}")


def print_diff(diff: Diff, num_examples: int) -> None:
    """The counts and the first few of each; on stdout."""
    console = Console()
    if diff.is_empty:
        console.print(f"{diff.source}: nothing would change")
        return
    counts = diff.counts()
    for what, gone in (("nodes", "dropped"), ("edges", "removed")):
        added, removed, changed = (counts[f"{what}_{how}"] for how in ("added", gone, "changed"))
        console.print(f"{what}: +{added:,} -{removed:,} ~{changed:,}", highlight=False)
    for mark, text in diff.lines(num_examples):
        console.print(f"[{_COLORS[mark]}]{mark}[/] {escape(text)}", highlight=False)


def print_findings(findings: Sequence[Finding]) -> None:
    """One row a finding; on stdout."""
    console = Console()
    if not findings:
        console.print("nothing wrong was found")
        return
    table = Table("level", "what", "where", "number", "meaning and remedy", show_lines=True)
    for finding in findings:
        examples = "".join(f"\n  {example}" for example in finding.examples)
        text = escape(f"{finding.message}: {finding.remedy}{examples}")
        level = f"[{_COLORS[finding.level]}]{finding.level}[/]"
        table.add_row(level, finding.code, escape(finding.where), f"{finding.num:,}", text)
    console.print(table)


_HOWS = {"added": "+", "removed": "-", "changed": "~"}


def print_history(loads: Sequence[Mapping[str, Any]]) -> None:
    """One row a load; on stdout."""
    table = Table("load", "source", "release", "finished (UTC)", "nodes", "edges")
    for load in loads:
        changes = (
            " ".join(f"{sign}{load[f'num_{what}_{done}']:,}" for done, sign in _HOWS.items())
            for what in ("nodes", "edges")
        )
        finished = str(load["finished"]).removesuffix("+00:00").replace("T", " ")
        table.add_row(str(load["id"]), load["source"], load["release"], finished, *changes)
    Console().print(table)


def print_sources(sources: Sequence[Source], loaded: Mapping[str, Mapping[str, int | str]] | None) -> None:
    """One row a source; on stdout."""
    held = loaded or {}
    columns = ["nodes", "edges", "release"] if loaded is not None else []
    table = Table("name", "what it is", *columns, show_lines=True)
    known = {source.name: source for source in sources}
    for name in dict.fromkeys([*known, *held]):
        source = known.get(name)
        about = "of your own"
        if source:
            tested = f"\ntested with: {source.release}" if source.release else ""
            about = f"{source.title} ({source.license})\n{source.yields}\ngive: {source.format}\n{source.url}"
            about += tested
        counts = held.get(name, {})
        cells = [counts.get(key, 0) for key in ("num_nodes", "num_edges")] if columns else []
        release = [str(counts.get("release", ""))] if columns else []
        table.add_row(name, escape(about), *(f"{cell:,}" for cell in cells), *release)
    Console().print(table)


def escape(text: str) -> str:
    """A text of a source as rich prints it: neither markup nor what a terminal obeys."""
    return escape_markup(printable(text))
