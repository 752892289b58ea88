"""Every named question has the same, expected answer on both stores; so have the walks."""

from collections.abc import Iterator
from typing import Any

import pytest

from graph_schema.queries import named_queries
from kgdx.cli.rows import to_csv
from kgdx.domain.errors import QueryError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import stated_edges
from kgdx.stores.base import GraphStore
from kgdx.stores.embedded import EmbeddedStore
from kgdx.stores.walks import graph_of, neighbourhood, paths
from tests.servers import Server, open_store, wipe

HPOA = Provenance("infores:hpo-annotations", ("PMID:1",), "HPO licence", release="2023-01-27")
LIST = Provenance("infores:list", license="CC0-1.0")

NODES = (
    Node("OMIM:1", "Disease", "asthma"),
    Node("OMIM:2", "Disease", "bronchitis"),
    Node("MONDO:1", "Disease", "asthma (disease)", source="infores:mondo"),
    Node("MONDO:9", "Disease", "heart failure"),
    Node("MONDO:8", "Disease", "systolic heart failure"),
    Node("HP:1", "PhenotypicFeature", "wheezing"),
    Node("HP:2", "PhenotypicFeature", "cough"),
    Node("HP:3", "PhenotypicFeature", "dry cough"),
    Node("HP:4", "PhenotypicFeature", "rash"),
    Node("CHEBI:1", "Drug", "salbutamol"),
    Node("CHEBI:2", "Drug", "propranolol"),
    Node("NCBIGene:1", "Gene", "ADRB2"),
)
KINDS = {node.curie: node.kind for node in NODES} | {"UMLS:C1": "Disease"}

WHEEZE = Edge("OMIM:1", "has_phenotype", "HP:1", HPOA, frequency=0.8, num_patients=10)
COUGH = Edge("OMIM:1", "has_phenotype", "HP:2", HPOA)
NO_RASH = Edge("OMIM:1", "has_phenotype", "HP:4", HPOA, negated=True)
OTHER = Edge("OMIM:2", "has_phenotype", "HP:2", HPOA, frequency=1.0)
ANNOTATED = (WHEEZE, COUGH, NO_RASH, OTHER)
MONDO = (
    Edge("HP:3", "subclass_of", "HP:2", LIST),
    Edge("MONDO:8", "subclass_of", "MONDO:9", LIST),
    Edge("MONDO:1", "exact_match", "OMIM:1", LIST),
    Edge("MONDO:1", "exact_match", "UMLS:C1", LIST),
)
TREATS = Edge("CHEBI:1", "treats", "MONDO:1", LIST)
FORBIDS = Edge("CHEBI:1", "contraindicated_in", "MONDO:9", LIST)
DRUGS = (
    TREATS,
    FORBIDS,
    Edge("CHEBI:2", "treats", "MONDO:9", LIST),
    Edge("CHEBI:2", "contraindicated_in", "MONDO:9", LIST),
    Edge("CHEBI:1", "interacts_with", "NCBIGene:1", LIST, original_predicate="agonist"),
    Edge("NCBIGene:1", "gene_associated_with_condition", "OMIM:1", LIST),
    Edge("NCBIGene:1", "gene_associated_with_condition", "OMIM:2", LIST),
)


def fill(store: GraphStore) -> None:
    store.replace_source("hpoa", NODES, stated_edges(ANNOTATED, KINDS), "2023-01-27")
    store.replace_source("mondo", NODES[2:3], stated_edges(MONDO, KINDS))
    store.replace_source("drugs", (), stated_edges(DRUGS, KINDS), "7")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    with EmbeddedStore.open(tmp_path_factory.mktemp("queries") / "graph") as store:
        fill(store)
        yield store


@pytest.fixture(scope="module")
def server(neo4j_server: Server) -> Iterator[GraphStore]:
    wipe(neo4j_server)
    with open_store(neo4j_server) as store:
        fill(store)
        yield store


@pytest.fixture(params=["embedded", "server"])
def store(request: pytest.FixtureRequest) -> GraphStore:
    found: GraphStore = request.getfixturevalue(request.param)
    return found


