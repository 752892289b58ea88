"""The Bellman–Ford network that walks from a disease to treatments.

The same form as the network of diagnosis: gates say how much of a walk passes an edge, from the meaning of
its relation in words and the degrees of its ends; what arrives at a treatment after 1..L steps is read out
linearly, so that each walk's share of a score is exact. All gates and readouts are positive: more walks never
lower a score. It holds nothing of any disease or treatment.

A disease that the graph says little of also starts walks from diseases of like name, weighed by likeness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kgdx.encoders.base import TextEncoder


@dataclass(frozen=True, slots=True)
class TreatmentModelSettings:
    """Size of the network.

    Attributes:
        text_dim: width of a text; a relation is three of them, its kinds and its meaning.
        num_channels: C, width of a walk.
        num_steps: L, longest walk in edges.
        hidden: width of the hidden layer.
        num_kin: diseases of like name that walks start from as well; 0 for none.
    """

    text_dim: int
    num_channels: int = 4
    num_steps: int = 3
    hidden: int = 24
    num_kin: int = 20


class TreatmentNetwork(nn.Module):
    """Gates, starts and readouts of walks from diseases to treatments."""

    def __init__(self, settings: TreatmentModelSettings) -> None:
        super().__init__()
        self.settings = settings
        channels, steps = settings.num_channels, settings.num_steps
        self.relation = nn.Linear(3 * settings.text_dim, 8)
        self.gate = nn.Sequential(
            nn.Linear(8 + steps, settings.hidden), nn.ReLU(), nn.Linear(settings.hidden, 3 * channels)
        )
        self.readout = nn.Parameter(torch.randn(steps, channels))
        self.kin_height = nn.Parameter(torch.zeros(channels))
        self.kin_slope = nn.Parameter(torch.full((channels,), 2.0))

    def gates(self, relations: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """How much of a walk passes each relation as its (step + 1)-th edge, and how degrees dampen it.

        Args:
            relations: (R, 3 text_dim) float32, see `relation_vectors`.
            step: from 0.

        Returns:
            (R, C) float32 each, in (0, 1): openness, exponent of the fan-out, exponent of the fan-in.
        """
        when = torch.zeros(len(relations), self.settings.num_steps)
        when[:, step] = 1.0
        raw = self.gate(torch.cat([self.relation(relations), when], dim=1))
        opened, out, into = torch.sigmoid(raw).chunk(3, dim=1)
        return opened, out, into

    def kin_weights(self, likeness: Tensor) -> Tensor:
        """(n, C) float32 in (0, 1): what walks from a disease of like name start with.

        Args:
            likeness: (n,) float32 cosine of the names.
        """
        distance = (1.0 - likeness.clamp(max=1.0)).unsqueeze(1)
        weights: Tensor = torch.sigmoid(self.kin_height) * torch.exp(
            -nn.functional.softplus(self.kin_slope) * 4 * distance
        )
        return weights

    def weights(self) -> Tensor:
        """(L, C) float32, positive: readout of walks of each length."""
        return nn.functional.softplus(self.readout)


def relation_vectors(meanings: Sequence[tuple[str, str, str]], encoder: TextEncoder) -> Tensor:
    """(R, 3 dim) float32: the vectors of kind, relation and kind of every directed relation, side by side.

    Apart, since in one sentence the kinds drown what the relation means.
    """
    texts = [text for meaning in meanings for text in meaning]
    return torch.from_numpy(encoder.encode_texts(texts)).reshape(len(meanings), 3 * encoder.dim)


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
