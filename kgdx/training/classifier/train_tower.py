"""Train a small image tower and its head together, from nothing, on labelled images.

Labels weigh the same whatever their number of images, so the answers are for equal priors: where the share of
the sick differs between training and use, a trained-in prior is what goes wrong first. What is kept is the
moving average of the weights with the least loss on images that were not trained on. Same settings, same
data, same machine: same weights.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

from kgdx.encoders.pixels import to_batch
from kgdx.encoders.small_tower import Networks, TowerSettings
from kgdx.training import loop
from kgdx.training.classifier.fit_head import balanced_loss
from kgdx.training.data.augment import as_bytes, vary
from kgdx.training.data.labelled_images import Labelled
from kgdx.training.progress import Progress

SCALE = 16.0
"""Of logits: unit vectors and weights of usual size would give answers near one another."""


@dataclass(frozen=True, slots=True)
class TowerTraining:
    """How to train.

    Attributes:
        seed: of everything random.
        epochs: passes over the images at most.
        batch: images a step.
        learning_rate: peak of the one-cycle schedule.
        strength: of the variation of images, see `vary`.
        smoothing: share of every label's truth that is spread over all labels.
        patience: epochs without improvement before stopping.
        threads: CPU threads for torch.
    """

    seed: int = 7
    epochs: int = 24
    batch: int = 64
    learning_rate: float = 2e-3
    strength: float = 0.4
    smoothing: float = 0.05
    patience: int = 12
    threads: int = 1


class _Answering(nn.Module):
    """Networks, each with a head on its unit vectors."""

    def __init__(self, networks: Networks, num_labels: int) -> None:
        super().__init__()
        self.networks = networks
        self.heads = nn.ModuleList(nn.Linear(networks.width, num_labels) for _ in networks.each)

    def forward(self, batch: Tensor) -> Tensor:
        """(K, N, L) logits of (N, 1, S, S) standardised images."""
        vectors = normalize(self.networks(batch).mean(dim=(3, 4)), dim=-1)
        return torch.stack([head(SCALE * rows) for head, rows in zip(self.heads, vectors, strict=True)])


def joined_head(heads: Sequence[nn.Module]) -> tuple[Tensor, Tensor]:
    """(L, K * C) weights and (L,) biases on a tower's vectors that give the mean of its K networks' logits.

    Args:
        heads: K linear ones, each on SCALE times the unit vector of its network.
    """
    layers = [head for head in heads if isinstance(head, nn.Linear)]
    # The tower's vector has length 1, so each of K unit vectors stands in it divided by the root of K.
    weight = torch.cat([SCALE * layer.weight.detach() for layer in layers], dim=1) / len(layers) ** 0.5
    return weight, torch.stack([layer.bias.detach() for layer in layers]).mean(dim=0)


def train_tower(
    data: Labelled, heldout: Labelled, shape: TowerSettings, settings: TowerTraining, progress: Progress
) -> tuple[Networks, Tensor, Tensor]:
    """Train until the loss on `heldout` has not fallen for `patience` epochs.

    Args:
        data: images to train on.
        heldout: images to stop on.

    Returns:
        The networks, and the (L, dim) weights and (L,) biases of the head on their joined vectors.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    model = _Answering(shape.build(), len(data.names)).to(memory_format=torch.channels_last)
    averaged, best = copy.deepcopy(model), copy.deepcopy(model)
    images, truths = as_bytes(data.images, shape.image_size), torch.from_numpy(data.truths)
    watched = to_batch(heldout.images, shape.image_size)
    steps = max(len(data) // settings.batch, 1)
    total = steps * settings.epochs
    schedule = loop.adamw(model, settings.learning_rate, total)

    def loss_of(_: int) -> Tensor:
        rows = torch.randint(0, len(data), (min(settings.batch, len(data)),), generator=generator)
        varied = vary(images[rows].float() / 255, settings.strength, generator)
        logits = model.train()(((varied - 0.5) / 0.25).contiguous(memory_format=torch.channels_last))
        return balanced_cross_entropy(logits, truths[rows], truths, settings.smoothing, data.is_multi_label)

    def after_step(done: int) -> None:
        loop.average(averaged, model, min(0.995, (done - 1) / (done + 9)))

    loop.fit(
        model,
        range(total),
        loss_of,
        schedule,
        total,
        "image tower",
        progress,
        after_step=after_step,
        early_stop=loop.EarlyStop(
            steps,
            settings.patience,
            lambda: -_heldout_loss(averaged, watched, heldout),
            lambda _: best.load_state_dict(averaged.state_dict()),
        ),
    )
    return best.networks.eval(), *joined_head(list(best.heads))


def balanced_cross_entropy(
    logits: Tensor, truths: Tensor, all_truths: Tensor, smoothing: float, is_multi_label: bool
) -> Tensor:
    """() float32 loss, mean over networks, in which every label counts as if it were as common as the others.

    Args:
        logits: (K, B, L).
        truths: (B, L) 0 or 1, of the batch.
        all_truths: (N, L) 0 or 1, from which is counted how common labels are.
    """
    common = all_truths.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    if is_multi_label:
        weights = torch.where(truths == 1, 0.5 / common, 0.5 / (1 - common))
        smooth = truths * (1 - smoothing) + smoothing / 2
        whole = smooth.expand_as(logits)
        return binary_cross_entropy_with_logits(logits, whole, weights.expand_as(logits))
    weights = (truths / (len(common) * common)).sum(dim=1)
    smooth = truths * (1 - smoothing) + smoothing / len(common)
    losses = cross_entropy(logits.flatten(0, 1), smooth.repeat(len(logits), 1), reduction="none")
    return (weights.repeat(len(logits)) * losses).mean()


def _heldout_loss(model: nn.Module, batch: Tensor, heldout: Labelled) -> float:
    with torch.inference_mode():
        logits = torch.cat([model.eval()(part).mean(dim=0) for part in torch.split(batch, 128)])
    return balanced_loss(logits.numpy(), heldout.truths, is_multi_label=heldout.is_multi_label)
