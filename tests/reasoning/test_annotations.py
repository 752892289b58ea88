"""Frequencies are kept as stated, passed up to what a finding is a kind of, and never made of denials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.domain.errors import BundleError
from kgdx.reasoning.annotations import UNSTATED_FREQUENCY, Annotations
from tests.reasoning.tiny import graph, random_facts, shrunk


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
    rarer, commoner = shrunk(0.3), shrunk(0.7)
    assert shown == pytest.approx({"F0": commoner, "F1": commoner, "F2": rarer, "F3": commoner})


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


def test_the_patients_of_all_sources_that_state_a_frequency_are_counted_together() -> None:
    snapshot = graph("""
        D1 shows F1 2/10
        D1 shows F1 24/40
        D1 shows F1
    """)
    found = frequency(Annotations.from_snapshot(snapshot), snapshot, "D1", "F1")
    assert found == pytest.approx(shrunk(26 / 50, 50))


@settings(max_examples=40)
@given(st.integers(0, 200), st.integers(1, 200), st.integers(2, 50))
def test_a_count_is_believed_the_more_the_more_patients_were_seen(num_with: int, more: int, by: int) -> None:
    """Always between what was seen and a quarter, and the nearer to what was seen the larger the count."""
    num = num_with + more
    snapshot = graph(f"D1 shows F1 {num_with}/{num}\nD2 shows F1 {num_with * by}/{num * by}")
    annotations = Annotations.from_snapshot(snapshot)
    few, many = (frequency(annotations, snapshot, disease, "F1") for disease in ("D1", "D2"))
    seen = num_with / num
    assert few == pytest.approx(shrunk(seen, num))
    assert min(seen, 0.25) - 1e-12 <= few <= max(seen, 0.25) + 1e-12
    assert abs(many - seen) <= abs(few - seen) + 1e-12


def test_a_frequency_without_a_count_counts_as_one_of_ten_patients() -> None:
    snapshot = graph("D1 shows F1 0.4\nD2 shows F1 4/10")
    annotations = Annotations.from_snapshot(snapshot)
    one, other = (frequency(annotations, snapshot, disease, "F1") for disease in ("D1", "D2"))
    assert one == pytest.approx(other)


def test_what_is_stated_under_other_identifiers_is_kept_apart() -> None:
    snapshot = graph("""
        D1 shows F1 0.9
        D1 same_as D8
        D8 same_as D9
        D8 shows F2 0.2
        D9 shows F2 0.7
        D9 NOT shows F3
        D2 shows F4
    """)
    annotations = Annotations.from_snapshot(snapshot, lambda curie: curie in ("D1", "D2"))
    entries = annotations.elsewhere.tocoo()
    found = {
        (snapshot.curies[annotations.candidates[row]], snapshot.curies[node]): often
        for row, node, often in zip(entries.row, entries.col, entries.data, strict=True)
    }
    assert found == pytest.approx({("D1", "F2"): shrunk(0.7)}), "the greatest, and nothing of its own"
    assert annotations.direct[:, snapshot.index["F2"]].nnz == 0


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_whoever_denies_a_finding_denies_its_kinds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    facts = random_facts(rng)
    facts += [f"D{d} NOT shows F{f}" for d, f in rng.integers(6, size=(4, 2))]
    snapshot = graph("\n".join(facts))
    annotations = Annotations.from_snapshot(snapshot)
    denied, ancestors = annotations.denied.toarray(), annotations.ancestors.toarray()
    for node in range(snapshot.num_nodes):
        expected = [any(row & ancestors[node]) for row in denied]
        np.testing.assert_array_equal(annotations.denying(node), np.flatnonzero(expected))


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
    assert annotations.background[f1] == pytest.approx((shrunk(0.4) + shrunk(0.8)) / 4)
    assert annotations.background[f2] == pytest.approx(shrunk(0.4) / 4)
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
