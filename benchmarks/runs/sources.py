"""Every source of the real data in both stores: what became of its rows, and whether both hold the same.

`python -m benchmarks.sources --data DATA --write docs/reference/sources.md` reads the sources, loads each
into an embedded store and, with `--neo4j URI`, into a server's, and tells on stderr how long each took.
It fails where rows do not add up or the stores differ.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingest.catalogue import catalogue, find
from ingest.load import read, release_of
from ingest.source_batch import SourceBatch
from kgdx.stores.base import GraphStore
from kgdx.stores.embedded import EmbeddedStore
from kgdx.stores.registry import open_store


@dataclass(frozen=True)
class Counted:
    """What became of the rows of a source, and what it states.

    Attributes:
        num_rows: `num_written + num_merged`, the values of `skipped` and of `rejected`, summed up.
        kinds, relations: kind or relation -> number of nodes or edges.
    """

    source: str
    release: str
    num_rows: int
    num_written: int
    num_merged: int
    skipped: Mapping[str, int]
    rejected: Mapping[str, int]
    kinds: Mapping[str, int]
    relations: Mapping[str, int]

    @classmethod
    def of(cls, batch: SourceBatch) -> "Counted":
        """What an batch that is settled counted."""
        return cls(
            batch.source.name,
            release_of(batch),
            batch.num_rows,
            batch.num_written,
            batch.num_merged,
            dict(batch.skipped.most_common()),
            dict(batch.rejected.most_common()),
            dict(Counter(node.kind for node in batch.nodes).most_common()),
            occurrences(batch.edges, "relation"),
        )

    @property
    def adds_up(self) -> bool:
        """Whether every row is accounted for."""
        beside = sum(self.skipped.values()) + sum(self.rejected.values())
        return self.num_rows == self.num_written + self.num_merged + beside


@dataclass(frozen=True)
class Contents:
    """How many nodes of each kind and edges of each relation a store holds."""

    kinds: Mapping[str, int]
    relations: Mapping[str, int]

    @classmethod
    def of(cls, store: GraphStore) -> "Contents":
        """What a store holds now."""
        nodes, edges = store.export()
        return cls(occurrences(nodes, "kind"), occurrences(edges, "relation"))


def occurrences(table: pa.Table, column: str) -> dict[str, int]:
    """How often each value of a column occurs, the most frequent first."""
    counted = {row["values"]: row["counts"] for row in pc.value_counts(table[column]).to_pylist()}
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def read_sources(data: Path) -> Iterator[SourceBatch]:
    """Every source of the folder of real data, read."""
    for source in catalogue().values():
        if source.test_data:
            yield read(source.name, data / source.test_data)


def page(counted: Mapping[str, Counted], contents: Contents) -> str:
    """`docs/reference/sources.md`."""
    lines = [
        "# Sources",
        "",
        "What `kgdx ingest list` offers, counted on one release of each. Rows read are rows written,",
        "merged (they repeat the statement of another row), skipped (beside the point) and rejected",
        "(wrong); the nodes include those that a source only names. This page is written by",
        "`python -m benchmarks.sources`, and a test holds it against the files.",
        "",
        "| source | release | licence | rows | written | merged | skipped | rejected | nodes | edges |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_row(counted[name]) for name in sorted(counted)),
        "",
        "`primekg` is read in the column layout that its authors publish (`kg.csv`); `starter` comes with",
        "the package; `kgx`, `ontology` and `table` read your own files. None of them is counted here.",
        "",
        "## All of them in one graph",
        "",
        "The same in the embedded store and in Neo4j. Two sources that make one statement keep an edge each.",
        "",
        *_table("kind", "nodes", contents.kinds),
        "",
        *_table("relation", "edges", contents.relations),
        "",
        "## Source by source",
    ]
    for name in sorted(counted):
        lines += ["", *_section(counted[name])]
    return "\n".join(lines) + "\n"


def _row(counted: Counted) -> str:
    numbers = (
        counted.num_rows,
        counted.num_written,
        counted.num_merged,
        sum(counted.skipped.values()),
        sum(counted.rejected.values()),
        sum(counted.kinds.values()),
        sum(counted.relations.values()),
    )
    cells = (
        f"`{counted.source}`",
        counted.release or "—",
        find(counted.source).license,
        *map(_told, numbers),
    )
    return f"| {' | '.join(cells)} |"


def _section(counted: Counted) -> list[str]:
    source = find(counted.source)
    lines = [f"### {source.name}", "", f"[{source.title}]({source.url}): {source.format}. {_listed(counted)}"]
    for what, reasons in (("Skipped", counted.skipped), ("Rejected", counted.rejected)):
        if reasons:
            lines += ["", f"{what}: {'; '.join(f'{r} ({_told(n)})' for r, n in reasons.items())}."]
    return lines


def _listed(counted: Counted) -> str:
    nodes, edges = (
        ", ".join(f"{_told(n)} {name}" for name, n in counts.items())
        for counts in (counted.kinds, counted.relations)
    )
    return f"Nodes: {nodes}. Edges: {edges or 'none'}."


def _table(what: str, things: str, counts: Mapping[str, int]) -> list[str]:
    total = ("**all**", sum(counts.values()))
    rows = [f"| {name} | {_told(n)} |" for name, n in (*counts.items(), total)]
    return [f"| {what} | {things} |", "| --- | ---: |", *rows]


def _told(number: int) -> str:
    return f"{number:,}"


def main(arguments: list[str] | None = None) -> int:
    """Count, compare and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sources", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--neo4j", metavar="URI", help="a server whose graph is empty; user as for kgdx")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page there")
    given = parser.parse_args(arguments)
    counted: dict[str, Counted] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stores: dict[str, GraphStore] = {
            "embedded": stack.enter_context(EmbeddedStore.open(Path(folder) / "g"))
        }
        if given.neo4j:
            stores["neo4j"] = stack.enter_context(open_store(given.neo4j))
        for batch in read_sources(given.data):
            name = batch.source.name
            counted[name] = Counted.of(batch)
            if not counted[name].adds_up:
                sys.exit(f"{name}: rows do not add up: {counted[name]}")
            nodes, edges = list(batch.nodes), batch.edges
            for where, store in stores.items():
                start = time.perf_counter()
                store.replace_source(name, nodes, edges, release_of(batch))
                print(f"{name} into {where}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
        contents = {where: Contents.of(store) for where, store in stores.items()}
    if len({repr(held) for held in contents.values()}) != 1:
        sys.exit(f"the stores differ: {contents}")
    text = page(counted, contents["embedded"])
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
