"""The benchmark of faithfulness: what is shuffled keeps its degrees, and what is measured adds up."""

import numpy as np
import pytest

from benchmarks.measures.faithful_case import CHANCE, NUM_PATHS, OURS, Faithful
from benchmarks.ranker import Ranker
from benchmarks.runs.faithfulness import shuffled
from kgdx.domain.case import CodedFinding
from kgdx.explain.baseline_paths import BaselineRule
from kgdx.graph.snapshot import Snapshot
from tests.e2e.shipped import shipped_engine


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return shipped_engine().snapshot


def degrees(snapshot: Snapshot, relation: str) -> list[list[int]]:
    rows = snapshot.edges_of(relation)
    return [
        np.bincount(ends[rows], minlength=snapshot.num_nodes).tolist()
        for ends in (snapshot.head, snapshot.tail)
    ]


def test_shuffling_keeps_degrees_and_the_hierarchy_and_changes_who_shows_what(snapshot: Snapshot) -> None:
    mixed = shuffled(snapshot, np.random.default_rng(0))
    for relation in set(snapshot.relations.tolist()):
        assert degrees(mixed, relation) == degrees(snapshot, relation)
    is_changed = mixed.tail != snapshot.tail
    assert is_changed[snapshot.edges_of("has_phenotype")].mean() > 0.9
    assert not is_changed[snapshot.edges_of("subclass_of", "treats")].any()


def test_a_case_is_measured_for_every_rule_and_number_of_paths(snapshot: Snapshot) -> None:
    ranker = Ranker.open(snapshot)
    codes = ("HP:0002202", "HP:0001945", "HP:0012735", "HP:0033771", "HP:0001974")
    query = ranker.query([CodedFinding(code) for code in codes])
    figures = Faithful(ranker, np.random.default_rng(0)).measure(query)
    assert figures is not None
    assert figures["retained_logit"] < 1e-4
    for number in NUM_PATHS:
        for rule in (OURS, *BaselineRule):
            assert {
                f"{measure}/{rule}/{number}" for measure in ("fidelity_plus", "kept_alone", "edges")
            } <= set(figures)
        for measure in ("comprehensiveness", "sufficiency"):
            assert {f"{measure}/{rule}/{number}" for rule in (OURS, CHANCE)} <= set(figures)
    lost = [figures[f"fidelity_plus/{OURS}/{number}"] for number in NUM_PATHS]
    assert 0 < lost[0] <= lost[1] <= lost[2]
    assert figures[f"kept_alone/{OURS}/5"] <= figures[f"kept_alone/{OURS}/1"]
