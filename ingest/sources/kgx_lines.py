"""Any graph in KGX JSON Lines: `nodes.jsonl` and `edges.jsonl`, one object a line.

Fields mean what they mean in KGX TSV (`ingest.sources.kgx`), but have types: a list is a list, a number a
number. Fields that are null count as missing; those that kgdx does not know are left aside.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest import biolink
from ingest.catalogue import Source
from ingest.files import read_json_lines
from ingest.identifiers import identify, reason_against
from ingest.model import Item, Rejected, Row
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node, Provenance

_MAX_SHOWN = 200
_REMEDY = "name the folder of a KGX graph, with nodes.jsonl and edges.jsonl"


class _UnusableError(Exception):
    """A field that cannot be used: why, and what it says."""


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every node and edge whose category or predicate is in the schema.

    Args:
        path: a folder with `nodes.jsonl` and `edges.jsonl`, or the common beginning of `X_nodes.jsonl` and
            `X_edges.jsonl`; each may be gzipped.

    Raises:
        SourceError: if a file is missing or cannot be read, or if a line is no JSON object.
    """
    files = {part: find(path, part) for part in ("nodes", "edges")}
    for part, file in files.items():
        if file is None:
            raise SourceError(str(path), f"no {part}.jsonl", _REMEDY)
        for line, record in read_json_lines(file):
            where = f"{file.name}, line {line}"
            try:
                yield _node(where, record) if part == "nodes" else _edge(where, record, source)
            except _UnusableError as error:
                yield Rejected(where, *error.args)


def find(path: Path, part: str) -> Path | None:
    """The file of a graph that holds its `nodes` or `edges` as JSON Lines, if there is one."""
    start = path / part if path.is_dir() else path.with_name(f"{path.name}_{part}")
    files = (start.with_name(f"{start.name}.jsonl{zipped}") for zipped in ("", ".gz"))
    return next((file for file in files if file.is_file()), None)


def _node(where: str, record: Mapping[str, Any]) -> Row:
    categories = _texts(record, "category")
    kind = biolink.kind_of(categories)
    if kind is None:
        raise _UnusableError("category not in the schema", "|".join(categories))
    node = Node(
        _curie(record, "id"),
        kind,
        _text(record, "name"),
        _texts(record, "synonym"),
        _text(record, "description"),
        _is_true(record, "deprecated"),
        _text(record, "replaced_by"),
        "|".join(_texts(record, "provided_by")),
    )
    return Row(where, node)


def _edge(where: str, record: Mapping[str, Any], source: Source) -> Row:
    predicate = _text(record, "predicate")
    relation = biolink.relation_of(predicate)
    if relation is None:
        raise _UnusableError("predicate not in the schema", predicate)
    provenance = Provenance(
        _text(record, "primary_knowledge_source") or source.infores,
        _texts(record, "publications"),
        _text(record, "license"),
        _text(record, "knowledge_level") or "not_provided",
        _text(record, "source_release"),
    )
    head, tail = _curie(record, "subject"), _curie(record, "object")
    edge = Edge(
        head,
        relation,
        tail,
        provenance,
        _is_true(record, "negated"),
        _share(record),
        _whole(record),
        _text(record, "onset_qualifier"),
        _text(record, "sex_qualifier"),
        _text(record, "original_predicate") or biolink.narrower(predicate),
    )
    kinds = (biolink.kind_of(_texts(record, f"{end}_category")) for end in ("subject", "object"))
    mentions = (Node(curie, kind) for curie, kind in zip((head, tail), kinds, strict=True) if kind)
    return Row(where, edge, tuple(mentions))


def _curie(record: Mapping[str, Any], field: str) -> str:
    text = _text(record, field)
    try:
        return identify(text)
    except CurieError as error:
        raise _UnusableError(reason_against(text), text) from error


def _text(record: Mapping[str, Any], field: str) -> str:
    return str(_typed(record, field, str, "text") or "")


def _texts(record: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """A list of texts, or one text, which counts as a list of one."""
    value = record.get(field)
    listed = [value] if isinstance(value, str) else _typed(record, field, list, "list of texts") or []
    if not all(isinstance(text, str) for text in listed):
        raise _UnusableError(f"{field!r} is no list of texts", str(listed)[:_MAX_SHOWN])
    return tuple(text for text in listed if text)


def _is_true(record: Mapping[str, Any], field: str) -> bool:
    return bool(_typed(record, field, bool, "truth value"))


def _share(record: Mapping[str, Any]) -> float | None:
    number = _typed(record, "has_quotient", (int, float), "number")
    if number is not None and not 0 <= number <= 1:
        raise _UnusableError("frequency outside 0 to 1", str(number)[:_MAX_SHOWN])
    return None if number is None else float(number)


def _whole(record: Mapping[str, Any]) -> int | None:
    number = _typed(record, "has_total", int, "whole number")
    if number is not None and not 0 <= number < 1 << 63:
        raise _UnusableError("unreadable number of patients", str(number)[:_MAX_SHOWN])
    return None if number is None else int(number)


def _typed(record: Mapping[str, Any], field: str, kind: type | tuple[type, ...], what: str) -> Any:
    value = record.get(field)
    # A truth value is no number in JSON, though it is in Python.
    is_of_kind = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if value is not None and not is_of_kind:
        raise _UnusableError(f"{field!r} is no {what}", str(value)[:_MAX_SHOWN])
    return value
