"""Load a source into a store: read everything, check it all, then write once.

Nothing is written before the last row has been read and checked, so a broken file leaves the store as
it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ingest.catalogue import Source, find
from ingest.intake import Intake, Known
from ingest.readers import READERS
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import LoadCount
from kgdx.ports import GraphStore

_KNOWN = "MATCH (n) RETURN n.curie AS curie, n.kind AS kind, n.replaced_by AS replaced_by"
_REPORT_EVERY = 2000

Progress = Callable[[int], None]
"""Told the number of rows read so far."""


@dataclass(frozen=True)
class Summary:
    """What became of every row: `num_rows = num_written + num_merged + rejected + skipped`, summed up.

    Attributes:
        source: name of the source.
        num_rows: rows read.
        num_written: rows whose statement the store now holds.
        num_merged: rows that repeat the statement of another row.
        rejected, skipped: reason -> number of rows; the former are wrong, the latter beside the point.
        examples: reason -> the first rows rejected for it: where and what.
        num_nodes, num_edges: what the source now states, nodes named on the way included.
        num_replaced: edges with an obsolete end that was exchanged for what replaced it.
        change: what that changed in the store.
    """

    source: str
    num_rows: int
    num_written: int
    num_merged: int
    rejected: Mapping[str, int]
    skipped: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    num_nodes: int
    num_edges: int
    num_replaced: int
    change: LoadCount


def load(name: str, path: Path | None, store: GraphStore, progress: Progress = lambda _: None) -> Summary:
    """Make the store hold what a source states, and nothing else of that source.

    Args:
        name: a name of the catalogue.
        path: file or folder of the source; None for the one that comes with the package.
        store: open for writing.
        progress: told from time to time how many rows were read.

    Raises:
        SourceError: if the source is unknown, cannot be read, or mostly speaks of nodes that are not there;
            the store is then as it was.
    """
    source = find(name)
    path = path or _bundled(source)
    known = {row["curie"]: Known(row["kind"], row["replaced_by"]) for row in store.query(_KNOWN, {})}
    intake = Intake(source, known)
    for item in READERS[name](path, source):
        intake.take(item)
        if intake.num_rows % _REPORT_EVERY == 0:
            progress(intake.num_rows)
    progress(intake.num_rows)
    intake.settle(path)
    nodes, edges = list(intake.nodes), list(intake.edges.values())
    change = store.replace_source(name, nodes, edges)
    return _summary(intake, len(nodes), change)


def _bundled(source: Source) -> Path:
    if not source.bundled:
        raise SourceError(f"source {source.name!r}", "no path given", "say where it is with --from")
    return Path(str(files("ingest").joinpath(source.bundled)))


def _summary(intake: Intake, num_nodes: int, change: LoadCount) -> Summary:
    return Summary(
        source=intake.source.name,
        num_rows=intake.num_rows,
        num_written=intake.num_written,
        num_merged=intake.num_merged,
        rejected=dict(intake.rejected.most_common()),
        skipped=dict(intake.skipped.most_common()),
        examples={reason: tuple(texts) for reason, texts in intake.examples.items()},
        num_nodes=num_nodes,
        num_edges=len(intake.edges),
        num_replaced=intake.num_replaced,
        change=change,
    )
