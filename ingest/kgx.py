"""Write nodes and edges as KGX, which `ingest.sources.kgx` reads back unchanged.

KGX has no way to quote: white space other than the blank is written as one blank, and a `|` inside an
item of a list as a `/`.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from graph_schema import load
from kgdx.domain.graph import Edge, Node

NODE_HEADER = (
    "id",
    "category",
    "name",
    "synonym",
    "description",
    "deprecated",
    "replaced_by",
    "provided_by",
)
EDGE_HEADER = (
    "id",
    "subject",
    "predicate",
    "object",
    "negated",
    "has_quotient",
    "has_total",
    "onset_qualifier",
    "sex_qualifier",
    "knowledge_level",
    "agent_type",
    "primary_knowledge_source",
    "original_predicate",
    "publications",
    "license",
    "source_release",
)
_SPACE = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def write(nodes: Iterable[Node], edges: Iterable[Edge], folder: Path) -> tuple[Path, Path]:
    """Write `nodes.tsv` and `edges.tsv` into a folder, made where missing; rows are sorted.

    Returns:
        The paths of both files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "nodes.tsv", folder / "edges.tsv"
    _write(paths[0], NODE_HEADER, sorted(map(_node_row, nodes)))
    _write(paths[1], EDGE_HEADER, sorted(map(_edge_row, edges), key=lambda row: (row[1:4], row[0])))
    return paths


def _node_row(node: Node) -> list[str]:
    deprecated = "true" if node.is_obsolete else ""
    category = load().categories[node.kind]
    names = node.name, _list(node.synonyms), node.definition
    return [node.curie, category, *names, deprecated, node.replaced_by, node.source]


def _edge_row(edge: Edge) -> list[str]:
    given = edge.provenance
    return [
        edge.edge_id,
        edge.head,
        load().relations[edge.relation].predicate,
        edge.tail,
        "true" if edge.negated else "false",
        "" if edge.frequency is None else repr(edge.frequency),
        "" if edge.num_patients is None else str(edge.num_patients),
        edge.onset,
        edge.sex,
        given.knowledge_level,
        "not_provided",
        given.source,
        edge.original_predicate,
        _list(given.publications),
        given.licence,
        given.release,
    ]


def _list(items: Iterable[str]) -> str:
    return "|".join(item.replace("|", "/") for item in items)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for row in (header, *rows):
            file.write("\t".join(_SPACE.sub(" ", cell) for cell in row) + "\n")
