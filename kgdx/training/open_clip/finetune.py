"""Train an open_clip model on pairs of image and text: all of it, or low-rank adapters of a given checkpoint.

Adapters are LoRA (Hu et al. 2021, arXiv:2106.09685) by the PEFT library, on every linear and convolutional
layer; the checkpoint's own weights stay as they are, and the adapters are added into them at the end, so that
the result is a model like any other. What is kept is the state with the least loss on held-out pairs.
"""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from open_clip.loss import ClipLoss, SigLipLoss
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from kgdx.domain.errors import BackendUnavailableError, SourceError
from kgdx.encoders.open_clip_encoder import OpenClip
from kgdx.graph.arrays import Ints
from kgdx.training import loop
from kgdx.training.data.image_text_pairs import Pairs
from kgdx.training.progress import Progress


@dataclass(frozen=True, slots=True)
class Adaptation:
    """How to train.

    Attributes:
        rank: of the adapters; 0 trains every weight.
        epochs: passes over the pairs at most.
        batch: pairs a step; contrast needs at least two.
        learning_rate: peak of the one-cycle schedule.
        patience: epochs without improvement before stopping.
        validation_share: of the cases, held out for stopping.
        seed: of everything random.
    """

    rank: int = 8
    epochs: int = 20
    batch: int = 32
    learning_rate: float = 5e-4
    patience: int = 4
    validation_share: float = 0.2
    seed: int = 7


@dataclass(frozen=True, slots=True)
class AdaptationMetrics:
    """Loss on held-out pairs before and after, how many weights were trained, and how long."""

    num_pairs: int
    num_heldout: int
    loss_before: float
    loss: float
    epochs: int
    num_trained: int
    num_weights: int


@dataclass(frozen=True, eq=False)
class Tokens:
    """(N, C, S, S) images; (N, context) tokens, or of L labels (L, context) tokens and (N,) classes."""

    images: Tensor
    texts: Tensor
    classes: Tensor | None

    def take(self, rows: Tensor) -> "Tokens":
        """These images, with their texts or with the sentences of all labels."""
        if self.classes is not None:
            return Tokens(self.images[rows], self.texts, self.classes[rows])
        return Tokens(self.images[rows], self.texts[rows], None)

    def __len__(self) -> int:
        return len(self.images)


def tokens_of_pairs(pairs: Pairs, encoder: OpenClip) -> Tokens:
    """Pairs for contrast: every text belongs to one image."""
    return Tokens(encoder.transform(pairs.images), encoder.tokenize(list(pairs.texts)), None)


def tokens_of_labels(pairs: Pairs, encoder: OpenClip) -> Tokens:
    """Pairs whose few texts are the sentences of labels: every image has one of them."""
    sentences = sorted(set(pairs.texts))
    classes = torch.tensor([sentences.index(text) for text in pairs.texts])
    return Tokens(encoder.transform(pairs.images), encoder.tokenize(sentences), classes)


def adapt(
    encoder: OpenClip,
    tokens: Tokens,
    rows: tuple[Ints, Ints],
    settings: Adaptation,
    progress: Progress,
) -> tuple[OpenClip, AdaptationMetrics]:
    """Train on some rows, stop on others.

    Args:
        encoder: its network is changed; use what is returned.
        rows: to train on, to validate on.

    Raises:
        BackendUnavailableError: if adapters are wanted and PEFT is not installed.
        SourceError: if there are too few pairs for contrast.
    """
    if tokens.classes is None and min(map(len, rows)) < 2:
        fact = f"{len(rows[0])} pairs to train on and {len(rows[1])} to validate on"
        raise SourceError("pairs", fact, "give more: contrast needs two of each")
    torch.manual_seed(settings.seed)
    wrapped = _with_adapters(encoder.model, settings.rank) if settings.rank else None
    model: nn.Module = encoder.model if wrapped is None else wrapped.base_model.model
    if wrapped is None:
        model.requires_grad_(True)
    metrics = _fit(model, tokens, rows, wrapped is not None, encoder.device, settings, progress)
    merged: nn.Module = model if wrapped is None else wrapped.merge_and_unload()
    merged.eval().requires_grad_(False)
    return replace(encoder, model=merged, revision=""), metrics


