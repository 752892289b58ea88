"""Labelled images on disk: a MedMNIST file, or a folder with one subfolder a label."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.errors import CurieError, ImageError, SourceError
from kgdx.encoders.linear_head import HeadLabel
from kgdx.graph.arrays import Floats32, Ints
from kgdx.imaging.image import Pixels
from kgdx.imaging.read import read_image

NO_LABEL = "none"
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".dcm", ".dicom", ""})
_MEDMNIST = "give a .npz file of MedMNIST, or a folder with one subfolder a label"


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images with the answers.

    Attributes:
        images: N arrays (H, W) float32 in [0, 1].
        truths: (N, L) float32, 1 where the label is true of the image, else 0.
        names: L names of labels, in the order of the columns.
        is_multi_label: whether an image may have several labels, or none; else it has exactly one.
    """

    images: Sequence[Pixels]
    truths: Floats32
    names: tuple[str, ...]
    is_multi_label: bool

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Ints) -> "Labelled":
        """These images only."""
        images = [self.images[row] for row in rows]
        return Labelled(images, self.truths[rows], self.names, self.is_multi_label)


def read_labelled(
    path: Path, labels: Sequence[HeadLabel] = (), *, is_multi_label: bool = False
) -> tuple[Labelled, Labelled | None]:
    """Images to fit on, and others to calibrate on; None where the source has no such part.

    Of a MedMNIST file the `train` and `val` parts are read, never `test`.

    Args:
        labels: names in the order of the file's classes, or of which folders may bear; empty takes the
            folders' names, or `0`, `1`, … for a file.
        is_multi_label: of a folder, see `read_folder`; a file tells by itself.

    Raises:
        ImageError: if an image cannot be read.
        SourceError: if the source is neither, or holds fewer than two labels.
    """
    names = tuple(label.name for label in labels)
    if path.is_dir():
        return read_folder(path, names, is_multi_label=is_multi_label), None
    return read_medmnist(path, "train", names), read_medmnist(path, "val", names)


def read_medmnist(path: Path, part: str, names: tuple[str, ...] = ()) -> Labelled:
    """One part (`train`, `val` or `test`) of a MedMNIST file, read without pickle; colour becomes grey.

    Raises:
        SourceError: if the file lacks the arrays of that part, or they do not fit together or the names.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    except (OSError, KeyError, ValueError, AttributeError) as error:
        fact = f"holds no readable {part}_images and {part}_labels"
        raise SourceError(str(path), fact, _MEDMNIST) from error
    is_grey, is_colour = images.ndim == 3, images.ndim == 4 and images.shape[-1] == 3
    if not (is_grey or is_colour) or labels.ndim != 2 or not 0 < len(images) == len(labels):
        fact = f"{part}_images {images.shape} and {part}_labels {labels.shape} do not fit together"
        raise SourceError(str(path), fact, _MEDMNIST)
    if images.dtype != np.uint8 or not np.issubdtype(labels.dtype, np.integer):
        raise SourceError(str(path), f"{part}_images are {images.dtype}, not uint8", _MEDMNIST)
    grey = images @ np.array([0.299, 0.587, 0.114], np.float32) if is_colour else images
    pixels = grey.astype(np.float32) / 255
    is_multi = labels.shape[1] > 1
    truths = labels.astype(np.float32) if is_multi else _one_hot(labels[:, 0], len(names), path)
    if names and len(names) != truths.shape[1]:
        fact = f"has {truths.shape[1]} labels, but {len(names)} are named"
        raise SourceError(str(path), fact, "name every label of the file, in its order")
    return Labelled(list(pixels), truths, names or tuple(map(str, range(truths.shape[1]))), is_multi)


def read_folder(folder: Path, names: tuple[str, ...] = (), *, is_multi_label: bool = False) -> Labelled:
    """Every image of `folder/LABEL/`; hidden files and files of other types are passed over.

    Args:
        names: labels in their order; empty takes all subfolders, sorted.
        is_multi_label: files of the same name in several subfolders are one image with several labels, and
            the subfolder `none` holds images without any.

    Raises:
        ImageError: if an image cannot be read.
        SourceError: if there are fewer than two labels, or one has no image.
    """
    shown = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    names = names or tuple(name for name in shown if not (is_multi_label and name == NO_LABEL))
    if len(names) < 2:
        raise SourceError(str(folder), f"holds {len(names)} subfolders", "make one subfolder a label")
    found: dict[str, tuple[Path, Floats32]] = {}
    rows = np.eye(len(names), dtype=np.float32)
    for index, name in enumerate(names):
        files = _image_files(folder / name)
        if not files:
            raise SourceError(str(folder / name), "holds no image", "put PNG, JPEG or DICOM files into it")
        for file in files:
            key = file.name if is_multi_label else str(file)
            known = found.get(key, (file, np.zeros(len(names), np.float32)))
            found[key] = known[0], np.maximum(known[1], rows[index])
    if is_multi_label and (folder / NO_LABEL).is_dir():
        for file in _image_files(folder / NO_LABEL):
            found.setdefault(file.name, (file, np.zeros(len(names), np.float32)))
    images = [read_image(file).pixels for file, _ in found.values()]
    return Labelled(images, np.stack([truth for _, truth in found.values()]), names, is_multi_label)


def read_labels(path: Path) -> tuple[HeadLabel, ...]:
    """A labels file: a JSON list of `{"name": …, "curie": …}`, in the order of the classes; `curie` optional.

    Raises:
        SourceError: if it is not that.
        CurieError: if a CURIE is none.
    """
    form = 'write [{"name": "normal"}, {"name": "pneumonia", "curie": "HP:0031457"}]'
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        labels = tuple(HeadLabel(**entry) for entry in content)
    except OSError as error:
        raise SourceError(str(path), f"cannot be read ({error.strerror})", "check the path") from error
    except (ValueError, TypeError) as error:
        raise SourceError(str(path), "is no list of labels", form) from error
    if len({label.name for label in labels}) != len(labels) or len(labels) < 2:
        raise SourceError(str(path), "names fewer than two labels, or one twice", form)
    for label in labels:
        if not isinstance(label.name, str) or not isinstance(label.curie, str):
            raise SourceError(str(path), "a name or CURIE is no text", form)
        if label.curie and ":" not in label.curie:
            raise CurieError(str(path), f"{label.curie!r} is no CURIE", "write it as in HP:0031457")
    return labels


def _image_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ImageError(str(folder), "is no folder", "make one subfolder a label")
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return sorted(p for p in files if p.suffix.lower() in SUFFIXES)


def _one_hot(classes: NDArray[Any], num_names: int, path: Path) -> Floats32:
    num = max(int(classes.max()) + 1, num_names, 2)
    if classes.min() < 0 or num > 1000:
        raise SourceError(str(path), "class numbers are not 0, 1, 2, …", _MEDMNIST)
    return np.asarray(np.eye(num, dtype=np.float32)[classes])
