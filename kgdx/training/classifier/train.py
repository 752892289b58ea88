"""Train a classifier on labelled images: a head on a given encoder, or a small tower with its head."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kgdx.domain.errors import SourceError
from kgdx.encoders.base import ImageEncoder
from kgdx.encoders.classifier import TOWER_FOLDER, save_head
from kgdx.encoders.linear_head import Head, HeadLabel
from kgdx.encoders.small_tower import Tower, TowerSettings, save_tower
from kgdx.graph.arrays import Floats32
from kgdx.training.chance import check_better_than_chance, least_auc
from kgdx.training.classifier.fit_head import fit_domain, fit_head, fit_temperature
from kgdx.training.classifier.train_tower import TowerTraining, train_tower
from kgdx.training.data.labelled_images import Labelled, read_labelled
from kgdx.training.metrics import accuracy, area_under_curve
from kgdx.training.progress import Progress

_BATCH = 64
_LEAST_FOR_TOWER = 100


@dataclass(frozen=True, slots=True)
class HeldoutMetrics:
    """What the answers on images were worth that no weight was fitted on.

    Attributes:
        num_images: that were trained on.
        num_heldout: that were measured on; of cross-validation, all. The temperature was fitted on them, and
            a tower stopped on them, which helps `auc` and `acc` a little.
        auc, acc: see `measure`; None where there were too few images to hold any back.
    """

    num_images: int
    num_heldout: int
    auc: float | None
    acc: float | None
    temperature: float


def train_head(
    data: Path,
    out: Path,
    encoder: ImageEncoder,
    labels: Sequence[HeadLabel],
    progress: Progress,
    *,
    encoder_name: str = "",
    is_multi_label: bool = False,
    is_forced: bool = False,
    seed: int = 0,
) -> HeldoutMetrics:
    """Fit a head on an encoder, which stays as it is, and write it to a folder.

    Args:
        data: a MedMNIST file or a folder, see `read_labelled`.
        encoder_name: under which `open_encoder` finds it again; empty for that of a release.
        labels: names and CURIEs of the labels; empty takes the source's own names.
        is_forced: write it even if it is no better than chance; it then has no CURIEs, and gives no evidence.

    Raises:
        SourceError, ImageError, BundleError: if data or encoder cannot be read.
        BadInputError: if it is no better than chance.
    """
    fitted, heldout = read_labelled(data, labels, is_multi_label=is_multi_label)
    vectors = encode(encoder, fitted, progress)
    calibration = None if heldout is None else (encode(encoder, heldout, progress), heldout.truths)
    head, answered = fit_head(
        vectors,
        fitted.truths,
        _labels(fitted, labels),
        is_multi_label=fitted.is_multi_label,
        encoder=encoder.revision,
        trained_on=data.name,
        calibration=calibration,
        seed=seed,
    )
    metrics = _metrics(head, len(fitted), answered)
    if answered is not None:
        head = _skilled(head, metrics, answered[1], is_forced=is_forced)
    save_head(out, head, encoder_name)
    return metrics


def train_from_scratch(
    data: Path,
    out: Path,
    labels: Sequence[HeadLabel],
    progress: Progress,
    settings: TowerTraining,
    *,
    is_multi_label: bool = False,
    is_forced: bool = False,
) -> HeldoutMetrics:
    """Train a tower of its own with its head and write both to a folder.

    Args:
        is_forced: as of `train_head`.

    Raises:
        SourceError, ImageError: if the data cannot be read, or are too few.
        BadInputError: if it is no better than chance.
    """
    fitted, heldout = read_labelled(data, labels, is_multi_label=is_multi_label)
    if len(fitted) < _LEAST_FOR_TOWER:
        fact = f"{len(fitted)} images are too few to train a tower on"
        raise SourceError(str(data), fact, "fit a head on an encoder: leave out --from-scratch")
    if heldout is None:
        fitted, heldout = split_labelled(fitted, settings.seed)
    shape = TowerSettings()
    networks, *layer = train_tower(fitted, heldout, shape, settings, progress)
    save_tower(out / TOWER_FOLDER, networks, shape)
    tower = Tower.open(out / TOWER_FOLDER)
    vectors, watched = (encode(tower, part, progress) for part in (fitted, heldout))
    weight, bias = (part.numpy() for part in layer)
    logits = np.asarray(watched @ weight.T + bias, dtype=np.float32)
    temperature = fit_temperature(logits, heldout.truths, is_multi_label=heldout.is_multi_label)
    border, named = fit_domain(vectors, watched, settings.seed), tuple(_labels(fitted, labels))
    is_multi_label = fitted.is_multi_label
    head = Head(named, weight, bias, temperature, is_multi_label, tower.revision, *border, data.name)
    metrics = _metrics(head, len(fitted), (logits, heldout.truths))
    save_head(out, _skilled(head, metrics, heldout.truths, is_forced=is_forced), "")
    return metrics


def encode(encoder: ImageEncoder, data: Labelled, progress: Progress) -> Floats32:
    """(N, dim) float32 unit rows, with progress."""
    rows = []
    for start in range(0, len(data), _BATCH):
        rows.append(encoder.encode_images(data.images[start : start + _BATCH]))
        progress(min(start + _BATCH, len(data)), len(data), "encoding images")
    return np.concatenate(rows)


def _labels(data: Labelled, labels: Sequence[HeadLabel]) -> Sequence[HeadLabel]:
    return labels or [HeadLabel(name) for name in data.names]


def split_labelled(data: Labelled, seed: int, share: float = 0.15) -> tuple[Labelled, Labelled]:
    """To train on and to stop on; in the latter every label has its share of images."""
    rng = np.random.default_rng(seed)
    kinds = np.unique(data.truths, axis=0, return_inverse=True)[1].ravel()
    members = [rng.permutation(np.flatnonzero(kinds == kind)) for kind in np.unique(kinds)]
    chosen = np.sort(np.concatenate([rows[: round(share * len(rows))] for rows in members]))
    return data.take(np.setdiff1d(np.arange(len(data)), chosen)), data.take(chosen)


def _skilled(head: Head, metrics: HeldoutMetrics, truths: Floats32, *, is_forced: bool) -> Head:
    """The head; one that is forced although it is no better than chance stands for no finding."""
    auc = metrics.auc if metrics.auc is not None else 0.5
    check_better_than_chance("the classifier", auc, truths, is_forced=is_forced)
    if auc > least_auc(truths):
        return head
    return replace(head, labels=tuple(HeadLabel(label.name) for label in head.labels))


def _metrics(head: Head, num_images: int, answered: tuple[Floats32, Floats32] | None) -> HeldoutMetrics:
    if answered is None:
        return HeldoutMetrics(num_images, 0, None, None, head.temperature)
    logits, truths = answered
    probabilities, is_multi = head.calibrated(logits), head.is_multi_label
    return HeldoutMetrics(
        num_images,
        len(logits),
        round(area_under_curve(probabilities, truths, is_multi_label=is_multi), 4),
        round(accuracy(probabilities, truths, is_multi_label=is_multi), 4),
        head.temperature,
    )
