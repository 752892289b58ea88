"""Frequencies are kept as stated, passed up to what a finding is a kind of, and never made of denials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.domain.errors import BundleError
from kgdx.reasoning.annotations import UNSTATED_FREQUENCY, Annotations
from tests.reasoning.tiny import graph, random_facts


def frequency(annotations: Annotations, snapshot, disease: str, finding: str) -> float:  # type: ignore[no-untyped-def]
    position = list(annotations.candidates).index(snapshot.index[disease])
    return float(annotations.frequency[position, snapshot.index[finding]])


def test_the_commonest_kind_gives_the_frequency_of_the_general_finding() -> None:
    snapshot = graph("""
        F2 is_a F1
        F3 is_a F1
        F1 is_a F0
        D1 shows F2 0.3
        D1 shows F3 0.7
    """)
    annotations = Annotations.from_snapshot(snapshot)
    shown = {f: frequency(annotations, snapshot, "D1", f) for f in ("F0", "F1", "F2", "F3")}
    assert shown == pytest.approx({"F0": 0.7, "F1": 0.7, "F2": 0.3, "F3": 0.7})


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_passing_up_is_the_maximum_over_all_kinds(seed: int) -> None:
    snapshot = graph("\n".join(random_facts(np.random.default_rng(seed))))
    annotations = Annotations.from_snapshot(snapshot)
    direct, ancestors = annotations.direct.toarray(), annotations.ancestors.toarray()
    expected = [[max(row * ancestors[:, q]) for q in range(snapshot.num_nodes)] for row in direct]
    np.testing.assert_allclose(annotations.frequency.toarray(), expected)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_ancestors_are_what_can_be_reached(seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = {(int(a), int(b)) for a, b in rng.integers(8, size=(9, 2))}
    snapshot = graph("D0 shows F0\n" + "\n".join(f"F{a} is_a F{b}" for a, b in links))
    annotations = Annotations.from_snapshot(snapshot)
    for start in {a for a, _ in links}:
        reached, last = {start}, set()
        while reached != last:
            last, reached = reached, reached | {b for a, b in links if a in reached}
        found = annotations.ancestors_of(snapshot.index[f"F{start}"])
        assert {snapshot.curies[node] for node in found} == {f"F{node}" for node in reached}


def test_a_frequency_that_is_not_stated_is_assumed() -> None:
    snapshot = graph("D1 shows F1")
    assert frequency(Annotations.from_snapshot(snapshot), snapshot, "D1", "F1") == UNSTATED_FREQUENCY == 0.6


def test_several_sources_are_averaged_over_those_that_state_one() -> None:
    snapshot = graph("""
        D1 shows F1 0.2
        D1 shows F1 0.6
        D1 shows F1
    """)
    assert frequency(Annotations.from_snapshot(snapshot), snapshot, "D1", "F1") == pytest.approx(0.4)


def test_what_a_source_denies_is_never_shown() -> None:
    snapshot = graph("""
        D1 shows F1 0.5
        D1 NOT shows F2 0.9
        D2 NOT shows F1
    """)
    annotations = Annotations.from_snapshot(snapshot)
    assert frequency(annotations, snapshot, "D1", "F2") == 0
    assert annotations.denied[0, snapshot.index["F2"]]
    assert [snapshot.curies[d] for d in annotations.candidates] == ["D1"], "only a denial is no finding"
    assert annotations.num_findings.tolist() == [1]


def test_background_and_information_count_candidates() -> None:
    snapshot = graph("""
        F2 is_a F1
        D1 shows F2 0.4
        D2 shows F1 0.8
        D3 shows F3 1.0
        D4 shows F3 1.0
    """)
    annotations = Annotations.from_snapshot(snapshot)
    f1, f2 = snapshot.index["F1"], snapshot.index["F2"]
    assert annotations.background[f1] == pytest.approx((0.4 + 0.8) / 4)
    assert annotations.background[f2] == pytest.approx(0.4 / 4)
    assert annotations.information[f1] == pytest.approx(np.log(4 / 2))
    assert annotations.information[f2] == pytest.approx(np.log(4 / 1))
    assert annotations.information[snapshot.index["D1"]] == 0


def test_only_the_diseases_asked_for_are_candidates() -> None:
    snapshot = graph("D1 shows F1\nD2 shows F1")
    annotations = Annotations.from_snapshot(snapshot, lambda curie: curie == "D2")
    assert [snapshot.curies[d] for d in annotations.candidates] == ["D2"]


@pytest.mark.parametrize("facts", ["F1 is_a F2", "D1 NOT shows F1"])
def test_a_graph_without_findings_of_diseases_is_told(facts: str) -> None:
    with pytest.raises(BundleError, match="no disease has a finding"):
        Annotations.from_snapshot(graph(facts))
