"""Learning what best paths say, from cases whose answer is known.

For each case the likelihood shortlists candidates; the messages learn what to add so that the right one comes
first (cross-entropy over the shortlist).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.messages import MessageNetwork
from kgdx.reasoning.query import certainty, without_curation
from kgdx.reasoning.reasoner import Reasoner, denied
from kgdx.training import loop
from kgdx.training.progress import Progress
from kgdx.training.reasoner.labelled_cases import LabelledCase


@dataclass(frozen=True, slots=True)
class MessageTraining:
    """How to train.

    Attributes:
        epochs: times each case is seen.
        batch: cases per optimizer step.
        learning_rate: at its highest (one cycle).
        weight_decay: of all parameters.
        curated: share of cases shown with their curated absences, drawn anew each time; the others are shown
            as a physician means them, so that one network answers both.
    """

    epochs: int = 5
    batch: int = 16
    learning_rate: float = 1e-2
    weight_decay: float = 1e-4
    curated: float = 0.3


@dataclass(frozen=True, eq=False)
class ShortlistedCase:
    """One case with what its best paths showed; K candidates, the right ones first.

    Attributes:
        pairs: (F, K, NUM_PAIR_FEATURES) float16.
        is_present: (F,) bool.
        certainty: (F,) float32 in [0, 1], how much of each message is let through where curation is read.
        base: (4, K) float32, what present findings, absent findings, the prior and the patient's sex and age
            give before trust and messages; without curation.
        curation: (K,) float32, what curation adds to the absent findings.
        prevalence: (K,) float32, what counts as it is.
        positions: (K,) int64.
        num_right: how many of the first are right.
    """

    pairs: Tensor
    is_present: Tensor
    certainty: Tensor
    base: Tensor
    curation: Tensor
    prevalence: Tensor
    positions: Ints
    num_right: int

    @classmethod
    def of(cls, case: LabelledCase, reasoner: Reasoner) -> "ShortlistedCase | None":
        """Meet the candidates that the reasoner would meet; None where no right one is among them.

        A right one that the likelihood leaves out is never added: the network would learn that what the
        likelihood thinks little of is right.
        """
        observations = case.query.observations
        plain = without_curation(case.query)
        base = reasoner.base(plain)
        shortlisted = reasoner.shortlisted(plain, base)
        is_right = np.isin(reasoner.same[shortlisted], reasoner.same[case.accepted])
        if not is_right.any():
            return None
        is_present = np.array([obs.weight > 0 for obs in observations])
        positions = np.concatenate([shortlisted[is_right], shortlisted[~is_right]])
        ratios = base.findings[:, positions]
        curated = reasoner.base(case.query).findings[:, positions]
        is_prior = np.array([fact.is_prior for fact in base.patient_facts], dtype=bool)
        parts = (
            ratios[is_present],
            ratios[~is_present],
            base.prior[positions][None],
            base.demographics[~is_prior][:, positions],
        )
        pairs = reasoner.best_paths.features(observations, positions)
        # A pair that a source denies gets no message: as if the two shared nothing.
        pairs[..., :-1] *= ~denied(case.query, reasoner.graph.annotations, positions).T[..., None]
        return cls(
            pairs=torch.from_numpy(pairs).half(),
            is_present=torch.from_numpy(is_present),
            certainty=certainty(observations),
            base=torch.from_numpy(np.stack([part.sum(axis=0) for part in parts])).float(),
            curation=torch.from_numpy((curated - ratios).sum(axis=0)).float(),
            prevalence=torch.from_numpy(base.demographics[is_prior][:, positions].sum(axis=0)).float(),
            positions=positions,
            num_right=int(is_right.sum()),
        )


def fit_messages(
    reasoner: Reasoner,
    shortlisted: Sequence[ShortlistedCase],
    weight: Floats,
    settings: MessageTraining,
    rng: np.random.Generator,
    progress: Progress,
) -> None:
    """Train `reasoner.messages` in place.

    Args:
        weight: (n,) of each case.
    """
    network, diseases = reasoner.messages.train(), torch.from_numpy(reasoner.best_paths.diseases)
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    steps_per_epoch = -(-len(shortlisted) // settings.batch)
    total = settings.epochs * steps_per_epoch
    schedule = loop.one_cycle(optimizer, total, warm_up=0.3)

    def batches() -> Iterator[Ints]:
        for _ in range(settings.epochs):
            yield from np.array_split(rng.permutation(len(shortlisted)), steps_per_epoch)

    def loss_of(batch: Ints) -> Tensor:
        is_curated = rng.random(len(batch)) < settings.curated
        losses = [
            _loss(network, shortlisted[i], diseases, is_curated=bool(curated)) * float(weight[i])
            for i, curated in zip(batch, is_curated, strict=True)
        ]
        return torch.stack(losses).mean()

    def after_step(_: int) -> None:
        # A likelihood ratio may be discounted, never inverted.
        network.trust.data.clamp_(min=0.0)

    loop.fit(network, batches(), loss_of, schedule, total, "messages", progress, after_step=after_step)
    network.eval()


def _loss(network: MessageNetwork, case: ShortlistedCase, diseases: Tensor, *, is_curated: bool) -> Tensor:
    read = case.is_present | (case.certainty > 0) if is_curated else case.is_present
    said = case.certainty[read] @ network(case.pairs[read].float(), case.is_present[read])
    num_present = int(case.is_present.sum())
    breadth = network.prior(diseases[case.positions], num_present, int(read.sum()) - num_present)
    logit = network.trust @ case.base + said + breadth + case.prevalence
    if is_curated:
        logit = logit + network.trust[1] * case.curation
    return torch.logsumexp(logit, 0) - torch.logsumexp(logit[: case.num_right], 0)
