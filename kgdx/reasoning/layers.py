"""One step of the generalised Bellman–Ford iteration."""

from torch import Tensor, nn


class BellmanFordStep(nn.Module):
    """Send every walk one edge further: h'[v] = sum over edges (u, v) of h[u] * gate[u, v].

    Sum and product are kept free of any non-linearity, so that after l steps h[v] is exactly the sum over
    all walks of l edges of the product of their gates, and a score read from it splits exactly into
    contributions of paths (the path formulation of Zhu et al. 2021, arXiv:2106.06935).
    """

    def forward(self, walks: Tensor, edge_index: Tensor, gates: Tensor) -> Tensor:
        """Walk one edge.

        Args:
            walks: (n, ..., C) float32, sum over walks that end in each node.
            edge_index: (2, E) int64.
            gates: (E, ..., C) float32, broadcast against the walks.

        Returns:
            (n, ..., C) float32.
        """
        start, end = edge_index
        messages = walks.index_select(0, start) * gates
        # An expanded index is torch's fast way: `index_add` adds row by row.
        targets = end.view(-1, *[1] * (messages.dim() - 1)).expand_as(messages)
        return messages.new_zeros(len(walks), *messages.shape[1:]).scatter_add_(0, targets, messages)
