"""Stored explanations as Cypher: tables, constraints, and the texts that read and take them away.

Labels, relation types and properties are those of `graph_schema/explanations.yaml`; values always travel
as parameters.
"""

from collections.abc import Iterator, Mapping

from graph_schema.explanations import KEY, RecordKind, RecordLink, explanation_schema

_TYPES = {"string": "STRING", "strings": "STRING[]", "double": "DOUBLE", "int": "INT64", "bool": "BOOL"}
_CASE = "(c:DiagnosedCase)"
_OF_ONE, _OF_SOME = f"WHERE c.{KEY} = $key", f"WHERE c.{KEY} IN $keys"

OWNED = {
    "Evidence": (f"{_CASE}-[:has_evidence]->(n:Evidence)", "c"),
    "Diagnosis": (f"{_CASE}-[:concludes]->(n:Diagnosis)", "c"),
    "Contribution": (f"{_CASE}-[:concludes]->(o:Diagnosis)-[:weighs]->(n:Contribution)", "o"),
    "Treatment": (f"{_CASE}-[:proposes]->(n:Treatment)", "c"),
    "Concern": (f"{_CASE}-[:proposes]->(o:Treatment)-[:raises]->(n:Concern)", "o"),
}
"""Kind -> the way from the case to its nodes `n`, and the name of what they hang from on that way."""

PATHS = {
    "diagnosis": f"{_CASE}-[:concludes]->(o:Diagnosis)-[:rests_on]->(n:Path)",
    "treatment": f"{_CASE}-[:proposes]->(o:Treatment)-[:rests_on]->(n:Path)",
    "chain": f"{_CASE}-[:proposes]->(o:Treatment)-[:reached_by]->(n:Path)",
    "concern": f"{_CASE}-[:proposes]->(:Treatment)-[:raises]->(o:Concern)-[:shown_by]->(n:Path)",
}
"""What a path justifies -> the way from the case to it; it hangs from `o`."""

HELD = "MATCH (c:DiagnosedCase) WHERE c.key IN $cases RETURN c.key AS key, c.content AS content"
NAMED = (
    "MATCH (c:DiagnosedCase) WHERE c.key IN $names OR (c.label IN $names AND c.label <> '') "
    "RETURN c.key AS key"
)
READ_CASE = (
    f"MATCH {_CASE}-[:made_by]->(r:Release) {_OF_ONE} "
    "RETURN c.label AS label, c.abstained AS abstained, c.written AS written, r.key AS release"
)


def record_tables() -> Iterator[str]:
    """Statements that make the tables of stored explanations, when embedded."""
    schema = explanation_schema()
    for kind in schema.kinds.values():
        columns = ", ".join(f"{name} {_TYPES[type_]}" for name, type_ in columns_of(kind).items())
        yield f"CREATE NODE TABLE IF NOT EXISTS {kind.name} ({columns}, PRIMARY KEY ({KEY}))"
    for link in schema.links.values():
        ends = [f"FROM {head} TO {tail}" for head, tail in link.joins]
        parts = [*ends, *(f"{name} {_TYPES[type_]}" for name, type_ in link.properties.items())]
        yield f"CREATE REL TABLE IF NOT EXISTS {link.name} ({', '.join(parts)})"


def record_constraints() -> Iterator[str]:
    """Statements that make the constraints and indexes of stored explanations in Neo4j, where missing."""
    for kind in explanation_schema().kinds.values():
        name = kind.name.lower()
        yield f"CREATE CONSTRAINT {name}_key IF NOT EXISTS FOR (n:{kind.name}) REQUIRE n.{KEY} IS UNIQUE"
        for given in kind.indexed:
            yield f"CREATE INDEX {name}_{given} IF NOT EXISTS FOR (n:{kind.name}) ON (n.{given})"


def columns_of(kind: RecordKind) -> Mapping[str, str]:
    """All properties of a kind with their types, the key first."""
    return {KEY: "string", **kind.properties}


def read_nodes(kind: str) -> str:
    """Every node of a kind that a case owns, with the key of its owner, in order."""
    way, owner = OWNED[kind]
    return f"MATCH {way} {_OF_ONE} RETURN {owner}.{KEY} AS owner, {_columns(kind)} ORDER BY position"


def read_paths(justified: str) -> str:
    """Every path of a case that justifies something of this kind, in order."""
    return f"MATCH {PATHS[justified]} {_OF_ONE} RETURN o.{KEY} AS owner, {_columns('Path')} ORDER BY position"


def read_steps(justified: str) -> str:
    """Every step of these paths, with the key of its path, in order."""
    properties = explanation_schema().kinds["Statement"].properties
    columns = ", ".join(f"s.{name} AS {name}" for name in properties)
    return (
        f"MATCH {PATHS[justified]}-[w:walks]->(s:Statement) {_OF_ONE} RETURN n.{KEY} AS owner, "
        f"w.position AS position, w.is_forward AS is_forward, {columns} ORDER BY position"
    )


def known(kind: str) -> str:
    """Which of `$keys` are there."""
    return f"MATCH (n:{kind}) WHERE n.{KEY} IN $keys RETURN n.{KEY} AS key"


def forget_statements() -> Iterator[str]:
    """Statements that take cases, `$keys`, away with all that they own, the innermost first."""
    for way in (*reversed(PATHS.values()), *(way for way, _ in reversed(OWNED.values()))):
        yield f"MATCH {way} {_OF_SOME} DETACH DELETE n"
    yield f"MATCH {_CASE} {_OF_SOME} DETACH DELETE c"


SWEEP = (
    "MATCH (s:Statement) WHERE NOT EXISTS { MATCH (:Path)-[:walks]->(s) } DELETE s",
    "MATCH (r:Release) WHERE NOT EXISTS { MATCH (:DiagnosedCase)-[:made_by]->(r) } DELETE r",
)
"""Statements that take away what no case uses any longer."""


def create_nodes(kind: RecordKind) -> str:
    """Statement that makes a node of every row, on a server; one that cases share is made once."""
    if kind.name in SHARED:
        return f"UNWIND $rows AS row MERGE (n:{kind.name} {{{KEY}: row.{KEY}}}) ON CREATE SET n = row"
    return f"UNWIND $rows AS row CREATE (n:{kind.name}) SET n = row"


def create_links(link: RecordLink, head: str, tail: str) -> str:
    """Statement that makes an edge of every row, on a server."""
    settings = ", ".join(f"{name}: row.{name}" for name in link.properties)
    return (
        f"UNWIND $rows AS row MATCH (h:{head} {{{KEY}: row.head}}) MATCH (t:{tail} {{{KEY}: row.tail}}) "
        f"CREATE (h)-[:{link.name} {{{settings}}}]->(t)"
    )


SHARED = frozenset(("Release", "Statement"))
"""Kinds whose nodes several cases use."""


def _columns(kind: str) -> str:
    return ", ".join(f"n.{name} AS {name}" for name in columns_of(explanation_schema().kinds[kind]))
