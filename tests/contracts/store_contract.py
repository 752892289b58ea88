"""What every graph store keeps. Subclass it and give a fixture `store` that yields an empty one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from kgdx.domain.errors import QueryError, SourceError
from kgdx.domain.graph import Edge, LoadCount, Node, Provenance
from kgdx.graph.arrow_schema import EDGE_COLUMNS, NODE_COLUMNS, iter_edges, iter_nodes, stated_edges
from kgdx.graph.snapshot import Snapshot
from kgdx.stores.base import GraphStore

HPOA = Provenance("infores:hpo-annotations", ("PMID:1", "PMID:2"), "HPO licence", release="2023-01-27")
NOTHING = LoadCount()

MARFAN = Node("OMIM:154700", "Disease", "Marfan syndrome", ("MFS", "MFS1"), "Of connective tissue.")
LENS = Node("HP:0001083", "PhenotypicFeature", "Ectopia lentis", source="infores:hpo")
TALL = Node("HP:0000098", "PhenotypicFeature", "Tall stature")
OLD = Node("HP:0000001", "PhenotypicFeature", is_obsolete=True, replaced_by="HP:0000098")
ATENOLOL = Node("CHEBI:2904", "Drug", "atenolol")

SHOWS = Edge(MARFAN.curie, "has_phenotype", LENS.curie, HPOA, frequency=7 / 12, num_patients=12)
LACKS = Edge(MARFAN.curie, "has_phenotype", TALL.curie, HPOA, negated=True, onset="HP:0003577", sex="male")
TREATS = Edge(ATENOLOL.curie, "treats", MARFAN.curie, Provenance("infores:list"))

NODES = (MARFAN, LENS, TALL, OLD, ATENOLOL)
EDGES = (SHOWS, LACKS, TREATS)

KINDS = {node.curie: node.kind for node in NODES}

Load = tuple[str, Sequence[Node], Sequence[Edge]]


def put(
    store: GraphStore, source: str, nodes: Sequence[Node] = (), edges: Sequence[Edge] = (), release: str = ""
) -> LoadCount:
    """Load what a source says; the kinds of ends are those of its nodes, else those of `NODES`."""
    kinds = KINDS | {node.curie: node.kind for node in nodes}
    return store.replace_source(source, nodes, stated_edges(edges, kinds), release)


def content(store: GraphStore) -> str:
    return Snapshot.from_tables(*store.export()).content_hash


def nodes_in(store: GraphStore) -> dict[str, Node]:
    return {node.curie: node for node in iter_nodes(store.export()[0])}


def edges_in(store: GraphStore) -> set[Edge]:
    return set(iter_edges(store.export()[1]))


def load_all(store: GraphStore, loads: Sequence[Load]) -> str:
    for source, nodes, edges in loads:
        put(store, source, nodes, edges)
    return content(store)


def empty(store: GraphStore) -> None:
    """Take everything out again, whoever loaded it."""
    for source in "abc":
        put(store, source, [], [])


def a_load(source: str) -> st.SearchStrategy[Load]:
    """Some of four nodes, as this source sees them, and some edges between those it names."""
    names = st.sampled_from(["", "one", "two", 'zwei "ü", [x]'])
    owners = st.sampled_from(["", f"infores:{source}"])
    curies = st.sampled_from(["MONDO:1", "MONDO:2", "MONDO:3", "MONDO:4"])
    node = st.builds(
        Node, curies, st.just("Disease"), names, st.sampled_from([(), ("s", "t")]), source=owners
    )
    nodes = st.lists(node, max_size=4, unique_by=lambda n: n.curie)
    provenance = st.builds(Provenance, st.just("infores:x"), release=st.sampled_from(["1", "2"]))

    def with_edges(named: Sequence[Node]) -> st.SearchStrategy[Load]:
        if not named:
            return st.just((source, named, []))
        end = st.sampled_from([n.curie for n in named])
        relation = st.sampled_from(["subclass_of", "exact_match"])
        edges = st.lists(st.builds(Edge, end, relation, end, provenance), max_size=4)
        return edges.map(lambda e: (source, named, e))

    return nodes.flatmap(with_edges)


three_loads = st.tuples(a_load("a"), a_load("b"), a_load("c"))
orders = st.sampled_from([order for order in permutations(range(3)) if order != (0, 1, 2)])
# One store serves every example, and two classes run each law; each empties the store first.
_TOLD = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
# Loads take long: the short form holds each law for one rich example, the long one for drawn ones.
one = settings(phases=(Phase.explicit,), suppress_health_check=_TOLD)
many = settings(max_examples=12, suppress_health_check=_TOLD)


# Forwards and backwards, and in the long form every other order.
some_orders = [
    pytest.param(order, marks=() if order in {(0, 1, 2), (2, 1, 0)} else pytest.mark.slow)
    for order in permutations(range(3))
]


def _says(source: str, names: dict[str, str], *triples: tuple[str, str, str]) -> Load:
    owner = f"infores:{source}"
    nodes = [
        Node(curie, "Disease", name, ("s",) if name else (), source=owner) for curie, name in names.items()
    ]
    told = Provenance("infores:x", release="2" if source == "b" else "1")
    return source, nodes, [Edge(head, relation, tail, told) for head, relation, tail in triples]


# All three speak of MONDO:2 under different names, two make the same statement, and all are of one clique.
THREE: tuple[Load, Load, Load] = (
    _says(
        "a",
        {"MONDO:1": "one", "MONDO:2": ""},
        ("MONDO:1", "exact_match", "MONDO:2"),
        ("MONDO:1", "subclass_of", "MONDO:2"),
    ),
    _says(
        "b",
        {"MONDO:1": 'zwei "ü", [x]', "MONDO:2": "two", "MONDO:3": "one"},
        ("MONDO:3", "subclass_of", "MONDO:1"),
        ("MONDO:1", "exact_match", "MONDO:2"),
    ),
    _says(
        "c",
        {"MONDO:2": "two", "MONDO:4": ""},
        ("MONDO:4", "exact_match", "MONDO:2"),
        ("MONDO:2", "subclass_of", "MONDO:4"),
    ),
)
AGAIN = _says("b", {"MONDO:2": "one", "MONDO:3": ""}, ("MONDO:3", "exact_match", "MONDO:2"))


def the_order_of_loading_does_not_matter(
    store: GraphStore, loads: tuple[Load, Load, Load], order: Sequence[int]
) -> None:
    empty(store)
    in_order = load_all(store, loads)
    empty(store)
    assert load_all(store, [loads[i] for i in order]) == in_order


def what_a_source_said_before_leaves_no_trace(
    store: GraphStore, loads: tuple[Load, Load, Load], again: Load
) -> None:
    empty(store)
    fresh = load_all(store, (loads[0], again, loads[2]))
    empty(store)
    assert load_all(store, (*loads, again)) == fresh
    assert put(store, *again) == NOTHING


class StoreContract:
    """The laws. `store` is empty at the start of each test."""

    @pytest.fixture
    def store(self) -> GraphStore:
        raise TypeError("a store contract needs a fixture `store`")

    def test_gives_back_what_it_was_given(self, store: GraphStore) -> None:
        count = put(store, "hpoa", NODES, EDGES)
        assert count == LoadCount(num_nodes_added=5, num_edges_added=3)
        assert nodes_in(store) == {node.curie: node for node in NODES}
        assert edges_in(store) == set(EDGES)

    def test_export_keeps_the_layout(self, store: GraphStore) -> None:
        for stated in ((), EDGES):
            put(store, "x", NODES, stated)
            nodes, edges = store.export()
            assert nodes.schema.equals(NODE_COLUMNS)
            assert edges.schema.equals(EDGE_COLUMNS)
        assert sorted(edges["edge_id"].to_pylist()) == sorted(edge.edge_id for edge in EDGES)

    def test_an_empty_store_exports_empty_tables(self, store: GraphStore) -> None:
        nodes, edges = store.export()
        assert (nodes.num_rows, edges.num_rows) == (0, 0)
        assert nodes.schema.equals(NODE_COLUMNS)
        assert edges.schema.equals(EDGE_COLUMNS)

    def test_loading_twice_changes_nothing(self, store: GraphStore) -> None:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
        assert put(store, "hpoa", NODES[::-1], EDGES[::-1]) == NOTHING
        assert content(store) == before

    def test_statements_no_longer_made_disappear(self, store: GraphStore) -> None:
        put(store, "hpoa", NODES, EDGES)
        assert put(store, "hpoa", (MARFAN, LENS), (SHOWS,)) == LoadCount(
            num_nodes_removed=3, num_edges_removed=2
        )
        assert set(nodes_in(store)) == {MARFAN.curie, LENS.curie}
        assert edges_in(store) == {SHOWS}

    def test_other_sources_are_not_touched(self, store: GraphStore) -> None:
        put(store, "hpo", (LENS, TALL), ())
        put(store, "hpoa", (MARFAN,), (SHOWS, LACKS))
        put(store, "list", (ATENOLOL, MARFAN), (TREATS,))
        assert put(store, "list", (), ()) == LoadCount(
            num_nodes_removed=1, num_nodes_changed=1, num_edges_removed=1
        )
        assert edges_in(store) == {SHOWS, LACKS}
        assert nodes_in(store)[MARFAN.curie] == MARFAN

    def test_a_statement_two_sources_make_stays_until_both_drop_it(self, store: GraphStore) -> None:
        put(store, "a", (MARFAN, LENS), (SHOWS,))
        later = replace(SHOWS, provenance=replace(HPOA, release="2024-04-26"))
        put(store, "b", (MARFAN, LENS), (later,))
        assert edges_in(store) == {SHOWS}, "the smaller source name wins"
        put(store, "a", (), ())
        assert edges_in(store) == {later}
        put(store, "b", (), ())
        assert edges_in(store) == set()

    def test_the_next_release_of_a_statement_takes_its_place(self, store: GraphStore) -> None:
        put(store, "a", (MARFAN, LENS), (SHOWS,))
        later = replace(SHOWS, provenance=replace(HPOA, release="2024-04-26"))
        assert put(store, "a", (MARFAN, LENS), (later,)) == LoadCount(num_edges_changed=1)
        assert edges_in(store) == {later}

    @pytest.mark.parametrize("order", some_orders)
    def test_the_owner_names_a_node_in_any_order(self, store: GraphStore, order: Sequence[int]) -> None:
        owned = Node(
            "HP:0001083", "PhenotypicFeature", "Ectopia lentis", ("Lens dislocation",), source="infores:hpo"
        )
        loads: list[Load] = [
            ("a", [Node(owned.curie, owned.kind, "lens trouble")], []),
            ("b", [Node(owned.curie, owned.kind)], []),
            ("hpo", [owned], []),
        ]
        load_all(store, [loads[i] for i in order])
        assert nodes_in(store) == {owned.curie: owned}
        put(store, "hpo", [], [])
        assert nodes_in(store)[owned.curie].name == "lens trouble"

    def test_a_node_that_an_edge_holds_outlives_its_source(self, store: GraphStore) -> None:
        put(store, "hpo", (LENS,), ())
        put(store, "hpoa", (MARFAN,), (SHOWS,))
        assert put(store, "hpo", (), ()).num_nodes_removed == 0
        assert nodes_in(store)[LENS.curie] == Node(LENS.curie, LENS.kind)
        assert put(store, "hpoa", (), ()) == LoadCount(num_nodes_removed=2, num_edges_removed=1)

    @pytest.mark.parametrize(
        ("nodes", "edge", "fact"),
        [
            ((), replace(SHOWS, tail="HP:9999999"), "nobody says of which kind its tail is"),
            ((), replace(SHOWS, relation="adores"), "no such relation"),
            ((), replace(SHOWS, relation="treats"), "does not join Disease to PhenotypicFeature"),
            ((Node("HP:7", "Disease"),), SHOWS, "HP:7 is given as Disease"),
            ((Node("UMLS:1", "Planet"),), SHOWS, "UMLS:1 is given as Planet"),
        ],
    )
    def test_a_load_that_breaks_the_schema_leaves_no_trace(
        self, store: GraphStore, nodes: tuple[Node, ...], edge: Edge, fact: str
    ) -> None:
        put(store, "hpoa", (MARFAN, LENS), (SHOWS,))
        before = content(store)
        with pytest.raises(SourceError, match=fact):
            put(store, "hpoa", (LENS, ATENOLOL, *nodes), (TREATS, edge))
        assert content(store) == before
        assert put(store, "hpoa", (MARFAN, LENS), (SHOWS,)) == NOTHING

    def test_an_identifier_may_be_of_two_kinds(self, store: GraphStore) -> None:
        both = Node("UMLS:2", "Drug", "salt"), Node("UMLS:2", "Disease", "salt craving")
        put(store, "a", both[:1])
        put(store, "b", both[1:])
        assert set(iter_nodes(store.export()[0])) == set(both)
        assert put(store, "a") == LoadCount(num_nodes_removed=1, num_nodes_changed=0)
        assert set(iter_nodes(store.export()[0])) == {both[1]}

    def test_an_end_that_nobody_names_is_a_node_without_a_name(self, store: GraphStore) -> None:
        put(store, "hpoa", (MARFAN,), (SHOWS,))
        assert nodes_in(store)[LENS.curie] == Node(LENS.curie, LENS.kind)
        assert put(store, "hpo", (LENS,)) == LoadCount(num_nodes_changed=1)
        assert nodes_in(store)[LENS.curie] == LENS

    def test_synonyms_are_everybodys(self, store: GraphStore) -> None:
        put(store, "hpo-zh", (Node(LENS.curie, LENS.kind, synonyms=("晶状体异位@zh",)),))
        put(store, "hpo", (replace(LENS, synonyms=("Lens dislocation",)),))
        put(store, "list", (Node(LENS.curie, LENS.kind, "lens trouble"),))
        seen = nodes_in(store)[LENS.curie]
        assert seen == replace(LENS, synonyms=("Lens dislocation", "晶状体异位@zh"))

    def test_each_load_that_changes_something_is_noted(self, store: GraphStore) -> None:
        put(store, "hpoa", (MARFAN, LENS), (SHOWS,), "2023-01-27")
        put(store, "hpoa", (MARFAN, LENS), (SHOWS,), "2023-01-27")
        put(store, "hpoa", (MARFAN, LENS, TALL), (LACKS,), "2024-04-26")
        noted = list(store.query("MATCH (l:Load) RETURN l ORDER BY l.id", {}))
        told = [(row["l"]["source"], row["l"]["release"], row["l"]["num_edges_added"]) for row in noted]
        assert told == [("hpoa", "2023-01-27", 1), ("hpoa", "2024-04-26", 1)]
        last = noted[1]["l"]
        assert (last["state"], last["num_edges_removed"], last["num_nodes_added"]) == ("done", 1, 1)
        assert last["started"] <= last["finished"]
        changed = (
            "MATCH (p:Provenance) WHERE p.load = $load MATCH (a)-[e]->(b) WHERE e.provenance = p.id "
            "RETURN type(e) AS relation, b.curie AS tail, p.loaded_from AS source, p.licence AS licence"
        )
        (row,) = store.query(changed, {"load": last["id"]})
        assert row == {
            "relation": "has_phenotype",
            "tail": TALL.curie,
            "source": "hpoa",
            "licence": "HPO licence",
        }

    def test_each_node_tells_which_one_stands_for_it(self, store: GraphStore) -> None:
        heir = replace(LENS, curie="HP:0000002")
        old = replace(OLD, replaced_by=heir.curie)
        mondo, orpha = Node("MONDO:7", "Disease", "Marfan"), Node("ORPHA:558", "Disease")
        says = Provenance("infores:mondo")
        matches = [Edge(mondo.curie, "exact_match", c, says) for c in (MARFAN.curie, orpha.curie)]

        def preferred() -> dict[str, str]:
            rows = store.query(
                "MATCH (n) WHERE n.curie <> n.preferred RETURN n.curie AS c, n.preferred AS p", {}
            )
            return {row["c"]: row["p"] for row in rows}

        put(store, "hpoa", (MARFAN, LENS), (SHOWS,))
        put(store, "hpo", (old,))
        assert preferred() == {}
        put(store, "mondo", (mondo, MARFAN, orpha), matches)
        put(store, "hpo", (old, heir))
        assert preferred() == {MARFAN.curie: "MONDO:7", "ORPHA:558": "MONDO:7", old.curie: heir.curie}
        put(store, "mondo")
        assert preferred() == {old.curie: heir.curie}, "a merge is undone with its source"

    def test_what_would_change_is_told_without_changing_it(self, store: GraphStore) -> None:
        put(store, "hpoa", (MARFAN, LENS), (SHOWS,))
        before = content(store)
        nodes, edges = (MARFAN, LENS, TALL), stated_edges((LACKS,), KINDS)
        change = store.compare_source("hpoa", nodes, edges)
        assert content(store) == before
        assert [node.curie for node in change.added] == [TALL.curie]
        assert change.edges["edge_id"].to_pylist() == [LACKS.edge_id]
        assert change.stale.select(["head", "tail"]).to_pylist() == [
            {"head": MARFAN.curie, "tail": LENS.curie}
        ]
        assert store.replace_source("hpoa", nodes, edges) == change.count(0)

    @one
    @example(loads=THREE, order=(2, 0, 1))
    @given(loads=three_loads, order=orders)
    def test_the_order_of_loading_does_not_matter(
        self, store: GraphStore, loads: tuple[Load, Load, Load], order: Sequence[int]
    ) -> None:
        the_order_of_loading_does_not_matter(store, loads, order)

    @pytest.mark.slow
    @many
    @given(loads=three_loads, order=orders)
    def test_the_order_of_many_loads_does_not_matter(
        self, store: GraphStore, loads: tuple[Load, Load, Load], order: Sequence[int]
    ) -> None:
        the_order_of_loading_does_not_matter(store, loads, order)

    @one
    @example(loads=THREE, again=AGAIN)
    @given(loads=three_loads, again=a_load("b"))
    def test_what_a_source_said_before_leaves_no_trace(
        self, store: GraphStore, loads: tuple[Load, Load, Load], again: Load
    ) -> None:
        what_a_source_said_before_leaves_no_trace(store, loads, again)

    @pytest.mark.slow
    @many
    @given(loads=three_loads, again=a_load("b"))
    def test_what_many_sources_said_before_leaves_no_trace(
        self, store: GraphStore, loads: tuple[Load, Load, Load], again: Load
    ) -> None:
        what_a_source_said_before_leaves_no_trace(store, loads, again)

    def test_query_gives_plain_values(self, store: GraphStore) -> None:
        put(store, "hpoa", NODES, EDGES)
        cypher = (
            "MATCH (d:Disease)-[e:has_phenotype]->(p) WHERE d.curie = $curie AND NOT e.negated "
            "RETURN d, e, p.name AS name, d.synonyms AS synonyms, e.frequency AS frequency"
        )
        (row,) = store.query(cypher, {"curie": MARFAN.curie})
        assert row["d"]["curie"] == MARFAN.curie
        assert set(row["d"]) == {*NODE_COLUMNS.names, "preferred"}
        assert row["e"]["relation"] == "has_phenotype"
        assert row["e"]["publications"] == ["PMID:1", "PMID:2"]
        (listed,) = store.query(
            "MATCH (:Disease)-[e:has_phenotype]->(:PhenotypicFeature {curie: $c}) "
            "RETURN split(e.publications, '|') AS publications",
            {"c": LENS.curie},
        )
        assert listed["publications"] == ["PMID:1", "PMID:2"]
        assert (row["name"], row["synonyms"], row["frequency"]) == (LENS.name, ["MFS", "MFS1"], 7 / 12)

    def test_query_gives_paths_as_nodes_and_edges(self, store: GraphStore) -> None:
        put(store, "hpoa", NODES, EDGES)
        (row,) = store.query("MATCH p = (:Drug)-[:treats]->(:Disease) RETURN p", {})
        assert [node["curie"] for node in row["p"]["nodes"]] == [ATENOLOL.curie, MARFAN.curie]
        assert [edge["relation"] for edge in row["p"]["edges"]] == ["treats"]

    def test_a_value_is_never_read_as_cypher(self, store: GraphStore) -> None:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
        evil = "x' }) DETACH DELETE n //"
        assert list(store.query("MATCH (n) WHERE n.curie = $curie RETURN n", {"curie": evil})) == []
        assert content(store) == before

    @pytest.mark.parametrize(
        "cypher",
        [
            "CREATE (:Disease {curie: 'MONDO:1'})",
            "MATCH (n) SET n.name = 'x' RETURN n",
            "MATCH (n) DETACH DELETE n",
            "MATCH (n) RETURN n; MATCH (n) DETACH DELETE n",
            "COMMIT; MATCH (n) DETACH DELETE n",
            "// a comment\nMERGE (n:Disease {curie: 'MONDO:1'})",
            "EXPLAIN MATCH (n) RETURN n; COMMIT; MATCH (n) DETACH DELETE n",
            "MATCH (n RETURN n",
            "MATCH (n) WHERE n.curie = $curie RETURN n",
            "",
        ],
    )
    def test_query_refuses_what_is_no_reading_statement(self, store: GraphStore, cypher: str) -> None:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
        with pytest.raises(QueryError) as caught:
            list(store.query(cypher, {}))
        assert caught.value.remedy
        assert content(store) == before
        assert list(store.query("MATCH (n) RETURN count(n.curie) AS num;", {})) == [{"num": 5}]

    def test_a_query_reads_no_more_rows_than_asked(self, store: GraphStore) -> None:
        put(store, "hpoa", NODES, EDGES)
        cypher = "MATCH (n) WHERE n.curie <> $other RETURN n.curie AS curie ORDER BY curie"
        found = list(store.query(cypher, {"other": ""}, limit=2))
        assert [row["curie"] for row in found] == sorted(KINDS)[:2]
        assert len(list(store.query(cypher, {"other": ""}))) == len(NODES)

    def test_a_query_that_takes_too_long_is_given_up(self, store: GraphStore) -> None:
        cypher = (
            "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c "
            "RETURN sum(a * b % 7 + c) AS num"
        )
        with pytest.raises(QueryError, match=r"took longer than 0\.3 s"):
            list(store.query(cypher, {}, timeout_s=0.3))
        assert list(store.query("RETURN 1 AS one", {})) == [{"one": 1}]

    def test_a_query_writes_where_it_is_told_that_it_may(self, store: GraphStore) -> None:
        put(store, "hpoa", NODES, EDGES)
        cypher = "MATCH (n:Disease {curie: $curie}) SET n.definition = $text"
        list(store.query(cypher, {"curie": MARFAN.curie, "text": "New."}, may_write=True))
        assert nodes_in(store)[MARFAN.curie].definition == "New."

    def test_a_semicolon_in_a_string_is_no_second_statement(self, store: GraphStore) -> None:
        assert list(store.query("RETURN 'a; b // $c' AS text", {})) == [{"text": "a; b // $c"}]

    def test_a_failed_load_in_the_middle_of_writing_is_undone(
        self, store: GraphStore, fail_in_the_middle: Callable[[GraphStore], None]
    ) -> None:
        put(store, "hpoa", (MARFAN, LENS), (SHOWS,))
        before = content(store)
        fail_in_the_middle(store)
        with pytest.raises(RuntimeError, match="on purpose"):
            put(store, "hpoa", (ATENOLOL, MARFAN), (TREATS,))
        assert content(store) == before
