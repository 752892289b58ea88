"""What the best path from a finding says of a candidate: learnt, and added to the likelihood ratio.

One small function turns the figures of a best path (`best_paths.py`) into a message, another one for absent
findings; what is said of a candidate is the sum over findings, so that each finding keeps its share. A
finding that shares nothing with a disease sends exactly 0. No function sees which finding or which disease it
is.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kgdx.reasoning.best_paths import NUM_DISEASE_FEATURES, NUM_PAIR_FEATURES

NUM_CASE_FEATURES = 2


@dataclass(frozen=True, slots=True)
class MessageSettings:
    """Size of the networks."""

    hidden: int = 24


class MessageNetwork(nn.Module):
    """Messages of best paths, a bias for how much is stated of a disease, and the trust in likelihood ratios.

    Attributes:
        trust: (4,) by which the likelihood ratios of present and of absent findings, the prior, and what sex
            and age say are multiplied: findings of a patient go together, so that ratios do not simply add.
    """

    def __init__(self, settings: MessageSettings) -> None:
        super().__init__()
        self.settings = settings
        self.present = _perceptron(NUM_PAIR_FEATURES, settings.hidden)
        self.absent = _perceptron(NUM_PAIR_FEATURES, settings.hidden)
        self.trust = nn.Parameter(torch.full((4,), 0.5))
        self.breadth = _perceptron(NUM_DISEASE_FEATURES + NUM_CASE_FEATURES, settings.hidden)

    def forward(self, pairs: Tensor, is_present: Tensor) -> Tensor:
        """The message of each finding to each candidate.

        Args:
            pairs: (F, K, NUM_PAIR_FEATURES) float32, as `BestPaths.features` makes them.
            is_present: (F,) bool; the others are absent.

        Returns:
            (F, K) float32, natural log, unbounded; exactly 0 where a finding and a candidate share nothing.
        """
        nothing = torch.cat([torch.zeros_like(pairs[:, :1, :-1]), pairs[:, :1, -1:]], dim=2)
        both = torch.cat([pairs, nothing], dim=1)
        said = pairs.new_zeros(both.shape[:2])
        said = said.masked_scatter(is_present[:, None], self.present(both[is_present])[..., 0])
        said = said.masked_scatter(~is_present[:, None], self.absent(both[~is_present])[..., 0])
        # Equal rows of a batch may differ in their last bits.
        is_shared = (pairs[..., :-1] != 0).any(dim=2)
        return (said[:, :-1] - said[:, -1:]) * is_shared

    def prior(self, diseases: Tensor, num_present: int, num_curated: int) -> Tensor:
        """What the number of findings, of the case and of each disease, adds before any of them is looked at.

        Args:
            diseases: (K, NUM_DISEASE_FEATURES) float32, as `BestPaths.diseases`.
            num_curated: curated absences.

        Returns:
            (K,) float32, natural log, unbounded.
        """
        counts = torch.log1p(torch.tensor([num_present, num_curated], dtype=torch.float32)) / 3.0
        added: Tensor = self.breadth(torch.cat([diseases, counts.expand(len(diseases), -1)], dim=1))
        return added[:, 0]


def _perceptron(width: int, hidden: int) -> nn.Sequential:
    """A function that says 0 of everything until it is trained."""
    last = nn.Linear(hidden, 1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), last)
