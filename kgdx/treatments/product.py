"""Products of a sparse matrix, whose entries are learnt, with a dense one."""

from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, dense: Tensor, start: Tensor, end: Tensor, num_ends: int) -> Tensor:
        ctx.save_for_backward(values, dense, start, end)
        return torch.stack(
            [
                torch.from_numpy(_matrix(v, end, start, (num_ends, d.shape[0])) @ d.numpy())
                for v, d in zip(values, dense, strict=True)
            ]
        )

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        values, dense, start, end = ctx.saved_tensors
        into = gradients[0].contiguous()
        shape = (dense.shape[1], into.shape[1])
        to_dense = torch.stack(
            [
                torch.from_numpy(_matrix(v, start, end, shape) @ g.numpy())
                for v, g in zip(values, into, strict=True)
            ]
        )
        to_values = torch.stack([_dots(g, d, end, start) for g, d in zip(into, dense, strict=True)])
        return to_values, to_dense, None, None, None


def product(values: Tensor, dense: Tensor, start: Tensor, end: Tensor, num_ends: int) -> Tensor:
    """Send what is at the starts of edges to their ends: y[c, v] = sum over edges (u, v) of value[c] x[c, u].

    Args:
        values: (C, E) float32.
        dense: (C, n, B) float32.
        start, end: (E,) int64, positions among the n and among `num_ends`.

    Returns:
        (C, num_ends, B) float32.
    """
    result: Tensor = _Product.apply(values, dense.contiguous(), start, end, num_ends)
    return result


def _matrix(values: Tensor, rows: Tensor, columns: Tensor, shape: tuple[int, int]) -> sp.csr_matrix:
    entries: NDArray[np.float32] = values.detach().numpy()
    return sp.csr_matrix((entries, (rows.numpy(), columns.numpy())), shape=shape)


def _dots(left: Tensor, right: Tensor, rows: Tensor, columns: Tensor, block: int = 1 << 16) -> Tensor:
    """(E,) dot product of row `rows[e]` of one matrix and row `columns[e]` of the other."""
    return torch.cat(
        [
            torch.einsum("eb,eb->e", left[rows[at : at + block]], right[columns[at : at + block]])
            for at in range(0, len(rows), block)
        ]
        or [torch.zeros(0)]
    )
