"""The exported graph holds what the report shows, and survives GraphML."""

from dataclasses import replace
from io import BytesIO

import networkx as nx
import pytest

from kgdx.domain.path import Path
from kgdx.domain.report import Diagnosis, Report
from kgdx.explain.walk import all_paths
from kgdx.report.exports.graph import to_networkx


def test_every_edge_and_end_of_every_path_is_there(report: Report) -> None:
    graph = to_networkx(report)
    steps = {step.edge_id: step for path in all_paths(report) for step in path.steps}
    assert graph.number_of_edges() == len(steps)
    for step in steps.values():
        assert graph.edges[step.head, step.tail, step.edge_id]["relation"] == step.relation
    assert {item.curie for item in report.evidence} <= set(graph)
    assert {diagnosis.disease for diagnosis in report.differential} <= set(graph)


def test_roles(report: Report) -> None:
    nodes = to_networkx(report).nodes
    assert nodes["MONDO:0700001"]["role"] == "diagnosis"
    assert nodes["CHEBI:2676"] | {"role": "treatment", "status": "contraindicated"} == nodes["CHEBI:2676"]
    assert nodes["CHEBI:2637"]["concerns"] == "contraindicated: condition|caution: interaction"
    assert (nodes["CHEBI:28001"]["confidence"], nodes["CHEBI:2637"]["confidence"]) == (0.4, -1.0)
    assert nodes["HP:0001640"] | {"role": "evidence", "polarity": "excluded"} == nodes["HP:0001640"]
    assert nodes["MONDO:0005249"]["role"] == "intermediate"
    assert nodes["HP:0032177"]["polarity"] == "present|uncertain"
    assert nodes["HP:0002202"]["weight"] == pytest.approx(6.7)


def test_contributions_add_up_over_paths_and_benefit_stays_apart(report: Report) -> None:
    edges = to_networkx(report).edges
    shared = edges["MONDO:0700001", "MONDO:0005249", "MONDO:0700001|subclass_of|MONDO:0005249"]
    assert shared["contribution"] == pytest.approx(0.93)
    assert shared["benefit"] == pytest.approx(0.62)
    first = report.differential[0]
    doubled = replace(report, differential=(replace(first, paths=(first.paths[0], first.paths[0])),))
    twice = to_networkx(doubled).edges[
        "MONDO:0700001", "HP:0002202", "MONDO:0700001|has_phenotype|HP:0002202"
    ]
    assert twice["contribution"] == pytest.approx(3.64)


def test_graphml_gives_the_graph_back(report: Report) -> None:
    spoilt = replace(report.differential[0], name="name with \x00 a control\x1b letter & <tag>")
    graph = to_networkx(replace(report, differential=(spoilt, *report.differential[1:])))
    buffer = BytesIO()
    nx.write_graphml(graph, buffer)
    buffer.seek(0)
    again = nx.read_graphml(buffer, force_multigraph=True)
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert {key: data["contribution"] for *_, key, data in again.edges(keys=True, data=True)} == {
        key: data["contribution"] for *_, key, data in graph.edges(keys=True, data=True)
    }


def test_evidence_that_is_itself_the_diagnosis(report: Report) -> None:
    itself = Diagnosis("HP:0001945", "Fever", 1, 1.0, 0.5, paths=(Path((), 1.0),))
    graph = to_networkx(replace(report, differential=(itself,), treatments=()))
    node = graph.nodes["HP:0001945"]
    assert (node["role"], node["polarity"], node["rank"]) == ("diagnosis", "present", 1)
    assert graph.number_of_edges() == 0


def test_an_empty_report_is_an_empty_graph(abstained: Report) -> None:
    graph = to_networkx(abstained)
    assert len(graph) == 0
    assert graph.graph["release"] == abstained.release
