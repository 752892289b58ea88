"""The graph of explanations keeps out of the way of the medical one, in every store."""

import pytest

from graph_schema import RelationFileError, load
from graph_schema.explanations import KEY, explanation_schema
from kgdx.stores import cypher
from kgdx.stores.explanation_cypher import OWNED, PATHS, record_constraints, record_tables

SCHEMA = explanation_schema()


def test_no_name_is_one_of_the_medical_graph() -> None:
    medical = load()
    taken = {*medical.kinds, "Provenance", "Load", "KgdxLock", *medical.relations}
    taken |= {relation.inverse for relation in medical.relations.values()}
    own = [*SCHEMA.kinds, *SCHEMA.links]
    assert {name.lower() for name in own} & {name.lower() for name in taken} == set()
    assert len({name.lower() for name in own}) == len(own), "a store may not tell capitals apart"


def test_no_node_can_be_taken_for_a_medical_one() -> None:
    properties = {name for kind in SCHEMA.kinds.values() for name in (KEY, *kind.properties)}
    assert properties & {"curie", "id", "preferred", cypher.MENTIONS, "pending", "stale"} == set()
    on_edges = {name for link in SCHEMA.links.values() for name in link.properties}
    assert on_edges & set(cypher.EDGE_PROPERTIES) == set()


def test_links_join_kinds_that_are_declared_and_every_kind_is_reached() -> None:
    reached = {tail for link in SCHEMA.links.values() for _, tail in link.joins}
    joined = reached | {head for link in SCHEMA.links.values() for head, _ in link.joins}
    assert joined == set(SCHEMA.kinds)
    assert reached == set(SCHEMA.kinds) - {"DiagnosedCase"}


def test_both_stores_are_made_from_the_one_declaration() -> None:
    tables, constraints = "\n".join(record_tables()), "\n".join(record_constraints())
    for name, kind in SCHEMA.kinds.items():
        assert f"CREATE NODE TABLE IF NOT EXISTS {name} (key STRING" in tables
        assert f"FOR (n:{name}) REQUIRE n.key IS UNIQUE" in constraints
        assert set(kind.indexed) <= set(kind.properties)
    assert tables.count("CREATE REL TABLE") == len(SCHEMA.links)
    assert set(constraints.splitlines()) <= set(cypher.constraint_statements(load()))


def test_what_a_case_owns_is_read_and_forgotten_by_one_table() -> None:
    assert {*OWNED, "Path"} == set(SCHEMA.kinds) - {"DiagnosedCase", "Release", "Statement"}
    links = {name for name, link in SCHEMA.links.items() if any(tail == "Path" for _, tail in link.joins)}
    assert {name for name in links if any(f":{name}]" in way for way in PATHS.values())} == links


def test_a_relation_of_ones_own_cannot_take_a_name_of_it() -> None:
    own = {"predicate": "acme:x", "inverse": "y_of", "domain": ["Disease"], "range": ["Disease"]}
    own |= {"text": "x", "inverse_text": "y"}
    for name in ("rests_on", "statement"):
        with pytest.raises(RelationFileError, match=f"{name} is taken"):
            load().with_own_relations({name: own}, "file")
    assert "acme_x" in load().with_own_relations({"acme_x": own}, "file").relations
