"""The graph schema as Cypher: labels, relation types and property names, the same in every store.

A label is a kind and a relation type is a relation of the schema. Names enter the text from the schema
and from the columns alone; values always travel as parameters. What the edges of one load have in common
stands once, in a node of label `Provenance`, whose id the edges carry: a few numbers instead of six texts
on each of millions of edges. A node of label `Load` tells of each load that changed something.
"""

import re
from collections.abc import Iterator
from dataclasses import fields

import pyarrow as pa

from graph_schema import Relation, Schema
from kgdx.domain.errors import QueryError
from kgdx.domain.graph import LoadCount
from kgdx.graph.arrow_schema import EDGE_COLUMNS, NODE_COLUMNS
from kgdx.graph.cliques import MATCH_RELATION
from kgdx.stores.explanation_cypher import record_constraints
from kgdx.stores.load_plan import RECORD

MENTIONS = "mentions"
"""Node property of the store's own: one text per source that names the node (`kgdx.stores.load_plan`)."""

PREFERRED = "preferred"
"""Node property of the store's own: CURIE of the node that stands for this one, mostly itself."""

PROVENANCE = "provenance"
"""Edge property: id of the `Provenance` node."""

LIST_SEPARATOR = "|"
"""Edges hold their publications as one text: lists on edges make Ladybug's commit quadratic."""

END_COLUMNS = pa.schema([("head", pa.string()), ("tail", pa.string())])
NODE_PROPERTY_COLUMNS = pa.schema(
    [*NODE_COLUMNS, pa.field(MENTIONS, pa.list_(pa.string())), pa.field(PREFERRED, pa.string())]
)
_ON_EDGES = ("edge_id", "negated", "frequency", "num_patients", "onset", "sex", "original_predicate")
EDGE_PROPERTY_COLUMNS = pa.schema(
    [
        *map(EDGE_COLUMNS.field, _ON_EDGES),
        pa.field("publications", pa.string()),
        pa.field(PROVENANCE, pa.int64()),
    ]
)
NODE_PROPERTIES = tuple(NODE_PROPERTY_COLUMNS.names)
EDGE_PROPERTIES = tuple(EDGE_PROPERTY_COLUMNS.names)

IDENTITY_COLUMNS = pa.schema(
    [NODE_PROPERTY_COLUMNS.field(name) for name in ("kind", "curie", "is_obsolete", "replaced_by", PREFERRED)]
)
"""What tells which node stands for which."""

RECORD_COLUMNS = pa.schema(
    [("id", pa.int64()), *((name, pa.string()) for name in (*RECORD, "loaded_from")), ("load", pa.int64())]
)
"""A `Provenance` node: what the edges have in common, the name of the source and the number of the load."""

LOAD_COLUMNS = pa.schema(
    [("id", pa.int64())]
    + [(name, pa.string()) for name in ("source", "release", "state", "started", "finished")]
    + [(count.name, pa.int64()) for count in fields(LoadCount)]
)
"""A `Load` node. `started` and `finished` are in UTC, ISO 8601; `state` is `done` once all is written."""

_COLUMN_TYPES = {
    pa.string(): "STRING",
    pa.list_(pa.string()): "STRING[]",
    pa.bool_(): "BOOL",
    pa.float64(): "DOUBLE",
    pa.int64(): "INT64",
}
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|//[^\n]*|/\*.*?\*/", re.DOTALL)


def table_statements(schema: Schema) -> Iterator[str]:
    """Statements that make a node table of each kind and a relation table of each relation, when embedded."""
    for kind in schema.kinds:
        columns = _columns(NODE_PROPERTY_COLUMNS)
        yield f"CREATE NODE TABLE IF NOT EXISTS {kind} ({columns}, PRIMARY KEY (curie))"
    for relation in schema.relations.values():
        yield relation_table(relation)
    for label, layout in (("Provenance", RECORD_COLUMNS), ("Load", LOAD_COLUMNS)):
        yield f"CREATE NODE TABLE IF NOT EXISTS {label} ({_columns(layout)}, PRIMARY KEY (id))"
    # What Neo4j calls these two. A macro takes no IF NOT EXISTS.
    yield "CREATE MACRO type(edge) AS label(edge)"
    yield "CREATE MACRO split(text, separator) AS string_split(text, separator)"


