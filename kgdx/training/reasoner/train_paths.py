"""Learning what walks add to likelihood ratios and best paths.

The same loss as for messages, over the proposed candidates alone: the network learns what the graph around
them knows beyond what is stated of them. There is nothing in it that could remember a disease.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.reasoner import Reasoner
from kgdx.training import loop
from kgdx.training.progress import Progress
from kgdx.training.reasoner.labelled_cases import LabelledCase


@dataclass(frozen=True, slots=True)
class WalkTraining:
    """How to train.

    Attributes:
        num_cases: seen once each; drawn by weight.
        batch: cases per optimizer step.
        learning_rate: at the start; it falls along a cosine.
        weight_decay: of all parameters.
    """

    num_cases: int = 1600
    batch: int = 8
    learning_rate: float = 1e-2
    weight_decay: float = 1e-5


def fit_walks(
    reasoner: Reasoner,
    cases: Sequence[LabelledCase],
    weight: Floats,
    settings: WalkTraining,
    rng: np.random.Generator,
    progress: Progress,
) -> None:
    """Train `reasoner.network` in place, on what likelihood and `reasoner.messages` propose.

    Args:
        weight: (n,) of each case: how often it is drawn.
    """
    network = reasoner.network.train()
    drawn = rng.choice(len(cases), settings.num_cases, p=weight / weight.sum())
    batches = np.array_split(drawn, -(-len(drawn) // settings.batch))
    optimizer = torch.optim.Adam(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(batches))

    def loss_of(batch: Ints) -> Tensor | None:
        losses = [loss for i in batch if (loss := _loss(reasoner, cases[i])) is not None]
        return torch.stack(losses).mean() if losses else None

    loop.fit(
        network, batches, loss_of, optimizer, schedule, total=len(batches), what="walks", progress=progress
    )
    network.eval()


def _loss(reasoner: Reasoner, case: LabelledCase) -> Tensor | None:
    """Cross-entropy over the proposed candidates; None where no right one is among them.

    Candidates that are denied a finding are left out: its walks add nothing to them when ranking.
    """
    proposal = reasoner.propose(case.query)
    is_read = ~proposal.is_denied.any(axis=1)
    positions = proposal.positions[is_read]
    is_right = np.isin(reasoner.same[positions], reasoner.same[case.accepted])
    if not is_right.any():
        return None
    added = reasoner.forward(case.query, reasoner.graph.annotations.candidates[positions]).read()
    logit = torch.from_numpy(proposal.logit[is_read]).float() + added
    return torch.logsumexp(logit, 0) - torch.logsumexp(logit[torch.from_numpy(is_right)], 0)
