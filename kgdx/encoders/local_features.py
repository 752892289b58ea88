"""Spatial features of open_clip towers.

Towers pool in many ways: a class token, attention, a mean. What they share is a last layer of tokens, one a
patch, and a projection into the common space. Each token is projected as the pooled one would be (after
MaskCLIP, Zhou et al. 2022, arXiv:2112.01071); then all are moved by one vector so that their mean is the
image's own. So a similarity is the mean of one term a patch, as everywhere in kgdx, and what is estimated is
how the terms differ from place to place, not what they add up to.
"""

import torch
from torch import Tensor, nn


def local_features(model: nn.Module, image: Tensor) -> Tensor:
    """Patch vectors of one image.

    Args:
        model: an open_clip model of two towers.
        image: (1, C, S, S) float32, transformed.

    Returns:
        (h, w, dim); the mean over (h, w) is the tower's output. (1, 1, dim) if the tower's tokens cannot be
        projected into the common space: then it tells nothing of places.
    """
    whole: Tensor = model.encode_image(image)  # type: ignore[operator]
    tokens = _tokens(model.visual, image)  # type: ignore[arg-type]
    if tokens is None or tokens.shape[-1] != whole.shape[-1]:
        return whole[:, None]
    return tokens - tokens.mean(dim=(0, 1)) + whole[0]


def _tokens(visual: nn.Module, image: Tensor) -> Tensor | None:
    """(h, w, dim) projected tokens of the last layer, or None if the tower does not give them."""
    if not hasattr(visual, "forward_intermediates"):
        return None
    try:
        seen = visual.forward_intermediates(image, indices=1, normalize_intermediates=True, output_fmt="NCHW")  # type: ignore[operator]
    except (AttributeError, NotImplementedError, TypeError):
        return None
    tokens: Tensor = seen["image_intermediates"][-1][0].permute(1, 2, 0)
    projection = getattr(visual, "proj", None)
    if isinstance(projection, Tensor) and projection.shape[0] == tokens.shape[-1]:
        return tokens @ projection
    head = getattr(visual, "head", None)
    if isinstance(head, nn.Sequential) and len(head) and not hasattr(head, "pool"):
        with torch.inference_mode():
            projected: Tensor = head(tokens)
        return projected
    return tokens
