"""What the benchmark of treatments hides, and what it then finds left."""

from pathlib import Path

import numpy as np
import pytest

import graph_schema
from benchmarks.baselines.treatments import disease_likeness, nearest, popularity
from benchmarks.datasets import treatment_graph
from benchmarks.measures.vetoes import measure_vetoes
from kgdx.training.treatments import joining_rows
from kgdx.treatments.graph import TreatmentWalks
from tests.reasoning.tiny import graph

FACTS = """
    D1 is_a D0
    D2 is_a D0
    D1 same_as D4
    D1 close_match D5
    T1 treats D1
    T2 treats D4
    T3 ameliorates D1
    T1 treats D5
    T1 treats D2
    T3 treats D2
    T4 treats D3
    T1 treats D3
    T5 forbidden_in D0
    T1 forbidden_in D1
"""


def hidden() -> treatment_graph.Hidden:
    whole = TreatmentWalks(graph(FACTS), graph_schema.load())
    asked = np.unique(whole.group[[whole.snapshot.index["D1"]]])
    twins = treatment_graph.equivalents(whole, asked)
    walks = TreatmentWalks(treatment_graph.hide(whole, np.concatenate([asked, twins])), graph_schema.load())
    pairs = [np.unique(whole.group[[whole.snapshot.index["T1"]]])]
    return treatment_graph.Hidden(whole, walks, asked, pairs, twins, is_own_list=True)


def test_nothing_is_left_of_an_asked_disease_and_its_equivalents() -> None:
    made = hidden()
    leaks = made.audit()["leaks"]
    assert isinstance(leaks, dict)
    assert set(leaks.values()) == {0}
    assert made.audit()["edges_hidden"] == 5
    assert len(made.equivalents) == 1


def test_the_audit_sees_what_is_left() -> None:
    made = hidden()
    open_graph = treatment_graph.Hidden(
        made.whole, made.whole, made.asked, made.pairs, made.equivalents, is_own_list=True
    )
    leaks = open_graph.audit()["leaks"]
    assert isinstance(leaks, dict)
    assert leaks["edges_to_treatments"] == 4
    assert leaks["edges_of_equivalents"] == 1
    assert leaks["salts_of_pairs"] == 1


def test_baselines_know_only_what_is_left() -> None:
    made = hidden()
    walks = made.walks
    scored = nearest(walks, disease_likeness(walks, made.asked))[:, 0]
    names = [walks.snapshot.curies[walks.members(int(g))[0]] for g in walks.treatments]
    assert {names[i] for i in np.argsort(-scored)[:2]} == {"T1", "T3"}
    assert popularity(walks, 2).tolist() == [[float(n)] * 2 for n in (2, 0, 1, 1, 0)]
    assert names == ["T1", "T2", "T3", "T4", "T5"]
    assert len(joining_rows(walks, made.asked)) == 0


def test_vetoes_are_counted_over_subclasses_and_nothing_vanishes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    walks = TreatmentWalks(graph(FACTS), graph_schema.load())
    monkeypatch.setattr(
        "benchmarks.measures.vetoes._listed", lambda _: [("T5", "D0"), ("T1", "D1"), ("T4", "D2")]
    )
    told = measure_vetoes(walks, tmp_path)
    assert told["n"] == 3
    # T4 is listed, yet the graph does not forbid it: one of three pairs and none of two subclasses is missed.
    assert told["recall_known"] == pytest.approx(2 / 3, abs=1e-3)
    assert told["recall_subclasses"] == 1.0
    assert (told["num_both_lists"], told["both_shown_and_vetoed"], told["silent_drops"]) == (1, 1, 0)
