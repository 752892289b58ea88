"""Walks in clinical words, with the edges they stand for."""

from itertools import pairwise

import pytest

import graph_schema
from kgdx.domain.path import Path, PathKind
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import EdgePath
from kgdx.graph.snapshot import Snapshot
from kgdx.report.sentences import sentence as said
from tests.reasoning.tiny import graph

WORLD = graph("""
    D1 shows F1 0.6
    D1 shows F8
    D1 NOT shows F7
    F1 is_a F2
    F2 is_a F3
    F4 is_a F3
    D1 is_a D2
    D3 is_a D2
    D1 same_as D4
    D3 shows F1 0.25
    G1 gene_of D1
    G1 gene_of D3
    D1 located_in A1
    F1 located_in A1
    F6 is_a F7
    F7 is_a F5
    T1 treats D1
    T4 treats D2
    T1 is_a T2
    T2 is_a T3
    T1 forbidden_in D2
    T2 forbidden_in D2
    T2 forbidden_in D4
""")


def trail(snapshot: Snapshot, *stops: str) -> EdgePath:
    """The edges between neighbouring stops, in whichever direction they lie."""
    ends = {
        (snapshot.curies[h], snapshot.curies[t]): row
        for row, (h, t) in enumerate(zip(snapshot.head, snapshot.tail, strict=True))
    }
    return tuple((ends[a, b], True) if (a, b) in ends else (ends[b, a], False) for a, b in pairwise(stops))


def path(justified: str, stops: str, *, is_excluded: bool = False) -> Path:
    names = stops.split()
    writer = PathWriter(WORLD, graph_schema.load())
    start = WORLD.index[names[0]]
    return writer.path(PathKind(justified), start, trail(WORLD, *names), 1.5, is_excluded=is_excluded)


@pytest.mark.parametrize(
    ("stops", "sentence"),
    [
        ("F1 D1", "F1 is seen in D1 (in 60% of patients)"),
        ("F8 D1", "F8 is seen in D1"),
        ("F2 F1 D1", "F2 may be F1, which is seen in D1 (in 60% of patients)"),
        ("F3 F2 F1 D1", "F3 may be F1, which is seen in D1 (in 60% of patients)"),
        ("F4 F3 F2 F1 D1", "F4 resembles F1, seen in D1 (in 60% of patients): both are kinds of F3"),
        ("F1 D1 D4", "F1 is seen in D1 (in 60% of patients), which is D4 under another identifier"),
        ("F2 F1 D1 D4", "F2 may be F1, which is seen in D1 (in 60% of patients), the same as D4"),
        ("F1 D1 D2", "F1 is seen in D1 (in 60% of patients), a kind of D2"),
        ("F1 D1 D2 D3", "F1 is seen in D1 (in 60% of patients); D3 is, like it, a kind of D2"),
        ("F1 D1 G1 D3", "F1 is seen in D1 (in 60% of patients), which shares the gene G1 with D3"),
        ("F8 D1 F1 D3", "F8 is seen in D1, which shares F1 with D3"),
        ("F1 A1 D1", "F1 and D1 are both of the A1"),
        ("F7 D1", "F7 is said not to be seen in D1"),
        ("F6 F7 D1", "F6 is a kind of F7, which is said not to be seen in D1"),
        ("F5 F7 D1", "F5 may be F7, which is said not to be seen in D1"),
    ],
)
def test_a_finding_that_is_there(stops: str, sentence: str) -> None:
    assert said(path("findings", stops)) == sentence


@pytest.mark.parametrize(
    ("stops", "sentence"),
    [
        ("F1 D1", "F1 is seen in D1 (in 60% of patients), but is absent here"),
        ("F2 F1 D1", "F2 is absent here, and so is F1, which is seen in D1 (in 60% of patients)"),
        ("F4 F3 F2 F1 D1", "F4 is absent here; F1, seen in D1 (in 60% of patients), is another kind of F3"),
        ("F1 D1 D2", "F1 is absent here; it is seen in D1 (in 60% of patients), a kind of D2"),
        ("F8 D1 F1 D3", "F8 is absent here; it is seen in D1, which shares F1 with D3"),
        ("F7 D1", "F7 is absent here, and is said not to be seen in D1"),
    ],
)
def test_a_finding_that_is_not_there(stops: str, sentence: str) -> None:
    assert said(path("findings", stops, is_excluded=True)) == sentence


