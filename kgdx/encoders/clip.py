"""The bundled image-text model: weights, transform, dimension and revision as one value.

Opening reads three files of one folder and nothing else: no hub, no download, no pickle.

    config.json            open_clip model configuration, image size, SHA-256 of the other two
    weights.safetensors    both towers, half precision
    findings.json          what the model can find, how to ask, how to calibrate the answer
"""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import normalize

from kgdx.domain.errors import BundleError
from kgdx.encoders.byte_pairs import BytePairs
from kgdx.encoders.finding_set import FindingSet
from kgdx.encoders.pixels import to_batch
from kgdx.encoders.two_towers import TwoTowers, patch_embeddings, text_embeddings

CONFIG, WEIGHTS, FINDINGS = "config.json", "weights.safetensors", "findings.json"
_REMEDY = "reinstall kgdx or train anew with `kgdx train image`"
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
        config = _json(home / CONFIG, _read(home / CONFIG))
        weights, findings = _read(home / WEIGHTS), _read(home / FINDINGS)
        try:
            for name, content in ((WEIGHTS, weights), (FINDINGS, findings)):
                _check(home / name, content, config["sha256"][name])
            model = TwoTowers(config["model_cfg"])
            model.load_state_dict(load(weights))
            dim, size = int(config["model_cfg"]["embed_dim"]), int(config["image_size"])
            context = int(config["model_cfg"]["text_cfg"]["context_length"])
        except (KeyError, TypeError, RuntimeError, SafetensorError) as error:
            fact = f"config.json and weights.safetensors do not fit together ({error})"
            raise BundleError(str(home), fact, _REMEDY) from error
        known = FindingSet.from_json(_json(home / FINDINGS, findings), str(home / FINDINGS))
        revision = hashlib.sha256(weights).hexdigest()[:12]
        return cls(dim, revision, size, known, model.eval().requires_grad_(False), BytePairs(context))

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
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    weights = save(
        {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    )
    listed = (json.dumps(findings.to_json(), indent=1) + "\n").encode()
    hashes = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in ((WEIGHTS, weights), (FINDINGS, listed))
    }
    config = {"model_cfg": model_cfg, "image_size": image_size, "sha256": hashes}
    (folder / WEIGHTS).write_bytes(weights)
    (folder / FINDINGS).write_bytes(listed)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(str(path), f"cannot be read ({error.strerror})", _REMEDY) from error


def _json(path: Path, content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise BundleError(str(path), "is not JSON", _REMEDY) from error
    if not isinstance(value, dict):
        raise BundleError(str(path), "is not a JSON object", _REMEDY)
    return value


def _check(path: Path, content: bytes, expected: str) -> None:
    if hashlib.sha256(content).hexdigest() != expected:
        raise BundleError(str(path), "is not the file that config.json names: its SHA-256 differs", _REMEDY)
