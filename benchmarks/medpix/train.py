"""Train what the multimodal benchmark asks.

`python -m benchmarks.medpix.train --data DIR --out models/research/medpix`

MedPix is for research use alone, and so are these weights: they lie in `models/research`, never in a wheel.
Only the split `train` is read. Three stages, each of which can be run by itself: `tower` (images), `text`
(concept encoder, and how graph and text are weighed), `bridge` (from images to texts).
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from benchmarks.graph import build_snapshot
from benchmarks.medpix import ranker
from benchmarks.medpix.bridge import Bridge
from benchmarks.medpix.cases import (
    MODALITIES,
    PLANES,
    CaseImage,
    MedPixCase,
    read_cases,
    read_split,
    titles_of,
)
from benchmarks.medpix.text import TextTraining, told_by_cases, told_by_graph, train_text
from benchmarks.medpix.titles import GraphDocuments, word_overlap
from benchmarks.medpix.tower import SCALE, SHAPE, UNKNOWN, TowerTraining, squared, train_tower
from benchmarks.sources import PATHS
from kgdx.bundle import shipped_folder
from kgdx.encoders.classifier import save_head
from kgdx.encoders.concepts import ConceptEncoder, mean_vectors, save_concepts
from kgdx.encoders.fit_head import fit_domain
from kgdx.encoders.tower import Tower, save_tower
from kgdx.evidence.head import Head, HeadLabel
from kgdx.imaging.read import read_image
from kgdx.snapshot import Snapshot

Report = Callable[[int, int, str], None]
# Sources that say what diseases look like; the graph of the benchmark.
GRAPH = ("hpo", "hpoa", "mondo", "doid", "radsem", "findingmodels", "slake", "padchest")
_TALK = Console(stderr=True)


def train_images(cases: Sequence[MedPixCase], out: Path, settings: TowerTraining, report: Report) -> None:
    """Write the tower, and a head for the modality and for the part of the body."""
    images = [image for case in cases for image in case.images]
    pixels = []
    for done, image in enumerate(images, 1):
        pixels.append(squared(read_image(image.path).pixels))
        report(done, len(images), "reading images")
    answers = _answers(images)
    truths = np.stack([_numbers(images, names, of) for names, of in answers], axis=1)
    trained = train_tower(np.stack(pixels), truths, settings, report)
    save_tower(out / "tower", trained.networks, SHAPE)
    tower = Tower.open(out / "tower")
    vectors = np.concatenate([tower.encode_images([read_image(i.path).pixels]) for i in images])
    centroids, least = fit_domain(vectors, None, settings.seed)
    for head, (names, _), folder in zip(trained.heads, answers, ("modality", "location"), strict=False):
        assert isinstance(head, torch.nn.Linear)  # noqa: S101 - they are made so
        weight, bias = SCALE * head.weight.detach().numpy(), head.bias.detach().numpy()
        labels = tuple(map(HeadLabel, names))
        saved = Head(labels, weight, bias, 1.0, False, tower.revision, centroids, least, "MedPix 2.0 train")
        save_head(out / folder, saved, "")


def _answers(
    images: Sequence[CaseImage],
) -> list[tuple[tuple[str, ...], Callable[[CaseImage], str]]]:
    """(possible answers, the answer of an image) of each task; the finest place last."""
    return [
        (MODALITIES, lambda image: image.modality),
        (tuple(sorted({image.category for image in images})), lambda image: image.category),
        (PLANES, lambda image: image.plane),
        (tuple(sorted({image.place for image in images})), lambda image: image.place),
    ]


def _numbers(
    images: Sequence[CaseImage], names: tuple[str, ...], of: Callable[[CaseImage], str]
) -> NDArray[np.int64]:
    return np.array([names.index(of(image)) if of(image) in names else UNKNOWN for image in images])


def train_texts(
    cases: Sequence[MedPixCase], snapshot: Snapshot, out: Path, seed: int, report: Report
) -> None:
    """Write the text encoder, and the weights of graph and text that fit cases an encoder did not see."""
    base, settings, graph = shipped_folder() / "concepts", TextTraining(seed=seed), told_by_graph(snapshot)
    titles = titles_of(cases)
    overlap = word_overlap([case.text(is_masked=True) for case in cases], GraphDocuments(snapshot).of(titles))
    likeness = np.zeros_like(overlap)
    halves = np.array([hashlib.sha256(case.title.encode()).digest()[0] % 2 for case in cases])
    for half in (0, 1):
        seen = [case for case, part in zip(cases, halves, strict=True) if part != half]
        tokenizer, table = train_text(base, told_by_cases(seen), graph, settings, report)
        rows = np.flatnonzero(halves == half)
        texts = [cases[row].text(is_masked=True) for row in rows]
        likeness[rows] = mean_vectors(tokenizer, table, texts) @ mean_vectors(tokenizer, table, titles).T
    right = np.array([titles.index(case.title) for case in cases])
    weights = ranker.fit(np.stack([overlap, likeness], axis=2), right)
    save_concepts(out / "text", *train_text(base, told_by_cases(cases), graph, settings, report), None)
    encoder = ConceptEncoder.open(out / "text")
    told = {"overlap": weights[0], "likeness": weights[1], "encoder": encoder.revision}
    (out / "ranker.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def build_bridge(cases: Sequence[MedPixCase], out: Path) -> None:
    """Write what carries the tower's vectors over to texts. The texts are encoded by the shipped encoder."""
    tower, encoder = Tower.open(out / "tower"), ConceptEncoder.open(shipped_folder() / "concepts")
    shown = [case for case in cases if case.images]
    names = sorted({image.category for case in shown for image in case.images})
    Bridge.fit(
        encoder.encode_texts([case.title for case in shown]),
        encoder.encode_texts([case.text(is_masked=True) for case in shown]),
        np.stack([case_vector(tower, case) for case in shown]),
        [
            names.index(Counter(image.category for image in case.images).most_common(1)[0][0])
            for case in shown
        ],
        len(names),
    ).write(out / "bridge.safetensors")


def case_vector(tower: Tower, case: MedPixCase) -> NDArray[np.float32]:
    """(dim,) mean vector of a case's images."""
    vectors = tower.encode_images([read_image(image.path).pixels for image in case.images])
    return np.asarray(vectors.mean(axis=0), dtype=np.float32)


def graph_of(data: Path) -> Snapshot:
    """The graph that titles are looked up in."""
    return build_snapshot([(name, data / PATHS[name]) for name in GRAPH], _TALK.print)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights")
    parser.add_argument("--graph", type=Path, help="a snapshot of the graph, to save building it")
    parser.add_argument("--stage", choices=("tower", "text", "bridge", "all"), default="all")
    parser.add_argument("--epochs", type=int, default=TowerTraining().epochs, help="of the tower")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    cases = read_cases(given.data / "medpix")
    train = [cases[uid] for uid in read_split(given.data / "medpix", "train")]
    with Progress(console=_TALK) as bar:
        task = bar.add_task("", total=None)

        def report(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        if given.stage in ("tower", "all"):
            train_images(train, given.out, TowerTraining(seed=given.seed, epochs=given.epochs), report)
        if given.stage in ("text", "all"):
            snapshot = Snapshot.open(given.graph) if given.graph else graph_of(given.data)
            train_texts(train, snapshot, given.out, given.seed, report)
    if given.stage in ("bridge", "all"):
        build_bridge(train, given.out)


if __name__ == "__main__":
    main()
