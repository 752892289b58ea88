"""Mechanisms: laws of their enumeration, of what a question hides, and of how paths are ranked."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import graph_schema
from kgdx.domain.errors import BundleError
from kgdx.domain.mechanism import CuratedMechanism
from kgdx.graph.snapshot import Snapshot
from kgdx.mechanisms.finder import MechanismFinder
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.model import MechanismModelSettings, MechanismNetwork, slots
from kgdx.mechanisms.question import Question
from kgdx.release.checkpoints import MechanismCheckpoint
from kgdx.training.mechanisms.curated import Place, curated, is_gold, place, place_metrics
from kgdx.training.mechanisms.train import Example, MechanismTraining, examples, fit
from tests.reasoning.tiny import TEXT_DIM, HashEncoder, graph

CURATED = "infores:drugmechdb"
RELATIONS = ("affects", "causes", "correlated_with")
NODES = ("T1", "T2", "G1", "G2", "G3", "F1", "F2", "D1", "D2")

FACTS = """
    T1 affects G1 as decreases activity of
    T1 affects G2
    G1 affects F1 as positively regulates
    G2 affects F1
    F1 causes D1
    G1 gene_of D1
    G3 gene_of D2
    T1 treats D1
    T1 forbidden_in D2
    T2 treats D1
    D1 same_as D2
    T1 has_side_effect F1
