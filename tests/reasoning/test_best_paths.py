"""The best path from a finding to a disease: what is shared, how near it is, and where it runs."""

from collections.abc import Callable
from functools import cache

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.best_paths import NUM_DISEASE_FEATURES, NUM_PAIR_FEATURES, BestPaths
from tests.reasoning.tiny import graph, query, random_facts, shrunk

NEARNESS, SHARED, NEAREST_FREQUENCY, FREQUENCY, IS_STATED = range(5)
OTHER_NEARNESS, OTHER_NEAREST_FREQUENCY, OTHER_FREQUENCY, INFORMATION = range(5, 9)
seeds = st.integers(0, 2**32)

LIMBS = """
    F1 is_a F0
    F2 is_a F1
    F3 is_a F1
    F4 is_a F0
    D1 shows F2 0.9
    D1 shows F4 0.2
    D2 shows F3 0.5
    D3 shows F4 0.5
    D4 shows F4 0.5
    D5 shows F4 0.5
"""


def world(seed: int) -> Snapshot:
    """Findings with several parents, diseases under several identifiers."""
    rng = np.random.default_rng(seed)
    facts = random_facts(rng, num_diseases=7, num_findings=12)
    facts += [f"F{i} is_a F{rng.integers(i)}" for i in range(2, 12, 3)]
    return graph("\n".join([*facts, "D5 same_as D4", "F99"]))


def met(snapshot: Snapshot, finding: str) -> dict[str, np.ndarray]:
    """Disease -> the features of the pair."""
    annotations = Annotations.from_snapshot(snapshot)
    everyone = np.arange(len(annotations.candidates))
    pairs = BestPaths.of(annotations).features(query(snapshot, finding).observations, everyone)[0]
    return {snapshot.curies[d]: row for d, row in zip(annotations.candidates, pairs, strict=True)}


# What is stated, over plain dictionaries and networkx.

DiseaseAnnotations = dict[str, dict[str, float]]


def stated(snapshot: Snapshot) -> DiseaseAnnotations:
    """Disease -> finding -> how often, as it is believed."""
    seen: dict[tuple[str, str], list[float]] = {}
    for i in range(snapshot.num_edges):
        edge = snapshot.edge(i)
        if edge.relation == "has_phenotype":
            seen.setdefault((edge.head, edge.tail), []).append(edge.frequency)
    believed: DiseaseAnnotations = {}
    for (disease, finding), often in seen.items():
        believed.setdefault(disease, {})[finding] = shrunk(float(np.mean(often)), 10.0 * len(often))
    return believed


def kinds(snapshot: Snapshot) -> dict[str, set[str]]:
    """Node -> itself and all that it is a kind of."""
    edges = [snapshot.edge(i) for i in range(snapshot.num_edges)]
    up = nx.DiGraph([(edge.head, edge.tail) for edge in edges if edge.relation == "subclass_of"])
    up.add_nodes_from(snapshot.curies)
    return {node: {node, *nx.descendants(up, node)} for node in up}


def twins(snapshot: Snapshot) -> dict[str, set[str]]:
    """Disease -> its other identifiers."""
    edges = [snapshot.edge(i) for i in range(snapshot.num_edges)]
    matches = nx.Graph([(edge.head, edge.tail) for edge in edges if edge.relation == "exact_match"])
    matches.add_nodes_from(snapshot.curies)
    return {node: nx.node_connected_component(matches, node) - {node} for node in matches}


def defined(snapshot: Snapshot) -> Callable[[str, str], list[float]]:
    """The features of a finding and a disease, one definition after the other."""
    above, known, named = kinds(snapshot), stated(snapshot), twins(snapshot)
    shown_by = {f: {d for d in known if any(f in above[s] for s in known[d])} for f in snapshot.curies}

    @cache
    def information(f: str) -> float:
        if not shown_by[f]:
            return 1.0
        return float(-np.log(len(shown_by[f]) / len(known)) / np.log(len(known) + 1))

    def meeting(finding: str, findings: dict[str, float]) -> tuple[float, float, float, float]:
        near = {}
        for s in findings:
            shared = max((information(k) for k in above[finding] & above[s]), default=0.0)
            both = information(finding) + information(s)
            near[s] = (2 * shared / both if both else 0.0, shared)
        best = max((n for n, _ in near.values()), default=0.0)
        nearest = [often for s, often in findings.items() if abs(near[s][0] - best) < 1e-6 and best > 0]
        kind = [often for s, often in findings.items() if finding in above[s] and near[s][0] > 0]
        return (
            best,
            max((shared for _, shared in near.values()), default=0.0),
            max(nearest, default=0.0),
            max(kind, default=0.0),
        )

    def features(finding: str, disease: str) -> list[float]:
        mine, elsewhere = known[disease], dict[str, float]()
        for other in named[disease] & set(known):
            for s, often in known[other].items():
                elsewhere[s] = max(often, elsewhere.get(s, 0.0))
        own, other_way = meeting(finding, mine), meeting(finding, elsewhere)
        is_stated = float(finding in mine and own[0] > 0)
        return [*own, is_stated, other_way[0], *other_way[2:], information(finding)]

    return features


