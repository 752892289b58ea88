"""What the two towers are taught, in three terms.

- `truth_loss`: a text lies near every image it is true of and far from every image it is false of; what is
  unknown is left out. A pairwise sigmoid, not a softmax over the batch, because captions share findings and
  so several images fit one text. Source: SigLIP, Zhai et al. 2023, arXiv:2303.15343.
- `place_loss`: patches speak for a finding where it was drawn and nowhere else.
- `synonym_loss`: names of one thing lie together. Source: InfoNCE, van den Oord et al. 2018,
  arXiv:1807.03748.
"""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

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
