"""Any graph in KGX form: nodes and edges as TSV or JSON Lines, with Biolink categories and predicates.

Edges are read in columns, since such graphs are large; a row that is not sound in every cell is looked at
by itself, to say what is wrong with it.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.biolink import kind_of, narrower, relation_of, share, whole
from ingest.catalogue import Source
from ingest.files import read_table
from ingest.identifiers import identify, reason_against
from ingest.model import Block, Item, Rejected, Row
from ingest.sources import kgx_lines
from ingest.tables import read_columns
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Node
from kgdx.graph.arrow_schema import STATED_EDGE_COLUMNS, edge_ids

_TRUE = ("true", "1")
_PLAIN = {
    "onset": "onset_qualifier",
    "sex": "sex_qualifier",
    "licence": "license",
    "release": "source_release",
}


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every node and edge whose category or predicate is in the schema.

    Args:
        path: a folder with `nodes.tsv` and `edges.tsv`, or the common beginning of `X_nodes.tsv` and
            `X_edges.tsv`; each may be gzipped. The same with `.jsonl` for JSON Lines. A folder may hold
            further edges in `edges_*.tsv`.

    Raises:
        SourceError: if a file is missing, cannot be read or lacks a column.
    """
    if kgx_lines.find(path, "nodes"):
        yield from kgx_lines.read(path, source)
        return
    nodes, edges = _file(path, "nodes"), [_file(path, "edges")]
    edges += sorted(path.glob("edges_*.tsv")) if path.is_dir() else []
    for line, row in read_table(nodes, ("id", "category")):
        yield _node(f"{nodes.name}, line {line}", row)
    for file in edges:
        for lines, table in read_columns(file, ("subject", "predicate", "object")):
            yield from _edges(file.name, lines, table, source)


def _node(where: str, row: Mapping[str, str]) -> Item:
    kind = _kind(row["category"])
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
            tuple(part for part in row.get("synonym", "").split("|") if part),
            row.get("description", ""),
            row.get("deprecated", "").lower() in _TRUE,
            row.get("replaced_by", ""),
            row.get("provided_by", ""),
        ),
    )


def _edges(file: str, lines: pa.Array, table: pa.Table, source: Source) -> Iterator[Item]:
    texts = {name: table[name].combine_chunks() for name in table.column_names}
    empty = pa.repeat(pa.scalar(""), table.num_rows)

    def cells(name: str) -> pa.Array:
        return texts.get(name, empty)

    columns: dict[str, pa.Array] = {
        "head": _mapped(cells("subject"), _identified),
        "relation": _mapped(cells("predicate"), relation_of),
        "tail": _mapped(cells("object"), _identified),
        "negated": _mapped(cells("negated"), lambda text: text.lower() in _TRUE, pa.bool_()),
        "frequency": _mapped(cells("has_quotient"), share, pa.float64()),
        "num_patients": _mapped(cells("has_total"), whole, pa.int64()),
        "source": _or(cells("primary_knowledge_source"), source.infores),
        "knowledge_level": _or(cells("knowledge_level"), "not_provided"),
        "publications": _lists(cells("publications")),
        "original_predicate": _or(cells("original_predicate"), _mapped(cells("predicate"), narrower)),
        "head_kind": _mapped(cells("subject_category"), _kind),
        "tail_kind": _mapped(cells("object_category"), _kind),
        **{name: cells(cell) for name, cell in _PLAIN.items()},
    }
    is_sound = pc.and_(pc.is_valid(columns["head"]), pc.is_valid(columns["tail"]))
    is_sound = pc.and_(is_sound, pc.is_valid(columns["relation"]))
    for name, cell in (("frequency", "has_quotient"), ("num_patients", "has_total")):
        is_sound = pc.and_(is_sound, pc.or_(pc.is_valid(columns[name]), pc.equal(cells(cell), "")))
    names = [name for name in STATED_EDGE_COLUMNS.names if name != "edge_id"]
    sound = pa.table({name: columns[name] for name in names}).filter(is_sound)
    sound = sound.append_column("edge_id", edge_ids(sound)).select(STATED_EDGE_COLUMNS.names)
    yield Block(file, lines.filter(is_sound), sound.cast(STATED_EDGE_COLUMNS))
    broken = pc.invert(is_sound)
    for line, row in zip(lines.filter(broken).to_pylist(), table.filter(broken).to_pylist(), strict=True):
        yield _fault(f"{file}, line {line}", row)


def _fault(where: str, row: Mapping[str, str]) -> Rejected:
    """What is wrong with a row that is not sound."""
    if relation_of(row["predicate"]) is None:
        return Rejected(where, "predicate not in the schema", row["predicate"])
    for text in (row["subject"], row["object"]):
        if _identified(text) is None:
            return Rejected(where, reason_against(text), text)
    quotient = row.get("has_quotient", "")
    try:
        float(quotient or 0)
    except ValueError:
        return Rejected(where, "unreadable frequency", quotient)
    if quotient and share(quotient) is None:
        return Rejected(where, "frequency outside 0 to 1", quotient)
    return Rejected(where, "unreadable number of patients", row.get("has_total", ""))


def _mapped(texts: pa.Array, value: Callable[[str], Any], kind: pa.DataType | None = None) -> pa.Array:
    """Each text's value, worked out once for each text that occurs."""
    encoded = texts.dictionary_encode()
    values = [value(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(values, kind or pa.string()).take(encoded.indices)


def _identified(text: str) -> str | None:
    try:
        return identify(text)
    except CurieError:
        return None


def _kind(category: str) -> str | None:
    return kind_of(category.split("|"))


def _or(texts: pa.Array, otherwise: pa.Array | str) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), otherwise, texts)


def _lists(texts: pa.Array) -> pa.Array:
    kind = pa.list_(pa.string())
    if pc.any(pc.match_substring_regex(texts, r"^\||\|\||\|$")).as_py():
        return _mapped(texts, lambda text: [part for part in text.split("|") if part], kind)
    return pc.if_else(pc.equal(texts, ""), pa.scalar([], kind), pc.split_pattern(texts, "|").cast(kind))


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
