"""The loss of one batch of images and of what is said of them, in three terms.

- `truth_loss`: a text lies near every image it is true of and far from every image it is false of; what is
  unknown is left out. A pairwise sigmoid, not a softmax over the batch, because captions share findings and
  so several images fit one text. Source: SigLIP, Zhai et al. 2023, arXiv:2303.15343.
- `place_loss`: patches speak for a finding where it was drawn and nowhere else.
- `synonym_loss`: names of one thing lie together. Source: InfoNCE, van den Oord et al. 2018,
  arXiv:1807.03748.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from open_clip import SimpleTokenizer
from open_clip.model import CustomTextCLIP
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

from kgdx.encoders.two_towers import patch_embeddings, text_embeddings
from kgdx.graph.arrays import Floats32
from kgdx.training.clip.data import GRID, Pool
from kgdx.training.data.augment import augment
from kgdx.training.synthetic.captions import COLUMN, Statement, describe, state, state_domain, truth_matrix
from kgdx.training.synthetic.phantom_signs import DRAWABLE
from kgdx.training.synthetic.signs import KINDS, sides_of

LEAST_HEAT = 2.0


def truth_loss(logits: Tensor, truths: Tensor) -> Tensor:
    """Balanced binary cross-entropy over image-text pairs.

    Within each text the true and the false images weigh the same, so that rare findings count.

    Args:
        logits: (N, T) float32, unbounded.
        truths: (N, T) float32: 1 true, 0 false, NaN unknown.

    Returns:
        () float32.
    """
    is_true, is_false = (truths == 1).float(), (truths == 0).float()
    weights = is_true / is_true.sum(0).clamp_min(1) + is_false / is_false.sum(0).clamp_min(1)
    losses = binary_cross_entropy_with_logits(logits, torch.nan_to_num(truths), reduction="none")
    return (weights * losses).sum() / weights.sum().clamp_min(1e-6)


def place_loss(patches: Tensor, directions: Tensor, masks: Tensor, is_known: Tensor) -> Tensor:
    """Balanced binary cross-entropy over patches: does the finding lie here?

    A patch's logit is its term of the image's similarity difference, less LEAST_HEAT: where there is nothing
    a patch may stay silent, where there is something it must speak up, so that small findings outweigh the
    rest of the image.

    Args:
        patches: (N, P, D) float32 local embeddings.
        directions: (F, D) float32, text vector of the finding minus that of its absence, with the scale.
        masks: (N, F, P) float32 in [0, 1], 1 where the finding touches the patch, less beside it.
        is_known: (N, F) bool, whether the mask says all: false where nobody drew one.

    Returns:
        () float32.
    """
    lengths = patches.mean(1).norm(dim=-1).clamp_min(1e-4).view(-1, 1, 1)
    heat = torch.einsum("npd,fd->npf", patches / lengths, directions)
    inside = masks.transpose(1, 2)
    # At the rim of a finding either answer is right.
    unknown = ((inside > 0.1) & (inside < 0.5)) | ~is_known[:, None, :]
    truths = (inside >= 0.5).float().masked_fill(unknown, float("nan"))
    return truth_loss((heat - LEAST_HEAT).flatten(0, 1), truths.flatten(0, 1))


def synonym_loss(names: Tensor, synonyms: Tensor, sharpness: float = 20.0) -> Tensor:
    """Each name picks its own synonym among those of the batch, and the other way round.

    Args:
        names: (B, D) unit rows.
        synonyms: (B, D) unit rows, of the same things in the same order.
        sharpness: inverse temperature.

    Returns:
        () float32.
    """
    logits = sharpness * names @ synonyms.T
    own = torch.arange(len(names))
    return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2


_CURIES = [kind.curie for kind in KINDS]
_DRAWN = [_CURIES.index(curie) for curie in DRAWABLE]
_DRAWN_COLUMNS = [COLUMN[curie, ""] for curie in DRAWABLE]
_PLACE_SHARE, _SYNONYM_SHARE = 0.5, 0.2


@dataclass(frozen=True)
class Sources:
    """What batches are drawn from: `sizes[k]` images a step of `pools[k]`, and groups of names."""

    pools: Sequence[Pool]
    sizes: Sequence[int]
    synonyms: Sequence[tuple[str, ...]]


def batch_loss(
    model: CustomTextCLIP,
    sources: Sources,
    rng: np.random.Generator,
    generator: torch.Generator,
    tokenizer: SimpleTokenizer,
) -> Tensor:
    """() float32 loss of one batch, with gradient; chance comes from `rng` and `generator` alone."""
    batch = [
        pool.take(rng.integers(0, len(pool), num))
        for pool, num in zip(sources.pools, sources.sizes, strict=True)
    ]
    truths = np.concatenate([part.truths for part in batch])
    images, masks = augment(torch.cat([part.tensors() for part in batch]), _masks(batch), generator)
    statements = _statements(truths, rng)
    pairs = _pairs(sources.synonyms, rng)
    texts = [statement.text for statement in statements] + [text for pair in pairs for text in pair]
    vectors = text_embeddings(model, tokenizer(texts))
    patches = patch_embeddings(model, images.contiguous(memory_format=torch.channels_last)).flatten(1, 2)
    logits = normalize(patches.mean(1), dim=-1) @ vectors[: len(statements)].T
    logits = logits * model.logit_scale.exp() + model.logit_bias
    loss = truth_loss(logits, torch.from_numpy(truth_matrix(truths, statements)))
    kinds = vectors[: 2 * len(KINDS)].view(len(KINDS), 2, -1)
    directions = (kinds[:, 0] - kinds[:, 1])[_DRAWN] * model.logit_scale.exp()
    is_drawn = torch.from_numpy(~np.isnan(truths[:, _DRAWN_COLUMNS]))
    loss = loss + _PLACE_SHARE * place_loss(patches, directions, masks.flatten(2), is_drawn)
    if pairs:
        named = vectors[len(statements) :].view(len(pairs), 2, -1)
        loss = loss + _SYNONYM_SHARE * synonym_loss(named[:, 0], named[:, 1])
    return loss


def _masks(batch: Sequence[Pool]) -> Tensor:
    """(N, F, GRID, GRID) float32 in [0, 1], zero for images without masks."""
    blank = (len(DRAWABLE), GRID, GRID)
    parts = [np.zeros((len(part), *blank), np.uint8) if part.masks is None else part.masks for part in batch]
    return torch.from_numpy(np.concatenate(parts)).float() / 255


def _statements(truths: Floats32, rng: np.random.Generator) -> list[Statement]:
    """The texts of one step: every finding affirmed and denied, then sides, then captions of the images."""
    said = [state(kind, "", affirmed, rng) for kind in KINDS for affirmed in (True, False)]
    said += [state_domain(True, rng), state_domain(False, rng)]
    said += [
        state(kind, side, bool(rng.random() < 0.75), rng) for kind in KINDS for side in sides_of(kind) if side
    ]
    captions = [describe(row, rng) for row in truths[rng.permutation(len(truths))[:32]]]
    return said + [caption for caption in captions if caption.claims]


def _pairs(synonyms: Sequence[tuple[str, ...]], rng: np.random.Generator, num: int = 40) -> list[list[str]]:
    """Two names each of `num` things drawn at random."""
    if not synonyms:
        return []
    chosen = rng.choice(len(synonyms), min(num, len(synonyms)), replace=False)
    return [[str(name) for name in rng.choice(synonyms[index], 2, replace=False)] for index in chosen]
