"""Small image towers without a text tower: for a classifier that was trained from scratch.

config.json           name and number of the networks, input size, SHA-256 of the weights
weights.safetensors   half precision
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from timm.models import register_model
from timm.models.resnet import BasicBlock, ResNet
from torch import Tensor, nn
from torch.nn.functional import normalize

from kgdx.encoders.checkpoint import (
    CONFIG,
    WEIGHTS,
    CheckpointFiles,
    digest_of,
    pack,
    restore,
    write_checkpoint,
)
from kgdx.encoders.pixels import to_batch

_FILES = CheckpointFiles(
    "an image tower", "reinstall kgdx or train anew with `kgdx train classifier --from-scratch`"
)
_BATCH = 64
NARROW, MEDIUM = "kgdx_resnet_narrow", "kgdx_resnet_medium"


@dataclass(frozen=True, slots=True)
class TowerSettings:
    """What network it is.

    Attributes:
        network: name of a timm network with one grey channel.
        image_size: side of its input in pixels.
        num_networks: that look side by side, from different beginnings: what they agree on is surer.
        has_texture: whether they see a plane of texture beside the grey values, see `to_batch`.
    """

    network: str = NARROW
    image_size: int = 56
    num_networks: int = 2
    has_texture: bool = False

    def build(self) -> "Networks":
        """Untrained networks, without classifiers of their own."""
        planes = 1 + self.has_texture
        return Networks(
            [
                timm.create_model(self.network, num_classes=0, in_chans=planes)
                for _ in range(self.num_networks)
            ]
        )


class Networks(nn.Module):
    """K convolutional networks that see the same image."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.each = nn.ModuleList(networks)

    @property
    def width(self) -> int:
        """Channels of each network's feature map."""
        return int(self.each[0].num_features)  # type: ignore[arg-type]

    def forward(self, batch: Tensor) -> Tensor:
        """(K, N, C, h, w) feature maps of (N, P, S, S) standardised images of one or two planes."""
        return torch.stack([network.forward_features(batch) for network in self.each])  # type: ignore[operator]


@dataclass(frozen=True)
class Tower:
    """An `ImageEncoder` that sees an image and its mirror image as one: it knows no sides.

    Attributes:
        dim: length of every vector.
        revision: first 12 hex digits of the weights' SHA-256.
    """

    dim: int
    revision: str
    settings: TowerSettings
    _networks: Networks = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a tower.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        with _FILES.parsing(folder):
            config = _FILES.read_json(folder / CONFIG)
            weights = _FILES.read_named(folder / WEIGHTS, config["sha256"])
            settings = TowerSettings(**config["tower"])
            networks = restore(settings.build(), weights)
        return cls(networks.width * settings.num_networks, digest_of(weights)[:12], settings, networks)

    def encode_images(self, images: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows; each image is (H, W) float32 in [0, 1], any size."""
        rows = [np.zeros((0, self.dim), np.float32)]
        for start in range(0, len(images), _BATCH):
            patches = self._patches(images[start : start + _BATCH])
            rows.append(normalize(patches.mean(dim=(1, 2)), dim=-1).numpy())
        return np.concatenate(rows)

    def encode_patches(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w, dim) float32, not normalised: the mean over (h, w) is proportional to the image's vector."""
        patches: NDArray[np.float32] = self._patches([image])[0].numpy()
        return patches

    def _patches(self, images: Sequence[NDArray[np.float32]]) -> Tensor:
        """(N, h, w, K * C): networks side by side, each scaled to a vector of unit length of its own."""
        batch = to_batch(images, self.settings.image_size, has_texture=self.settings.has_texture)
        with torch.inference_mode():
            maps = (self._networks(batch) + self._networks(batch.flip(3)).flip(4)) / 2
            lengths = maps.mean(dim=(3, 4), keepdim=True).norm(dim=2, keepdim=True).clamp_min(1e-6)
            patches: Tensor = (maps / lengths).permute(1, 3, 4, 0, 2).flatten(3)
        return patches


def save_tower(folder: Path, networks: Networks, settings: TowerSettings) -> None:
    """Write networks, rounded to half precision, so that `Tower.open` reads it back."""
    weights = pack(networks, is_half=True)
    config = {"tower": asdict(settings), "sha256": digest_of(weights)}
    write_checkpoint(folder, config, {WEIGHTS: weights})


@register_model
def kgdx_resnet_narrow(
    pretrained: bool = False, num_classes: int = 0, in_chans: int = 1, **_: Any
) -> nn.Module:
    """Four basic blocks, stride 16; 0.6M parameters."""
    return _resnet(
        NARROW, pretrained, num_classes, in_chans, (1, 1, 1, 1), (24, 48, 96, 160), output_stride=16
    )


@register_model
def kgdx_resnet_medium(
    pretrained: bool = False, num_classes: int = 0, in_chans: int = 1, **_: Any
) -> nn.Module:
    """Eight basic blocks, stride 32; 1.6M parameters."""
    blocks, channels = (2, 2, 2, 2), (24, 48, 96, 192)
    return _resnet(
        MEDIUM, pretrained, num_classes, in_chans, blocks, channels, output_stride=32, drop_path_rate=0.1
    )


def _resnet(
    name: str,
    pretrained: bool,
    num_classes: int,
    in_chans: int,
    blocks: Sequence[int],
    channels: Sequence[int],
    **more: Any,
) -> nn.Module:
    if pretrained:
        raise ValueError(f"{name} has no pretrained weights")
    return ResNet(
        BasicBlock,  # type: ignore[arg-type]  # timm means the class
        tuple(blocks),
        num_classes=num_classes,
        channels=tuple(channels),
        in_chans=in_chans,
        stem_width=channels[0] // 2,
        stem_type="deep_tiered",
        avg_down=True,
        **more,
    )
