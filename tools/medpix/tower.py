"""Train one network on MedPix: modality, part of the body, finer place, plane and caption, all at once.

A few hundred cases are little for a network from nothing, so it is asked all that is known of an image, down
to the words of its caption (Joulin et al. 2016, arXiv:1511.02251), and every image is varied widely. Some are
mixed with another, half of the time as a whole (mixup, Zhang et al. 2018) and half by a patch (CutMix, Yun
et al. 2019). Rare places are drawn more often than they are. What is kept is the moving average of the
weights at the end.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax, normalize

from kgdx.encoders.small_tower import Networks, TowerSettings
from kgdx.training import loop
from kgdx.training.classifier.train_tower import SCALE
from kgdx.training.progress import Progress
from tools.medpix.augment import mix, vary

UNKNOWN = -100


@dataclass(frozen=True, slots=True)
class TowerTraining:
    """How to train.

    Attributes:
        mixed: share of the batches whose images are mixed.
        mixing: of the Beta distribution that says how much of the other image is mixed in.
        evenness: 0 draws images as common as they are, 1 every place alike.
    """

    seed: int = 7
    epochs: int = 120
    batch: int = 48
    learning_rate: float = 2e-3
    smoothing: float = 0.1
    mixed: float = 0.4
    mixing: float = 0.4
    evenness: float = 0.35
    dropout: float = 0.3
    threads: int = 1


@dataclass(frozen=True, eq=False)
class Lesson:
    """Images and what is known of them.

    Attributes:
        images: (N, 2, SOURCE_SIDE, SOURCE_SIDE) uint8, squared.
        truths: (N, T) number of the right answer of each task, UNKNOWN where nobody said; the last task is
            the one whose answers are drawn more evenly.
        words: (N, W) float32, shares of the words of a caption; a row sums to 1, or to 0 without a caption.
    """

    images: NDArray[np.uint8]
    truths: NDArray[np.int64]
    words: NDArray[np.float32]

    def of(self, rows: NDArray[np.bool_]) -> "Lesson":
        """The images of a mask."""
        return Lesson(self.images[rows], self.truths[rows], self.words[rows])


class Answering(nn.Module):
    """A network with one linear head a task, on its unit vectors, and one for the words of a caption."""

    def __init__(self, shape: TowerSettings, num_answers: Sequence[int], num_words: int, dropout: float):
        super().__init__()
        self.networks: Networks = shape.build()
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleList(
            nn.Linear(self.networks.width, num) for num in (*num_answers, max(num_words, 1))
        )

    def forward(self, batch: Tensor) -> list[Tensor]:
        """(N, answers) logits of each task and, last, of the words, for (N, 2, S, S) standardised images."""
        vectors = normalize(self.networks(batch)[0].mean(dim=(2, 3)), dim=-1)
        return [head(SCALE * self.dropout(vectors)) for head in self.heads]


def train_network(
    shape: TowerSettings,
    lesson: Lesson,
    num_answers: Sequence[int],
    settings: TowerTraining,
    progress: Progress,
) -> Answering:
    """Train one network for a fixed number of epochs.

    Args:
        shape: of one network.
        num_answers: of each task.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    generator, rng = torch.Generator().manual_seed(settings.seed), np.random.default_rng(settings.seed)
    model = Answering(shape, num_answers, lesson.words.shape[1], settings.dropout)
    model = model.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model)
    known, words = torch.from_numpy(lesson.truths), torch.from_numpy(lesson.words)
    total = max(len(known) // settings.batch, 1) * settings.epochs
    schedule = loop.adamw(model, settings.learning_rate, total)
    chances = _chances(lesson.truths[:, -1], settings.evenness)

    def loss_of(step: int) -> Tensor:
        rows = rng.choice(len(known), settings.batch, p=chances)
        images = torch.from_numpy(lesson.images[rows]).float() / 255
        varied = vary(images, shape.image_size, generator)
        share = float(rng.beta(settings.mixing, settings.mixing)) if rng.random() < settings.mixed else 1.0
        mixed, other, share = mix(varied, share, step % 2 == 0, generator)
        partners = rows[other.numpy()]
        logits = model.train()(((mixed - 0.5) / 0.25).contiguous(memory_format=torch.channels_last))
        loss = share * _loss(logits, known[rows], words[rows], settings.smoothing)
        return loss + (1 - share) * _loss(logits, known[partners], words[partners], settings.smoothing)

    loop.fit(
        model,
        range(total),
        loss_of,
        schedule,
        total,
        "image tower",
        progress,
        after_step=lambda done: loop.average(averaged, model, min(0.995, (done - 1) / (done + 9))),
    )
    return averaged.eval()


def _chances(answers: NDArray[np.int64], evenness: float) -> NDArray[np.float64]:
    """(N,) how likely each image is drawn."""
    _, kinds, counts = np.unique(answers, return_inverse=True, return_counts=True)
    rarity = counts[kinds] ** -evenness
    return np.asarray(rarity / rarity.sum())


def _loss(said: Sequence[Tensor], truths: Tensor, words: Tensor, smoothing: float) -> Tensor:
    """Sum of the losses of the tasks, and the cross entropy of the caption's words."""
    *answers, worded = said
    losses = [
        cross_entropy(answer, truths[:, task], label_smoothing=smoothing)
        for task, answer in enumerate(answers)
    ]
    captions = -(words * log_softmax(worded[:, : words.shape[1]], dim=1)).sum(dim=1).mean()
    return torch.stack([*losses, captions]).sum()
