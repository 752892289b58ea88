"""The starter graph: KGX, and tables of what a pharmacist knows, each row with the handbook that says so.

What a table says beyond a relation becomes the words of the edge, see `kgdx.domain.remarks`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.model import Item, Rejected, Row
from ingest.sources import kgx
from kgdx.domain.graph import Edge
from kgdx.domain.remarks import written


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows are edges.

    Attributes:
        ends: columns of the head and the tail.
        remarks: columns that the words of the edge keep.
        relation: of every row; where it is empty, the severity of the row tells it.
    """

    ends: tuple[str, str]
    remarks: tuple[str, ...]
    relation: str = ""


TABLES: Mapping[str, Table] = {
    "interactions.tsv": Table(("one", "other"), ("severity", "mechanism", "advice"), "interacts_with"),
    "cross_reactions.tsv": Table(("one", "other"), ("severity", "mechanism", "advice"), "similar_to"),
    "precautions.tsv": Table(("treatment", "condition"), ("advice",)),
    "indications.tsv": Table(("treatment", "disease"), ("line", "urgency", "only_if"), "treats"),
}
_BY_SEVERITY = {"contraindicated": "contraindicated_in", "caution": "cautioned_in"}


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every node and edge.

    Args:
        path: a folder with `nodes.tsv`, `edges.tsv` and the tables; a graph written as KGX has none of these,
            for it holds their rows among its edges.

    Raises:
        SourceError: if a file is missing, cannot be read or lacks a column.
    """
    yield from kgx.read(path, source)
    for name, table in TABLES.items():
        if not (path / name).exists():
            continue
        columns = (*table.ends, *table.remarks, *(() if table.relation else ("severity",)))
        for line, row in read_table(path / name, columns):
            head, tail = (row[end] for end in table.ends)
            words = written({column: row[column] for column in table.remarks})
            relation = table.relation or _BY_SEVERITY.get(row["severity"])
            if relation is None:
                yield Rejected(f"{name}, line {line}", "unknown severity", row["severity"])
                continue
            edge = Edge(head, relation, tail, source.provenance(""), original_predicate=words)
            yield Row(f"{name}, line {line}", edge)
