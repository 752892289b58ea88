"""Any open_clip model behind our two ports: weights, transform, dimension and revision as one value.

The configuration and the checkpoint are read here rather than by open_clip's factory, which would ask a hub
for what it does not find. Nothing is unpickled: safetensors, or torch files with `weights_only`.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Self

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from open_clip.factory import load_checkpoint
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.functional import normalize

from kgdx.domain.errors import BundleError
from kgdx.encoders.base import OPEN_CLIP_CONFIG
from kgdx.encoders.checkpoint import CheckpointFiles, digest_of_file
from kgdx.encoders.clip import Clip
from kgdx.encoders.clip_model import build, model_config
from kgdx.encoders.local_features import local_features
from kgdx.encoders.transform import Transform

TEXT_FOLDER = "text"
"""Beside the weights: configuration of a text tower that transformers builds."""
_CHECKPOINTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pt",
)
_FILES = CheckpointFiles(
    "a model_cfg of open_clip",
    "give a folder with open_clip_config.json and its weights, or ARCHITECTURE@CHECKPOINT",
)
_BATCH = 32
# What a foreign configuration can break in open_clip, timm and transformers has no common root.
_BROKEN = (
    AttributeError,
    AssertionError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SafetensorError,
    TypeError,
    UnpicklingError,
    ValueError,
)


@dataclass(frozen=True)
class OpenClip:
    """An `ImageEncoder` and a `TextEncoder` in one space.

    Attributes:
        dim: length of every vector.
        revision: first 12 hex digits of the SHA-256 of the checkpoint.
        transform: how an image becomes the tower's input.
        model_cfg: open_clip's configuration of the model, to build it again.
    """

    dim: int
    revision: str
    transform: Transform
    model_cfg: dict[str, Any] = field(repr=False)
    model: nn.Module = field(repr=False)
    tokenize: SimpleTokenizer | HFTokenizer = field(repr=False)
    device: torch.device = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a folder in open_clip's layout.

        Raises:
            BundleError: if the configuration or the weights are missing, damaged, or do not fit together.
        """
        with _FILES.parsing(folder / OPEN_CLIP_CONFIG):
            content = _FILES.read_json(folder / OPEN_CLIP_CONFIG)
            model_cfg, transform_cfg = dict(content["model_cfg"]), dict(content.get("preprocess_cfg", {}))
        checkpoint = next((folder / name for name in _CHECKPOINTS if (folder / name).is_file()), None)
        if checkpoint is None:
            raise _FILES.error(folder, f"holds none of {', '.join(_CHECKPOINTS)}")
        return cls._build(model_cfg, transform_cfg, checkpoint, folder)

    @classmethod
    def from_checkpoint(cls, architecture: str, checkpoint: Path) -> Self:
        """An architecture that open_clip knows by name, with weights from a file.

        Raises:
            BundleError: if the name is unknown, or the file is missing or of another architecture.
        """
        if architecture not in open_clip.list_models():
            raise BundleError(architecture, "is no architecture of open_clip", "see open_clip.list_models()")
        if not checkpoint.is_file():
            raise _FILES.error(checkpoint, "there is no such checkpoint")
        model_cfg = open_clip.get_model_config(architecture)
        if "siglip" in architecture.lower():
            fact = f"the tokenizer of {architecture} lies on a hub"
            raise BundleError(architecture, fact, "fetch the model with `kgdx fetch` and name its folder")
        return cls._build(model_cfg, {}, checkpoint, checkpoint.parent)

    @classmethod
    def of_clip(cls, clip: Clip, model_cfg: dict[str, Any]) -> Self:
        """A model of ours, on open_clip's own classes.

        Args:
            clip: whose weights are copied.
            model_cfg: of its config.json.
        """
        # Ours sees one grey channel about zero mean, and learns by the sigmoid loss with a bias.
        transform = Transform(clip.image_size, (0.5,), (0.25,), "bilinear")
        config = {**model_cfg, "custom_text": True, "init_logit_bias": 0.0}
        model = build(model_cfg)
        model.load_state_dict(clip.model.state_dict())
        model.eval().requires_grad_(False)
        tokenizer, device = _tokenizer(model_cfg["text_cfg"], Path()), best_device()
        return cls(clip.dim, clip.revision, transform, config, model.to(device), tokenizer, device)

    @classmethod
    def untrained(cls, architecture: str, seed: int) -> Self:
        """A model with random weights: an architecture of open_clip by name, or ours if the name is empty.

        Raises:
            BundleError: if the name is unknown, or a part of the model lies on a hub.
        """
        if architecture and architecture not in open_clip.list_models():
            raise BundleError(architecture, "is no architecture of open_clip", "see open_clip.list_models()")
        model_cfg = open_clip.get_model_config(architecture) if architecture else model_config()
        if not architecture:
            model_cfg |= {"custom_text": True, "init_logit_bias": -1.0, "init_logit_scale": 2.3}
        if "hf_tokenizer_name" in model_cfg["text_cfg"]:
            raise BundleError(architecture, "takes its tokenizer from a hub", "choose another architecture")
        torch.manual_seed(seed)
        model = build_model(model_cfg)
        size: Any = model.visual.image_size  # type: ignore[union-attr]
        transform = Transform.from_config({} if architecture else {"mean": [0.5], "std": [0.25]}, size)
        tokenizer, dim = _tokenizer(model_cfg["text_cfg"], Path()), int(model_cfg["embed_dim"])
        return cls(dim, "", transform, model_cfg, model.to(best_device()), tokenizer, best_device())

    @classmethod
    def _build(
        cls, model_cfg: dict[str, Any], transform_cfg: dict[str, Any], checkpoint: Path, folder: Path
    ) -> Self:
        try:
            model = build_model(model_cfg, folder)
            load_checkpoint(model, str(checkpoint), weights_only=True)
            tokenizer = _tokenizer(model_cfg["text_cfg"], folder)
            image_size: Any = model.visual.image_size  # type: ignore[union-attr]
            transform = Transform.from_config(transform_cfg, image_size)
            dim = int(model_cfg["embed_dim"])
        except BundleError:
            raise
        except _BROKEN as error:
            fact = f"configuration and weights do not fit together ({str(error)[:300]})"
            raise _FILES.error(checkpoint, fact) from error
        model.eval().requires_grad_(False)
        device = best_device()
        model.to(device)
        return cls(dim, digest_of_file(checkpoint)[:12], transform, model_cfg, model, tokenizer, device)

    def encode_images(self, images: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows; each image is (H, W) float32 in [0, 1], any size."""
        rows = [np.zeros((0, self.dim), np.float32)]
        for start in range(0, len(images), _BATCH):
            batch = self.transform(images[start : start + _BATCH]).to(self.device)
            with torch.inference_mode():
                rows.append(normalize(self.model.encode_image(batch), dim=-1).float().cpu().numpy())  # type: ignore[operator]
        return np.concatenate(rows)

    def encode_patches(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w, dim) float32, not normalised: the mean over (h, w) is the image's vector before its length.

        The patches tile the centred square that the image is padded to. A foreign tower's pooling is no mean,
        so patches are estimates; see `local_features`. A tower that tells nothing of places gives one patch.
        """
        with torch.inference_mode():
            patches = local_features(self.model, self.transform([image]).to(self.device))
        values: NDArray[np.float32] = patches.float().cpu().numpy()
        return values

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows. Texts beyond the tower's context are cut."""
        rows = [np.zeros((0, self.dim), np.float32)]
        for start in range(0, len(texts), _BATCH):
            tokens: Tensor = self.tokenize(list(texts[start : start + _BATCH])).to(self.device)
            with torch.inference_mode():
                rows.append(normalize(self.model.encode_text(tokens), dim=-1).float().cpu().numpy())  # type: ignore[operator]
        return np.concatenate(rows)


def build_model(model_cfg: dict[str, Any], folder: Path | None = None) -> nn.Module:
    """An untrained model of open_clip's configuration.

    Args:
        folder: where the configuration of a transformers text tower lies, see TEXT_FOLDER.

    Raises:
        BundleError: if it needs a text tower whose configuration is not there, or is of another kind.
    """
    config = deepcopy(model_cfg)
    is_custom = config.pop("custom_text", False)
    if "multimodal_cfg" in config:
        raise BundleError(str(folder), "is a captioning model (CoCa)", "use a model of two towers")
    if "timm_model_name" in config["vision_cfg"]:
        config["vision_cfg"]["timm_model_pretrained"] = False
    if "hf_model_name" in config["text_cfg"]:
        place = (folder or Path()) / TEXT_FOLDER
        if not (place / "config.json").is_file():
            fact = (
                f"{place / 'config.json'} is missing: its text tower is {config['text_cfg']['hf_model_name']}"
            )
            remedy = "fetch the model with `kgdx fetch`, or put that tower's config.json there"
            raise BundleError(str(folder), fact, remedy)
        config["text_cfg"] |= {"hf_model_name": str(place), "hf_model_pretrained": False}
        is_custom = True
    model: nn.Module = (CustomTextCLIP if is_custom else CLIP)(**config)
    return model


def best_device() -> torch.device:
    """The GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _tokenizer(text_cfg: dict[str, Any], folder: Path) -> SimpleTokenizer | HFTokenizer:
    context, extra = int(text_cfg.get("context_length", 77)), dict(text_cfg.get("tokenizer_kwargs", {}))
    if "hf_tokenizer_name" not in text_cfg:
        return SimpleTokenizer(context_length=context, **extra)
    mode = text_cfg.get("tokenizer_mode")
    return HFTokenizer(
        str(folder), context_length=context, tokenizer_mode=mode, local_files_only=True, **extra
    )
