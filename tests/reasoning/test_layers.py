"""One step of the network is torch-geometric's message passing."""

import warnings

import torch

from kgdx.reasoning.layers import BellmanFordStep


def test_step_is_message_passing_of_torch_geometric() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch_geometric.nn import SimpleConv

        reference = SimpleConv(aggr="add")
    random = torch.manual_seed(3)
    walks = torch.randn(50, 4, generator=random)
    edge_index = torch.randint(50, (2, 400), generator=random)
    weight = torch.rand(400, generator=random)
    ours = BellmanFordStep()(walks, edge_index, weight[:, None].expand(-1, 4))
    assert torch.allclose(ours, reference(walks, edge_index, weight), atol=1e-6)


def test_gates_are_broadcast_over_findings() -> None:
    random = torch.manual_seed(3)
    walks = torch.randn(20, 3, 4, generator=random)
    edge_index = torch.randint(20, (2, 60), generator=random)
    gates = torch.rand(60, 1, 4, generator=random)
    both = BellmanFordStep()(walks, edge_index, gates)
    for i in range(3):
        assert torch.equal(both[:, i], BellmanFordStep()(walks[:, i], edge_index, gates[:, 0]))
