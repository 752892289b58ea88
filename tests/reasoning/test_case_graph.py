"""The case graph: what is cut out for a case, both ways, with features that name no node."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.case_graph import NUM_EDGE_FEATURES, CaseGraph, DiagnosticGraph
from tests.reasoning.tiny import diagnostic, graph, random_facts

WORLD = """
    F2 is_a F1
    F3 is_a F1
    D1 shows F2 0.9
    D1 NOT shows F7
    D2 shows F3
    D3 shows F4 0.2
    D1 is_a D9
    D9 is_a D10
    D1 same_as D4
    D5 same_as D4
    D5 shows F5 0.5
    G1 gene_of D1
    F2 located_in A1
    T1 treats D1
    T1 forbidden_in D1
"""


def cut(snapshot: Snapshot, findings: str, diseases: str) -> CaseGraph:
    nodes = [np.array([snapshot.index[c] for c in given.split()], np.int64) for given in (findings, diseases)]
    return diagnostic(snapshot).cut(*nodes)


def directed(snapshot: Snapshot, case: CaseGraph, made: DiagnosticGraph) -> set[tuple[str, str, str]]:
    names = [snapshot.curies[node] for node in case.nodes]
    starts, ends = case.edge_index
    return {
        (names[u], made.directions[d], names[v]) for u, v, d in zip(starts, ends, case.direction, strict=True)
    }


def test_a_case_holds_its_candidates_their_findings_and_all_they_are_kinds_of() -> None:
    snapshot = graph(WORLD)
    case = cut(snapshot, "F3", "D1")
    inside = {snapshot.curies[node] for node in case.nodes}
    assert inside == {"F3", "D1", "F1", "F2", "F7", "D9", "D10", "D4", "D5", "F5", "G1"}


def test_every_edge_is_there_once_either_way_and_the_same_edge_lies_half_apart() -> None:
    snapshot = graph(WORLD)
    case = cut(snapshot, "F3", "D1")
    half = len(case.edge_rows) // 2
    np.testing.assert_array_equal(case.edge_rows[:half], case.edge_rows[half:])
    np.testing.assert_array_equal(case.edge_index[:, :half], case.edge_index[::-1, half:])
    np.testing.assert_array_equal(case.norm[:half], case.norm[half:])
    assert len(set(case.edge_rows[:half].tolist())) == half
    forward = case.nodes[case.edge_index[:, :half]]
    np.testing.assert_array_equal(forward[0], snapshot.head[case.edge_rows[:half]])
    np.testing.assert_array_equal(forward[1], snapshot.tail[case.edge_rows[:half]])


def test_directions_are_told_in_words() -> None:
    snapshot = graph(WORLD)
    found = directed(snapshot, cut(snapshot, "F3", "D1"), diagnostic(snapshot))
    assert ("D1", "disease shows the finding", "F2") in found
    assert ("F2", "finding is shown by the disease", "D1") in found
    assert ("F1", "has as a special case", "F2") in found
    assert ("G1", "gene is associated with the disease", "D1") in found


def test_treatments_are_no_evidence() -> None:
    snapshot = graph(WORLD)
    made = diagnostic(snapshot)
    assert not {"treats", "contraindicated_in"} & set(snapshot.relations[made.rows])
    assert not any("treat" in text for text in made.directions)


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_a_larger_case_never_loses_an_edge(seed: int) -> None:
    rng = np.random.default_rng(seed)
    snapshot = graph("\n".join(random_facts(rng)))
    made = diagnostic(snapshot)
    findings = np.array([snapshot.index["F1"], snapshot.index["F2"]])
    few = made.cut(findings[:1], made.annotations.candidates[:2])
    many = made.cut(findings, made.annotations.candidates)
    assert set(few.edge_rows.tolist()) <= set(many.edge_rows.tolist())


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_no_relation_can_blow_a_walk_up(seed: int) -> None:
    snapshot = graph("\n".join(random_facts(np.random.default_rng(seed))))
    made = diagnostic(snapshot)
    assert ((made.norm > 0) & (made.norm <= 1)).all()
    for relation in np.unique(snapshot.relations[made.rows]):
        rows = snapshot.relations[made.rows] == relation
        matrix = np.zeros((snapshot.num_nodes, snapshot.num_nodes))
        ends = snapshot.head[made.rows[rows]], snapshot.tail[made.rows[rows]]
        np.add.at(matrix, ends, made.norm[rows])
        assert np.linalg.norm(matrix, 2) <= 1 + 1e-6


def test_features_say_how_often_and_whether_denied() -> None:
    snapshot = graph(WORLD)
    made = diagnostic(snapshot)
    stated = {
        (snapshot.curies[snapshot.head[row]], snapshot.curies[snapshot.tail[row]]): made.features[i]
        for i, row in enumerate(made.rows)
    }
    assert made.features.shape == (2 * len(made.rows), NUM_EDGE_FEATURES)
    assert stated["D1", "F2"][:2] == pytest.approx([0.9, 0.0])
    assert stated["D2", "F3"][:2] == pytest.approx([0.6, 0.0]), "no frequency is stated"
    assert stated["D1", "F7"][1] == 1.0
    forward, backward = np.split(made.features, 2)
    np.testing.assert_array_equal(backward, forward[:, [0, 1, 3, 2, 5, 4]])


def test_features_name_no_node() -> None:
    other = WORLD.replace("D1 ", "D77 ").replace("D1\n", "D77\n").replace("F2", "F66")
    one, two = diagnostic(graph(WORLD)), diagnostic(graph(other))
    assert sorted(map(tuple, one.features.tolist())) == sorted(map(tuple, two.features.tolist()))


def test_what_is_stated_of_a_disease_are_its_findings_risk_factors_and_denials() -> None:
    snapshot = graph(WORLD + "\nE1 predisposes_to D1\nE1 predisposes_to D2\nD2 predisposes_to D1")
    stated = diagnostic(snapshot).stated_of(snapshot.index["D1"])
    assert {snapshot.curies[node] for node in stated.finding} == {"F2", "F7", "E1"}
    assert [snapshot.curies[node] for node in stated.finding[stated.is_forward]] == ["E1"]
    assert set(stated.disease) == {snapshot.index["D1"]}


def test_risk_factors_of_the_candidates_are_cut() -> None:
    snapshot = graph(WORLD + "\nE1 predisposes_to D1\nE2 predisposes_to E1\nE3 predisposes_to D3")
    nodes = {snapshot.curies[node] for node in cut(snapshot, "F3", "D1").nodes}
    assert "E1" in nodes
    assert "E3" not in nodes