@settings(max_examples=15)
@given(seeds)
def test_the_features_are_those_of_their_definitions(seed: int) -> None:
    snapshot = world(seed)
    expected = defined(snapshot)
    for finding in ("F0", "F3", "F7", "F11", "F99"):
        for disease, found in met(snapshot, finding).items():
            assert found.tolist() == pytest.approx(expected(finding, disease), abs=1e-5)


@settings(max_examples=15)
@given(seeds)
def test_features_are_shares(seed: int) -> None:
    snapshot = world(seed)
    for finding in ("F0", "F4", "F9", "F99"):
        found = np.stack(list(met(snapshot, finding).values()))
        assert found.dtype == np.float32
        assert found.shape[1] == NUM_PAIR_FEATURES
        assert ((found >= 0) & (found <= 1 + 1e-6)).all()


@settings(max_examples=15)
@given(seeds)
def test_only_the_very_finding_is_as_near_as_can_be(seed: int) -> None:
    """Or one that exactly the same diseases show: they tell no disease from another."""
    snapshot = world(seed)
    above, known = kinds(snapshot), stated(snapshot)
    shown_by = {f: {d for d in known if any(f in above[s] for s in known[d])} for f in snapshot.curies}
    for finding in (f"F{i}" for i in range(12)):
        for disease, found in met(snapshot, finding).items():
            is_telling = len(shown_by[finding]) < len(known)
            assert found[IS_STATED] == (finding in known[disease] and is_telling)
            if found[IS_STATED]:
                assert found[NEARNESS] == pytest.approx(1)
            elif found[NEARNESS] > 1 - 1e-6:
                kin = [f for f in known[disease] if finding in above[f] or f in above[finding]]
                assert any(shown_by[f] == shown_by[finding] for f in kin)


@settings(max_examples=15)
@given(seeds)
def test_nearness_is_the_same_from_either_side(seed: int) -> None:
    """From a finding to a disease that states one other: as from that other to a disease that states it."""
    rng = np.random.default_rng(seed)
    one, other = (f"F{i}" for i in rng.choice(10, 2, replace=False))
    tree = [f"F{i} is_a F{rng.integers(i)}" for i in range(1, 10)]
    snapshot = graph(
        "\n".join([*tree, f"D1 shows {one}", f"D2 shows {other}", "D3 shows F9", "D4 shows F90"])
    )
    there, back = met(snapshot, other)["D1"], met(snapshot, one)["D2"]
    assert there[NEARNESS] == pytest.approx(back[NEARNESS])
    assert there[SHARED] == pytest.approx(back[SHARED])


def test_siblings_are_nearer_than_what_shares_but_the_root() -> None:
    found = met(graph(LIMBS), "F3")
    assert found["D2"][[NEARNESS, IS_STATED]].tolist() == [1, 1]
    assert 0 < found["D1"][NEARNESS] < 1
    assert found["D1"][IS_STATED] == found["D1"][FREQUENCY] == 0, "no kind of F3 is stated"
    assert found["D1"][NEAREST_FREQUENCY] == pytest.approx(shrunk(0.9)), "of the sibling, not of F4"
    assert not found["D3"][:INFORMATION].any(), "F0 is shown by all: to share it says nothing"


def test_what_is_seen_of_a_general_finding_is_seen_of_its_commonest_kind() -> None:
    found = met(graph("F2 is_a F1\nF3 is_a F1\nD1 shows F2 0.3\nD1 shows F3 0.8\nD2 shows F9"), "F1")
    assert found["D1"][FREQUENCY] == pytest.approx(shrunk(0.8))
    assert found["D1"][IS_STATED] == 0


def test_a_finding_that_all_diseases_show_meets_none() -> None:
    """Nor does its kind meet a disease over it: what all share tells nothing."""
    snapshot = graph("F1 is_a F0\nF2 is_a F0\nD1 shows F1\nD2 shows F2\nD2 shows F0\nD3 shows F0")
    for found in met(snapshot, "F0").values():
        assert not found.any()
    for disease in ("D2", "D3"):
        assert not met(snapshot, "F1")[disease][:INFORMATION].any()


@pytest.mark.parametrize("finding", ["F99", "F0"])
def test_what_is_related_to_nothing_stated_meets_nothing(finding: str) -> None:
    found = met(graph("F2 is_a F1\nD1 shows F2\nD2 shows F1\nF0\nF99"), finding)
    for row in found.values():
        assert not row[:INFORMATION].any()
        assert row[INFORMATION] == 1, "nothing tells more than what no disease shows"


