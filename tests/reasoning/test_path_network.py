"""The path network is exactly a weighted sum over walks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.reasoning.case_graph import NUM_EDGE_FEATURES
from tests.reasoning.tiny import TEXT_DIM, network, walks_into

NUM_NODES = 5


def random_graph(seed: int, num_edges: int = 9) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Edges (with cycles and repeats), gates in (0, 1) and a signed start."""
    rng = torch.Generator().manual_seed(seed)
    edge_index = torch.randint(NUM_NODES, (2, num_edges), generator=rng)
    return edge_index, torch.rand(num_edges, 3, generator=rng), torch.randn(NUM_NODES, 3, generator=rng)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_the_sums_are_those_of_all_walks(seed: int) -> None:
    edge_index, gates, start = random_graph(seed)
    net = network(num_steps=3)
    sums = net.walk(start, edge_index, gates)
    edges = list(map(tuple, edge_index.T.tolist()))
    expected = torch.zeros_like(sums)
    expected[0] = start
    for goal in range(NUM_NODES):
        for walk in walks_into(edges, goal, 3, simple=False):
            expected[len(walk), goal] += start[edges[walk[0]][0]] * gates[list(walk)].prod(dim=0)
    torch.testing.assert_close(sums, expected, rtol=1e-4, atol=1e-5)
    logits = torch.einsum("lnc,lc->n", expected[1:], net.readout)
    torch.testing.assert_close(net.read(sums, torch.arange(NUM_NODES)), logits, rtol=1e-4, atol=1e-4)


def test_a_walk_of_no_step_says_nothing() -> None:
    edge_index, gates, start = random_graph(0, num_edges=0)
    net = network()
    assert net.read(net.walk(start, edge_index, gates), torch.arange(NUM_NODES)).abs().max() == 0


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.floats(-5, 5))
def test_walks_add_up_finding_by_finding(seed: int, factor: float) -> None:
    edge_index, gates, start = random_graph(seed)
    net, other = network(), random_graph(seed + 1)[2]
    together = net.walk(start + factor * other, edge_index, gates)
    apart = net.walk(start, edge_index, gates) + factor * net.walk(other, edge_index, gates)
    torch.testing.assert_close(together, apart, rtol=1e-3, atol=1e-3)


def test_gates_lie_between_nothing_and_the_norm() -> None:
    num_edges, rng = 50, torch.Generator().manual_seed(3)
    norm = torch.rand(num_edges, generator=rng)
    gates = network().gates(
        torch.randn(4, TEXT_DIM, generator=rng),
        torch.randint(4, (num_edges,), generator=rng),
        torch.rand(num_edges, NUM_EDGE_FEATURES, generator=rng),
        norm,
        torch.randn(TEXT_DIM, generator=rng),
    )
    assert ((gates > 0) & (gates < norm.unsqueeze(1))).all()


def test_gates_hang_on_relation_features_and_case_alone() -> None:
    net, rng = network(), torch.Generator().manual_seed(4)
    relations = torch.randn(2, TEXT_DIM, generator=rng)
    features = torch.rand(1, NUM_EDGE_FEATURES, generator=rng).expand(4, -1)
    direction, norm = torch.tensor([0, 1, 0, 0]), torch.ones(4)
    first, second = torch.randn(TEXT_DIM, generator=rng), torch.randn(TEXT_DIM, generator=rng)
    gates = net.gates(relations, direction, features, norm, first)
    torch.testing.assert_close(gates[0], gates[2])
    assert not torch.allclose(gates[0], gates[1]), "another relation"
    assert not torch.allclose(gates, net.gates(relations, direction, features, norm, second)), "another case"


def test_the_weights_are_no_larger_for_a_larger_graph() -> None:
    shapes = {name: tuple(value.shape) for name, value in network().state_dict().items()}
    assert max(size for shape in shapes.values() for size in shape) <= 8 + 8 + NUM_EDGE_FEATURES


@pytest.mark.parametrize("num_steps", [1, 3])
def test_nothing_comes_from_further_than_the_last_step(num_steps: int) -> None:
    length = 4
    edge_index = torch.tensor([range(length), range(1, length + 1)])
    start = torch.zeros(length + 1, 3)
    start[0] = 1.0
    net = network(num_steps=num_steps)
    logits = net.read(net.walk(start, edge_index, torch.ones(length, 3)), torch.arange(length + 1))
    assert np.flatnonzero(logits.numpy()).tolist() == list(range(1, num_steps + 1))
