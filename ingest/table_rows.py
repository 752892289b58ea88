"""The rows of a table as the graph states them, the way its mapping says."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, TypeVar

from ingest import biolink
from ingest.catalogue import Source
from ingest.identifiers import identify, identify_if_declared, kind_of, mint, reason_against
from ingest.mapping import Cell, Cells, EdgeMapping, Identifier, Identifiers, NodeMapping, TableMapping
from ingest.model import Item, Rejected, Row, Skipped
from ingest.sources.hpoa import parse_frequency
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node

_TRUTHS = {"": False, "false": False, "0": False, "true": True, "1": True}
_SEXES = {"": "", "male": "male", "female": "female"}

Cellular = Mapping[str, str]
"""A row: what its cells say, by column."""
_Value = TypeVar("_Value")


class _UnusableError(Exception):
    """A cell that cannot be used: why, and what it says."""


class TableRows:
    """Turns rows into items.

    Args:
        mapping: which columns make what.
        source: says what the mapping leaves out.
    """

    def __init__(self, mapping: TableMapping, source: Source) -> None:
        given = {name: getattr(mapping, name) for name in ("infores", "license", "knowledge_level")}
        self._mapping = mapping
        self._source = replace(source, **{name: value for name, value in given.items() if value})

    def items(self, where: str, row: Cellular) -> Iterator[Item]:
        """Every node and edge that the mapping makes of a row, in the order of the mapping."""
        for node in self._mapping.node:
            yield _node(where, row, node)
        for edge in self._mapping.edge:
            yield from self._edges(where, row, edge)

    def _edges(self, where: str, row: Cellular, edge: EdgeMapping) -> Iterator[Item]:
        heads = list(_ends(where, row, edge.head, edge.head_kind, edge.head_name))
        tails = list(_ends(where, row, edge.tail, edge.tail_kind, edge.tail_name))
        if not (heads and tails):
            yield Skipped(f"no {'tail' if heads else 'head'}")
        facts = self._facts(where, row, edge)
        for head, tail in product(heads, tails):
            if isinstance(head, Rejected):
                yield head
            elif isinstance(tail, Rejected):
                yield tail
            elif isinstance(facts, Rejected):
                yield facts
            else:
                yield Row(where, Edge(head=head.curie, tail=tail.curie, **facts), (head, tail))

    def _facts(self, where: str, row: Cellular, edge: EdgeMapping) -> dict[str, Any] | Rejected:
        """What the row says of its edges beside their ends, by the names that `Edge` gives it."""
        try:
            predicate = _text(row, edge.relation)
            frequency, counted_on = _frequency(_text(row, edge.frequency))
            counted = _text(row, edge.num_patients)
            onset = _text(row, edge.onset)
            publications = {
                identify_if_declared(_prefixed(t, edge.publications)) for t in _texts(row, edge.publications)
            }
            return {
                "relation": _known(biolink.relation_of(predicate), "relation not in the schema", predicate),
                "provenance": self._source.provenance(self._mapping.release, tuple(sorted(publications))),
                "negated": _known(_TRUTHS.get(_text(row, edge.negated).lower()), "unreadable negation", ""),
                "frequency": frequency,
                "num_patients": _whole(counted) if counted else counted_on,
                "onset": _curie(onset, edge.onset) if onset and edge.onset else "",
                "sex": _known(_SEXES.get(_text(row, edge.sex).lower()), "unknown sex", _text(row, edge.sex)),
                "original_predicate": _text(row, edge.original_predicate) or biolink.narrower(predicate),
            }
        except _UnusableError as error:
            return Rejected(where, *error.args)


def _node(where: str, row: Cellular, node: NodeMapping) -> Item:
    try:
        found = next(_ends(where, row, node.id, node.kind, node.name), None)
        if not isinstance(found, Node):
            return found or Skipped("no identifier")
        # What the mapping says of the kind stands; the batch rejects what contradicts the prefix.
        kind = _kind(row, node.kind) or found.kind
        synonyms = dict.fromkeys(_texts(row, node.synonyms))
        synonyms.pop(found.name, None)
        return Row(
            where, replace(found, kind=kind, synonyms=tuple(synonyms), definition=_text(row, node.definition))
        )
    except _UnusableError as error:
        return Rejected(where, *error.args)


def _ends(
    where: str, row: Cellular, ids: Identifier, kind: Cell | None, name: Cell | None
) -> Iterator[Node | Rejected]:
    """The nodes that a cell of identifiers names, and what in it names none."""
    try:
        texts, otherwise, label = _texts(row, ids), _kind(row, kind), _text(row, name)
    except _UnusableError as error:
        yield Rejected(where, *error.args)
        return
    for text in texts:
        try:
            curie = _curie(text, ids)
            found = _known(
                kind_of(curie, otherwise) or None, f"prefix {prefix_of(curie)} has no kind: map one", curie
            )
            yield Node(curie, found, label or (text if ids.mint else ""))
        except _UnusableError as error:
            yield Rejected(where, *error.args)


def _texts(row: Cellular, cell: Cell | None) -> list[str]:
    """What a cell says, in its parts where it is split, put through its map; what is empty is left out."""
    if cell is None:
        return []
    said = row[cell.column] if cell.column else cell.value
    split = cell.split if isinstance(cell, Cells | Identifiers) else None
    texts = [text.strip() for text in (said.split(split) if split else [said])]
    unmapped = next((text for text in texts if text and cell.map and text not in cell.map), "")
    if unmapped:
        raise _UnusableError(f"{cell.column!r} says what its map does not hold", unmapped)
    return [text for text in (cell.map.get(text, text) for text in texts) if text]


def _text(row: Cellular, cell: Cell | None) -> str:
    return next(iter(_texts(row, cell)), "")


def _kind(row: Cellular, cell: Cell | None) -> str:
    text = _text(row, cell)
    return _known(biolink.kind_of([text]), "kind not in the schema", text) if text else ""


def _prefixed(text: str, ids: Identifier | None) -> str:
    return f"{ids.prefix}:{text}" if ids and ids.prefix and ":" not in text else text


def _curie(text: str, ids: Identifier) -> str:
    prefixed = _prefixed(text, ids)
    try:
        return mint(ids.mint, text) if ids.mint else identify(prefixed)
    except CurieError as error:
        reason = "a name without letters" if ids.mint else reason_against(prefixed)
        raise _UnusableError(f"{reason} in {ids.column or 'value'!r}", text) from error


def _frequency(text: str) -> tuple[float | None, int | None]:
    """Share of patients, and on how many it was counted: `0.4`, or as the HPO annotations write it."""
    share = biolink.share(text)
    try:
        return (share, None) if share is not None else parse_frequency(text)
    except ValueError as error:
        raise _UnusableError("unreadable frequency", text) from error


def _whole(text: str) -> int:
    return _known(biolink.whole(text), "unreadable number of patients", text)


def _known(value: _Value | None, reason: str, text: str) -> _Value:
    if value is None:
        raise _UnusableError(reason, text)
    return value
