"""The search finds the strongest simple walks and says exactly what each is worth."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.reasoning.path_search import PathSearch, Walks
from tests.reasoning.tiny import network, walks_into

NUM_NODES, NUM_EDGES, WIDE = 6, 11, 10_000
NET = network(num_steps=4, seed=5)


def search(edge_index: np.ndarray, seed: int) -> PathSearch:
    rng = np.random.default_rng(seed)
    gates = rng.random((edge_index.shape[1], 3)).astype(np.float32)
    start = rng.normal(size=(NUM_NODES, 3)).astype(np.float32)
    start[2:] = 0.0
    sums = NET.walk(
        torch.from_numpy(np.abs(start)), torch.from_numpy(edge_index), torch.from_numpy(gates)
    ).numpy()
    return PathSearch(edge_index, gates, start, sums, NET.readout.numpy())


def cyclic(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(NUM_NODES, size=(2, NUM_EDGES))


def acyclic(seed: int) -> np.ndarray:
    ends = np.random.default_rng(seed).integers(NUM_NODES, size=(2, 3 * NUM_EDGES))
    return np.sort(ends[:, ends[0] != ends[1]], axis=0)[:, :NUM_EDGES]


def worth(found: PathSearch, walk: tuple[int, ...]) -> float:
    begin = found.edge_index[0][walk[0]]
    return float((found.start[begin] * found.gates[list(walk)].prod(axis=0)) @ found.readout[len(walk) - 1])


def as_pairs(walks: Walks) -> dict[tuple[int, ...], float]:
    rows = [tuple(int(e) for e in edges if e >= 0) for edges in walks.edges]
    assert len(set(zip(rows, walks.candidate.tolist(), strict=True))) == len(rows), "no walk twice"
    return dict(zip(rows, walks.contribution.tolist(), strict=True))


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(2, NUM_NODES - 1))
def test_a_wide_search_finds_every_simple_walk_with_its_worth(seed: int, goal: int) -> None:
    found = search(cyclic(seed), seed)
    edges = list(map(tuple, found.edge_index.T.tolist()))
    every = {w: worth(found, w) for w in walks_into(edges, goal, 4, simple=True) if edges[w[0]][0] < 2}
    assert as_pairs(found.strongest(np.array([goal]), WIDE, WIDE)) == pytest.approx(every, rel=1e-4, abs=1e-6)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_without_cycles_the_walks_add_up_to_the_whole_score(seed: int) -> None:
    found = search(acyclic(seed), seed)
    goals = np.arange(2, NUM_NODES)
    walks = found.strongest(goals, WIDE, WIDE)
    sums = NET.walk(*map(torch.from_numpy, (found.start, found.edge_index, found.gates)))
    whole = NET.read(sums, torch.from_numpy(goals)).numpy()
    total = np.bincount(walks.candidate, walks.contribution, minlength=len(goals))
    np.testing.assert_allclose(total, whole, rtol=1e-3, atol=1e-5)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_the_strongest_are_kept(seed: int, num_walks: int) -> None:
    found = search(cyclic(seed), seed)
    goals = np.array([3, 4])
    every, few = found.strongest(goals, WIDE, WIDE), found.strongest(goals, num_walks, WIDE)
    for candidate in range(len(goals)):
        best = np.abs(every.of(candidate).contribution)[:num_walks]
        np.testing.assert_allclose(np.abs(few.of(candidate).contribution), best)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_candidates_do_not_crowd_each_other_out(seed: int) -> None:
    found = search(cyclic(seed), seed)
    together = found.strongest(np.array([3, 4]), 3, 2)
    for place, goal in enumerate((3, 4)):
        alone = found.strongest(np.array([goal]), 3, 2)
        assert as_pairs(together.of(place)) == pytest.approx(as_pairs(alone))


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_walks_are_connected_simple_and_lead_from_a_start_to_the_candidate(seed: int) -> None:
    found = search(cyclic(seed), seed)
    goals = np.array([4, 5])
    walks = found.strongest(goals, 5, 3)
    for candidate, start, row in zip(walks.candidate, walks.start, walks.edges, strict=True):
        edges = row[row >= 0]
        assert (row[len(edges) :] == -1).all(), "the unused places are the last"
        heads, tails = found.edge_index[:, edges]
        assert heads[0] == start < 2
        assert tails[-1] == goals[candidate]
        np.testing.assert_array_equal(tails[:-1], heads[1:])
        assert len({*heads.tolist(), *tails.tolist()}) == len(edges) + 1


def test_a_candidate_that_nothing_reaches_has_no_walk() -> None:
    found = search(np.array([[0, 1], [1, 2]]), 0)
    assert len(found.strongest(np.array([5]), 5, 5).candidate) == 0


def test_of_sorts_by_share() -> None:
    walks = Walks(
        np.array([1, 0, 1]), np.arange(3), np.full((3, 1), 7), np.array([0.1, 9.0, -0.5], np.float32)
    )
    assert walks.of(1).contribution.tolist() == pytest.approx([-0.5, 0.1])
    assert walks.of(1).start.tolist() == [2, 0]