@pytest.mark.parametrize(
    ("justified", "stops", "sentence"),
    [
        ("treatments", "D1 T1", "T1 treats D1"),
        ("treatments", "D3 D2 T4", "T4 treats D2, of which D3 is a kind"),
        ("treatments", "D4 D1 T1", "T1 treats D1, which is D4 under another identifier"),
        ("treatments", "D4 D1 D2 T4", "T4 treats D2, of which D4 is a kind"),
        ("vetoes", "D2 T1", "T1 must not be given in D2"),
        ("vetoes", "D2 T2 T1", "T2 must not be given in D2, and T1 is one of them"),
        ("vetoes", "D1 D2 T1", "D1 is a kind of D2, in which T1 must not be given"),
        ("vetoes", "D1 D2 T2 T1", "D1 is a kind of D2, in which T2 must not be given, and T1 is one of them"),
        ("vetoes", "D1 D4 T2", "T2 must not be given in D4"),
        ("allergies", "T1", "The patient is allergic to T1"),
        ("allergies", "T3 T2 T1", "The patient is allergic to T3, and T1 is one of them"),
        ("allergies", "T1 T2", "The patient is allergic to T1, which is one of T2"),
    ],
)
def test_treatments_and_what_forbids_them(justified: str, stops: str, sentence: str) -> None:
    assert said(path(justified, stops)) == sentence


@pytest.mark.parametrize(
    ("stops", "is_excluded", "sentence"),
    [
        ("F1 F2 F3 F4", False, "F1 is a kind of F3; F3 has as a special case F4"),
        (
            "F8 D1 G1",
            False,
            "F8 finding is shown by the disease D1; D1 disease is associated with the gene G1",
        ),
        ("F1 A1 D1", True, "F1 is located in A1; A1 is the place of D1 (but it is absent here)"),
    ],
)
def test_a_walk_without_a_pattern_is_told_literally(stops: str, is_excluded: bool, sentence: str) -> None:
    assert said(path("findings", stops, is_excluded=is_excluded)) == sentence


def test_every_step_is_an_edge_of_the_snapshot_as_the_snapshot_states_it() -> None:
    written = path("findings", "F4 F3 F2 F1 D1")
    stated = {row["edge_id"]: row for row in WORLD.edges.to_pylist()}
    for step in written.steps:
        row = stated[step.edge_id]
        assert (step.head, step.relation, step.tail) == (
            WORLD.curies[row["head"]],
            row["relation"],
            WORLD.curies[row["tail"]],
        )
        assert (step.frequency, step.negated, step.source) == (
            row["frequency"],
            row["negated"],
            "infores:test",
        )
    ends = [(s.head, s.tail) if s.is_forward else (s.tail, s.head) for s in written.steps]
    assert [ends[0][0], *(b for _, b in ends)] == ["F4", "F3", "F2", "F1", "D1"]


@pytest.mark.parametrize(
    ("justified", "facts", "sentence"),
    [
        ("vetoes", "D1 same_as D2\nT1 forbidden_in D2\nT2 same_as T1", "T2 must not be given in D1"),
        ("allergies", "T2 is_a T1\nT2 same_as T3", "The patient is allergic to T1, and T3 is one of them"),
        ("allergies", "T1 same_as T2", "The patient is allergic to T1"),
        (
            "interactions",
            "T1 same_as T2\nT2 interacts_with T3",
            "The patient takes T1, which interacts with T3",
        ),
        (
            "duplicates",
            "T1 is_a T2\nT2 same_as T3\nT4 is_a T3",
            "The patient already takes T1; T4 also belongs to T3",
        ),
    ],
)
def test_another_identifier_of_the_same_is_passed_over(justified: str, facts: str, sentence: str) -> None:
    snapshot = graph(facts)
    rows, trail = list(range(snapshot.num_edges)), []
    start = node = snapshot.index["D1" if justified == "vetoes" else "T1"]
    while rows:
        row = next(r for r in rows if node in (snapshot.head[r], snapshot.tail[r]))
        forward = bool(snapshot.head[row] == node)
        node = int((snapshot.tail if forward else snapshot.head)[row])
        trail.append((row, forward))
        rows.remove(row)
    written = PathWriter(snapshot, graph_schema.load()).path(PathKind(justified), start, tuple(trail), 0.0)
    assert said(written) == sentence
    assert len(written.steps) == snapshot.num_edges, "no step is left out of the path itself"


def test_every_pattern_can_be_filled_in() -> None:
    for (justified, walk), pattern in graph_schema.load().metapaths.items():
        stops = [f"stop{i}" for i in range(len(walk) + 1)]
        for template in filter(None, (pattern.present, pattern.absent)):
            sentence = template.format(*stops, often="", said="age 3 years")
            assert stops[0] in sentence or justified == "vetoes"
            assert stops[-1] in sentence
            assert "{" not in sentence
