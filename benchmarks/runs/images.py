"""Image classification: `python -m benchmarks.images --test F.npz [--split val]`."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import stamp
from kgdx.domain.errors import KgdxError
from kgdx.encoders.classifier import Classifier
from kgdx.encoders.clip import Clip
from kgdx.evidence.image_evidence import text_direction, unlike, weigh
from kgdx.release.bundle import Bundle, shipped_folder
from kgdx.training.data.labelled_images import Labelled, read_medmnist
from kgdx.training.metrics import area_under_curve, is_right
from kgdx.training.synthetic.signs import OPACITY

_TALK = Console(stderr=True)
_RESAMPLES = 1000
Floats = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    parser.add_argument("--test", type=Path, required=True, help="a MedMNIST file of two classes, .npz")
    parser.add_argument("--split", choices=("test", "val"), default="test", help="which part to score")
    parser.add_argument("--model", type=Path, default=shipped_folder() / "pneumonia", help="a classifier")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit = time.monotonic(), stamp.commit()
    data = read_medmnist(options.test, options.split)
    bundle = Bundle.shipped()
    clip = Clip.open(bundle.folder / "clip")
    classifier = Classifier.open(options.model, clip)
    vectors, seconds = _timed(lambda: classifier.encoder.encode_images(data.images))
    result = {
        "n": len(data),
        "positives": int(data.truths[:, 1].sum()),
        "split": options.split,
        **metrics(classifier.head.probabilities(vectors), data),
        "refused": sum(
            bool(unlike(row, classifier.head.centroids, classifier.head.least_likeness)) for row in vectors
        ),
        "ms_per_image": round(1000 * seconds / len(data), 2),
        "baselines": {
            "majority": metrics(np.tile([0.0, 1.0], (len(data), 1)), data),
            "prompts": metrics(prompted(clip, data), data),
        },
        "encoder": classifier.encoder.revision,
        "seconds": round(time.monotonic() - began, 1),
        "release": bundle.release,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.test]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def prompted(clip: Clip, data: Labelled) -> Floats:
    """(N, 2) answers of the shipped image-text model, asked by text for the opacity of pneumonia."""
    finding = next(known for known in clip.findings.findings if known.curie == OPACITY)
    margins = clip.encode_images(data.images) @ text_direction(finding.prompts, finding.absent_prompts, clip)
    positive = np.array([weigh(float(margin), finding)[0] for margin in margins])
    return np.stack([1 - positive, positive], axis=1)


def metrics(probabilities: Floats, data: Labelled) -> dict[str, Any]:
    """AUC, accuracy, sensitivity and specificity; 95 % bootstrap intervals of the first two, over images."""
    truths, right = data.truths, is_right(probabilities, data.truths)
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(data), size=len(data)) for _ in range(_RESAMPLES)]
    aucs = [area_under_curve(probabilities[rows], truths[rows]) for rows in drawn]
    sick = truths[:, 1] == 1
    return {
        "auc": round(area_under_curve(probabilities, truths), 4),
        "auc_ci": _interval(aucs),
        "acc": round(float(right.mean()), 4),
        "acc_ci": _interval([float(right[rows].mean()) for rows in drawn]),
        "sensitivity": round(float(right[sick].mean()), 4),
        "specificity": round(float(right[~sick].mean()), 4),
    }


def _interval(values: Sequence[float]) -> list[float]:
    return [round(float(end), 4) for end in np.nanquantile(values, [0.025, 0.975])]


def _timed(work: Callable[[], NDArray[np.float32]]) -> tuple[NDArray[np.float32], float]:
    began = time.perf_counter()
    done = work()
    return done, time.perf_counter() - began


def _show(result: dict[str, Any]) -> None:
    table = Table("method", "AUC", "accuracy", "sensitivity", "specificity", title=f"{result['n']} images")
    for name, found in {"kgdx": result, **result["baselines"]}.items():
        auc, acc = (
            f"{found[key]} ({found[f'{key}_ci'][0]}–{found[f'{key}_ci'][1]})" for key in ("auc", "acc")
        )
        table.add_row(name, auc, acc, str(found["sensitivity"]), str(found["specificity"]))
    _TALK.print(table)


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