"""


def network(seed: int = 0) -> MechanismNetwork:
    torch.manual_seed(seed)
    made = MechanismNetwork(MechanismModelSettings(TEXT_DIM, num_channels=3, hidden=6))
    return made.eval().requires_grad_(False)


def mechanisms(snapshot: Snapshot) -> MechanismGraph:
    return MechanismGraph(snapshot, graph_schema.load())


def ask(made: MechanismGraph, drug: str, disease: str, hidden: Sequence[int] = ()) -> Question:
    drug_group, disease_group = (int(made.group[made.snapshot.index[c]]) for c in (drug, disease))
    return Question(made, drug_group, disease_group, np.array(hidden, dtype=np.int64))


def every_path(question: Question, block: int = 1000) -> Iterator[NDArray[np.int64]]:
    """The hops of one path after the other."""
    for halves in question.paths():
        for left, right in halves.blocks(block):
            yield from halves.joined(left, right)


def named(question: Question, block: int = 1000) -> list[tuple[str, ...]]:
    """Every path as the first CURIE of each of its groups."""
    made, hops, found = question.graph, question.graph.edges.hops, []
    for way in every_path(question, block):
        groups = [hops.start[way[0]], *hops.end[way]]
        found.append(tuple(made.snapshot.curies[made.members(int(g))[0]] for g in groups))
    return found


@st.composite
def facts(draw: st.DrawFn) -> list[str]:
    pairs = st.tuples(st.sampled_from(NODES), st.sampled_from(RELATIONS), st.sampled_from(NODES))
    drawn = draw(st.lists(pairs.filter(lambda f: f[0] != f[2] and f[2] != "T2"), min_size=1, max_size=24))
    return [*(" ".join(fact) for fact in drawn), *NODES]


@given(facts(), st.integers(1, 50))
@settings(max_examples=80)
def test_paths_are_all_simple_paths_of_two_to_four_edges(given_facts: list[str], block: int) -> None:
    question = ask(mechanisms(graph("\n".join(given_facts))), "T1", "D1")
    joined = nx.Graph()
    joined.add_nodes_from(NODES)
    joined.add_edges_from((f.split()[0], f.split()[2]) for f in given_facts if " " in f)
    expected = [tuple(path) for path in nx.all_simple_paths(joined, "T1", "D1", cutoff=4) if len(path) > 2]
    found = named(question, block)
    assert sorted(found) == sorted(expected)


@given(facts(), st.data())
@settings(max_examples=30)
def test_hidden_edges_are_as_if_they_had_never_been_there(
    given_facts: list[str], data: st.DataObject
) -> None:
    whole = graph("\n".join(given_facts))
    rows = data.draw(st.sets(st.integers(0, whole.num_edges - 1)))
    hidden = ask(mechanisms(whole), "T1", "D1", sorted(rows))
    kept = [whole.edge(row) for row in range(whole.num_edges) if row not in rows]
    lesser = ask(
        mechanisms(graph("\n".join([*(f"{e.head} {e.relation} {e.tail}" for e in kept), *NODES]))), "T1", "D1"
    )
    assert sorted(named(hidden)) == sorted(named(lesser))
    told = []
    for question in (hidden, lesser):
        edges, hops = question.graph.edges, question.graph.edges.hops
        walked = [np.zeros(0, np.int64), *every_path(question)]
        chosen, _ = question.open_edges(np.unique(np.concatenate(walked)))
        ends = zip(hops.start[edges.hop[chosen]], hops.end[edges.hop[chosen]], strict=True)
        meant = [question.graph.meanings[m] for m in edges.meaning[chosen]]
        figures = question.figures(chosen).round(5).tolist()
        told.append(sorted(zip(ends, meant, figures, strict=True)))
        for edge in chosen:
            row, _ = question.row(int(edge))
            assert row not in question.hidden
    assert told[0] == told[1]


def test_what_says_that_a_drug_is_for_a_condition_is_not_walked() -> None:
    made = mechanisms(graph(FACTS))
    found = named(ask(made, "T1", "D1"))
    assert sorted(found) == [
        ("T1", "G1", "D1"),
        ("T1", "G1", "F1", "D1"),
        ("T1", "G2", "F1", "D1"),
        ("T1", "G2", "F1", "G1", "D1"),
    ]
    # D2 is the same disease, and no drug of its own leads to it.
    assert named(ask(made, "T1", "D2")) == named(ask(made, "T1", "D1"))
    assert named(ask(made, "T2", "D1")) == []


def finder(snapshot: Snapshot, seed: int = 0) -> MechanismFinder:
    return MechanismFinder.on(snapshot, graph_schema.load(), network(seed), HashEncoder())


def test_ranking_ignores_how_nodes_are_numbered() -> None:
    """Identifiers tell the order of nodes; names stay, which is all that is read of them."""
    other = {"G1": "G9", "G2": "G1", "F1": "F7", "D1": "D5", "T1": "T8"}
    names = {curie: f"name of {curie}" for curie in NODES}
    words = [[other.get(word, word) for word in line.split(" ")] for line in FACTS.splitlines()]
    renamed = {other.get(curie, curie): name for curie, name in names.items()}
    told = []
    for text, by_name, drug, disease in (
        (FACTS, names, "T1", "D1"),
        ("\n".join(" ".join(line) for line in words), renamed, "T8", "D5"),
    ):
        snapshot = graph(text, name_of=lambda curie, by_name=by_name: by_name[curie])
        found = finder(snapshot).between(snapshot.index[drug], snapshot.index[disease], 10)
        told.append([([snapshot.names[n] for n in nodes(snapshot, m.trail)], m.score) for m in found])
    assert [path for path, _ in told[0]] == [path for path, _ in told[1]]
    assert np.allclose([score for _, score in told[0]], [score for _, score in told[1]], atol=1e-5)


def nodes(snapshot: Snapshot, trail: Sequence[tuple[int, bool]]) -> list[int]:
    ends = [
        (snapshot.head[r], snapshot.tail[r]) if forward else (snapshot.tail[r], snapshot.head[r])
        for r, forward in trail
    ]
    assert all(one[1] == two[0] for one, two in pairwise(ends))
    return [int(ends[0][0]), *(int(end) for _, end in ends)]


@pytest.mark.parametrize("seed", range(4))
def test_a_score_is_the_sum_of_what_its_hops_add_and_shares_sum_to_one(seed: int) -> None:
    snapshot = graph(FACTS)
    found = finder(snapshot, seed).between(snapshot.index["T1"], snapshot.index["D2"], 10)
    assert len(found) == 4
    assert sum(m.share for m in found) == pytest.approx(1.0)
    scores = [m.score for m in found]
    assert scores == sorted(scores, reverse=True)
    for mechanism in found:
        assert mechanism.score == pytest.approx(sum(mechanism.added))
        walked = nodes(snapshot, mechanism.trail)
        assert (walked[0], walked[-1]) == (snapshot.index["T1"], snapshot.index["D2"])
        matches = sum(snapshot.relations[row] == "exact_match" for row, _ in mechanism.trail)
        assert len(mechanism.trail) - matches == len(mechanism.added)
    fewer = finder(snapshot, seed).between(snapshot.index["T1"], snapshot.index["D2"], 2)
    assert [m.trail for m in fewer] == [m.trail for m in found[:2]]


def test_slots_tell_every_hop_of_every_length_apart() -> None:
    assert [slot for num in (2, 3, 4) for slot in slots(num)] == list(range(9))


def drawn(name: str, drug: str, disease: str, *links: str) -> CuratedMechanism:
    """Links such as `T1 affects G1`."""
    facts = [tuple(link.split()) for link in links]
    return CuratedMechanism(
        name, drug, disease,
        tuple((head, tail) for head, _, tail in facts),
        frozenset((head, relation, tail, "", ()) for head, relation, tail in facts),
    )  # fmt: skip


def test_a_drawing_that_branches_is_all_its_ways_and_no_longer_ones() -> None:
    made = drawn(
        "m", "T1", "D1", "T1 affects G1", "T1 affects G2", "G1 affects F1", "G2 affects F1", "F1 causes D1",
        "T1 causes D1", "F1 affects G1", "G1 causes G3", "G3 causes D9",
    )  # fmt: skip
    assert (
        made.paths()
        == (("T1", "G1", "F1", "D1"), ("T1", "G2", "F1", "D1"), ("T1", "G2", "F1", "G1", "D1"))[:2]
    )
    assert made.paths(2) == ()


OWN = """
    T1 affects G1
    G1 causes D1
    T1 affects G2
    G2 causes D1
    T2 affects G1
    G1 causes D2
