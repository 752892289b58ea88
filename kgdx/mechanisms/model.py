"""The network that says what each edge adds to a path from a drug to a disease.

A path's score is the sum over its hops, so that each edge's share of it is exact. What an edge adds depends
on what it means in words, on where in the path it is, on how it is joined to the graph, and on how like the
names of its ends are to those of the drug and the disease. It holds nothing of any drug, disease or gene.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kgdx.encoders.base import TextEncoder
from kgdx.mechanisms.graph import Meaning
from kgdx.mechanisms.hops import MAX_HOPS

# Of paths of 2, 3 and 4 hops, each hop is a slot of its own.
NUM_SLOTS = sum(range(2, MAX_HOPS + 1))
NUM_FIGURES = 9


@dataclass(frozen=True, slots=True)
class MechanismModelSettings:
    """Size of the network.

    Attributes:
        text_dim: width of a text; a meaning is three of them and its direction.
        num_channels: what is left of a meaning.
        hidden: width of the hidden layer.
    """

    text_dim: int
    num_channels: int = 8
    hidden: int = 16


class MechanismNetwork(nn.Module):
    """What edges add."""

    def __init__(self, settings: MechanismModelSettings) -> None:
        super().__init__()
        self.settings = settings
        self.meaning = nn.Linear(3 * settings.text_dim + 1, settings.num_channels)
        width = settings.num_channels + NUM_SLOTS + NUM_FIGURES
        self.edge = nn.Sequential(nn.Linear(width, settings.hidden), nn.SiLU(), nn.Linear(settings.hidden, 1))

    def forward(self, meanings: Tensor, meaning: Tensor, slot: Tensor, figures: Tensor) -> Tensor:
        """(n,) float32, unbounded: what each of n edges adds at its place.

        Args:
            meanings: (R, 3 text_dim + 1) float32, `meaning_vectors` of the graph.
            meaning: (n,) int64 rows of `meanings`.
            slot: (n,) int64, see `slots`.
            figures: (n, NUM_FIGURES) float32.
        """
        meant = self.meaning(meanings)[meaning]
        placed = nn.functional.one_hot(slot, NUM_SLOTS).to(figures.dtype)
        added: Tensor = self.edge(torch.cat([meant, placed, figures], dim=1))
        return added[:, 0]


def slots(num_hops: int) -> range:
    """The slots of a path of that many hops, first hop first."""
    first = sum(range(2, num_hops))
    return range(first, first + num_hops)


def meaning_vectors(meanings: Sequence[Meaning], encoder: TextEncoder) -> Tensor:
    """(R, 3 dim + 1) float32: start, words and end of each meaning, and 1 or -1 for its direction."""
    texts = [text for meaning in meanings for text in meaning[:3]]
    vectors = torch.from_numpy(encoder.encode_texts(texts)).reshape(len(meanings), 3 * encoder.dim)
    direction = torch.tensor([1.0 if meaning[3] else -1.0 for meaning in meanings])
    return torch.cat([vectors, direction[:, None]], dim=1)
