"""A graph of rare diseases knows that it is one, and names nothing for a common complaint."""

import pytest

from kgdx.domain.case import Patient
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.demographics import Demographics
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.uncertainty.rare_graph import RareGraph

COUGH, FEVER, LENTIS = "HP:0012735", "HP:0001945", "HP:0001083"


def lacks(source: str, *findings: str, common: bool = False) -> bool:
    edges = [
        Edge(d, "has_phenotype", f, Provenance(source)) for d in ("D1", "D2") for f in (COUGH, FEVER, LENTIS)
    ]
    if common:
        edges.append(Edge("D2", "has_clinical_attribute", "kgdx:prevalence-common", Provenance("infores:x")))
    ends = sorted({end for edge in edges for end in (edge.head, edge.tail)})
    nodes = [Node(c, "Disease" if c[0] == "D" else "PhenotypicFeature", c) for c in ends]
    snapshot = Snapshot.from_tables(node_table(nodes), edge_table(edges))
    candidates = Annotations.from_snapshot(snapshot).candidates
    rare = RareGraph(snapshot, Demographics.from_snapshot(snapshot, candidates).prevalence)
    seen = tuple(Observation(snapshot.index[f], 12.0, False) for f in findings)
    return rare.lacks(GraphQuery(seen, None, Patient()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "findings", "common", "expected"),
    [
        ("infores:hpo-annotations", (COUGH, FEVER), False, True),
        ("infores:hpo-annotations", (COUGH, LENTIS), False, False),
        ("infores:hpo-annotations", (COUGH, FEVER), True, False),
        ("infores:hpo-annotations", (), False, False),
        ("infores:my-hospital", (COUGH, FEVER), False, False),
    ],
)
def test_only_a_graph_of_rare_diseases_lacks_common_ones(
    source: str, findings: tuple[str, ...], common: bool, expected: bool
) -> None:
    assert lacks(source, *findings, common=common) == expected