"""
DRAWN = [
    drawn("one", "T1", "D1", "T1 affects G1", "G1 causes D1", "T1 affects G2"),
    drawn("two", "T1", "D2", "T1 affects G1", "G1 causes D2"),
    drawn("three", "T2", "D1", "T2 affects G1", "G1 causes D1", "G2 causes D1"),
]


def test_only_what_a_pair_alone_states_is_hidden_from_it() -> None:
    snapshot = graph(OWN, source=CURATED)
    known = curated(mechanisms(snapshot), DRAWN[:1], DRAWN)
    (pair,) = known.gold
    edges = [snapshot.edge(int(row)) for row in known.own[pair]]
    assert [(e.head, e.tail) for e in edges] == [("T1", "G2")]
    assert named(known.question(pair)) == [("T1", "G1", "D1")]
    assert len(known.attributed) == snapshot.num_edges
    alone = curated(mechanisms(snapshot), DRAWN[:1], DRAWN[:1])
    assert named(alone.question(pair)) == []


def test_a_pair_under_another_identifier_is_the_same_pair() -> None:
    snapshot = graph(OWN + "D1 same_as D3\nT1 same_as T3", source=CURATED)
    asked = [drawn("again", "T3", "D3", "T3 affects G1", "G1 causes D3")]
    known = curated(mechanisms(snapshot), asked, DRAWN)
    (pair,) = known.gold
    hidden = {(snapshot.edge(int(r)).head, snapshot.edge(int(r)).tail) for r in known.own[pair]}
    assert hidden == {("T1", "G2")}
    assert [
        tuple(known.graph.snapshot.curies[known.graph.members(g)[0]] for g in p) for p in known.gold[pair]
    ] == [("T1", "G1", "D1")]


def test_curated_paths_are_known_by_their_groups_in_order() -> None:
    made = mechanisms(graph(OWN))
    question = ask(made, "T1", "D1")
    groups = {c: int(made.group[made.snapshot.index[c]]) for c in made.snapshot.curies}
    gold = [tuple(groups[c] for c in ("T1", "G1", "D1")), tuple(groups[c] for c in ("D1", "G2", "T1"))]
    short = np.array([way for way in every_path(question) if len(way) == 2])
    assert is_gold(made.edges.hops, short, gold).sum() == 1


def test_places_share_ties_and_a_lone_path_is_above_all_others() -> None:
    right = np.array([False, True, False, False])
    assert place(np.array([3.0, 2.0, 2.0 + 1e-9, 1.0]), right) == Place(2.5, 4)
    assert place(np.array([3.0]), np.array([True])) == Place(1.0, 1)
    assert place(np.array([3.0]), np.array([False])) is None
    assert Place(1.0, 1).percentile == Place(1.0, 9).percentile == 1.0
    assert Place(9.0, 9).percentile == 0.0
    told = place_metrics([Place(1.0, 4), Place(2.0, 4)])
    assert (told["mrr"], told["hit1"], told["hit10"], told["n"]) == (0.75, 0.5, 1.0, 2)


def test_learning_puts_curated_paths_first_and_the_same_seed_gives_the_same_network() -> None:
    ways = "T{0} affects G{0}\nG{0} causes D{0}\nT{0} correlated_with F{0}\nF{0} correlated_with D{0}"
    made = finder(graph("\n".join(ways.format(i) for i in range(6))))
    gold = [drawn(f"m{i}", f"T{i}", f"D{i}", f"T{i} affects G{i}", f"G{i} causes D{i}") for i in range(6)]
    told = MechanismTraining(epochs=30, seed=3)
    found = examples(curated(made.graph, gold, gold), made.names, told, lambda *_: None)
    assert found
    losses, weights = [], []
    for _ in range(2):
        fresh = network().requires_grad_(True)
        before = sum(float(example.loss(network(), made.meanings)) for example in found)
        fit(fresh, made.meanings, found, told, lambda *_: None)
        losses.append((before, sum(float(example.loss(fresh, made.meanings)) for example in found)))
        weights.append(torch.cat([p.ravel() for p in fresh.parameters()]))
    assert losses[0][1] < losses[0][0]
    assert torch.equal(*weights)


def test_paths_left_out_of_learning_are_stood_for_by_the_others() -> None:
    """With all scores alike the loss is the same, however few are drawn."""
    lines = [f"T1 affects G{i}\nG{i} causes D1" for i in range(60)]
    gold = drawn("m", "T1", "D1", "T1 affects G7", "G7 causes D1")
    other = [drawn("n", "T1", "D2", "T1 affects G7"), drawn("o", "T2", "D1", "G7 causes D1")]
    rest = [f"T1 affects G{i}" for i in range(60)] + [f"G{i} causes D1" for i in range(60)]
    made = finder(graph("\n".join([*lines, "D2", "T2"]), source=CURATED))
    known = curated(made.graph, [gold], [gold, *other, drawn("p", "T2", "D2", *rest)])
    for most in (10, 1000):
        found = examples(known, made.names, MechanismTraining(most_paths=most), lambda *_: None)
        (example,) = found
        assert isinstance(example, Example)
        flat = network()
        for parameter in flat.parameters():
            parameter.data.zero_()
        assert float(example.loss(flat, made.meanings)) == pytest.approx(np.log(60), rel=1e-4)
        assert len(example.is_gold) < 60 or most == 1000


def test_networks_come_back_from_disk_and_damage_is_told(tmp_path: Path) -> None:
    saved = MechanismCheckpoint(network(), (network(1), network(2)), {"ab": 1}, "hash")
    saved.write(tmp_path)
    opened = MechanismCheckpoint.open(tmp_path)
    assert (opened.learnt, opened.text_revision) == ({"ab": 1}, "hash")
    pairs = zip((saved.network, *saved.fold_networks), (opened.network, *opened.fold_networks), strict=True)
    for before, after in pairs:
        assert all(torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True))
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match=r"not the file that config\.json names"):
        MechanismCheckpoint.open(tmp_path)
