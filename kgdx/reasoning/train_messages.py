"""Learning what best paths say, from cases whose answer is known.

For each case the likelihood proposes candidates; the messages learn what to add so that the right one comes
first (cross-entropy over the proposed, the right ones always among them).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.reasoning.answered import AnsweredCase
from kgdx.reasoning.likelihood import contributions, priors
from kgdx.reasoning.messages import MessageNetwork
from kgdx.reasoning.reasoner import Reasoner

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class MessageTraining:
    """How to train.

    Attributes:
        num_candidates: proposed by the likelihood for each case.
        epochs: times each case is seen.
        batch: cases per optimiser step.
        learning_rate: at its highest (one cycle).
        weight_decay: of all parameters.
    """

    num_candidates: int = 100
    epochs: int = 8
    batch: int = 16
    learning_rate: float = 1.5e-2
    weight_decay: float = 1e-4


@dataclass(frozen=True, eq=False)
class MetCase:
    """One case with what its best paths showed; K candidates, the right ones first.

    Attributes:
        pairs: (F, K, NUM_PAIR_FEATURES) float16.
        is_present: (F,) bool.
        base: (4, K) float32, what present findings, absent findings and the prior give before trust and
            messages.
        positions: (K,) int64.
        num_right: how many of the first are right.
    """

    pairs: Tensor
    is_present: Tensor
    base: Tensor
    positions: NDArray[np.int64]
    num_right: int

    @classmethod
    def of(cls, case: AnsweredCase, reasoner: Reasoner, num_candidates: int) -> "MetCase":
        """Meet the candidates of one case."""
        observations, annotations = case.query.observations, reasoner.graph.annotations
        ratios = contributions(observations, annotations, reasoner.likelihood)
        is_present = np.array([seen.weight > 0 for seen in observations])
        prior = priors(annotations, reasoner.likelihood)
        facts = reasoner.demographics.statements(case.query.patient)
        of_facts = sum((fact.contributions for fact in facts), np.zeros(len(prior)))
        base = np.stack([ratios[is_present].sum(axis=0), ratios[~is_present].sum(axis=0), prior, of_facts])
        first = np.argsort(-base.sum(axis=0), kind="stable")[:num_candidates]
        positions = np.concatenate([case.accepted, np.setdiff1d(first, case.accepted)])
        return cls(
            pairs=torch.from_numpy(reasoner.best_paths.features(observations, positions)).half(),
            is_present=torch.from_numpy(is_present),
            base=torch.from_numpy(base[:, positions]).float(),
            positions=positions,
            num_right=len(case.accepted),
        )


def fit_messages(
    reasoner: Reasoner,
    met: Sequence[MetCase],
    weight: NDArray[np.float64],
    settings: MessageTraining,
    rng: np.random.Generator,
    progress: Progress,
) -> None:
    """Train `reasoner.messages` in place.

    Args:
        weight: (n,) of each case.
    """
    network, diseases = reasoner.messages.train(), torch.from_numpy(reasoner.best_paths.diseases)
    parameters = list(network.parameters())
    optimizer = torch.optim.AdamW(parameters, settings.learning_rate, weight_decay=settings.weight_decay)
    steps_per_epoch = -(-len(met) // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.epochs * steps_per_epoch
    )
    for epoch in range(settings.epochs):
        order, losses = rng.permutation(len(met)), []
        for batch in np.array_split(order, steps_per_epoch):
            loss = torch.stack([_loss(network, met[i], diseases) * float(weight[i]) for i in batch]).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            told = f"messages, epoch {epoch + 1}, loss {np.mean(losses):.3f}"
            progress(epoch * steps_per_epoch + len(losses), settings.epochs * steps_per_epoch, told)
    network.eval()


def _loss(network: MessageNetwork, case: MetCase, diseases: Tensor) -> Tensor:
    said = network(case.pairs.float(), case.is_present).sum(dim=0)
    num_present = int(case.is_present.sum())
    breadth = network.prior(diseases[case.positions], num_present, len(case.is_present) - num_present)
    logit = network.trust @ case.base + said + breadth
    return torch.logsumexp(logit, 0) - torch.logsumexp(logit[: case.num_right], 0)
