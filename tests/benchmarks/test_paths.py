"""What the benchmark of mechanisms hides, counts and finds left."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import graph_schema
from benchmarks.baselines.paths import degree_weighted, shortest
from benchmarks.measures.path_ranks import METHODS, PathRanker
from benchmarks.runs import paths
from ingest.catalogue import find
from ingest.mechanisms import curated_mechanisms
from ingest.model import Row
from ingest.sources import drugmechdb
from kgdx.domain.graph import Edge, Node
from kgdx.domain.mechanism import CuratedMechanism
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.canonical import canonical_view
from kgdx.graph.snapshot import Snapshot
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.model import MechanismModelSettings, MechanismNetwork, slots
from kgdx.mechanisms.question import GroupNames, Question, read
from kgdx.release.bundle import shipped_folder
from kgdx.release.checkpoints import MechanismCheckpoint, pair_id
from kgdx.training.mechanisms.curated import curated
from tests.reasoning.tiny import TEXT_DIM, HashEncoder, graph

CURATED = "infores:drugmechdb"
FACTS = """
    T1 affects G1
    G1 causes D1
    T1 affects G2
    G2 causes D1
    T2 affects G1
    G1 causes D2
    T1 treats D1
"""


def drawn(name: str, drug: str, disease: str, *links: str) -> CuratedMechanism:
    facts = [tuple(link.split()) for link in links]
    stated = frozenset((head, relation, tail, "", ()) for head, relation, tail in facts)
    return CuratedMechanism(name, drug, disease, tuple((head, tail) for head, _, tail in facts), stated)


ONE = drawn("one", "T1", "D1", "T1 affects G1", "G1 causes D1", "T1 treats D1")
TWO = drawn("two", "T1", "D2", "T1 affects G1", "G1 causes D2", "T1 affects G2")
THREE = drawn("three", "T2", "D1", "T2 affects G1", "G1 causes D1", "G2 causes D1")
LOADED = [ONE, TWO, THREE]


def network(seed: int) -> MechanismNetwork:
    torch.manual_seed(seed)
    return MechanismNetwork(MechanismModelSettings(TEXT_DIM)).eval().requires_grad_(False)


def saved(learnt: dict[str, int]) -> MechanismCheckpoint:
    return MechanismCheckpoint(network(0), (network(1), network(2)), learnt, HashEncoder.revision)


def ranker(snapshot: Snapshot, loaded: list[CuratedMechanism], learnt: dict[str, int]) -> PathRanker:
    known = curated(MechanismGraph(snapshot, graph_schema.load()), [ONE], loaded)
    return PathRanker.on(known, saved(learnt), HashEncoder())


def test_a_pair_is_ranked_by_what_others_state_and_the_audit_finds_nothing_left() -> None:
    made = ranker(graph(FACTS, source=CURATED), LOADED, {})
    (pair,) = made.known.gold
    told = made.rank(pair)
    assert (told.num_paths, told.num_gold, told.fold) == (2, 1, None)
    assert set(told.places) == set(METHODS)
    assert told.places["shortest"].rank == 1.5
    # Two groups are reached from T1 by the same meaning, but G1 reaches two diseases.
    assert told.places["degree_weighted"].rank == 2.0
    audit = made.audit([told])
    assert set(audit["leaks"].values()) == {0}  # type: ignore[attr-defined]
    assert audit["edges_of_unknown_pairs"] == 0


def test_a_pair_that_nobody_else_states_is_not_covered() -> None:
    made = ranker(graph(FACTS, source=CURATED), [ONE], {})
    told = made.rank(next(iter(made.known.gold)))
    assert (dict(told.places), told.num_gold) == ({}, 1)
    # What no loaded mechanism states is told: such edges could be the pair's own.
    assert made.audit([told])["edges_of_unknown_pairs"] == 4


def test_the_audit_sees_edges_of_the_pair_that_are_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ranker(graph(FACTS, source=CURATED), [ONE], {})
    (pair,) = made.known.gold
    monkeypatch.setattr(type(made.known), "question", lambda self, pair: Question(self.graph, *pair))
    leaks = made.audit([made.rank(pair)])["leaks"]
    assert leaks["own_edges"] == 2  # type: ignore[index]


def test_a_pair_that_was_learnt_from_is_ranked_by_the_network_of_its_fold() -> None:
    snapshot = graph(FACTS, source=CURATED)
    made = ranker(snapshot, LOADED, {pair_id("T1", "D1"): 1})
    (pair,) = made.known.gold
    assert made.rank(pair).fold == 1
    expected = MechanismCheckpoint(network(2), (), {}, HashEncoder.revision)
    alone = PathRanker.on(made.known, expected, HashEncoder())
    assert made.rank(pair).places == alone.rank(pair).places


def test_genes_that_stand_for_one_another_tell_what_could_be_covered_at_most() -> None:
    """G1 is named by the curators, G3 by another source, and nothing says that they are the same."""
    facts = "T1 affects G3\nG3 causes D1\nG1\nF1\nT1 affects F1"
    made = ranker(graph(facts), [], {})
    told = made.rank(next(iter(made.known.gold)))
    assert (dict(told.places), told.is_coverable) == ({}, True)
    lesser = ranker(graph("T1 affects F1\nF1 causes D1\nG1"), [], {})
    assert not lesser.rank(next(iter(lesser.known.gold))).is_coverable


def test_baselines_are_what_their_definitions_say() -> None:
    made = MechanismGraph(graph(FACTS), graph_schema.load())
    groups = [int(made.group[made.snapshot.index[c]]) for c in ("T1", "D1")]
    question, names = Question(made, *groups), GroupNames(made, HashEncoder())
    hops = made.edges.hops
    told = {}
    for halves in question.paths():
        for left, right in halves.blocks():
            ways = halves.joined(left, right)
            readings = read(question, ways, slots(halves.num_hops), names)
            for way, *scores in zip(ways, degree_weighted(readings), shortest(readings), strict=True):
                nodes = [hops.start[way[0]], *hops.end[way]]
                told["".join(made.snapshot.curies[made.members(int(n))[0]] for n in nodes)] = tuple(scores)
    # T1 affects two genes and two drugs affect G1; G1 causes two diseases and two genes cause D1.
    assert told == {
        "T1G1D1": pytest.approx((-0.4 * np.log(2 * 2 * 2 * 2), -2.0)),
        "T1G2D1": pytest.approx((-0.4 * np.log(2 * 1 * 1 * 2), -2.0)),
    }


DOCUMENT = {
    "graph": {"_id": "x_1", "drug_mesh": "MESH:D1", "disease_mesh": "MESH:D2"},
    "links": [
        {"key": "decreases activity of", "source": "MESH:D1", "target": "UniProt:P1"},
        {"key": "produced by", "source": "UniProt:P1", "target": "GO:1"},
        {"key": "causes", "source": "GO:1", "target": "MESH:D2"},
    ],
    "nodes": [
        {"id": "MESH:D1", "label": "Drug", "name": "a"},
        {"id": "UniProt:P1", "label": "Protein", "name": "b"},
        {"id": "GO:1", "label": "BiologicalProcess", "name": "c"},
        {"id": "MESH:D2", "label": "Disease", "name": "d"},
    ],
    "references": ["https://example.org/b", "https://example.org/a"],
}


def test_a_mechanism_is_read_as_it_is_drawn_and_as_it_is_stated(tmp_path: Path) -> None:
    file = tmp_path / "paths.jsonl"
    file.write_text(json.dumps(DOCUMENT) + "\n" + json.dumps({"graph": {}}) + "\n")
    (made,) = curated_mechanisms(file)
    assert made.paths() == (("MESH:D1", "UniProtKB:P1", "GO:1", "MESH:D2"),)
    cited = ("https://example.org/a", "https://example.org/b")
    assert ("MESH:D1", "affects", "UniProtKB:P1", "decreases activity of", cited) in made.statements
    # A link that is turned keeps the direction in which it is drawn, and is stated the other way.
    assert ("GO:1", "produces", "UniProtKB:P1", "", cited) in made.statements
    assert ("MESH:D1", "treats", "MESH:D2", "", cited) in made.statements


@pytest.mark.realdata
def test_the_whole_way_on_some_real_paths(data: Path) -> None:
    """The graph is of DrugMechDB alone, which is small: figures of the protocol, and no leak."""
    file = data / "drugmechdb" / "paths.jsonl.gz"
    loaded = curated_mechanisms(file)
    stated = [item.statement for item in drugmechdb.read(file, find("drugmechdb")) if isinstance(item, Row)]
    nodes = {(node.curie, node.kind): node for node in stated if isinstance(node, Node)}
    edges = {edge.edge_id: edge for edge in stated if isinstance(edge, Edge)}
    held = canonical_view(node_table(nodes.values()), edge_table(edges.values()), graph_schema.load())
    snapshot = Snapshot.from_tables(held.nodes, held.edges)
    shipped = MechanismCheckpoint.open(shipped_folder() / "mechanisms")
    told = paths.measured(snapshot, loaded[:200], loaded, shipped)
    assert told["covered"] > 10
    for method, gain in told["gain"].items():
        assert gain["mrr"] == pytest.approx(told["mrr"] - told["baselines"][method]["mrr"], abs=2e-4)
    assert told["learnt_from"] > 10
    for key in ("mrr", "hit1", "hit10", "mpr"):
        low, high = told[f"{key}_ci"]
        assert low <= told[key] <= high
    for setting in told["settings"].values():
        assert set(setting["audit"]["leaks"].values()) == {0}
        assert setting["audit"]["edges_of_unknown_pairs"] == 0
    assert told["settings"]["no_drugmechdb"]["covered"] == 0
    assert told["settings"]["no_drugmechdb"]["audit"]["edges_of_drugmechdb"] == 0
