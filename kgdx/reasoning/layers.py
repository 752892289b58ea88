"""One step of the generalised Bellman–Ford iteration, as torch-geometric message passing."""

import warnings

from torch import Tensor

with warnings.catch_warnings():
    # torch-geometric decorates functions with a part of torch that is going; nothing we could mend.
    warnings.filterwarnings("ignore", message=r".*torch\.jit", category=FutureWarning)
    warnings.filterwarnings("ignore", message=r".*torch\.jit", category=DeprecationWarning)
    from torch_geometric.nn import MessagePassing


class BellmanFordStep(MessagePassing):  # type: ignore[misc]
    """Send every walk one edge further: h'[v] = sum over edges (u, v) of h[u] * gate[u, v].

    Sum and product are kept free of any non-linearity, so that after l steps h[v] is exactly the sum over
    all walks of l edges of the product of their gates, and a score read from it splits exactly into
    contributions of paths (the path formulation of Zhu et al. 2021, arXiv:2106.06935).
    """

    def __init__(self) -> None:
        super().__init__(aggr="add", node_dim=0)

    def forward(self, walks: Tensor, edge_index: Tensor, gates: Tensor) -> Tensor:
        """Walk one edge.

        Args:
            walks: (n, ..., C) float32, sum over walks that end in each node.
            edge_index: (2, E) int64.
            gates: (E, ..., C) float32, broadcast against the walks.

        Returns:
            (n, ..., C) float32.
        """
        result: Tensor = self.propagate(edge_index, walks=walks, gates=gates)
        return result

    def message(self, walks_j: Tensor, gates: Tensor) -> Tensor:
        """(E, C) walks at the start of each edge, weighed by its gate."""
        return walks_j * gates
