"""What is written as GraphML, Cytoscape JSON and RDF holds the explanation, and no word of the case."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import networkx as nx
import pytest
from rdflib import DCTERMS, PROV, RDF, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from kgdx.domain.errors import BadInputError
from kgdx.domain.path import Step
from kgdx.domain.report import Report
from kgdx.domain.treatment import OF_THE_PERSON, ConcernKind
from kgdx.explain.walk import all_paths
from kgdx.report.exports.export import FORMATS
from kgdx.report.exports.graph import to_networkx
from kgdx.report.exports.rdf import BASE, VOCABULARY
from kgdx.schemas import ReportOut
from tests.reports import FEVER, INFLUENZA, NO_RASH, PATIENT, REPORT, TREATS, step

OWN, BIOLINK = Namespace(VOCABULARY), Namespace("https://w3id.org/biolink/vocab/")
HP, MONDO = (
    Namespace("http://purl.obolibrary.org/obo/HP_"),
    Namespace("http://purl.obolibrary.org/obo/MONDO_"),
)


def steps_of(report: Report) -> dict[str, Step]:
    return {step.edge_id: step for path in all_paths(report) for step in path.steps}


def triples(report: Report) -> Graph:
    return Graph().parse(data=FORMATS[".ttl"](report), format="turtle")


def statement(edge_id: str) -> URIRef:
    return URIRef(f"{BASE}statement/{quote(edge_id, safe='')}")


@pytest.mark.parametrize("ending", FORMATS)
def test_no_word_of_the_case_is_written(ending: str, tmp_path: Path) -> None:
    given = replace(REPORT, treatments=(replace(REPORT.treatments[0], concerns=()),))
    text = ReportOut.of(given).export(tmp_path / f"Report{ending.upper()}").read_text(encoding="utf-8")
    told = (PATIENT, "77 years", "dry cough of", ".dcm", "history", "throat")
    assert [word for word in told if word in text] == []
    assert "Nonproductive cough" in text


def test_another_ending_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"a\.rdf: no graph format has this ending: take one"):
        ReportOut.of(REPORT).export(tmp_path / "a.rdf")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInputError, match="cannot be written"):
        ReportOut.of(REPORT).export(tmp_path / "no" / "folder.ttl")


@pytest.mark.parametrize("ending", [".graphml", ".cyjs"])
def test_graph_files_give_the_graph_back(report: Report, ending: str) -> None:
    text, drawn = FORMATS[ending](report), to_networkx(report)
    if ending == ".graphml":
        again = nx.parse_graphml(text, force_multigraph=True)
    else:
        again = nx.cytoscape_graph(json.loads(text))
        for *_, data in again.edges(data=True):
            data["source"] = data["knowledge_source"]
    names = {"relation", "source", "publications", "licence", "release", "negated", "contribution"}
    for head, tail, key, data in drawn.edges(keys=True, data=True):
        read = again.edges[head, tail, key]
        assert {name: read[name] for name in names} == {name: data[name] for name in names}
    assert again.number_of_edges() == drawn.number_of_edges()
    assert {node: data["role"] for node, data in again.nodes(data=True)} == {
        node: data["role"] for node, data in drawn.nodes(data=True)
    }


def test_chains_bring_their_edges_and_count_nothing_twice() -> None:
    drawn = to_networkx(REPORT)
    alone = to_networkx(replace(REPORT, treatments=(replace(REPORT.treatments[0], chains=()),)))
    ends = TREATS.head, TREATS.tail, TREATS.edge_id
    assert drawn.edges[ends]["benefit"] == alone.edges[ends]["benefit"] == 0.625
    only = to_networkx(replace(REPORT, differential=()))
    assert only.has_edge(FEVER.head, FEVER.tail, FEVER.edge_id)


def test_every_statement_is_described_with_where_it_comes_from(report: Report) -> None:
    graph, steps = triples(report), steps_of(report)
    assert set(graph.subjects(RDF.type, RDF.Statement)) == {statement(edge) for edge in steps}
    graph, node = triples(REPORT), statement(FEVER.edge_id)
    said = {predicate: set(graph.objects(node, predicate)) for predicate in set(graph.predicates(node))}
    assert said[RDF.subject] == {MONDO["0005812"]}
    assert said[RDF.predicate] == {BIOLINK.has_phenotype}
    assert said[RDF.object] == {HP["0001945"]}
    assert said[DCTERMS.license] == {Literal("CC0-1.0")}
    assert said[OWN.sourceRelease] == {Literal("2026-01")}
    assert said[PROV.hadPrimarySource] == {
        URIRef("https://w3id.org/information-resource-registry/hpo-annotations")
    }
    assert said[BIOLINK.publications] == {URIRef(f"https://pubmed.ncbi.nlm.nih.gov/{i}") for i in (1, 2)}


def test_what_a_source_denies_is_never_asserted() -> None:
    graph = triples(REPORT)
    assert (MONDO["0005812"], BIOLINK.has_phenotype, HP["0001945"]) in graph
    assert (MONDO["0005812"], BIOLINK.has_phenotype, HP["0000988"]) not in graph
    assert graph.value(statement(NO_RASH.edge_id), BIOLINK.negated) == Literal(True)


def test_conclusions_are_derived_from_their_statements() -> None:
    asked = """
        SELECT ?rank ?logit WHERE {
            ?diagnosis a explanation:Diagnosis ; explanation:rank ?rank ; explanation:logit ?logit ;
                prov:wasDerivedFrom/prov:hadPrimarySource infores:mondo .
        }"""
    ((rank, logit),) = triples(REPORT).query(asked)
    assert (rank.toPython(), float(logit)) == (2, 2.0)


def test_numbers_and_the_order_of_steps_are_kept() -> None:
    exact = replace(INFLUENZA, logit=15.036409283566991, probability=1e-7)
    graph = triples(replace(REPORT, differential=(exact,)))
    (node,) = graph.subjects(RDF.type, OWN.Diagnosis)
    assert float(graph.value(node, OWN.logit)) == exact.logit
    assert float(graph.value(node, OWN.probability)) == exact.probability
    walked = [
        list(Collection(graph, graph.value(path, OWN.steps))) for path in graph.objects(node, OWN.restsOn)
    ]
    assert [statement("e-dry"), statement("e-cough")] in walked


def test_identifiers_of_any_shape_become_addresses() -> None:
    odd = replace(
        step(
            "e 1",
            "MONDO:0005812",
            "has_phenotype",
            "HP:0001945",
            "infores:a b",
        ),
        head='OWN:a "b" <c>',
        relation="adores",
        publications=("https://example.org/a b|c", "no curie"),
    )
    path = replace(INFLUENZA.paths[0], steps=(odd,))
    graph = triples(replace(REPORT, differential=(replace(INFLUENZA, paths=(path,)),), treatments=()))
    assert (statement("e 1"), RDF.predicate, OWN.adores) in graph
    assert URIRef("https://example.org/a%20b%7Cc") in set(graph.objects(None, BIOLINK.publications))


@pytest.mark.parametrize("ending", FORMATS)
def test_an_empty_report_can_be_written(abstained: Report, ending: str) -> None:
    assert "made-by-R9" in FORMATS[ending](replace(abstained, release="made-by-R9"))


@pytest.mark.parametrize("kind", sorted(OF_THE_PERSON))
@pytest.mark.parametrize("ending", FORMATS)
def test_what_tells_age_or_sex_is_in_no_format(ending: str, kind: ConcernKind) -> None:
    treatment = REPORT.treatments[0]
    told, other = treatment.concerns
    given = replace(REPORT, treatments=(replace(treatment, concerns=(replace(told, kind=kind), other)),))
    text = FORMATS[ending](given)
    assert "kgdx:elderly" not in text
    assert "chronic kidney disease" in text, "a concern of another kind is"
    assert told.curie == "kgdx:elderly"
