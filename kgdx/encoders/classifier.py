"""A classifier on disk: a head with the name of its encoder, or with a tower of its own.

head.json            labels, temperature, border of the domain, encoder and its revision
head.safetensors     weight, bias, centroids
tower/               the tower that was trained with it, if any
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from kgdx.domain.errors import BundleError
from kgdx.encoders.base import ImageEncoder
from kgdx.encoders.checkpoint import CheckpointFiles, digest_of, write_checkpoint
from kgdx.encoders.linear_head import Head, HeadLabel
from kgdx.encoders.registry import open_encoder

HEAD, ARRAYS, TOWER_FOLDER = "head.json", "head.safetensors", "tower"
_FILES = CheckpointFiles("a classifier", "train it anew with `kgdx train classifier`")


@dataclass(frozen=True, eq=False)
class Classifier:
    """An encoder and a head that was fitted on its vectors."""

    encoder: ImageEncoder
    head: Head

    @classmethod
    def open(cls, folder: Path | str, encoder: ImageEncoder | None = None) -> Self:
        """Read a classifier.

        Args:
            encoder: one that is open already, used if the head was fitted on it; a head on the image-text
                model of a release names no other.

        Raises:
            BundleError: if a file is missing or damaged, or the encoder is not the one of the head.
        """
        home = Path(folder)
        head, name = _read(home)
        opened: ImageEncoder
        if (home / TOWER_FOLDER).is_dir():
            from kgdx.encoders.small_tower import Tower  # imports timm

            opened = Tower.open(home / TOWER_FOLDER)
        elif encoder is not None and (encoder.revision == head.encoder or not name):
            opened = encoder
        elif name:
            opened = open_encoder(name)
        else:
            fact = "its head was fitted on the image-text model of a release"
            raise BundleError(str(home), fact, "open that model and give it as the encoder")
        if opened.revision != head.encoder:
            fact = f"its head was fitted on encoder {head.encoder}, not {opened.revision}"
            raise BundleError(str(home), fact, "open that encoder, or train the head anew on this one")
        return cls(opened, head)

    def probabilities(self, images: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """(N, L) in [0, 1], see `Head.probabilities`; each image is (H, W) float32 in [0, 1]."""
        return self.head.probabilities(self.encoder.encode_images(images))


def save_head(folder: Path, head: Head, encoder_name: str) -> None:
    """Write a head so that `Classifier.open` reads it back.

    Args:
        encoder_name: what `open_encoder` opens; empty for a tower in the folder, or that of a release.
    """
    arrays = save({"weight": head.weight, "bias": head.bias, "centroids": head.centroids})
    content = {
        "labels": [asdict(label) for label in head.labels],
        "is_multi_label": head.is_multi_label,
        "temperature": head.temperature,
        "least_likeness": head.least_likeness,
        "trained_on": head.trained_on,
        "encoder": {"name": encoder_name, "revision": head.encoder},
        "sha256": digest_of(arrays),
    }
    write_checkpoint(folder, content, {ARRAYS: arrays}, HEAD)


def _read(folder: Path) -> tuple[Head, str]:
    """The head and the name of its encoder."""
    with _FILES.parsing(folder):
        content = _FILES.read_json(folder / HEAD)
        arrays = load(_FILES.read_named(folder / ARRAYS, content["sha256"], HEAD))
        head = Head(
            labels=tuple(HeadLabel(**label) for label in content["labels"]),
            weight=arrays["weight"],
            bias=arrays["bias"],
            temperature=float(content["temperature"]),
            is_multi_label=bool(content["is_multi_label"]),
            encoder=str(content["encoder"]["revision"]),
            centroids=arrays["centroids"],
            least_likeness=float(content["least_likeness"]),
            trained_on=str(content["trained_on"]),
        )
        return head, str(content["encoder"]["name"])
