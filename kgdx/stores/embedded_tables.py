"""The tables of an embedded graph: made when it is new, looked at when it is not."""

from graph_schema import Schema
from kgdx.domain.errors import BackendUnavailableError
from kgdx.stores import cypher as texts
from kgdx.stores.session import Session


def prepare(session: Session, schema: Schema) -> None:
    """Make the tables of a new graph; of any other, look whether they are those of the schema.

    Relations of the user's own may be declared when the graph is there already: they get their tables.
    """
    tables = set(session.table("CALL show_tables() RETURN name")["name"].to_pylist())
    if not tables and not session.is_read_only:
        with session.rewriting():
            for statement in texts.table_statements(schema):
                session.do(statement)
        return
    wanted = {*schema.kinds, *schema.relations, "Provenance", "Load"}
    missing = sorted(wanted - tables)
    if missing and schema.own_relations.keys() >= set(missing):
        if session.is_read_only:
            raise BackendUnavailableError(
                f"{session.path}: made before {missing[0]} was declared: "
                "load a source into it, which adds the relation"
            )
        with session.rewriting():
            for name in missing:
                session.do(texts.relation_table(schema.relations[name]))
    elif missing:
        raise BackendUnavailableError(
            f"{session.path}: made with another schema (no {', '.join(missing[:3])}): "
            "load its sources into a new file"
        )
