"""Growth and the peer: what is taken out, what is compared, and what is told where something is missing."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.baselines import hpo3
from benchmarks.datasets.phenopackets import Answered
from benchmarks.datasets.reduced import counts, reduced, removed_nodes
from benchmarks.runs import growth
from kgdx.domain.case import CodedFinding
from kgdx.domain.errors import BackendUnavailableError, BundleError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder
from tests.reasoning.tiny import graph

FACTS = [f"D{i} shows F{i % 7} 0.9" for i in range(60)] + [f"D{i} same_as D{i}x" for i in range(0, 60, 3)]
WORLD = graph("\n".join([*FACTS, "D7 is_a D8", "F1 is_a F0"]))


def test_about_a_fifth_is_taken_out_with_all_that_means_the_same() -> None:
    is_removed = removed_nodes(WORLD)
    told = counts(WORLD, is_removed)
    assert (told["of"], 4 <= told["diseases"] <= 22) == (60, True)
    for i in range(0, 60, 3):
        assert is_removed[WORLD.index[f"D{i}"]] == is_removed[WORLD.index[f"D{i}x"]]
    assert not is_removed[[WORLD.index[f"F{i}"] for i in range(7)]].any()


def test_what_is_left_knows_nothing_of_what_was_taken_out() -> None:
    is_removed = removed_nodes(WORLD)
    left = reduced(WORLD, is_removed)
    assert set(left.curies) == {c for c, gone in zip(WORLD.curies, is_removed, strict=True) if not gone}
    assert left.num_edges == WORLD.num_edges - counts(WORLD, is_removed)["edges"]
    assert [left.edge(i) for i in range(left.num_edges)] == [
        edge for i in range(WORLD.num_edges) if {(edge := WORLD.edge(i)).head, edge.tail} <= set(left.curies)
    ]


def test_the_choice_does_not_depend_on_the_order_of_the_graph() -> None:
    again = graph("\n".join(reversed([*FACTS, "D7 is_a D8", "F1 is_a F0"])))
    chosen = ({s.curies[i] for i in np.flatnonzero(removed_nodes(s))} for s in (WORLD, again))
    assert next(chosen) == next(chosen)


def test_the_ratio_is_of_top_10_over_resampled_diseases() -> None:
    scored = [growth.Scored(f"D{i}", 1.0 if i % 2 else 50.0, 1.0, 1.0) for i in range(40)]
    told = growth.result_of(scored)
    assert (told["n"], told["diseases"], told["ratio"]["micro"], told["ratio"]["macro"]) == (40, 40, 0.5, 0.5)
    low, high = told["ratio"]["micro_ci"]
    assert 0.3 < low < 0.5 < high < 0.7


def test_without_weights_of_the_reduced_graph_the_way_to_them_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="kgdx train reasoner --graph"):
        growth.measure(WORLD, removed_nodes(WORLD), [], tmp_path / "none", shipped_folder() / "reasoner")


def test_equal_weights_have_the_ratio_one_and_say_that_they_are_equal() -> None:
    shows = [Edge(f"OMIM:{100 + i}", "has_phenotype", f"HP:{i // 2:07d}", Provenance("t")) for i in range(30)]
    nodes = [Node(edge.head, "Disease") for edge in shows]
    nodes += [Node(curie, "PhenotypicFeature") for curie in {edge.tail for edge in shows}]
    snapshot = Snapshot.from_tables(node_table(nodes), edge_table(shows))
    cases = [Answered((CodedFinding(edge.tail),), (edge.head,)) for edge in shows]
    weights = shipped_folder() / "reasoner"
    is_removed = removed_nodes(snapshot)
    told = growth.measure(snapshot, is_removed, cases, weights, weights)
    assert told["same_weights"]
    assert told["n"] == told["diseases"] == counts(snapshot, is_removed)["diseases"] > 0, "no other case"
    assert told["reduced"] == told["full"]
    assert told["full"]["micro"]["top10"] == 1, "two diseases show each finding"
    assert told["ratio"]["micro"] == told["ratio"]["macro"] == 1


ONTOLOGY = {
    "graphs": [
        {
            "nodes": [
                {"id": f"http://purl.obolibrary.org/obo/HP_{i:07d}", "lbl": f"term {i}", "type": "CLASS"}
                for i in (1, 118, 2, 3)
            ]
            + [{"id": "http://purl.obolibrary.org/obo/HP_0000009", "meta": {"deprecated": True}}],
            "edges": [
                {"sub": f"http://x/HP_{a:07d}", "pred": "is_a", "obj": f"http://x/HP_{b:07d}"}
                for a, b in ((118, 1), (2, 118), (3, 118))
            ],
        }
    ]
}


def test_the_ontology_is_written_as_the_peer_reads_it(tmp_path: Path) -> None:
    (tmp_path / "hp.json").write_text(json.dumps(ONTOLOGY))
    hpo3.write_obo(tmp_path / "hp.json", tmp_path / "hp.obo")
    terms = (tmp_path / "hp.obo").read_text(encoding="utf-8").split("[Term]\n")[1:]
    assert [term.splitlines()[0] for term in terms] == [
        "id: HP:0000001",
        "id: HP:0000118",
        "id: HP:0000002",
        "id: HP:0000003",
    ], "those in force"
    assert "is_a: HP:0000118" in terms[2]


def test_without_the_peer_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhpo", None)
    with pytest.raises(BackendUnavailableError, match=r"pip install 'kgdx\[dev\]'"):
        hpo3.Peer.open(tmp_path, [])
