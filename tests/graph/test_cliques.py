"""Which identifiers mean the same, and the view of a graph in which they are one."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema import load as load_schema
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, iter_edges, iter_nodes, node_table
from kgdx.graph.canonical import CanonicalView, canonical_view
from kgdx.graph.cliques import Identity, identify_nodes

SCHEMA = load_schema()
SAYS = Provenance("infores:mondo")


def disease(curie: str, name: str = "", **more: str) -> Node:
    return Node(curie, "Disease", name, source="infores:x" if name else "", **more)


def same(head: str, tail: str) -> Edge:
    return Edge(head, "exact_match", tail, SAYS)


def identity(nodes: Sequence[Node], matches: Sequence[Edge]) -> Identity:
    return identify_nodes(node_table(nodes), edge_table(matches), SCHEMA)


def leaders(nodes: Sequence[Node], matches: Sequence[Edge]) -> dict[str, str]:
    return {old: new for (_, old), (_, new) in identity(nodes, matches).clique_leader.items()}


def view_of(nodes: Sequence[Node], edges: Sequence[Edge], merge: bool = False) -> CanonicalView:
    return canonical_view(node_table(nodes), edge_table(edges), SCHEMA, merge)


def ends(edges: pa.Table) -> set[tuple[str, str, str]]:
    return {(edge.head, edge.relation, edge.tail) for edge in iter_edges(edges)}


MONDO, OMIM, ORPHA, DOID = (disease(c, c) for c in ("MONDO:1", "OMIM:1", "ORPHA:1", "DOID:1"))


def test_the_preferred_vocabulary_stands_for_the_others() -> None:
    chain = [same("DOID:1", "OMIM:1"), same("ORPHA:1", "OMIM:1")]
    assert leaders((OMIM, ORPHA, DOID), chain) == {"DOID:1": "OMIM:1", "ORPHA:1": "OMIM:1"}
    chain.append(same("MONDO:1", "DOID:1"))
    assert set(leaders((MONDO, OMIM, ORPHA, DOID), chain).values()) == {"MONDO:1"}


def test_two_terms_of_one_vocabulary_are_never_made_one() -> None:
    found = identity(
        (OMIM, MONDO, disease("MONDO:2", "b")), [same("MONDO:1", "OMIM:1"), same("MONDO:2", "OMIM:1")]
    )
    assert found.clique_leader == {("Disease", "OMIM:1"): ("Disease", "MONDO:1")}
    (conflict,) = found.conflicts
    assert (conflict.head, conflict.tail, conflict.terms) == ("MONDO:2", "OMIM:1", ("MONDO:1", "MONDO:2"))


def test_an_obsolete_term_is_stood_for_by_the_last_of_its_successors() -> None:
    old = disease("MONDO:8", "old", is_obsolete=True, replaced_by="MONDO:9")  # type: ignore[arg-type]
    older = replace(old, curie="MONDO:7", replaced_by="MONDO:8")
    successor = disease("MONDO:9", "successor")
    assert leaders((old, older, successor), ()) == {"MONDO:8": "MONDO:9", "MONDO:7": "MONDO:9"}
    assert leaders((old, older), ()) == {}, "the successor is not in the graph"
    circle = replace(old, replaced_by="MONDO:7")
    assert leaders((circle, older, successor), ()) == {}


def test_a_match_of_an_obsolete_term_is_one_of_its_successor() -> None:
    old = disease("MONDO:8", "old", is_obsolete=True, replaced_by="MONDO:9")  # type: ignore[arg-type]
    found = leaders((old, disease("MONDO:9", "successor"), OMIM), [same("MONDO:8", "OMIM:1")])
    assert found == {"MONDO:8": "MONDO:9", "OMIM:1": "MONDO:9"}


def test_only_nodes_of_one_kind_are_the_same() -> None:
    assert leaders((MONDO, Node("HP:1", "PhenotypicFeature", "x")), [same("MONDO:1", "HP:1")]) == {}


def test_a_denied_match_is_none() -> None:
    view = view_of((MONDO, OMIM), [replace(same("MONDO:1", "OMIM:1"), negated=True)], merge=True)
    assert view.notes.num_rows == 0


curies = st.sampled_from([f"{p}:{i}" for p in ("MONDO", "OMIM", "ORPHA") for i in range(1, 5)])
matches = st.lists(st.builds(same, curies, curies), max_size=14, unique_by=lambda e: (e.head, e.tail))


@settings(max_examples=80)
@given(matches, st.randoms())
def test_the_order_of_rows_does_not_matter(stated: list[Edge], rng: object) -> None:
    nodes = [disease(c) for e in stated for c in (e.head, e.tail)]
    nodes = list({n.curie: n for n in nodes}.values())
    before = identity(nodes, stated)
    for rows in (nodes, stated):
        rng.shuffle(rows)  # type: ignore[attr-defined]
    assert identity(nodes, stated) == before


@settings(max_examples=80)
@given(matches)
def test_no_set_holds_two_terms_of_a_vocabulary(stated: list[Edge]) -> None:
    nodes = [disease(c) for c in sorted({c for e in stated for c in (e.head, e.tail)})]
    found = leaders(nodes, stated)
    sets: dict[str, list[str]] = {}
    for node in nodes:
        sets.setdefault(found.get(node.curie, node.curie), []).append(node.curie.split(":")[0])
    assert all(len(members) == len(set(members)) for members in sets.values())


ASTHMA = disease("MONDO:1", "asthma")
CODE = disease("OMIM:1", "ASTHMA 1")
SIGN = Node("HP:1", "PhenotypicFeature", "wheezing", source="infores:hpo")
SHOWS = Edge("OMIM:1", "has_phenotype", "HP:1", Provenance("infores:hpoa"))


def test_merging_moves_edges_and_keeps_every_name() -> None:
    view = view_of((ASTHMA, CODE, SIGN), (SHOWS, same("MONDO:1", "OMIM:1")), merge=True)
    nodes = {node.curie: node for node in iter_nodes(view.nodes)}
    assert set(nodes) == {"MONDO:1", "HP:1"}
    assert nodes["MONDO:1"].synonyms == ("ASTHMA 1",)
    assert ends(view.edges) == {("MONDO:1", "has_phenotype", "HP:1")}
    assert view.notes.to_pylist() == [{"curie": "OMIM:1", "became": "MONDO:1", "reason": "exact match"}]
    assert view.left_out == {"between two that are one now": 1}
    assert view.num_moved == 1


def test_without_merging_matches_stay_edges() -> None:
    edges = (SHOWS, same("MONDO:1", "OMIM:1"))
    view = view_of((ASTHMA, CODE, SIGN), edges)
    assert set(iter_edges(view.edges)) == set(edges)
    assert view.notes.num_rows == view.num_moved == 0


def test_edges_of_an_obsolete_term_move_to_its_successor() -> None:
    old = replace(SIGN, curie="HP:2", is_obsolete=True, replaced_by="HP:1")
    view = view_of(
        (CODE, SIGN, old), (SHOWS, replace(SHOWS, tail="HP:2"), replace(SHOWS, tail="HP:2", frequency=0.5))
    )
    assert ends(view.edges) == {("OMIM:1", "has_phenotype", "HP:1")}
    assert view.edges.num_rows == 2, "what says more is a statement of its own"
    assert view.notes.to_pylist() == [{"curie": "HP:2", "became": "HP:1", "reason": "obsolete"}]
    assert view.left_out == {"the same as another one now": 1}


def test_an_identifier_of_two_kinds_has_the_first_of_the_schema() -> None:
    other = Node("MONDO:1", "PhenotypicFeature", "asthma, a sign", source="infores:y")
    view = view_of((ASTHMA, other, CODE), (Edge("OMIM:1", "has_phenotype", "MONDO:1", SAYS),))
    (node,) = [n for n in iter_nodes(view.nodes) if n.curie == "MONDO:1"]
    assert (node.kind, node.name, node.synonyms) == ("Disease", "asthma", ("asthma, a sign",))
    assert view.edges.num_rows == 0
    assert view.left_out == {"has_phenotype does not join Disease to Disease": 1}


@settings(max_examples=60)
@given(matches, st.booleans())
def test_resolving_again_changes_nothing(stated: list[Edge], merge: bool) -> None:
    nodes = [disease(c, c) for c in sorted({c for e in stated for c in (e.head, e.tail)})]
    edges = [*stated, *(Edge(n.curie, "has_phenotype", "HP:1", SAYS) for n in nodes)]
    once = view_of((*nodes, SIGN), edges, merge)
    twice = canonical_view(once.nodes, once.edges, SCHEMA, merge)
    assert set(iter_edges(twice.edges)) == set(iter_edges(once.edges))
    assert set(iter_nodes(twice.nodes)) == set(iter_nodes(once.nodes))