# Name -> parameters, and the rows: their columns in the order of the query.
ANSWERS: dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]] = {
    "ancestors": ({"curie": "HP:3"}, [("HP:2", "cough")]),
    "blocked-treatments": (
        {"disease": "MONDO:1", "condition": "MONDO:8"},
        [("CHEBI:1", "salbutamol", "MONDO:9", "heart failure", "infores:list")],
    ),
    "changed-since-last-load": (
        {},
        sorted(("drugs", "", e.head, e.relation, e.tail, e.edge_id) for e in DRUGS),
    ),
    "contents": (
        {},
        [
            ("drugs", "contraindicated_in", 2),
            ("drugs", "gene_associated_with_condition", 2),
            ("drugs", "interacts_with", 1),
            ("drugs", "treats", 2),
            ("hpoa", "has_phenotype", 4),
            ("mondo", "exact_match", 2),
            ("mondo", "subclass_of", 2),
        ],
    ),
    "contradictions": ({}, [("CHEBI:2", "propranolol", "MONDO:9", "heart failure")]),
    "differential": (
        {"findings": ["HP:1", "HP:2"]},
        [("OMIM:1", "asthma", 2, 0.8), ("OMIM:2", "bronchitis", 1, 1.0)],
    ),
    "diseases-sharing-findings": ({"disease": "OMIM:2"}, [("OMIM:1", "asthma", 1)]),
    "diseases-with-finding": (
        {"finding": "HP:2"},
        [
            ("OMIM:2", "bronchitis", 1.0, "infores:hpo-annotations", OTHER.edge_id),
            ("OMIM:1", "asthma", None, "infores:hpo-annotations", COUGH.edge_id),
        ],
    ),
    "diseases-without-treatment": ({}, [("OMIM:1", "asthma", 3), ("OMIM:2", "bronchitis", 1)]),
    "evidence-against": (
        {"disease": "OMIM:1", "findings": ["HP:1", "HP:4"]},
        [("HP:4", "rash", "HP:4", "infores:hpo-annotations", "PMID:1", NO_RASH.edge_id)],
    ),
    "evidence-for": (
        {"disease": "OMIM:1", "findings": ["HP:1", "HP:3", "HP:4"]},
        [
            ("HP:1", "wheezing", "HP:1", 0.8, "infores:hpo-annotations", "PMID:1", WHEEZE.edge_id),
            ("HP:3", "dry cough", "HP:2", None, "infores:hpo-annotations", "PMID:1", COUGH.edge_id),
        ],
    ),
    "findings-of-disease": (
        {"disease": "OMIM:1"},
        [
            ("HP:1", "wheezing", 0.8, False, "infores:hpo-annotations", "PMID:1", WHEEZE.edge_id),
            ("HP:2", "cough", None, False, "infores:hpo-annotations", "PMID:1", COUGH.edge_id),
            ("HP:4", "rash", None, True, "infores:hpo-annotations", "PMID:1", NO_RASH.edge_id),
        ],
    ),
    "genes-of-disease": ({"disease": "OMIM:1"}, [("NCBIGene:1", "ADRB2", 1)]),
    "mechanism": (
        {"drug": "CHEBI:1", "disease": "OMIM:1"},
        [
            ("treats", "", "MONDO:1", "asthma (disease)", "exact_match", ""),
            ("interacts_with", "agonist", "NCBIGene:1", "ADRB2", "gene_associated_with_condition", ""),
        ],
    ),
    "provenance-of-edge": (
        {"edge": WHEEZE.edge_id},
        [
            (
                *("OMIM:1", "asthma", "has_phenotype", "HP:1", "wheezing", False, 0.8, None),
                *("infores:hpo-annotations", "PMID:1", "HPO licence", "knowledge_assertion"),
                *("2023-01-27", "hpoa"),
            )
        ],
    ),
    "same-as": (
        {"curie": "UMLS:C1"},
        [
            ("MONDO:1", "Disease", "asthma (disease)", "MONDO:1"),
            ("OMIM:1", "Disease", "asthma", "MONDO:1"),
            ("UMLS:C1", "Disease", "", "MONDO:1"),
        ],
    ),
    "treatments-allowed": ({"disease": "MONDO:1", "conditions": ["OMIM:2"]}, [("CHEBI:1", "salbutamol")]),
    "treatments-of-disease": (
        {"disease": "OMIM:1"},
        [("CHEBI:1", "salbutamol", "MONDO:1", "infores:list", "")],
    ),
    "undescribed-terms": ({}, [("UMLS:C1", "Disease")]),
}


