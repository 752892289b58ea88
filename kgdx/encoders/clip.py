"""The bundled image-text model: weights, transform, dimension and revision as one value.

Opening reads three files of one folder and nothing else: no hub, no download, no pickle.

    config.json            open_clip model configuration, image size, SHA-256 of the other two
    weights.safetensors    both towers, half precision
    findings.json          what the model can find, how to ask, how to calibrate the answer
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import normalize

from kgdx.encoders.byte_pairs import BytePairs
from kgdx.encoders.checkpoint import (
    CONFIG,
    WEIGHTS,
    CheckpointFiles,
    digest_of,
    pack,
    restore,
    write_checkpoint,
)
from kgdx.encoders.finding_set import FindingSet
from kgdx.encoders.pixels import to_batch
from kgdx.encoders.two_towers import TwoTowers, patch_embeddings, text_embeddings

FINDINGS = "findings.json"
_FILES = CheckpointFiles("an image-text model", "reinstall kgdx or train anew with `kgdx train image`")
_BATCH = 64
_CACHE = 8192


@dataclass(frozen=True)
class Clip:
    """An image encoder and a text encoder in one space.

    Attributes:
        dim: length of every vector.
        revision: first 12 hex digits of the weights' SHA-256.
        image_size: side of the image tower's input in pixels.
        findings: what the image tower was taught to find, with calibration.
    """

    dim: int
    revision: str
    image_size: int
    findings: FindingSet
    model: Module = field(repr=False)
    tokenize: BytePairs = field(repr=False)
    _known: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Read a model from disk.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        home = Path(folder)
        with _FILES.parsing(home):
            config = _FILES.read_json(home / CONFIG)
            weights, findings = (
                _FILES.read_named(home / name, config["sha256"][name]) for name in (WEIGHTS, FINDINGS)
            )
            model_cfg, size = config["model_cfg"], int(config["image_size"])
            dim, context = int(model_cfg["embed_dim"]), int(model_cfg["text_cfg"]["context_length"])
            model = restore(TwoTowers(model_cfg), weights)
            known = FindingSet.from_json(json.loads(findings))
        return cls(dim, digest_of(weights)[:12], size, known, model, BytePairs(context))

    def encode_images(self, images: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows; each image is (H, W) float32 in [0, 1], any size."""
        rows = [np.zeros((0, self.dim), np.float32)]
        for start in range(0, len(images), _BATCH):
            patches = self._patches(images[start : start + _BATCH])
            rows.append(normalize(patches.mean(dim=(1, 2)), dim=-1).numpy())
        return np.concatenate(rows)

    def encode_patches(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w, dim) float32, not normalised: the mean over (h, w) is proportional to the image's vector.

        The patches tile the centred square that the image is padded to, from the top left corner.
        """
        patches: NDArray[np.float32] = self._patches([image])[0].numpy()
        return patches

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows. Texts beyond 30 tokens are cut."""
        # Prompts are the same for every case: the tower runs once for each, then never again.
        with self._lock:
            fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
            vectors = {text: self._known[text] for text in texts if text in self._known}
        for start in range(0, len(fresh), _BATCH):
            part = fresh[start : start + _BATCH]
            with torch.inference_mode():
                encoded = text_embeddings(self.model, self.tokenize(part)).numpy()
            vectors.update(zip(part, encoded, strict=True))
        with self._lock:
            if len(self._known) + len(fresh) <= _CACHE:
                self._known.update((text, vectors[text]) for text in fresh)
        return np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, self.dim), np.float32)

    def _patches(self, images: Sequence[NDArray[np.float32]]) -> Tensor:
        with torch.inference_mode():
            return patch_embeddings(self.model, to_batch(images, self.image_size))


def save_clip(
    folder: Path, model: Module, model_cfg: dict[str, Any], image_size: int, findings: FindingSet
) -> None:
    """Write a model so that `Clip.open` reads it back."""
    weights = pack(model, is_half=True)
    listed = (json.dumps(findings.to_json(), indent=1) + "\n").encode()
    files = {WEIGHTS: weights, FINDINGS: listed}
    hashes = {name: digest_of(content) for name, content in files.items()}
    write_checkpoint(folder, {"model_cfg": model_cfg, "image_size": image_size, "sha256": hashes}, files)
