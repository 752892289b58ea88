"""One batch of training: draw images, say things of them, and add up the loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from open_clip import SimpleTokenizer
from open_clip.model import CustomTextCLIP
from torch import Tensor
from torch.nn.functional import normalize

from kgdx.encoders.two_towers import patch_embeddings, text_embeddings
from kgdx.graph.arrays import Floats32
from kgdx.training.clip.data import GRID, Pool, augment
from kgdx.training.clip.loss import place_loss, synonym_loss, truth_loss
from kgdx.training.synthetic.captions import COLUMN, Statement, describe, state, state_domain, truth_matrix
from kgdx.training.synthetic.phantom_signs import DRAWABLE
from kgdx.training.synthetic.signs import KINDS, sides_of

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
