"""Train an image tower on MedPix: modality, part of the body, finer place and plane, all at once.

A few hundred cases are little for a network from nothing, so every image is varied widely and mixed with
another, half of the time as a whole (mixup, Zhang et al. 2018) and half by a patch (CutMix, Yun et al. 2019).
Rare places are drawn more often than they are. What is kept is the moving average of the weights at the end.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample, interpolate, normalize

from kgdx.encoders.optimise import average, optimizer_of
from kgdx.encoders.tower import MEDIUM, Networks, TowerSettings

Report = Callable[[int, int, str], None]
UNKNOWN = -100
SHAPE = TowerSettings(network=MEDIUM, image_size=128, num_networks=1)
# Sides of the images that are kept for training: larger than the input, for zooming in.
SOURCE_SIDE = 224
SCALE = 16.0


@dataclass(frozen=True, slots=True)
class TowerTraining:
    """How to train.

    Attributes:
        mixing: of the Beta distribution that says how much of the other image is mixed in.
        evenness: 0 draws images as common as they are, 1 every place alike.
    """

    seed: int = 7
    epochs: int = 80
    batch: int = 48
    learning_rate: float = 2e-3
    smoothing: float = 0.1
    mixing: float = 0.4
    evenness: float = 0.35
    dropout: float = 0.3
    threads: int = 1


class Answering(nn.Module):
    """A tower with one linear head a task, on its unit vectors."""

    def __init__(self, num_answers: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.networks: Networks = SHAPE.build()
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleList(nn.Linear(self.networks.width, num) for num in num_answers)

    def forward(self, batch: Tensor) -> list[Tensor]:
        """(N, answers) logits of each task, for (N, 1, S, S) standardised images."""
        vectors = normalize(self.networks(batch)[0].mean(dim=(2, 3)), dim=-1)
        return [head(SCALE * self.dropout(vectors)) for head in self.heads]


def train_tower(
    images: NDArray[np.uint8], truths: NDArray[np.int64], settings: TowerTraining, report: Report
) -> Answering:
    """Train for a fixed number of epochs.

    Args:
        images: (N, SOURCE_SIDE, SOURCE_SIDE), squared.
        truths: (N, T) number of the right answer of each task, UNKNOWN where nobody said; the last task is
            the one whose answers are drawn more evenly.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    generator, rng = torch.Generator().manual_seed(settings.seed), np.random.default_rng(settings.seed)
    model = Answering(truths.max(axis=0) + 1, settings.dropout).to(memory_format=torch.channels_last)
    averaged, known = copy.deepcopy(model), torch.from_numpy(truths)
    steps = max(len(images) // settings.batch, 1)
    optimizer, schedule = optimizer_of(model, settings.learning_rate, steps * settings.epochs)
    common = np.bincount(truths[:, -1])[truths[:, -1]].astype(np.float64)
    chances = common**-settings.evenness / (common**-settings.evenness).sum()
    for done in range(steps * settings.epochs):
        rows = rng.choice(len(images), settings.batch, p=chances)
        varied = vary(torch.from_numpy(images[rows])[:, None].float() / 255, generator)
        share = float(rng.beta(settings.mixing, settings.mixing))
        mixed, other, share = mix(varied, share, done % 2 == 0, generator)
        loss = _loss(model.train(), mixed, (known[rows], known[rows][other]), share, settings.smoothing)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average(averaged, model, min(0.995, done / (done + 10)))
        report(done + 1, steps * settings.epochs, f"tower, loss {float(loss.detach()):.3f}")
    return averaged.eval()


def _loss(
    model: Answering, images: Tensor, truths: tuple[Tensor, Tensor], share: float, smoothing: float
) -> Tensor:
    """Sum of the tasks' losses: the image's own truths by its share, its partner's by the rest."""
    batch = ((images - 0.5) / 0.25).contiguous(memory_format=torch.channels_last)
    losses = [
        weight * cross_entropy(said, known[:, task], label_smoothing=smoothing)
        for task, said in enumerate(model(batch))
        for weight, known in zip((share, 1 - share), truths, strict=True)
    ]
    return torch.stack(losses).sum()


def vary(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turn, zoom, stretch, shift, mirror; exposure, contrast, noise; hide a rectangle now and then.

    Args:
        images: (N, 1, S, S) float32 in [0, 1], any S.

    Returns:
        (N, 1, image_size, image_size) float32 in [0, 1].
    """
    num, side = len(images), SHAPE.image_size

    def spread(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(num, generator=generator)

    angle, zoom = spread(-0.35, 0.35), spread(math.log(0.5), math.log(1.2)).exp()
    stretch, mirror = spread(-0.15, 0.15).exp(), (spread(0, 1) < 0.5).float() * 2 - 1
    rows = [zoom * stretch * angle.cos() * mirror, zoom * angle.sin(), spread(-0.25, 0.25)]
    rows += [-zoom * angle.sin() * mirror, zoom / stretch * angle.cos(), spread(-0.25, 0.25)]
    grid = affine_grid(torch.stack(rows, dim=1).view(num, 2, 3), [num, 1, side, side], align_corners=False)
    moved = grid_sample(images, grid, align_corners=False).clamp(1e-4, 1)
    moved = moved ** spread(-0.6, 0.6).exp().view(-1, 1, 1, 1) * spread(0.6, 1.2).view(-1, 1, 1, 1)
    moved = moved + (spread(0, 0.1) * (spread(0, 1) < 0.5)).view(-1, 1, 1, 1)
    moved = moved + spread(0, 0.05).view(-1, 1, 1, 1) * torch.randn(moved.shape, generator=generator)
    for row in torch.nonzero(spread(0, 1) < 0.4).ravel().tolist():
        height, width, top, left = (
            int(torch.randint(side // 8, side // 2, (1,), generator=generator)) for _ in range(4)
        )
        moved[row, :, top : top + height, left : left + width] = float(torch.rand(1, generator=generator)) / 2
    return moved.clamp(0, 1)


def mix(
    images: Tensor, share: float, by_patch: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor, float]:
    """(mixed images, row of each one's partner, share of the image itself in what came out)."""
    other = torch.randperm(len(images), generator=generator)
    if not by_patch:
        return share * images + (1 - share) * images[other], other, share
    side = images.shape[-1]
    cut = int(side * math.sqrt(1 - share))
    top, left = (int(torch.randint(0, side - cut + 1, (1,), generator=generator)) for _ in range(2))
    mixed = images.clone()
    mixed[:, :, top : top + cut, left : left + cut] = images[other][:, :, top : top + cut, left : left + cut]
    return mixed, other, 1 - cut * cut / (side * side)


def squared(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(SOURCE_SIDE, SOURCE_SIDE) uint8 of (H, W) float32 in [0, 1], padded with black to a square."""
    height, width = pixels.shape
    side = max(height, width)
    padded = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    padded[top : top + height, left : left + width] = pixels
    size = (SOURCE_SIDE, SOURCE_SIDE)
    small = interpolate(torch.from_numpy(padded)[None, None], size, mode="bilinear", antialias=True)
    whole: NDArray[np.uint8] = (small[0, 0] * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    return whole
