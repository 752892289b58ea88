"""The query-conditioned Bellman–Ford network.

The patient is a multi-source boundary condition: every finding starts walks, weighed by its polarity and
strength and by the vector of the case. Gates say how much of a walk passes an edge; they depend on the
meaning of the relation in words, on static features of the edge and on the case, never on the identity of
a node: a new disease, finding or relation is scored without retraining. What arrives at a candidate after
1..L steps is read out linearly.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kgdx.reasoning.case_graph import NUM_EDGE_FEATURES
from kgdx.reasoning.layers import BellmanFordStep

NUM_FINDING_FEATURES = 3


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Size of the network.

    Attributes:
        text_dim: width of relation texts and of the case vector, as the text encoder makes them.
        num_channels: C, width of a walk.
        num_steps: L, longest walk in edges.
        hidden: width of the hidden layers.
    """

    text_dim: int
    num_channels: int = 8
    num_steps: int = 6
    hidden: int = 24


class PathNetwork(nn.Module):
    """Scores candidates by the walks that reach them from the findings of a case."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        hidden, channels = settings.hidden, settings.num_channels
        self.relation = nn.Linear(settings.text_dim, 8)
        self.context = nn.Linear(settings.text_dim, 8, bias=False)
        self.gate = nn.Sequential(
            nn.Linear(8 + 8 + NUM_EDGE_FEATURES, hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )
        self.boundary = nn.Sequential(
            nn.Linear(8 + NUM_FINDING_FEATURES, hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )
        self.readout = nn.Parameter(torch.zeros(settings.num_steps, channels))
        self.step = BellmanFordStep()

    def gates(
        self, relations: Tensor, direction: Tensor, features: Tensor, norm: Tensor, context: Tensor
    ) -> Tensor:
        """How much of a walk passes each edge.

        Args:
            relations: (R, text_dim) float32, embedded text of every directed relation.
            direction: (E,) int64, which of them each edge has.
            features: (E, NUM_EDGE_FEATURES) float32.
            norm: (E,) float32 in (0, 1], degree normalisation.
            context: (text_dim,) float32, the vector of the case.

        Returns:
            (E, C) float32 in (0, 1).
        """
        meaning = self.relation(relations)[direction]
        case = self.context(context).expand(len(direction), -1)
        opened: Tensor = torch.sigmoid(self.gate(torch.cat([meaning, case, features], dim=1)))
        return opened * norm.unsqueeze(1)

    def boundaries(self, findings: Tensor, context: Tensor) -> Tensor:
        """What each finding of the case sends out.

        Args:
            findings: (F, NUM_FINDING_FEATURES) float32: 1 if present, 1 if absent, and information content
                scaled to [0, 1].

        Returns:
            (F, C) float32, unbounded, signed.
        """
        case = self.context(context).expand(len(findings), -1)
        boundaries: Tensor = self.boundary(torch.cat([case, findings], dim=1))
        return boundaries

    def walk(self, start: Tensor, edge_index: Tensor, gates: Tensor) -> Tensor:
        """Sums over all walks of 0..L edges.

        Args:
            start: (n, C) float32, boundary condition.
            edge_index: (2, E) int64.
            gates: (E, C) float32.

        Returns:
            (L + 1, n, C) float32; row l holds walks of exactly l edges.
        """
        walks = [start]
        for _ in range(self.settings.num_steps):
            walks.append(self.step(walks[-1], edge_index, gates))
        return torch.stack(walks)

    def read(self, walks: Tensor, nodes: Tensor) -> Tensor:
        """Logit that the walks give to some nodes.

        Args:
            walks: (L + 1, n, C) float32.
            nodes: (K,) int64.

        Returns:
            (K,) float32, unbounded.
        """
        return torch.einsum("lkc,lc->k", walks[1:, nodes], self.readout)