def ask(store: GraphStore, name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in store.query(named_queries()[name].cypher, parameters)]


def _is_medical(name: str) -> bool:
    """What asks about stored explanations is asked in `test_explanation_queries`."""
    return "DiagnosedCase" not in named_queries()[name].cypher


@pytest.mark.parametrize("name", sorted(filter(_is_medical, set(named_queries()) - {"loads"})))
def test_a_named_question_is_answered(store: GraphStore, name: str) -> None:
    parameters, expected = ANSWERS[name]
    assert set(parameters) == set(named_queries()[name].parameters)
    assert named_queries()[name].purpose
    assert ask(store, name, parameters) == expected


def test_the_history_is_told(store: GraphStore) -> None:
    rows = list(store.query(named_queries()["loads"].cypher, {}))
    told = [(row["load"], row["source"], row["release"], row["edges_added"]) for row in rows]
    assert told == [(3, "drugs", "7", 7), (2, "mondo", "", 4), (1, "hpoa", "2023-01-27", 4)]


def test_a_comorbidity_takes_a_treatment_away(store: GraphStore) -> None:
    assert ask(store, "treatments-allowed", {"disease": "MONDO:1", "conditions": ["MONDO:8"]}) == []


def test_what_lies_around_a_node(store: GraphStore) -> None:
    near = neighbourhood(store, "OMIM:1")
    assert set(near) == {"OMIM:1", "HP:1", "HP:2", "HP:4", "MONDO:1", "NCBIGene:1"}
    assert near.edges["MONDO:1", "OMIM:1", MONDO[2].edge_id]["relation"] == "exact_match"
    assert not near.graph["is_cut"]
    assert "CHEBI:1" in neighbourhood(store, "OMIM:1", hops=2)
    cut = neighbourhood(store, "OMIM:1", hops=2, max_edges=2)
    assert cut.graph["is_cut"]
    assert cut.number_of_edges() == 2
    with pytest.raises(QueryError, match="OMIM:7 is not in this graph"):
        neighbourhood(store, "OMIM:7")


def test_the_ways_between_two_nodes(store: GraphStore) -> None:
    assert paths(store, "CHEBI:1", "OMIM:1", max_hops=2) == [
        ["CHEBI:1", "MONDO:1", "OMIM:1"],
        ["CHEBI:1", "NCBIGene:1", "OMIM:1"],
    ]
    assert paths(store, "CHEBI:1", "HP:3", max_hops=2) == []


def test_edges_of_a_path_keep_their_direction(store: GraphStore) -> None:
    cypher = "MATCH p = (d {curie: 'MONDO:1'})<-[:treats]-(t)-[:contraindicated_in]->(c) RETURN p"
    graph = graph_of(store.query(cypher, {}))
    assert set(graph.edges(keys=True)) == {
        ("CHEBI:1", "MONDO:1", TREATS.edge_id),
        ("CHEBI:1", "MONDO:9", FORBIDS.edge_id),
    }
    with pytest.raises(QueryError, match="no node, so they are no graph"):
        graph_of([{"num": 1}])


def test_csv_keeps_lists_and_quotes() -> None:
    rows = [{"name": 'a "b", c', "synonyms": ["x", "y"], "frequency": None}]
    assert to_csv(rows) == 'name,synonyms,frequency\r\n"a ""b"", c",x|y,\r\n'
    assert to_csv([]) == ""
