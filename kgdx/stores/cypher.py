"""The graph schema as Cypher: labels, relation types and property names, the same in every store.

A label is a kind and a relation type is a relation of the schema. Names enter the text from the schema
and from the columns alone; values always travel as parameters.
"""

import re
from collections.abc import Iterator

import pyarrow as pa

from graph_schema import Relation, Schema
from kgdx.columns import EDGE_COLUMNS, NODE_COLUMNS
from kgdx.domain.errors import QueryError

MENTIONS = "mentions"
"""Node property of the store's own: one text per source that names the node (`kgdx.stores.change`)."""

LOADED_FROM = "loaded_from"
"""Edge property of the store's own: name of the source whose load wrote the edge."""

NODE_PROPERTIES = (*NODE_COLUMNS.names, MENTIONS)
EDGE_PROPERTIES = (*(n for n in EDGE_COLUMNS.names if n not in ("head", "relation", "tail")), LOADED_FROM)

_COLUMN_TYPES = {pa.string(): "STRING", pa.bool_(): "BOOL", pa.float64(): "DOUBLE", pa.int64(): "INT64"}
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|//[^\n]*|/\*.*?\*/", re.DOTALL)
_READING = ("MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "EXPLAIN")


def table_statements(schema: Schema) -> Iterator[str]:
    """Statements that make one node table a kind and one relation table a relation, where missing."""
    for kind in schema.kinds:
        columns = ", ".join(_column(name, NODE_COLUMNS) for name in NODE_PROPERTIES)
        yield f"CREATE NODE TABLE IF NOT EXISTS {kind} ({columns}, PRIMARY KEY (curie))"
    for relation in schema.relations.values():
        ends = ", ".join(f"FROM {head} TO {tail}" for head, tail in relation.pairs())
        columns = ", ".join(_column(name, EDGE_COLUMNS) for name in EDGE_PROPERTIES)
        yield f"CREATE REL TABLE IF NOT EXISTS {relation.name} ({ends}, {columns})"


def nodes_of(kind: str, properties: tuple[str, ...]) -> str:
    """All nodes of a kind, one column a property."""
    return f"MATCH (n:{kind}) RETURN " + ", ".join(f"n.{name} AS {name}" for name in properties)


def edges_of(relation: Relation) -> str:
    """All edges of a relation: head, tail and every property."""
    columns = ", ".join(f"e.{name} AS {name}" for name in EDGE_PROPERTIES)
    return f"MATCH (h)-[e:{relation.name}]->(t) RETURN h.curie AS head, t.curie AS tail, {columns}"


def edges_loaded_from(relation: Relation, properties: tuple[str, ...]) -> str:
    """Edges of a relation that the load of `$source` wrote."""
    columns = ", ".join(f"e.{name} AS {name}" for name in properties)
    return f"MATCH ()-[e:{relation.name}]->() WHERE e.{LOADED_FROM} = $source RETURN {columns}"


def deletion_of(relation: str) -> str:
    """Take away the edges of `$source` whose ids are in the Arrow table `$stale`; for the embedded store."""
    return (
        f"LOAD FROM $stale MATCH ()-[e:{relation}]->() "
        f"WHERE e.edge_id = id AND e.{LOADED_FROM} = $source DELETE e"
    )


def update_of(kind: str) -> str:
    """Write nodes anew from the Arrow table `$nodes`, columns `new_*`; for the embedded store."""
    settings = ", ".join(f"n.{name} = new_{name}" for name in NODE_PROPERTIES if name != "curie")
    return f"LOAD FROM $nodes MATCH (n:{kind} {{curie: new_curie}}) SET {settings}"


def orphans_of(kind: str, ending: str) -> str:
    """Nodes of a kind that no source mentions and no edge touches; `ending` says what to do with `n`."""
    return f"MATCH (n:{kind}) WHERE size(n.{MENTIONS}) = 0 AND NOT EXISTS {{ MATCH (n)--() }} {ending}"


def check_reads_only(cypher: str, parameters: frozenset[str]) -> None:
    """Refuse what is not one reading statement with all its parameters given.

    The store's read-only transaction is the lock on the door; this keeps the text from ending it.

    Raises:
        QueryError: saying which rule the text breaks.
    """
    bare = _QUOTED.sub(" ", cypher).strip().rstrip(";").strip()
    first = bare.split(maxsplit=1)[0].upper() if bare else ""
    if first not in _READING:
        remedy = f"begin with one of {', '.join(_READING)}; change the graph with kgdx ingest"
        raise QueryError(
            "query", f"it begins with {first!r}, which does not read" if first else "empty", remedy
        )
    if ";" in bare:
        raise QueryError("query", "it holds more than one statement", "send one statement at a time")
    missing = sorted(set(re.findall(r"\$(\w+)", bare)) - parameters)
    if missing:
        raise QueryError("query", f"no value for ${', $'.join(missing)}", "give every parameter a value")


def _column(name: str, columns: pa.Schema) -> str:
    if name == MENTIONS:
        return f"{name} STRING[]"
    if name == LOADED_FROM:
        return f"{name} STRING"
    kind = columns.field(name).type
    return (
        f"{name} {_COLUMN_TYPES[kind.value_type]}[]"
        if pa.types.is_list(kind)
        else f"{name} {_COLUMN_TYPES[kind]}"
    )
