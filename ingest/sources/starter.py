"""The starter graph: KGX, its names in Chinese, and tables of what a pharmacist knows, with their handbooks.

What a table says beyond a relation becomes the words of the edge, see `kgdx.domain.remarks`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.model import Item, Rejected, Row
from ingest.sources import kgx
from kgdx.domain.graph import Edge, Node
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
CHINESE = "chinese.tsv"
_BY_SEVERITY = {"contraindicated": "contraindicated_in", "caution": "cautioned_in"}


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every node, with its Chinese name as the first of its Chinese synonyms, and every edge.

    Args:
        path: a folder with `nodes.tsv`, `edges.tsv`, `chinese.tsv` and the tables; a graph written as KGX
            has none of the latter, for it holds their rows among its edges.

    Raises:
        SourceError: if a file is missing, cannot be read or lacks a column.
    """
    yield from _with_chinese(kgx.read(path, source), path / CHINESE)
    for name, table in TABLES.items():
        if not (path / name).exists():
            continue
        columns = (*table.ends, *table.remarks, *(() if table.relation else ("severity",)))
        for line, row in read_table(path / name, columns):
            where, relation = f"{name}, line {line}", table.relation or _BY_SEVERITY.get(row["severity"], "")
            if not relation:
                yield Rejected(where, "unknown severity", row["severity"])
                continue
            head, tail = (row[end] for end in table.ends)
            words = written({column: row[column] for column in table.remarks})
            yield Row(where, Edge(head, relation, tail, source.provenance(""), original_predicate=words))


def _with_chinese(items: Iterator[Item], path: Path) -> Iterator[Item]:
    """The items, each node with the synonyms that its translation adds."""
    rows = read_table(path, ("id", "name", "synonyms")) if path.exists() else ()
    translated = {row["id"]: (line, row) for line, row in rows}
    for item in items:
        if isinstance(item, Row) and isinstance(node := item.statement, Node) and node.curie in translated:
            _, row = translated.pop(node.curie)
            chinese = (f"{text}@zh" for text in (row["name"], *row["synonyms"].split("|")) if text)
            yield replace(item, statement=replace(node, synonyms=(*node.synonyms, *chinese)))
        else:
            yield item
    for curie, (line, _) in translated.items():
        yield Rejected(f"{path.name}, line {line}", "names no node", curie)
