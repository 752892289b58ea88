"""The network behind `Clip`: open_clip's two-tower model on a small convolutional image tower of ours."""

from typing import Any

import torch
from open_clip.model import CustomTextCLIP
from timm.models import register_model
from timm.models.resnet import BasicBlock, ResNet
from torch import Tensor
from torch.nn.functional import normalize

TOWER = "kgdx_resnet_s16"


def model_config(dim: int = 64, image_size: int = 112) -> dict[str, Any]:
    """The open_clip model configuration that `build` understands."""
    return {
        "embed_dim": dim,
        "vision_cfg": {
            "timm_model_name": TOWER,
            "timm_pool": "avg",
            "timm_proj": "linear",
            "timm_proj_bias": False,
            "image_size": image_size,
        },
        "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 4},
    }


def build(config: dict[str, Any]) -> CustomTextCLIP:
    """An untrained model of that configuration; sigmoid-loss scale and bias included.

    Raises:
        RuntimeError: if the configuration names a tower that timm does not know.
    """
    return CustomTextCLIP(**config, init_logit_scale=2.3, init_logit_bias=-1.0)


def patch_embeddings(model: CustomTextCLIP, images: Tensor) -> Tensor:
    """Local image embeddings before any normalisation.

    Average pooling and a linear projection without bias commute, so the mean over (h, w) is exactly the
    tower's own output: a patch's share of a similarity is a share, not an estimate.

    Args:
        images: (N, 1, S, S) float32 from `pixels.to_batch`.

    Returns:
        (N, h, w, dim) float32.
    """
    features: Tensor = model.visual.trunk.forward_features(images)
    projected: Tensor = model.visual.head(features.permute(0, 2, 3, 1))
    return projected


def text_embeddings(model: CustomTextCLIP, tokens: Tensor) -> Tensor:
    """(T, dim) unit rows from (T, context) int64 tokens."""
    return normalize(model.encode_text(tokens), dim=-1)


@register_model
def kgdx_resnet_s16(pretrained: bool = False, **_: Any) -> torch.nn.Module:
    """Four basic blocks, one grey channel, stride 16: 7 x 7 patches of a 112-pixel image, 1.2M parameters."""
    if pretrained:
        raise ValueError(f"{TOWER} has no pretrained weights: load them with Clip.open")
    tower = ResNet(
        BasicBlock,  # type: ignore[arg-type]  # timm means the class
        (1, 1, 1, 1),
        channels=(32, 64, 128, 256),
        in_chans=1,
        stem_width=16,
        stem_type="deep_tiered",
        avg_down=True,
        output_stride=16,
    )
    # open_clip asks it for the size of the feature map, to tell a convolutional tower from a transformer.
    tower.default_cfg = {"pool_size": (7, 7), "architecture": TOWER}  # type: ignore[assignment]
    return tower
