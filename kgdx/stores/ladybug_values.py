"""From what Ladybug gives back to plain values: nodes and edges as their properties, paths as both."""

from collections.abc import Iterator, Mapping
from typing import Any

from kgdx.stores import rows
from kgdx.stores.cypher import MENTIONS

_INTERNAL = ("_ID", "_LABEL", "_SRC", "_DST", MENTIONS)


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Nodes and edges as their properties, paths as their nodes and edges."""
    curies = dict(_nodes_in(list(row.values())))
    return {name: _plain(value, curies) for name, value in row.items()}


def _nodes_in(value: Any) -> Iterator[tuple[str, str]]:
    """Ladybug's number and the CURIE of every node in a value."""
    if isinstance(value, list):
        for item in value:
            yield from _nodes_in(item)
    elif isinstance(value, dict):
        if "_NODES" in value:
            yield from _nodes_in(value["_NODES"])
        elif "_ID" in value and "curie" in value:
            yield str(value["_ID"]), value["curie"]


def _plain(value: Any, curies: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_plain(item, curies) for item in value]
    if not isinstance(value, dict):
        return value
    if "_NODES" in value:
        return {"nodes": _plain(value["_NODES"], curies), "edges": _plain(value["_RELS"], curies)}
    kept = {key: _plain(item, curies) for key, item in value.items() if key not in _INTERNAL}
    if "_SRC" not in value:
        return kept
    ends = {end: curies.get(str(value[key])) for end, key in (("head", "_SRC"), ("tail", "_DST"))}
    listed = rows.publications(kept["publications"])
    return {"relation": value["_LABEL"], **ends, **kept, "publications": listed}