def relation_table(relation: Relation) -> str:
    """Statement that makes the table of a relation, when embedded."""
    ends = ", ".join(f"FROM {head} TO {tail}" for head, tail in relation.pairs())
    return f"CREATE REL TABLE IF NOT EXISTS {relation.name} ({ends}, {_columns(EDGE_PROPERTY_COLUMNS)})"


def constraint_statements(schema: Schema) -> Iterator[str]:
    """Statements that make the constraints and indexes of a Neo4j database, where missing."""
    for label, key in (*((kind, "curie") for kind in schema.kinds), ("Provenance", "id"), ("Load", "id")):
        name = f"{label.lower()}_{key}"
        yield f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
    yield "CREATE CONSTRAINT kgdxlock_id IF NOT EXISTS FOR (n:KgdxLock) REQUIRE n.id IS UNIQUE"
    for relation in schema.relations:
        yield f"CREATE INDEX {relation}_edge_id IF NOT EXISTS FOR ()-[e:{relation}]-() ON (e.edge_id)"
    yield from record_constraints()


def nodes_of(kind: str, properties: tuple[str, ...]) -> str:
    """All nodes of a kind, one column a property."""
    return f"MATCH (n:{kind}) RETURN " + ", ".join(f"n.{name} AS {name}" for name in properties)


def edges_of(relation: Relation, properties: tuple[str, ...], condition: str = "") -> str:
    """Edges of a relation: head, tail and their properties; those that fit a condition on `e`."""
    columns = ", ".join(f"e.{name} AS {name}" for name in properties)
    where = f" WHERE {condition}" if condition else ""
    return f"MATCH (h)-[e:{relation.name}]->(t){where} RETURN h.curie AS head, t.curie AS tail, {columns}"


def matches() -> str:
    """Head and tail of the exact matches that nobody denies."""
    return f"MATCH (h)-[e:{MATCH_RELATION}]->(t) WHERE NOT e.negated RETURN h.curie AS head, t.curie AS tail"


def records(condition: str = "") -> str:
    """All `Provenance` nodes, or those that fit a condition on `p`."""
    columns = ", ".join(f"p.{name} AS {name}" for name in RECORD_COLUMNS.names)
    return f"MATCH (p:Provenance){f' WHERE {condition}' if condition else ''} RETURN {columns}"


def orphans_of(kind: str, ending: str) -> str:
    """Nodes of a kind that no source mentions and no edge touches; `ending` says what to do with `n`."""
    return f"MATCH (n:{kind}) WHERE size(n.{MENTIONS}) = 0 AND NOT EXISTS {{ MATCH (n)--() }} {ending}"


def check_complete(cypher: str, parameters: frozenset[str]) -> None:
    """Refuse what is not one statement with all its parameters given.

    Raises:
        QueryError: saying which rule the text breaks.
    """
    bare = _QUOTED.sub(" ", cypher).strip().rstrip(";").strip()
    if not bare:
        raise QueryError("query", "empty", "write a statement, as in MATCH (n) RETURN count(n)")
    if ";" in bare:
        raise QueryError("query", "it holds more than one statement", "send one statement at a time")
    missing = sorted(set(re.findall(r"\$(\w+)", bare)) - parameters)
    if missing:
        raise QueryError("query", f"no value for ${', $'.join(missing)}", "give every parameter a value")


def _columns(layout: pa.Schema) -> str:
    return ", ".join(f"{field.name} {_COLUMN_TYPES[field.type]}" for field in layout)
