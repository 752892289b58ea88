"""A small image tower without a text tower: for a classifier that was trained from scratch.

config.json           name of the network, input size, SHA-256 of the weights
weights.safetensors   half precision
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn.functional import normalize

from kgdx.domain.errors import BundleError
from kgdx.encoders.clip_model import TOWER
from kgdx.encoders.pixels import to_batch

CONFIG, WEIGHTS = "config.json", "weights.safetensors"
_REMEDY = "reinstall kgdx or train anew with `kgdx train classifier --from-scratch`"
_BATCH = 64


@dataclass(frozen=True, slots=True)
class TowerSettings:
    """What network it is.

    Attributes:
        network: name of a timm network with one grey channel and `forward_features`.
        image_size: side of its input in pixels.
    """

    network: str = TOWER
    image_size: int = 56

    def build(self) -> nn.Module:
        """An untrained network, without a classifier of its own."""
        network: nn.Module = timm.create_model(self.network, pretrained=False)
        network.reset_classifier(0)  # type: ignore[operator]
        return network


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
    _network: nn.Module = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a tower.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        try:
            config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
            weights = (folder / WEIGHTS).read_bytes()
            digest = sha256(weights).hexdigest()
            if digest != config["sha256"]:
                raise BundleError(str(folder / WEIGHTS), "is not the file that config.json names", _REMEDY)
            settings = TowerSettings(**config["tower"])
            network = settings.build()
            network.load_state_dict(load(weights))
        except OSError as error:
            raise BundleError(str(folder), f"cannot be read ({error.strerror})", _REMEDY) from error
        except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            if isinstance(error, BundleError):
                raise
            raise BundleError(str(folder), "holds no image tower of this version", _REMEDY) from error
        network.eval().requires_grad_(False)
        return cls(int(network.num_features), digest[:12], settings, network)  # type: ignore[arg-type]

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
        batch = to_batch(images, self.settings.image_size)
        with torch.inference_mode():
            seen = self._network.forward_features(batch)  # type: ignore[operator]
            mirrored = self._network.forward_features(batch.flip(3)).flip(3)  # type: ignore[operator]
        patches: Tensor = ((seen + mirrored) / 2).permute(0, 2, 3, 1)
        return patches


def save_tower(folder: Path, network: nn.Module, settings: TowerSettings) -> None:
    """Write a network, rounded to half precision, so that `Tower.open` reads it back."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    halves = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    weights = save(halves)
    config = {"tower": asdict(settings), "sha256": sha256(weights).hexdigest()}
    (folder / WEIGHTS).write_bytes(weights)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
