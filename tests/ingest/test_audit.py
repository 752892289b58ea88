"""The audit: silent on a clean graph, and one finding for each thing that is wrong."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema import load as load_schema
from ingest.audit import Finding, audit, has_errors
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, node_table

GIVEN = Provenance("infores:x", ("PMID:1",), "CC0-1.0", "knowledge_assertion", "2024")
ASTHMA = Node("MONDO:1", "Disease", "asthma", source="infores:mondo")
LUNG = Node("MONDO:2", "Disease", "lung disease", source="infores:mondo")
WHEEZE = Node("HP:1", "PhenotypicFeature", "wheezing", source="infores:hpo")
DRUG = Node("CHEBI:1", "Drug", "salbutamol", source="infores:drugs")
NODES = (ASTHMA, LUNG, WHEEZE, DRUG)
IS_A = Edge("MONDO:1", "subclass_of", "MONDO:2", GIVEN)
SHOWS = Edge("MONDO:1", "has_phenotype", "HP:1", GIVEN, frequency=0.5, num_patients=10)
TREATS = Edge("CHEBI:1", "treats", "MONDO:1", GIVEN)
EDGES = (IS_A, SHOWS, TREATS)


def found(nodes: Sequence[Node] = NODES, edges: Sequence[Edge] = EDGES) -> list[Finding]:
    return audit(node_table(nodes), edge_table(edges), load_schema())


def the_one(nodes: Sequence[Node] = NODES, edges: Sequence[Edge] = EDGES) -> Finding:
    (only,) = found(nodes, edges)
    assert only.remedy
    return only


def told(finding: Finding) -> tuple[str, str, str, int]:
    return finding.level, finding.code, finding.where, finding.num


def test_a_clean_graph_has_no_findings() -> None:
    assert found() == []
    assert found((), ()) == []


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=60, unique=True))
def test_any_sound_hierarchy_is_clean(pairs: list[tuple[int, int]]) -> None:
    """A term below smaller numbers alone has no circle, whatever is drawn."""
    nodes = [Node(f"MONDO:{i}", "Disease", f"disease {i}", source="infores:mondo") for i in range(1, 31)]
    edges = [Edge(f"MONDO:{max(p)}", "subclass_of", f"MONDO:{min(p)}", GIVEN) for p in pairs if p[0] != p[1]]
    assert found(nodes, list(dict.fromkeys(edges))) == []


def test_an_end_that_nobody_describes() -> None:
    nameless = Node("ORPHA:9", "Disease")
    finding = the_one((*NODES, nameless), (*EDGES, Edge("ORPHA:9", "subclass_of", "MONDO:2", GIVEN)))
    assert told(finding) == ("warning", "dangling-end", "ORPHA", 1)
    assert finding.remedy == "load hpoa"
    assert finding.examples == ("ORPHA:9",)


def test_an_end_that_is_only_matched_is_fine() -> None:
    matched, match = Node("UMLS:C1", "Disease"), Edge("MONDO:1", "exact_match", "UMLS:C1", GIVEN)
    assert found((*NODES, matched), (*EDGES, match)) == []


def test_an_end_that_is_no_node() -> None:
    finding = the_one(edges=(*EDGES, Edge("MONDO:7", "subclass_of", "MONDO:2", GIVEN)))
    assert told(finding) == ("error", "dangling-end", "MONDO", 1)
    assert finding.remedy == "load mondo"


def test_an_edge_that_does_not_join_such_ends() -> None:
    finding = the_one(edges=(*EDGES, Edge("HP:1", "treats", "CHEBI:1", GIVEN)))
    assert told(finding) == ("error", "domain-range", "treats", 1)
    assert "from PhenotypicFeature to Drug" in finding.message


@pytest.mark.parametrize(
    ("circle", "num"),
    [
        ((("MONDO:2", "MONDO:1"),), 2),
        ((("MONDO:2", "MONDO:3"), ("MONDO:3", "MONDO:1")), 3),
        ((("MONDO:2", "MONDO:2"),), 1),
    ],
)
def test_a_term_that_is_a_kind_of_itself(circle: tuple[tuple[str, str], ...], num: int) -> None:
    third = replace(LUNG, curie="MONDO:3")
    edges = (*EDGES, *(Edge(head, "subclass_of", tail, GIVEN) for head, tail in circle))
    finding = the_one((*NODES, third), edges)
    assert told(finding) == ("error", "is-a-cycle", "MONDO", num)
    denied = [replace(edge, negated=True) for edge in edges[3:]]
    assert "is-a-cycle" not in {f.code for f in found((*NODES, third), (*EDGES, *denied))}


def test_two_circles_are_two_findings() -> None:
    other = [replace(LUNG, curie=f"MONDO:{i}") for i in (5, 6)]
    pairs = [("MONDO:2", "MONDO:1"), ("MONDO:5", "MONDO:6"), ("MONDO:6", "MONDO:5")]
    findings = found((*NODES, *other), (*EDGES, *(Edge(h, "subclass_of", t, GIVEN) for h, t in pairs)))
    assert [(f.code, f.examples) for f in findings] == [
        ("is-a-cycle", ("MONDO:1", "MONDO:2")),
        ("is-a-cycle", ("MONDO:5", "MONDO:6")),
    ]


def test_a_statement_made_twice() -> None:
    again = replace(SHOWS, provenance=replace(GIVEN, publications=("PMID:2",)))
    assert told(the_one(edges=(*EDGES, again))) == ("warning", "duplicate-edge", "infores:x", 1)
    elsewhere = replace(SHOWS, provenance=replace(GIVEN, source="infores:y"))
    assert found(edges=(*EDGES, elsewhere)) == [], "two sources may say the same"


def test_a_drug_that_treats_what_it_must_not_be_given_in() -> None:
    finding = the_one(edges=(*EDGES, Edge("CHEBI:1", "contraindicated_in", "MONDO:1", GIVEN)))
    assert told(finding) == ("warning", "contradiction", "treats", 1)
    assert finding.examples == ("CHEBI:1 MONDO:1",)


def test_a_finding_shown_and_denied() -> None:
    finding = the_one(edges=(*EDGES, replace(SHOWS, negated=True, frequency=None)))
    assert told(finding) == ("warning", "contradiction", "has_phenotype", 1)


@pytest.mark.parametrize(
    ("successor", "remedy"),
    [("MONDO:2", "moves them to the replacement"), ("", "newer release"), ("MONDO:9", "newer release")],
)
def test_an_edge_of_an_obsolete_term(successor: str, remedy: str) -> None:
    old = replace(ASTHMA, is_obsolete=True, replaced_by=successor)
    finding = the_one((old, LUNG, WHEEZE, DRUG))
    assert told(finding) == ("warning", "obsolete-id", "infores:x", 3)
    assert remedy in finding.remedy
    assert found((replace(LUNG, curie="MONDO:8", is_obsolete=True), *NODES)) == [], "no edge speaks of it"


@pytest.mark.parametrize(
    ("given", "level", "where"),
    [
        (replace(GIVEN, source=""), "error", "source"),
        (replace(GIVEN, source="somebody"), "error", "source"),
        (replace(GIVEN, license=""), "warning", "licence"),
        (replace(GIVEN, knowledge_level=""), "warning", "knowledge_level"),
    ],
)
def test_an_edge_without_provenance(given: Provenance, level: str, where: str) -> None:
    finding = the_one(edges=(IS_A, SHOWS, replace(TREATS, provenance=given)))
    assert told(finding) == (level, "missing-provenance", where, 1)
    assert finding.examples == ("CHEBI:1 treats MONDO:1",)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (replace(SHOWS, frequency=1.2), "frequency"),
        (replace(SHOWS, frequency=-0.1), "frequency"),
        (replace(SHOWS, num_patients=0), "num_patients"),
    ],
)
def test_a_number_that_cannot_be(wrong: Edge, where: str) -> None:
    assert told(the_one(edges=(IS_A, TREATS, wrong))) == ("error", "bad-number", where, 1)


def test_a_term_with_far_too_many_edges() -> None:
    nodes = [replace(WHEEZE, curie=f"HP:{i}") for i in range(2, 700)]
    many = [replace(SHOWS, tail=node.curie) for node in nodes]
    diseases = [replace(ASTHMA, curie=f"MONDO:{i}") for i in range(10, 20)]
    others = [replace(SHOWS, head=disease.curie) for disease in diseases]
    findings = found((*NODES, *nodes, *diseases), (*EDGES, *many, *others))
    assert [told(f) for f in findings] == [("warning", "suspicious-degree", "has_phenotype", 1)]
    assert findings[0].examples == ("MONDO:1 (699)",)


def test_an_identifier_of_two_kinds() -> None:
    finding = the_one((*NODES, Node("MONDO:1", "PhenotypicFeature", "asthma", source="infores:y")))
    assert told(finding) == ("warning", "kind-conflict", "Disease and PhenotypicFeature", 1)
    assert "takes them for Disease" in finding.remedy


def test_matches_that_would_make_two_terms_one() -> None:
    code = Node("OMIM:1", "Disease", "x", source="infores:hpo-annotations")
    matches = [Edge(m, "exact_match", "OMIM:1", GIVEN) for m in ("MONDO:1", "MONDO:2")]
    assert told(the_one((*NODES, code), (*EDGES, *matches))) == ("warning", "identity-conflict", "MONDO", 1)


def test_errors_come_first_and_examples_are_few() -> None:
    numbers = [replace(SHOWS, head="MONDO:2", frequency=2 + i) for i in range(9)]
    findings = found(edges=(*EDGES, *numbers, Edge("CHEBI:1", "contraindicated_in", "MONDO:1", GIVEN)))
    assert [f.level for f in findings] == sorted(f.level for f in findings)
    assert has_errors(findings)
    assert (findings[0].num, len(findings[0].examples)) == (9, 5)
    assert not has_errors(findings[1:])
