"""Relations of one's own: a file in the form of the relations of `schema.yaml`, named by `KGDX_RELATIONS`."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from graph_schema.explanations import explanation_schema
from graph_schema.own_file import SchemaFileError, read_own

VARIABLE = "KGDX_RELATIONS"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PREDICATE = re.compile(r"[A-Za-z][\w.]*:\w+")
_TEXTS = ("text", "inverse_text")
_FIELDS = {"predicate", "inverse", "domain", "range", *_TEXTS, "diagnostic"}
_FORM = (
    "write an entry as in heralded_by: {predicate: acme:heralded_by, inverse: heralds, domain: [Disease], "
    "range: [PhenotypicFeature], text: is heralded by, inverse_text: is an early sign of, diagnostic: true}"
)
# A name becomes a relation type of a store: what Cypher reserves cannot be one, nor what a store has already.
# fmt: off
_RESERVED = frozenset((
    "add", "all", "and", "as", "asc", "ascending", "by", "case", "constraint",
    "contains", "create", "delete", "desc", "descending", "detach", "distinct", "do", "drop",
    "else", "end", "ends", "exists", "false", "for", "in", "is", "limit",
    "load", "mandatory", "match", "merge", "not", "null", "of", "on", "optional",
    "or", "order", "provenance", "remove", "require", "return", "scalar", "set", "skip",
    "starts", "then", "true", "union", "unique", "unwind", "when", "where", "with",
    "xor",
))
# fmt: on


class RelationFileError(SchemaFileError):
    """The file that `KGDX_RELATIONS` names cannot be used; says where, what and the remedy."""


def own_relations(
    known: Mapping[str, Mapping[str, Any]], kinds: Collection[str]
) -> dict[str, dict[str, Any]]:
    """The relations that the user's file declares; none where the environment names no file.

    Args:
        known: the relations that ship, whose names and predicates a file cannot take.
        kinds: kinds of node that a relation may join.

    Raises:
        RelationFileError: if the file cannot be read or declares something that cannot be.
    """
    name, declared = read_own(VARIABLE, "relations", _FORM, RelationFileError)
    check_relations(name, declared, known, kinds)
    return declared


def check_relations(
    where: str,
    declared: Mapping[Any, Any],
    known: Mapping[str, Mapping[str, Any]],
    kinds: Collection[str],
) -> None:
    """Hold declarations against the schema.

    Raises:
        RelationFileError: for the first relation that cannot be.
    """
    kept = explanation_schema()
    names = {kind.lower() for kind in (*kinds, *kept.kinds)} | kept.links.keys() | _RESERVED
    names |= {name for relation, entry in known.items() for name in (relation, entry["inverse"])}
    predicates = {p for entry in known.values() for p in (entry["predicate"], *entry.get("also", ()))}
    for relation, entry in declared.items():
        if fault := _fault(relation, entry, names, predicates, kinds):
            raise RelationFileError(f"{where}, relation {relation!r}: {fault}: {_FORM}")
        names |= {relation, entry["inverse"]}
        predicates.add(entry["predicate"])


def _fault(
    relation: object,
    entry: object,
    names: Collection[str],
    predicates: Collection[str],
    kinds: Collection[str],
) -> str:
    """What is wrong with an entry, or nothing."""
    if not isinstance(entry, dict):
        return "without fields"
    if strange := sorted(map(str, entry.keys() - _FIELDS)):
        return f"unknown field {strange[0]}"
    if missing := sorted(_FIELDS - {"diagnostic"} - entry.keys()):
        return f"without {missing[0]}"
    for name in (relation, entry["inverse"]):
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return f"{name!r} is no name of small letters, digits and underscores"
        if name in names:
            return f"{name} is taken"
    predicate = entry["predicate"]
    if not isinstance(predicate, str) or not _PREDICATE.fullmatch(predicate):
        return f"predicate {predicate!r} is no CURIE"
    if predicate in predicates:
        return f"predicate {predicate} is taken"
    for end in ("domain", "range"):
        if not isinstance(entry[end], list) or not entry[end]:
            return f"{end} is no list of kinds"
        if strange := [kind for kind in entry[end] if not isinstance(kind, str) or kind not in kinds]:
            return f"{strange[0]!r} in {end} is no kind; it may be one of {', '.join(kinds)}"
    if empty := [name for name in _TEXTS if not isinstance(entry[name], str) or not entry[name].strip()]:
        return f"{empty[0]} is no text"
    if not isinstance(entry.get("diagnostic", False), bool):
        return "diagnostic is neither true nor false"
    return ""
