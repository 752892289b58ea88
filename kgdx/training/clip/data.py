"""Images to train the two-tower model on: phantoms, decoys and, if given, PneumoniaMNIST's train part."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d

from kgdx.domain.errors import SourceError
from kgdx.domain.language import language_of
from kgdx.graph.arrays import Floats32, Ints
from kgdx.training.data.augment import as_bytes
from kgdx.training.data.labelled_images import read_medmnist
from kgdx.training.progress import Progress
from kgdx.training.synthetic.captions import CLAIMS, COLUMN, truths_of_signs
from kgdx.training.synthetic.decoys import draw_decoy
from kgdx.training.synthetic.phantom import draw_phantom
from kgdx.training.synthetic.phantom_signs import DRAWABLE
from kgdx.training.synthetic.signs import OPACITY, RADIOGRAPH

GRID = 7


@dataclass(frozen=True)
class Pool:
    """Images of one origin.

    Attributes:
        images: (N, S, S) uint8, already stretched, squared and resized as at inference.
        truths: (N, C) float32 over CLAIMS, NaN for unknown.
        masks: (N, F, GRID, GRID) uint8 over DRAWABLE, 255 where the finding touches the cell; or None.
    """

    images: NDArray[np.uint8]
    truths: Floats32
    masks: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Ints) -> "Pool":
        """The pool of these rows only."""
        return Pool(self.images[rows], self.truths[rows], None if self.masks is None else self.masks[rows])

    def tensors(self) -> Tensor:
        """(N, 1, S, S) float32 in [0, 1]."""
        return torch.from_numpy(self.images)[:, None].float() / 255


def draw_pool(seeds: range, size: int, progress: Progress) -> Pool:
    """Draw one phantom a seed, with truths and masks."""
    images = np.empty((len(seeds), size, size), np.uint8)
    truths = np.empty((len(seeds), len(CLAIMS)), np.float32)
    masks = np.zeros((len(seeds), len(DRAWABLE), GRID, GRID), np.uint8)
    for row, seed in enumerate(seeds):
        phantom = draw_phantom(seed, size=size)
        images[row] = np.rint(phantom.pixels * 255)
        truths[row] = truths_of_signs(phantom.signs)
        for curie, mask in phantom.masks.items():
            small = adaptive_max_pool2d(torch.from_numpy(mask)[None].float(), GRID)
            masks[row, DRAWABLE.index(curie)] = small[0].numpy() * 255
        progress(row + 1, len(seeds), "drawing phantoms")
    return Pool(images, truths, masks)


def draw_decoys(seeds: range, size: int, progress: Progress) -> Pool:
    """Draw one decoy a seed. Of its findings nothing is known but that it is no chest radiograph."""
    images = np.empty((len(seeds), size, size), np.uint8)
    for row, seed in enumerate(seeds):
        images[row] = np.rint(draw_decoy(seed, size) * 255)
        progress(row + 1, len(seeds), "drawing decoys")
    truths = np.full((len(seeds), len(CLAIMS)), np.nan, np.float32)
    truths[:, COLUMN[RADIOGRAPH, ""]] = 0
    return Pool(images, truths)


def read_pneumonia(path: Path, size: int) -> Pool:
    """The part `train` of a MedMNIST pneumonia file (28 px, label 1 = pneumonia).

    A normal film has no finding at all; a film of pneumonia has an opacity, the rest is unknown.

    Args:
        path: the .npz file; it is read without pickle.
        size: side in pixels to resize to.

    Raises:
        SourceError: if the file lacks the arrays of that part.
    """
    films = read_medmnist(path, "train")
    has_pneumonia = films.truths[:, 1]
    truths = np.where(has_pneumonia[:, None] == 1, np.nan, 0.0).astype(np.float32)
    truths = truths.repeat(len(CLAIMS), axis=1)
    truths[:, COLUMN[OPACITY, ""]] = has_pneumonia
    truths[:, COLUMN[RADIOGRAPH, ""]] = 1
    return Pool(as_bytes(films.images, size)[:, 0].numpy(), truths)


def read_synonyms(path: Path) -> list[tuple[str, ...]]:
    """The English names of every node that has at least two, in file order.

    Args:
        path: KGX nodes.tsv with the columns `name` and `synonym` (`|`-separated).

    Raises:
        SourceError: if the file cannot be read, lacks a column, or no node has two names.
    """
    remedy = "give a KGX nodes.tsv with the columns id, name and synonym"
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"cannot be read ({error})", remedy) from error
    groups = []
    for row in rows:
        names = [row.get("name") or "", *(row.get("synonym") or "").split("|")]
        english = [name.strip() for name in names if name.strip() and not language_of(name.strip())]
        distinct = tuple(dict.fromkeys(name.lower() for name in english))
        if len(distinct) > 1:
            groups.append(distinct)
    if not groups:
        raise SourceError(str(path), "no node has a name and a synonym", remedy)
    return groups