def test_what_is_stated_elsewhere_is_met_beside_what_is_stated_here() -> None:
    snapshot = graph("D1 shows F1 0.9\nD1 same_as D2\nD2 shows F2 0.4\nD3 shows F3\nD4 shows F3")
    found = met(snapshot, "F2")
    assert not found["D1"][:OTHER_NEARNESS].any()
    often = shrunk(0.4)
    assert found["D1"][OTHER_NEARNESS:INFORMATION].tolist() == pytest.approx([1, often, often])
    assert found["D2"][NEARNESS] == 1
    assert not found["D2"][OTHER_NEARNESS:INFORMATION].any(), "D1 states nothing of the kind"


@settings(max_examples=15)
@given(seeds)
def test_neither_order_nor_company_matters(seed: int) -> None:
    """Findings and candidates are met one by one, however many are asked for and in whatever order."""
    snapshot, rng = world(seed), np.random.default_rng(seed)
    best_paths = BestPaths.of(Annotations.from_snapshot(snapshot))
    seen = query(snapshot, "F3", "-F5", "F9", "F99").observations
    everyone = np.arange(len(best_paths.diseases))
    all_of_them = best_paths.features(seen, everyone)
    rows, columns = rng.permutation(4)[:3], rng.permutation(everyone)[:4]
    some = best_paths.features([seen[i] for i in rows], columns)
    np.testing.assert_array_equal(some, all_of_them[np.ix_(rows, columns)])
    nobody = best_paths.features(seen, everyone[:0])
    assert nobody.shape == (4, 0, NUM_PAIR_FEATURES)


@settings(max_examples=15)
@given(seeds, st.booleans())
def test_the_nearest_is_where_the_features_come_from(seed: int, is_elsewhere: bool) -> None:
    snapshot = world(seed)
    annotations = Annotations.from_snapshot(snapshot)
    best_paths, above = BestPaths.of(annotations), kinds(snapshot)
    columns = (OTHER_NEARNESS, OTHER_NEAREST_FREQUENCY) if is_elsewhere else (NEARNESS, NEAREST_FREQUENCY)
    matrix = annotations.elsewhere if is_elsewhere else annotations.direct
    findings = ("F0", "F5", "F11", "F99")
    seen = query(snapshot, *findings).observations
    nodes = [s.node for s in seen]
    for position in range(len(best_paths.diseases)):
        rows = best_paths.features(seen, np.array([position]))[:, 0, list(columns)]
        (ways,) = best_paths.nearest(nodes, np.array([position]), is_elsewhere=is_elsewhere)
        for finding, (near, often), nearest in zip(findings, rows, ways, strict=True):
            if nearest is None:
                assert near == often == 0
                continue
            assert 0 < nearest.nearness == pytest.approx(near)
            assert matrix[position, nearest.finding] == pytest.approx(often)
            kind, end = snapshot.curies[nearest.kind], snapshot.curies[nearest.finding]
            assert kind in above[finding] & above[end]
            information = best_paths.information
            both = information[snapshot.index[finding]] + information[nearest.finding]
            assert 2 * information[nearest.kind] / both == pytest.approx(near)


@settings(max_examples=15)
@given(seeds)
def test_wherever_anything_is_met_there_is_a_best_path(seed: int) -> None:
    """No message without a way to show."""
    snapshot = world(seed)
    best_paths = BestPaths.of(Annotations.from_snapshot(snapshot))
    everyone = np.arange(len(best_paths.diseases))
    seen = query(snapshot, *(f"F{i}" for i in range(12))).observations
    found = best_paths.features(seen, everyone)[..., :INFORMATION].any(axis=2)
    ways = [
        best_paths.nearest([s.node for s in seen], everyone, is_elsewhere=is_elsewhere)
        for is_elsewhere in (False, True)
    ]
    for position, own, other in zip(everyone.tolist(), *ways, strict=True):
        has_way = [bool(a or b) for a, b in zip(own, other, strict=True)]
        assert found[:, position].tolist() == has_way


def test_diseases_are_told_by_how_much_is_stated_of_them() -> None:
    snapshot = graph("D1 shows F1 0.9\nD1 same_as D2\nD2 shows F2 0.4\nD2 shows F3 0.1\nD3 shows F3")
    annotations = Annotations.from_snapshot(snapshot)
    one, two, three = BestPaths.of(annotations).diseases
    assert len(one) == NUM_DISEASE_FEATURES
    assert one.tolist() == pytest.approx(np.array([np.log(2), np.log(3), np.log1p(shrunk(0.9)), 1]) / 3)
    assert two.tolist() == pytest.approx(
        np.array([np.log(3), np.log(2), np.log1p(shrunk(0.4) + shrunk(0.1)), 1]) / 3
    )
    assert three.tolist() == pytest.approx(np.array([np.log(2), 0, np.log(1.6), 0]) / 3)


def test_a_graph_with_one_disease_is_borne() -> None:
    found = met(graph("F2 is_a F1\nD1 shows F1\nF2"), "F2")["D1"]
    assert np.isfinite(found).all()
