"""The network behind `Clip` as open_clip builds it, to be trained, on an image tower of ours.

`two_towers` has the same network for inference.
"""

from typing import Any

import torch
from open_clip.model import CustomTextCLIP
from timm.models import register_model
from timm.models.resnet import BasicBlock, ResNet

from kgdx.encoders.two_towers import CHANNELS, STEM, TOWER


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


@register_model
def kgdx_resnet_s16(pretrained: bool = False, **_: Any) -> torch.nn.Module:
    """Four basic blocks, one grey channel, stride 16: 7 x 7 patches of a 112-pixel image, 1.2M parameters."""
    if pretrained:
        raise ValueError(f"{TOWER} has no pretrained weights: load them with Clip.open")
    tower = ResNet(
        BasicBlock,  # type: ignore[arg-type]  # timm means the class
        (1, 1, 1, 1),
        channels=CHANNELS,
        in_chans=1,
        stem_width=STEM[1],
        stem_type="deep_tiered",
        avg_down=True,
        output_stride=16,
    )
    # open_clip asks it for the size of the feature map, to tell a convolutional tower from a transformer.
    tower.default_cfg = {"pool_size": (7, 7), "architecture": TOWER}  # type: ignore[assignment]
    return tower