def _fit(
    model: nn.Module,
    tokens: Tokens,
    rows: tuple[Ints, Ints],
    has_adapters: bool,
    device: torch.device,
    settings: Adaptation,
    progress: Progress,
) -> AdaptationMetrics:
    """Pass over the pairs; at the end the model is in its best state."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    inside, watched = torch.from_numpy(rows[0]), tokens.take(torch.from_numpy(rows[1]))
    steps = max(len(inside) // settings.batch, 1)
    total = steps * settings.epochs
    before = heldout_loss(model, watched, settings.batch, device)
    optimizer = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=0.01)
    schedule, best = loop.one_cycle(optimizer, total, warm_up=0.1), _copied(model, has_adapters)

    def loss_of(batch: Tensor) -> Tensor:
        # Adapters are trained with the checkpoint's batch statistics, which stay as they are.
        model.train(not has_adapters)
        return pair_loss(model, tokens.take(batch), device)

    stop = loop.EarlyStop(
        steps,
        settings.patience,
        lambda: -heldout_loss(model, watched, settings.batch, device),
        lambda _: best.update(_copied(model, has_adapters)),
        best=-before,
    )
    batches, what = _batches(inside, steps, settings), "image and text towers"
    done = loop.fit(model, batches, loss_of, schedule, total, what, progress, early_stop=stop)
    model.load_state_dict(best, strict=False)
    num_trained, num = sum(p.numel() for p in trained), sum(p.numel() for p in model.parameters())
    return AdaptationMetrics(len(inside), len(watched), before, -stop.best, done // steps, num_trained, num)


def _batches(inside: Tensor, steps: int, settings: Adaptation) -> Iterator[Tensor]:
    """Rows of each batch, in another order in every epoch."""
    size, generator = settings.batch, torch.Generator().manual_seed(settings.seed)
    for _ in range(settings.epochs):
        order = inside[torch.randperm(len(inside), generator=generator)]
        for step in range(steps):
            yield order[step * size : (step + 1) * size]


def _copied(model: nn.Module, has_adapters: bool) -> dict[str, Tensor]:
    """A copy of what is trained: adapters, or everything with its batch statistics."""
    state = model.state_dict()
    chosen = [name for name in state if not has_adapters or "lora_" in name]
    return {name: state[name].clone() for name in chosen}


def pair_loss(model: nn.Module, part: Tokens, device: torch.device) -> Tensor:
    """() float32: does each image find its own text, and each text its image?"""
    images = normalize(model.encode_image(part.images.to(device)), dim=-1)  # type: ignore[operator]
    texts = normalize(model.encode_text(part.texts.to(device)), dim=-1)  # type: ignore[operator]
    scale: Any = model.logit_scale
    bias: Any = model.logit_bias
    if part.classes is not None:
        return cross_entropy(scale.exp() * images @ texts.T, part.classes.to(device))
    loss: Tensor
    if bias is not None:
        loss = SigLipLoss()(images, texts, scale.exp(), bias)
    else:
        loss = ClipLoss()(images, texts, scale.exp())
    return loss


def heldout_loss(model: nn.Module, watched: Tokens, batch: int, device: torch.device) -> float:
    """Mean of `pair_loss` over batches in their order."""
    model.eval()
    with torch.inference_mode():
        parts = [watched.take(rows) for rows in torch.arange(len(watched)).split(batch)]  # type: ignore[no-untyped-call]
        losses = [float(pair_loss(model, part, device)) * len(part) for part in parts]
    return sum(losses) / len(watched)


def adapted_layers(model: nn.Module) -> list[str]:
    """Names of the layers that take an adapter.

    Those inside torch's own attention are never called by name, so an adapter would not act there; grouped
    and dilated convolutions are more than PEFT's adapters can follow.
    """
    kinds = (nn.Linear, nn.Conv2d)
    found = [(name, module) for name, module in model.named_modules() if type(module) in kinds]
    return [name for name, module in found if not (isinstance(module, nn.Conv2d) and _is_special(module))]


def _is_special(module: nn.Conv2d) -> bool:
    return module.groups != 1 or module.dilation != (1, 1)


def _with_adapters(model: nn.Module, rank: int) -> Any:
    if importlib.util.find_spec("peft") is None:
        raise BackendUnavailableError("adapters need the library peft: pip install 'kgdx[finetune]'")
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=adapted_layers(model), bias="none")
    return get_peft_model(model, config)
