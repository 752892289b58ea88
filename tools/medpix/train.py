"""Train what the multimodal benchmark asks.

`python -m tools.medpix.train --data DIR --out models/research/medpix`

MedPix is for research use alone, and so are these weights: they lie in `models/research`, never in a wheel.
Only the split `train` is read. Two stages, each of which can be run by itself: `tower` (images), and `text`
(concept encoder, bridge from images to texts, how graph, text and images are weighed, and what they reach on
cases that were not trained on).
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.datasets.medpix import MedPixCase, read_cases, read_split, titles_of
from benchmarks.measures.medpix.bridge import Bridge
from benchmarks.measures.medpix.looked import Looked
from benchmarks.measures.medpix.titles import GraphDocuments, graph_of, word_overlap
from benchmarks.metrics import mid_rank, paired_gain, ranking_metrics
from kgdx.encoders.classifier import Classifier
from kgdx.encoders.concepts import ConceptEncoder, mean_vectors, save_concepts
from kgdx.encoders.small_tower import Tower
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder
from kgdx.training.progress import Progress, progress_bar
from tools.medpix import ranker
from tools.medpix.bridge import fit_bridge
from tools.medpix.committee import part_of, train_committee
from tools.medpix.text import TextTraining, Told, told_by_cases, told_by_graph, train_text
from tools.medpix.tower import TowerTraining

BASE = shipped_folder() / "concepts"
_TALK = Console(stderr=True)


def train_texts(
    cases: Sequence[MedPixCase], snapshot: Snapshot, out: Path, seed: int, progress: Progress
) -> None:
    """Write the text encoder, the bridge from images, and what graph, text and images weigh.

    The weights fit cases that neither text encoder nor network had seen.
    """
    titles = titles_of(cases)
    right = np.array([titles.index(case.title) for case in cases])
    texts = [case.text(is_masked=True) for case in cases]
    overlap = word_overlap(texts, GraphDocuments(snapshot).of(titles))
    settings, graph = TextTraining(seed=seed), told_by_graph(snapshot)
    likeness = _unseen_likeness(cases, titles, graph, settings, progress)
    weights = ranker.fit(np.stack([overlap, likeness], axis=2), right)
    by_text = weights[0] * overlap + weights[1] * likeness
    save_concepts(out / "text", *train_text(BASE, told_by_cases(cases), graph, settings, progress), None)
    shown = np.flatnonzero([bool(case.images) for case in cases])
    rows, signs = train_bridge([cases[row] for row in shown], titles, out)
    chosen = shown[rows]
    parts = np.array([part_of(cases[row]) for row in chosen])
    of_images = ranker.fit(signs, right[chosen], by_text[chosen])
    told: dict[str, Any] = dict(
        zip(("overlap", "likeness", "place", "shown"), (*weights, *of_images), strict=True)
    )
    told["encoder"] = ConceptEncoder.open(out / "text").revision
    told["held_out"] = _held_out(signs, right[chosen], by_text[chosen], parts)
    (out / "ranker.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _held_out(
    signs: NDArray[np.float64],
    right: NDArray[np.int64],
    by_text: NDArray[np.float64],
    parts: NDArray[np.int64],
) -> dict[str, Any]:
    """How text alone and text with images rank the cases that were not trained on.

    What images weigh in one part of them is fitted on the others.
    """
    fused = by_text.copy()
    for part in np.unique(parts):
        inside = parts == part
        weights = ranker.fit(signs[~inside], right[~inside], by_text[~inside])
        fused[inside] += signs[inside] @ np.array(weights)
    ranks = [
        np.array([mid_rank(row, [answer]) for row, answer in zip(scores, right, strict=True)])
        for scores in (by_text, fused)
    ]
    text, both = (ranking_metrics(each, cuts=(1, 5, 10)) for each in ranks)
    return {"text": text, "fused": both, "gain_of_pixels": paired_gain(ranks[1], ranks[0], cut=10)}


def _unseen_likeness(
    cases: Sequence[MedPixCase],
    titles: Sequence[str],
    graph: Sequence[Told],
    settings: TextTraining,
    progress: Progress,
) -> NDArray[np.float64]:
    """(N, M) likeness of text and title, each half of the titles by an encoder trained on the other half."""
    likeness = np.zeros((len(cases), len(titles)))
    halves = np.array([hashlib.sha256(case.title.encode()).digest()[0] % 2 for case in cases])
    for half in (0, 1):
        seen = [case for case, part in zip(cases, halves, strict=True) if part != half]
        tokenizer, table = train_text(BASE, told_by_cases(seen), graph, settings, progress)
        rows = np.flatnonzero(halves == half)
        texts = [cases[row].text(is_masked=True) for row in rows]
        likeness[rows] = mean_vectors(tokenizer, table, texts) @ mean_vectors(tokenizer, table, titles).T
    return likeness


def train_bridge(
    cases: Sequence[MedPixCase], titles: Sequence[str], out: Path
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Write what carries the tower's vectors over to texts. The texts are encoded by the shipped encoder.

    Returns:
        (N,) numbers of the cases that some network never saw; (N, M, 2) their signs for M titles, by that
        network, and by a bridge that never saw them either.
    """
    tower, encoder = Tower.open(out / "tower"), ConceptEncoder.open(BASE)
    looked = Looked.at(cases, tower, Classifier.open(out / "place", tower).head)
    parts, asked = np.array([part_of(case) for case in cases]), encoder.encode_texts(titles)
    rows, signs = [], []
    for member in range(tower.settings.num_networks):
        own, outside = looked.by_member(member, tower.settings.num_networks), np.flatnonzero(parts == member)
        bridge = _fit_bridge(cases, own, encoder, np.flatnonzero(parts != member))
        rows.append(outside)
        signs.append(bridge.signs(own.places[outside], own.vectors[outside], asked))
    _fit_bridge(cases, looked, encoder, np.arange(len(cases))).write(out / "bridge.safetensors")
    return np.concatenate(rows), np.concatenate(signs)


def _fit_bridge(
    cases: Sequence[MedPixCase], looked: Looked, encoder: ConceptEncoder, rows: NDArray[np.int64]
) -> Bridge:
    names = [label.name for label in looked.head.labels]
    chosen = [cases[row] for row in rows]
    return fit_bridge(
        encoder.encode_texts([case.title for case in chosen]),
        encoder.encode_texts([case.text(is_masked=True) for case in chosen]),
        looked.vectors[rows],
        [names.index(_commonest(case)) for case in chosen],
        len(names),
    )


def _commonest(case: MedPixCase) -> str:
    """The place of most of its images."""
    return Counter(image.place for image in case.images).most_common(1)[0][0]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights")
    parser.add_argument("--graph", type=Path, help="a snapshot of the graph, to save building it")
    parser.add_argument("--stage", choices=("tower", "text", "all"), default="all")
    parser.add_argument("--epochs", type=int, default=TowerTraining().epochs, help="of the tower")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    torch.set_num_threads(1)
    cases = read_cases(given.data / "medpix")
    train = [cases[uid] for uid in read_split(given.data / "medpix", "train")]
    with progress_bar() as progress:
        if given.stage in ("tower", "all"):
            train_committee(train, given.out, TowerTraining(seed=given.seed, epochs=given.epochs), progress)
        if given.stage in ("text", "all"):
            snapshot = Snapshot.open(given.graph) if given.graph else graph_of(given.data, _TALK.print)
            train_texts(train, snapshot, given.out, given.seed, progress)


if __name__ == "__main__":
    main()
