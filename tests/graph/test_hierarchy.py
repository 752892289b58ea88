"""Climbing finds everything within reach, by the shortest way, and remembers it step by step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.graph.hierarchy import EdgePath, Hierarchy, reverse
from kgdx.graph.snapshot import Snapshot
from tests.reasoning.tiny import graph


def climbed(snapshot: Snapshot, start: str, max_kinds: int | None = None, **how: bool) -> dict[str, EdgePath]:
    found = Hierarchy(snapshot).ancestors_with_paths(snapshot.index[start], max_kinds, **how)
    return {snapshot.curies[node]: trail for node, trail in found.items()}


def walked(snapshot: Snapshot, trail: EdgePath) -> list[tuple[str, str]]:
    ends = [(snapshot.curies[snapshot.head[row]], snapshot.curies[snapshot.tail[row]]) for row, _ in trail]
    return [(a, b) if forward else (b, a) for (a, b), (_, forward) in zip(ends, trail, strict=True)]


WORLD = graph("D1 is_a D2\nD2 is_a D3\nD3 is_a D4\nD8 is_a D9\nD5 same_as D1\nD6 same_as D3\nD7 is_a D1")


@pytest.mark.parametrize(
    ("max_kinds", "reached"),
    [
        (0, "D1 D5"),
        (1, "D1 D5 D2"),
        (2, "D1 D5 D2 D3 D6"),
        (None, "D1 D5 D2 D3 D6 D4"),
    ],
)
def test_matches_are_no_step_up(max_kinds: int | None, reached: str) -> None:
    assert set(climbed(WORLD, "D1", max_kinds)) == set(reached.split())


def test_matches_are_passed_either_way_or_not_at_all() -> None:
    assert "D3" in climbed(WORLD, "D5")
    assert set(climbed(WORLD, "D1", over_matches=False)) == {"D1", "D2", "D3", "D4"}


def test_a_detour_over_a_match_does_not_use_up_the_steps() -> None:
    snapshot = graph("""
        D1 is_a D2
        D2 is_a D3
        D1 same_as D4
        D4 is_a D5
        D5 same_as D3
        D3 is_a D9
    """)
    assert "D9" in climbed(snapshot, "D1", 2)


def test_a_cycle_ends() -> None:
    snapshot = graph("D1 is_a D2\nD2 is_a D1\nD2 same_as D3\nD3 same_as D1")
    assert set(climbed(snapshot, "D1")) == {"D1", "D2", "D3"}


links = st.tuples(st.integers(0, 5), st.sampled_from(["is_a", "same_as"]), st.integers(0, 5))


@settings(max_examples=60)
@given(st.sets(links, min_size=1, max_size=9), st.sampled_from([0, 1, 2, None]))
def test_everything_in_reach_is_found_and_every_trail_leads_there(
    facts: set[tuple[int, str, int]], most: int | None
) -> None:
    snapshot = graph("D0\n" + "\n".join(f"D{a} {relation} D{b}" for a, relation, b in facts))
    found = climbed(snapshot, "D0", most)
    assert set(found) == {f"D{node}" for node in _within(facts, most)}
    for end, trail in found.items():
        steps = walked(snapshot, trail)
        assert [a for a, _ in steps] + [end] == ["D0"] + [b for _, b in steps], "steps chain"
        kinds = [snapshot.relations[row] == "subclass_of" for row, _ in trail]
        assert most is None or sum(kinds) <= most
        assert all(forward for (_, forward), is_kind in zip(trail, kinds, strict=True) if is_kind)


def _within(facts: set[tuple[int, str, int]], most: int | None) -> set[int]:
    """Nodes that can be reached, by trying every step from every (node, height)."""
    steps = [(a, b, int(relation == "is_a")) for a, relation, b in facts]
    steps += [(b, a, 0) for a, relation, b in facts if relation == "same_as"]
    states, last = {(0, 0)}, set()
    while states != last:
        last = states
        higher = {(b, min(h + rise, 9)) for node, h in states for a, b, rise in steps if a == node}
        states = states | {(node, h) for node, h in higher if most is None or h <= most}
    return {node for node, _ in states}


def test_the_shortest_way_is_remembered() -> None:
    snapshot = graph("F1 is_a F2\nF2 is_a F3\nF1 is_a F3")
    assert walked(snapshot, climbed(snapshot, "F1")["F3"]) == [("F1", "F3")]


def test_the_way_back_is_the_way_there_backwards() -> None:
    trail = climbed(WORLD, "D5")["D3"]
    assert walked(WORLD, trail) == [("D5", "D1"), ("D1", "D2"), ("D2", "D3")]
    assert walked(WORLD, reverse(trail)) == [("D3", "D2"), ("D2", "D1"), ("D1", "D5")]
    assert reverse(reverse(trail)) == trail
