"""Any graph in KGX form: `nodes.tsv` and `edges.tsv`, with Biolink categories and predicates."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from graph_schema import load
from ingest.catalogue import Source
from ingest.files import read_table
from ingest.identifiers import identify, reason_against
from ingest.model import Item, Rejected, Row
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node, Provenance

_TRUE = ("true", "1")


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every node and edge whose category or predicate is in the schema.

    Args:
        path: a folder with `nodes.tsv` and `edges.tsv`, or the common beginning of `X_nodes.tsv` and
            `X_edges.tsv`; each may be gzipped.

    Raises:
        SourceError: if a file is missing, cannot be read or lacks a column.
    """
    nodes, edges = _file(path, "nodes"), _file(path, "edges")
    for line, row in read_table(nodes, ("id", "category")):
        yield _node(f"{nodes.name}, line {line}", row)
    for line, row in read_table(edges, ("subject", "predicate", "object")):
        yield _edge(f"{edges.name}, line {line}", row, source)


def _node(where: str, row: Mapping[str, str]) -> Item:
    kinds = filter(None, map(load().kind_of_category, row["category"].split("|")))
    kind = next(kinds, None)
    if kind is None:
        return Rejected(where, "category not in the schema", row["category"])
    try:
        curie = identify(row["id"])
    except CurieError:
        return Rejected(where, reason_against(row["id"]), row["id"])
    return Row(
        where,
        Node(
            curie,
            kind,
            row.get("name", ""),
            _list(row.get("synonym", "")),
            row.get("description", ""),
            row.get("deprecated", "").lower() in _TRUE,
            row.get("replaced_by", ""),
            row.get("provided_by", ""),
        ),
    )


def _edge(where: str, row: Mapping[str, str], source: Source) -> Item:
    relation = load().relation_of_predicate(row["predicate"])
    if relation is None:
        return Rejected(where, "predicate not in the schema", row["predicate"])
    text = row["subject"]
    try:
        head = identify(text)
        text = row["object"]
        tail = identify(text)
    except CurieError:
        return Rejected(where, reason_against(text), text)
    try:
        frequency = float(row["has_quotient"]) if row.get("has_quotient") else None
        num_patients = int(row["has_total"]) if row.get("has_total") else None
    except ValueError:
        return Rejected(where, "unreadable frequency", row["has_quotient"])
    if frequency is not None and not 0 <= frequency <= 1:
        return Rejected(where, "frequency outside 0 to 1", row["has_quotient"])
    provenance = Provenance(
        row.get("primary_knowledge_source") or source.infores,
        _list(row.get("publications", "")),
        row.get("license", ""),
        row.get("knowledge_level") or "not_provided",
        row.get("source_release", ""),
    )
    is_negated = row.get("negated", "").lower() in _TRUE
    onset, sex = row.get("onset_qualifier", ""), row.get("sex_qualifier", "")
    return Row(
        where, Edge(head, relation.name, tail, provenance, is_negated, frequency, num_patients, onset, sex)
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


def _file(path: Path, part: str) -> Path:
    names = (
        [f"{part}.tsv", f"{part}.tsv.gz"]
        if path.is_dir()
        else [f"{path.name}_{part}.tsv{z}" for z in ("", ".gz")]
    )
    folder = path if path.is_dir() else path.parent
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise SourceError(
        str(path), f"no {names[0]}", "name the folder of a KGX graph, with nodes.tsv and edges.tsv"
    )
