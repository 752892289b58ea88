"""Load a source into a store: read everything, hold it against the schema, then write once.

Nothing is written before the last row has been read and checked, so a broken file leaves the store as
it was.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import pyarrow.compute as pc

from graph_schema import load as load_schema
from ingest.catalogue import Source, find
from ingest.readers import reader_of
from ingest.source_batch import Progress, SourceBatch
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import LoadCount
from kgdx.stores.base import GraphStore

_UNDESCRIBED = "MATCH (n) WHERE n.curie IS NOT NULL AND size(n.mentions) = 0 RETURN n.curie AS curie"
_REPORT_EVERY = 2000


@dataclass(frozen=True)
class Summary:
    """What became of every row: `num_rows = num_written + num_merged + rejected + skipped`, summed up.

    Attributes:
        source: name of the source.
        release: the source's own version, where its edges tell one.
        num_rows: rows read.
        num_written: rows whose statement the store now holds.
        num_merged: rows that repeat the statement of another row.
        rejected, skipped: reason -> number of rows; the former are wrong, the latter beside the point.
        examples: reason -> the first rows rejected for it: where and what.
        num_nodes, num_edges: what the source now states, nodes named on the way included.
        undescribed: prefix -> number of terms in the whole graph that only edges name, no source.
        change: what that changed in the store.
    """

    source: str
    release: str
    num_rows: int
    num_written: int
    num_merged: int
    rejected: Mapping[str, int]
    skipped: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    num_nodes: int
    num_edges: int
    undescribed: Mapping[str, int]
    change: LoadCount


def read(
    name: str,
    path: Path | None,
    progress: Progress = lambda _: None,
    *,
    alias: str = "",
    kind: str = "",
) -> SourceBatch:
    """Read a source, without a store.

    Args:
        name: a name of the catalogue.
        path: file or folder of the source; None for the one that comes with the package.
        progress: told from time to time how many rows were read.
        alias: name to keep the source under; several tables of one format need several names.
        kind: of terms whose prefix does not tell it.

    Raises:
        SourceError: if the source is unknown or cannot be read.
    """
    source = find(name)
    if kind:
        source = replace(source, kind=_known_kind(kind))
    if alias:
        source = replace(source, name=alias, infores=f"infores:{alias}")
    path = path or _bundled(source)
    batch = SourceBatch(source)
    num_reported = 0
    for item in reader_of(source)(path, source):
        batch.add(item)
        if batch.num_rows - num_reported >= _REPORT_EVERY:
            num_reported = batch.num_rows
            progress(num_reported)
    progress(batch.num_rows)
    batch.settle()
    return batch


def load(
    name: str,
    path: Path | None,
    store: GraphStore,
    progress: Progress = lambda _: None,
    *,
    alias: str = "",
    kind: str = "",
) -> Summary:
    """Make the store hold what a source states, and nothing else of that source.

    Args:
        name, path, progress, alias, kind: as for `read`.
        store: open for writing.

    Raises:
        SourceError: if the source is unknown or cannot be read; the store is then as it was.
    """
    batch = read(name, path, progress, alias=alias, kind=kind)
    nodes = list(batch.nodes)
    release, num_edges = release_of(batch), batch.edges.num_rows
    change = store.replace_source(batch.source.name, nodes, batch.hand_over(), release)
    undescribed = Counter(prefix_of(row["curie"]) for row in store.query(_UNDESCRIBED, {}))
    return Summary(
        source=batch.source.name,
        release=release,
        num_rows=batch.num_rows,
        num_written=batch.num_written,
        num_merged=batch.num_merged,
        rejected=dict(batch.rejected.most_common()),
        skipped=dict(batch.skipped.most_common()),
        examples={reason: tuple(texts) for reason, texts in batch.examples.items()},
        num_nodes=len(nodes),
        num_edges=num_edges,
        undescribed=dict(undescribed.most_common()),
        change=change,
    )


def release_of(batch: SourceBatch) -> str:
    """The newest release that the edges of a source name, or empty."""
    return pc.max(batch.edges["release"]).as_py() or ""


def _known_kind(kind: str) -> str:
    kinds = load_schema().kinds
    if kind not in kinds:
        raise SourceError(f"kind {kind!r}", "not in the schema", f"choose one of {', '.join(kinds)}")
    return kind


def _bundled(source: Source) -> Path:
    if not source.bundled:
        raise SourceError(f"source {source.name!r}", "no path given", "say where it is with --from")
    return Path(str(files("ingest").joinpath(source.bundled)))
