"""Codes: looked up, followed to the term in force, or explained."""

import pytest

from graph_schema import load
from kgdx.domain.case import CodedFinding, Polarity
from kgdx.domain.evidence import CodeOrigin
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.evidence.codes import code_evidence, lookup
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.report.messages import text as text_of

SOURCE = Provenance("hpo")
OLD = "HP:0000001"
NODES = [
    Node("HP:0002202", "PhenotypicFeature", "Pleural effusion"),
    Node(OLD, "PhenotypicFeature", "obsolete A", is_obsolete=True, replaced_by="HP:0000002"),
    Node("HP:0000002", "PhenotypicFeature", "obsolete B", is_obsolete=True, replaced_by="HP:0002202"),
    Node("HP:0000003", "PhenotypicFeature", "obsolete C", is_obsolete=True),
    Node("HP:0000004", "PhenotypicFeature", "obsolete D", is_obsolete=True, replaced_by="HP:0000005"),
    Node("HP:0000005", "PhenotypicFeature", "obsolete E", is_obsolete=True, replaced_by="HP:0000004"),
    Node("HP:0000006", "PhenotypicFeature", "obsolete F", is_obsolete=True, replaced_by="HP:9999999"),
    Node("MONDO:0005252", "Disease", "heart failure"),
    Node("CHEBI:1", "Drug", "a drug"),
    Node("DDXPLUS:E_1", "Exposure", "smoking"),
    Node("DDXPLUS:E_2", "Exposure", "travel"),
]
ATTRIBUTES = {
    "HP:0012828": "HP:0012823",  # severe, a clinical modifier
    "HP:0003577": "HP:0003674",  # congenital onset
    "HP:0003674": "HP:0031797",  # onset, of the clinical course
    "HP:0000006": "HP:0000005",  # autosomal dominant
    "HP:0040281": "HP:0040279",  # very frequent
    "HP:0032443": "HP:0000001",  # past medical history
}
SCHEMA = load()


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.from_tables(node_table(NODES), edge_table([]))


def test_a_known_code_is_evidence(snapshot: Snapshot) -> None:
    findings = tuple(CodedFinding("hp:0002202", polarity) for polarity in Polarity)
    evidence, _ = code_evidence(findings, snapshot, SCHEMA)
    assert [(e.curie, e.polarity, e.weight) for e in evidence] == [
        ("HP:0002202", Polarity.PRESENT, 12.0),
        ("HP:0002202", Polarity.EXCLUDED, -4.0),
        ("HP:0002202", Polarity.UNCERTAIN, 0.7),
    ]


def test_an_obsolete_code_is_followed_to_the_end(snapshot: Snapshot) -> None:
    evidence, warnings = code_evidence((CodedFinding(OLD),), snapshot, SCHEMA)
    assert [e.curie for e in evidence] == ["HP:0002202"]
    assert tuple(map(text_of, warnings)) == (
        f"findings: {OLD} is obsolete: HP:0002202 (Pleural effusion) was used",
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("HP:0000003", "obsolete and nothing replaces it"),
        ("HP:0000004", "obsolete and nothing replaces it"),
        ("HP:0000006", "replaced by HP:9999999, which is not in the graph"),
        ("HP:7777777", "not in the graph"),
        ("", "not a CURIE"),
        ("banana", "not a CURIE"),
        ("XYZ:1", "prefix 'XYZ'"),
        ("MONDO:0005252", "is of kind disease, no finding: put a known disease under conditions"),
        ("CHEBI:1", "is of kind drug, no finding"),
        ("HP:" + "9" * 5000, "not in the graph"),
        ("z" * 5000, "not a CURIE"),
        ("z" * 5000 + ":1", "is not declared"),
    ],
)
def test_a_useless_code_is_explained_and_the_rest_goes_on(snapshot: Snapshot, given: str, told: str) -> None:
    evidence, warnings = code_evidence((CodedFinding(given), CodedFinding("HP:0002202")), snapshot, SCHEMA)
    assert [e.curie for e in evidence] == ["HP:0002202"]
    assert len(warnings) == 1
    assert told in text_of(warnings[0])
    assert len(text_of(warnings[0])) < 250


@pytest.mark.parametrize("is_asked_first", [False, True])
def test_what_was_also_recorded_unasked_is_no_mere_answer(snapshot: Snapshot, is_asked_first: bool) -> None:
    given = [CodedFinding("HP:0002202", Polarity.EXCLUDED, is_elicited=asked) for asked in (False, True)]
    for findings, is_elicited in ((given, False), (given[1:], True)):
        ordered = reversed(findings) if is_asked_first else findings
        evidence, _ = code_evidence(tuple(ordered), snapshot, SCHEMA)
        assert [e.origin for e in evidence] == [CodeOrigin("HP:0002202", is_elicited=is_elicited)]


@pytest.mark.parametrize("given", ATTRIBUTES)
def test_an_attribute_is_no_evidence_and_told(given: str) -> None:
    named = {"HP:0002202", *ATTRIBUTES, *ATTRIBUTES.values()}
    nodes = [Node(curie, "PhenotypicFeature", curie) for curie in sorted(named)]
    edges = [Edge(kind, "subclass_of", general, SOURCE) for kind, general in ATTRIBUTES.items()]
    world = Snapshot.from_tables(node_table(nodes), edge_table(edges))
    evidence, warnings = code_evidence((CodedFinding(given), CodedFinding("HP:0002202")), world, SCHEMA)
    assert [e.curie for e in evidence] == ["HP:0002202"]
    assert [(w.code, w.values["curie"]) for w in warnings] == [("warning.attribute_as_finding", given)]


def test_the_same_code_twice_counts_once(snapshot: Snapshot) -> None:
    evidence, warnings = code_evidence(
        (CodedFinding("HP:0002202"),) * 2 + (CodedFinding(OLD),), snapshot, SCHEMA
    )
    assert len(evidence) == 1
    assert len(warnings) == 1


def test_a_contradiction_is_told(snapshot: Snapshot) -> None:
    findings = (CodedFinding("HP:0002202"), CodedFinding("HP:0002202", Polarity.EXCLUDED))
    _, warnings = code_evidence(findings, snapshot, SCHEMA)
    assert "neither was weighed" in text_of(warnings[0])


def test_conditions_resolve_like_findings(snapshot: Snapshot) -> None:
    looked_up = lookup("http://purl.obolibrary.org/obo/MONDO_0005252", snapshot, SCHEMA, "conditions")
    assert (looked_up.curie, looked_up.kind, looked_up.warning) == ("MONDO:0005252", "Disease", None)
    refused = lookup("?", snapshot, SCHEMA, "allergies").warning
    assert refused is not None
    assert text_of(refused).startswith("allergies: ")


def test_an_exposure_is_evidence(snapshot: Snapshot) -> None:
    findings = CodedFinding("DDXPLUS:E_1"), CodedFinding("DDXPLUS:E_2", Polarity.EXCLUDED)
    evidence, warnings = code_evidence(findings, snapshot, SCHEMA)
    assert warnings == ()
    assert [(e.name, e.polarity, e.weight) for e in evidence] == [
        ("smoking", Polarity.PRESENT, 12.0),
        ("travel", Polarity.EXCLUDED, -4.0),
    ]
