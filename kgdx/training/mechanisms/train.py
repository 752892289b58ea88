"""Learning from curated paths: the right one is to come before all others of its pair.

Each pair is asked as if nobody had drawn it: what the graph has from its own curators alone is hidden.
Networks that judge a pair have seen neither its drug nor its disease.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.graph.arrays import Floats32, Ints
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.model import MechanismNetwork, slots
from kgdx.mechanisms.question import GroupNames, Readings, read
from kgdx.training import loop
from kgdx.training.mechanisms.curated import Curated, Pair, Place, is_gold, place
from kgdx.training.progress import Progress


@dataclass(frozen=True, slots=True)
class MechanismTraining:
    """How to train.

    Attributes:
        epochs: how often each pair is asked.
        batch: pairs per optimizer step.
        learning_rate: the highest; it rises over the first tenth of the steps and falls along a cosine.
        most_paths: of a pair, in each block of paths, that are learnt from; others stand for those left out.
        folds: parts by disease, for metrics.
        seed: of everything random.
    """

    epochs: int = 20
    batch: int = 16
    learning_rate: float = 5e-3
    weight_decay: float = 0.1
    most_paths: int = 4000
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Example:
    """A pair of which a curated path is among the paths.

    Attributes:
        parts: paths block by block; which of them are curated; ln of how many paths each stands for.
    """

    pair: Pair
    parts: tuple[tuple[Readings, NDArray[np.bool_], Floats32], ...]

    def scores(self, network: MechanismNetwork, meanings: Tensor) -> Tensor:
        """(p,) float32, unbounded."""
        return torch.cat([readings.scores(network, meanings) for readings, _, _ in self.parts])

    def loss(self, network: MechanismNetwork, meanings: Tensor) -> Tensor:
        """-ln of the share that curated paths have in exp(score), over all paths of the pair."""
        scores = self.scores(network, meanings)
        scores = scores + torch.from_numpy(np.concatenate([many for _, _, many in self.parts]))
        return torch.logsumexp(scores, 0) - torch.logsumexp(scores[torch.from_numpy(self.is_gold)], 0)

    @property
    def is_gold(self) -> NDArray[np.bool_]:
        """(p,) bool."""
        return np.concatenate([is_curated for _, is_curated, _ in self.parts])

    def place(self, network: MechanismNetwork, meanings: Tensor) -> Place | None:
        """Where the best curated path stands."""
        with torch.no_grad():
            return place(self.scores(network, meanings).numpy().astype(np.float64), self.is_gold)


def examples(
    curated: Curated, names: GroupNames, settings: MechanismTraining, progress: Progress
) -> list[Example]:
    """All pairs that can be learnt from, in the order of their groups."""
    rng, found = np.random.default_rng(settings.seed), []
    for done, (pair, gold) in enumerate(curated.gold.items(), 1):
        question, parts = curated.question(pair), []
        for halves in question.paths() if gold else ():
            for left, right in halves.blocks():
                hops = halves.joined(left, right)
                is_curated = is_gold(halves.hops, hops, gold)
                kept = is_curated | (rng.random(len(hops)) < settings.most_paths / len(hops))
                if kept.any():
                    told = read(question, hops[kept], slots(halves.num_hops), names)
                    parts.append((told, is_curated[kept], _many(is_curated, kept)))
        if any(is_curated.any() for _, is_curated, _ in parts):
            found.append(Example(pair, tuple(parts)))
        progress(done, len(curated.gold), "looking for paths")
    return found


def _many(is_curated: NDArray[np.bool_], kept: NDArray[np.bool_]) -> Floats32:
    """ln of how many paths each kept one stands for: a curated one for itself, others for all others."""
    is_other = ~is_curated[kept]
    each = max((~is_curated).sum(), 1) / max(is_other.sum(), 1)
    return np.where(is_other, np.log(each), 0.0).astype(np.float32)


def fold_of(graph: MechanismGraph, pair: Pair, folds: int) -> int:
    """Which fold a pair belongs to: by a hash of the first CURIE of its disease."""
    first = min(graph.snapshot.curies[node] for node in graph.members(pair[1]))
    return sha256(first.encode()).digest()[0] % folds


def learners(known: Sequence[Example], fold_ids: Ints, fold: int) -> list[Example]:
    """What a fold may learn from to be judged: pairs of other diseases and of other drugs."""
    drugs = {known[i].pair[0] for i in np.flatnonzero(fold_ids == fold)}
    return [known[i] for i in np.flatnonzero(fold_ids != fold) if known[i].pair[0] not in drugs]


def fit(
    network: MechanismNetwork,
    meanings: Tensor,
    known: Sequence[Example],
    settings: MechanismTraining,
    progress: Progress,
) -> MechanismNetwork:
    """Train a network on some pairs; the same seed gives the same network."""
    rng = np.random.default_rng(settings.seed)
    order = [rng.permutation(len(known)) for _ in range(settings.epochs)]
    batches = [o[i : i + settings.batch] for o in order for i in range(0, len(o), settings.batch)]
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )

    def loss_of(batch: Ints) -> Tensor:
        return torch.stack([known[i].loss(network, meanings) for i in batch]).mean()

    schedule = loop.one_cycle(optimizer, len(batches), warm_up=0.1)
    loop.fit(network, batches, loss_of, schedule, len(batches), "mechanisms", progress)
    return network.eval().requires_grad_(False)
