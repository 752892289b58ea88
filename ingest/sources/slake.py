"""SLAKE's knowledge of diseases and organs: `#`-separated rows whose values are free text."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ingest.catalogue import Source
from ingest.files import find_files, read_lines
from ingest.identifiers import mint
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node

_MAX_WORDS = 6


class _Meaning(NamedTuple):
    """What an attribute states of its subject, and of which kind its values are."""

    relation: str
    kind: str
    is_turned: bool = False


_DISEASES = {
    "symptom": _Meaning("has_phenotype", "PhenotypicFeature"),
    "location": _Meaning("located_in", "AnatomicalEntity"),
    "locate in": _Meaning("located_in", "AnatomicalEntity"),
    "treatment": _Meaning("treats", "Procedure", is_turned=True),
    "cause": _Meaning("causes", "Exposure", is_turned=True),
}
_ORGANS = {
    "belong to": _Meaning("part_of", "AnatomicalEntity"),
    "component": _Meaning("part_of", "AnatomicalEntity", is_turned=True),
}
_DEFINITIONS = {"description", "definition"}
_NOT_KNOWN = {"not clear", "it is not clear", "unclear", "unknown", "the exact cause is unknown"}
_CONJUNCTION = re.compile(r"^(?:and|or)\s+")
# One letter keeps a finding apart from a cause of the same name.
_LETTERS = {
    "Disease": "d",
    "PhenotypicFeature": "f",
    "AnatomicalEntity": "a",
    "Procedure": "t",
    "Exposure": "c",
}


def read(path: Path, source: Source) -> Iterator[Item]:
    """Diseases and organs, their definitions and aliases, and what their attributes state.

    A value with commas states several things; a part of more than six words is a sentence, no term. Parts
    such as "etc." and "not clear" state nothing. What treats is a `Procedure`, since the text does not tell
    a drug from an operation.

    Args:
        path: folder with `en_disease*.csv` and `en_organ*.csv`.

    Raises:
        SourceError: if there is none of them, or one cannot be read.
    """
    files = [*find_files(path, "en_disease*.csv"), *find_files(path, "en_organ*.csv")]
    if not files:
        raise SourceError(str(path), "no en_disease.csv in it", "name the folder of SLAKE's knowledge")
    for file in files:
        subject = "organ" if file.name.startswith("en_organ") else "disease"
        kind = "AnatomicalEntity" if subject == "organ" else "Disease"
        meanings = _ORGANS if subject == "organ" else _DISEASES
        for number, line in read_lines(file):
            cells = [cell.strip() for cell in line.split("#", 2)]
            where = f"{file.name}, line {number}"
            if number == 1 and cells != [subject, "attribute", "value"]:
                remedy = "give the file as SLAKE has it"
                raise SourceError(f"{file}, line 1", f"not {subject}#attribute#value", remedy)
            if number == 1 or not line.strip():
                continue
            if len(cells) < 3:
                yield Rejected(where, "not three columns", line[:80])
            else:
                name, attribute, value = cells
                yield from _items(where, name, attribute, value, kind, meanings, source)


def _items(
    where: str,
    name: str,
    attribute: str,
    value: str,
    kind: str,
    meanings: Mapping[str, _Meaning],
    source: Source,
) -> Iterator[Item]:
    try:
        node = _term(name, kind)
    except CurieError:
        yield Rejected(where, "no name", name)
        return
    if attribute in _DEFINITIONS:
        yield Row(where, Node(node.curie, kind, node.name, definition=value))
    elif attribute == "alias":
        aliases = {part for part in _parts(value) if part.casefold() not in {"", "etc", node.name.casefold()}}
        yield Row(where, Node(node.curie, kind, node.name, tuple(sorted(aliases))))
    elif attribute not in meanings:
        yield Skipped("an attribute in prose")
    else:
        for part in _parts(value):
            yield _statement(where, node, part, meanings[attribute], source)


def _parts(value: str) -> list[str]:
    """What stands between the commas, without full stops and the "and" before the last."""
    return [_CONJUNCTION.sub("", part.strip().rstrip("."), count=1).strip() for part in value.split(",")]


def _statement(where: str, node: Node, part: str, meaning: _Meaning, source: Source) -> Item:
    if part.casefold() in _NOT_KNOWN:
        return Skipped("not known")
    if part.casefold() == "etc":
        return Skipped("and so on")
    if len(part.split()) > _MAX_WORDS:
        return Rejected(where, "a sentence, not a term", part[:80])
    try:
        other = _term(part, meaning.kind)
    except CurieError:
        return Rejected(where, "an empty value", part)
    head, tail = (other, node) if meaning.is_turned else (node, other)
    edge = Edge(head.curie, meaning.relation, tail.curie, source.provenance(""))
    return Row(where, edge, (head, tail))


def _term(text: str, kind: str) -> Node:
    if not text.strip():
        raise CurieError("term", "no name", "write one")
    return Node(mint("SLAKE", f"{_LETTERS[kind]}-{text.strip()}"), kind, text.strip())
