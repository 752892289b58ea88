"""A committee of networks, each of which never saw another part of the training cases.

Together they are the image tower. What each says of the part it did not see is what images are worth on cases
that nobody was trained on: temperatures and the weight of images beside text are fitted on that.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from benchmarks.datasets.medpix import MODALITIES, PLANES, CaseImage, MedPixCase
from kgdx.encoders.classifier import save_head
from kgdx.encoders.linear_head import Head, HeadLabel
from kgdx.encoders.small_tower import MEDIUM, Networks, Tower, TowerSettings, save_tower
from kgdx.imaging.read import read_image
from kgdx.training.classifier.fit_head import fit_domain
from kgdx.training.classifier.train_tower import joined_head
from kgdx.training.progress import Progress, named
from tools.medpix.augment import squared
from tools.medpix.tower import UNKNOWN, Answering, Lesson, TowerTraining, train_network

MEMBERS, _PARTS = 3, 6
SHAPE = TowerSettings(network=MEDIUM, image_size=112, num_networks=1, has_texture=True)
# A word that fewer captions bear teaches nothing.
_LEAST_CAPTIONS = 10
HEADS = ("modality", "location", "place")
Tasks = Mapping[str, tuple[tuple[str, ...], Callable[[CaseImage], str]]]


def part_of(case: MedPixCase) -> int:
    """Which part of the cases it is in; network k saw none of part k."""
    return hashlib.sha256(case.uid.encode()).digest()[0] % _PARTS


def train_committee(
    cases: Sequence[MedPixCase],
    out: Path,
    settings: TowerTraining,
    progress: Progress,
    members: int = MEMBERS,
) -> None:
    """Write the tower, and heads for the modality, the part of the body and the finer place."""
    images = [image for case in cases for image in case.images]
    parts = np.array([part_of(case) for case in cases for _ in case.images])
    tasks = _tasks(images)
    lesson = _lesson(images, tasks, progress)
    trained = []
    sizes = [len(names) for names, _ in tasks.values()]
    for member in range(members):
        own, told = replace(settings, seed=settings.seed + member), _of_member(progress, member, members)
        trained.append(train_network(SHAPE, lesson.of(parts != member), sizes, own, told))
    networks = Networks([network for one in trained for network in one.networks.each])
    save_tower(out / "tower", networks, replace(SHAPE, num_networks=members))
    _save_heads(out, trained, tasks, images)


def _save_heads(out: Path, trained: Sequence[Answering], tasks: Tasks, images: Sequence[CaseImage]) -> None:
    """The committee's answer is the mean of its networks' logits; its border is drawn about its images."""
    tower = Tower.open(out / "tower")
    vectors = np.concatenate([tower.encode_images([read_image(image.path).pixels]) for image in images])
    border = fit_domain(vectors, None, 0)
    for task, (name, (answers, _)) in enumerate(tasks.items()):
        if name in HEADS:
            weight, bias = joined_head([one.heads[task] for one in trained])
            head = Head(
                tuple(map(HeadLabel, answers)),
                weight.numpy(),
                bias.numpy(),
                temperature=1.0,
                is_multi_label=False,
                encoder=tower.revision,
                centroids=border[0],
                least_likeness=border[1],
                trained_on="MedPix 2.0 train",
            )
            save_head(out / name, head, "")


def _of_member(progress: Progress, member: int, members: int) -> Progress:
    """Progress of one network as a part of that of all."""
    told = named(f"network {member + 1} of {members}", progress)
    return lambda done, total, what: told(member * total + done, members * total, what)


def _tasks(images: Sequence[CaseImage]) -> Tasks:
    """(possible answers, the answer of an image) of each task; the finest place last."""

    def found(of: Callable[[CaseImage], str]) -> tuple[str, ...]:
        return tuple(sorted({of(image) for image in images} - {""}))

    return {
        "modality": (MODALITIES, lambda image: image.modality),
        "location": (found(lambda image: image.category), lambda image: image.category),
        "plane": (PLANES, lambda image: image.plane),
        "region": (found(lambda image: image.region), lambda image: image.region),
        "place": (found(lambda image: image.place), lambda image: image.place),
    }


def _lesson(images: Sequence[CaseImage], tasks: Tasks, progress: Progress) -> Lesson:
    pixels = []
    for done, image in enumerate(images, 1):
        pixels.append(squared(read_image(image.path).pixels))
        progress(done, len(images), "reading images")
    truths = [
        [names.index(of(image)) if of(image) in names else UNKNOWN for image in images]
        for names, of in tasks.values()
    ]
    counter = CountVectorizer(binary=True, min_df=_LEAST_CAPTIONS, stop_words="english")
    words = counter.fit_transform([image.caption for image in images]).toarray().astype(np.float32)
    shares = words / np.maximum(words.sum(axis=1, keepdims=True), 1)
    return Lesson(np.stack(pixels), np.array(truths).T, shares)
