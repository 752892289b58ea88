"""From what Ladybug gives back to plain values: nodes and edges as their properties, paths as both."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from graph_schema.explanations import KEY, explanation_schema
from kgdx.stores import rows
from kgdx.stores.cypher import EDGE_PROPERTIES, LOAD_COLUMNS, MENTIONS, NODE_PROPERTIES, RECORD_COLUMNS

_INTERNAL = {"_ID", "_LABEL", "_SRC", "_DST", MENTIONS}
_OF_NODES = {*NODE_PROPERTIES, *RECORD_COLUMNS.names, *LOAD_COLUMNS.names}


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Nodes and edges as their properties, paths as their nodes and edges."""
    curies = dict(_nodes_in(list(row.values())))
    return {name: _plain(value, curies) for name, value in row.items()}


def _nodes_in(value: Any) -> Iterator[tuple[str, str]]:
    """Ladybug's number and the CURIE, or else the key, of every node in a value."""
    if isinstance(value, list):
        for item in value:
            yield from _nodes_in(item)
    elif isinstance(value, dict):
        if "_NODES" in value:
            yield from _nodes_in(value["_NODES"])
        elif "_ID" in value and (named := value.get("curie") or value.get(KEY)):
            yield str(value["_ID"]), named


def _plain(value: Any, curies: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_plain(item, curies) for item in value]
    if not isinstance(value, dict):
        return value
    if "_NODES" in value:
        return {"nodes": _plain(value["_NODES"], curies), "edges": _plain(value["_RELS"], curies)}
    foreign = _foreign(value)
    kept = {key: _plain(item, curies) for key, item in value.items() if key not in foreign}
    if "_SRC" not in value:
        return kept
    ends = {end: curies.get(str(value[key])) for end, key in (("head", "_SRC"), ("tail", "_DST"))}
    if value["_LABEL"] in explanation_schema().links:
        return {"relation": value["_LABEL"], **ends, **kept}
    listed = rows.publications(kept["publications"])
    return {"relation": value["_LABEL"], **ends, **kept, "publications": listed}


def _foreign(value: Mapping[str, Any]) -> Collection[str]:
    """Which keys are not its own: a pattern of several labels gives each node the properties of all."""
    schema, label = explanation_schema(), str(value.get("_LABEL", ""))
    if label in schema.kinds:
        return value.keys() - {KEY, *schema.kinds[label].properties}
    if label in schema.links:
        return value.keys() - schema.links[label].properties.keys()
    medical = EDGE_PROPERTIES if "_SRC" in value else _OF_NODES
    return _INTERNAL | (schema.property_names - set(medical)) if label else _INTERNAL
