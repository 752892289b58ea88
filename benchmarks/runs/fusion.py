"""Image, report and codes together: `python -m benchmarks.fusion --data DATA`.

Is a finding there, given its prior and what image, report and codes say of it? On drawn cases; and on real
reports, the half that no weight was measured on, each beside an image that is drawn to what people coded.
Only what somebody spoke of is scored.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import stamp
from benchmarks.datasets.indiana import HEADINGS, Coded, read_reports
from benchmarks.metrics import grouped_interval, presence_metrics
from kgdx.encoders.clip import Clip
from kgdx.encoders.finding_set import FindingSet
from kgdx.evidence.fusion import MODALITIES, Fusion
from kgdx.evidence.image_evidence import image_answers
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.text import text_evidence
from kgdx.release.bundle import Bundle
from kgdx.release.checkpoints import open_fusion
from kgdx.training.fusion import Statements, log_losses, measure_vectors
from kgdx.training.synthetic import signs
from kgdx.training.synthetic.cases import IMAGE_SIZE, DrawnCase, draw_cases, drawn_findings
from kgdx.training.synthetic.phantom import draw_phantom
from kgdx.training.synthetic.signs import BY_CURIE, Sign, sides_of

_TALK = Console(stderr=True)
# Training draws from other seeds.
_FIRST_SEED, _FIRST_SEED_OF_REPORTS = 400_000_000, 500_000_000
# Headings that phantoms can be drawn to.
_SIGNS = {
    "pleural effusion": signs.EFFUSION,
    "cardiomegaly": signs.CARDIOMEGALY,
    "airspace disease": signs.CONSOLIDATION,
    "nodule": signs.NODULE,
    "pulmonary atelectasis": signs.ATELECTASIS,
}
_SIGN_OF = {curie: sign for heading, sign in _SIGNS.items() for curie in HEADINGS[heading]}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fusion", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of the benchmark data; without it, drawn cases alone"
    )
    parser.add_argument("--cases", type=int, default=2_000, help="drawn cases")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit, bundle = time.monotonic(), stamp.commit(), Bundle.shipped()
    clip = Clip.open(bundle.folder / "clip")
    fusion = open_fusion(bundle.folder / "fusion", clip.revision)
    numbers = track(range(options.cases), "drawing cases", console=_TALK)
    cases = [draw_cases(_FIRST_SEED + number, clip, 1)[0] for number in numbers]
    result = {"drawn": compare(cases, fusion, clip)}
    archives = []
    if options.data:
        archives = [options.data / "iu_xray" / "reports.tar.gz"]
        vocabulary = Vocabulary.from_snapshot(bundle.snapshot())
        beside = beside_drawn_images(list(read_reports(archives[0])), vocabulary, clip)
        result["reports"] = compare(beside, fusion, clip)
    for name, told in result.items():
        _show(name, told)
    stamped = {
        "seconds": round(time.monotonic() - began, 1),
        "release": bundle.release,
        "commit": commit,
        "data_sha256": stamp.data_sha256(archives),
    }
    json.dump(result | stamped, sys.stdout, indent=1)
    sys.stdout.write("\n")


def beside_drawn_images(reports: Sequence[Coded], vocabulary: Vocabulary, clip: Clip) -> list[DrawnCase]:
    """The second half of the reports as cases; how often the first half is coded so is the prior.

    The drawn image shows what the report is coded with, no more and no less: no distrust is built in, so
    what an image says is worth more here than fusion believes.
    """
    halves: tuple[list[Coded], list[Coded]] = ([], [])
    for report in reports:
        halves[sha256(report.name.encode()).digest()[0] % 2].append(report)
    coded = Counter(heading for report in halves[0] for heading in report.headings)
    shares = {sign: coded[heading] / len(halves[0]) for heading, sign in _SIGNS.items()}
    priors = {sign: float(np.log(share / (1 - share))) for sign, share in shares.items()}
    told = track(halves[1], "reading reports, drawing images", console=_TALK)
    return [_beside(report, number, priors, vocabulary, clip) for number, report in enumerate(told)]


def _beside(
    report: Coded, number: int, priors: dict[str, float], vocabulary: Vocabulary, clip: Clip
) -> DrawnCase:
    seed = _FIRST_SEED_OF_REPORTS + number
    truths = {sign: heading in report.headings for heading, sign in _SIGNS.items()}
    rng = np.random.default_rng((seed, 2))
    shown = [Sign(sign, _side(sign, rng)) for sign, is_true in truths.items() if is_true]
    pixels = draw_phantom(seed, shown, IMAGE_SIZE).pixels
    asked = FindingSet(drawn_findings(clip), clip.findings.domain)
    seen, _, subthreshold_scores = image_answers(pixels, "drawn", clip, clip, asked)
    # A statement of a kind of the finding, such as a bilateral effusion, is coded under the same heading.
    read = [
        replace(item, curie=_SIGN_OF[item.curie], name=BY_CURIE[_SIGN_OF[item.curie]].name)
        for item in text_evidence(report.texts, vocabulary).evidence
        if item.curie in _SIGN_OF
    ]
    images = (clip.encode_images([pixels])[0],) if subthreshold_scores else ()
    return DrawnCase((*read, *seen), subthreshold_scores, images, truths, priors)


def _side(sign: str, rng: np.random.Generator) -> signs.Side:
    sides = sides_of(BY_CURIE[sign])
    return sides[int(rng.integers(len(sides)))]


def compare(cases: Sequence[DrawnCase], fusion: Fusion, clip: Clip) -> dict[str, Any]:
    """Fusion and its baselines on the same findings of the same cases."""
    told = Statements.of(cases)
    plain = Fusion.additive(fusion.revision, clip.dim)
    logits = {"fused": told.logits(fusion), "additive": told.logits(plain)}
    for column, modality in enumerate(MODALITIES):
        if told.said[:, column].any():
            logits[f"{modality} alone"] = told.prior + told.said[:, column]
    statements = told.said[:, : len(MODALITIES)]
    num_said = (statements != 0).sum(axis=1)
    parts = {
        "contradicted": (statements > 0).any(axis=1) & (statements < 0).any(axis=1),
        "one_modality": num_said == 1,
        "several_modalities": num_said > 1,
        "without_codes": statements[:, 0] == 0,
    }
    fused, baselines = logits.pop("fused"), logits
    cosine, plain_cosine = measure_vectors(fusion, cases, clip)
    return {
        "cases": len(cases),
        **presence_metrics(fused, told.is_true, told.case),
        "gain": _gain(fused, baselines["additive"], told, np.ones(len(fused), dtype=bool)),
        "baselines": {
            name: presence_metrics(each, told.is_true, told.case) for name, each in baselines.items()
        },
        "parts": {
            name: {"n": int(rows.sum())} | _gain(fused, baselines["additive"], told, rows)
            for name, rows in parts.items()
            if rows.any()
        },
        "vector": {"cosine": round(cosine, 4), "plain_cosine": round(plain_cosine, 4)},
    }


def _gain(
    fused: NDArray[np.float64], additive: NDArray[np.float64], told: Statements, rows: NDArray[np.bool_]
) -> dict[str, Any]:
    """Log loss of both on these rows, and how much less fusion's is, with its 95 % interval."""
    losses = [log_losses(each, told.is_true)[rows] for each in (fused, additive)]
    less = losses[1] - losses[0]
    return {
        "log_loss": round(float(losses[0].mean()), 4),
        "additive_log_loss": round(float(losses[1].mean()), 4),
        "less": round(float(less.mean()), 4),
        "less_ci": grouped_interval(less, told.case[rows]),
    }


def _show(name: str, told: dict[str, Any]) -> None:
    table = Table("", "n", "log loss", "95 %", "Brier", "ECE", title=f"{name}: {told['cases']} cases")
    for row, each in _rows(told):
        interval = "{}–{}".format(*each["log_loss_ci"])
        table.add_row(
            row,
            *(str(each[key]) for key in ("n", "log_loss")),
            interval,
            str(each["brier"]),
            str(each["ece"]),
        )
    _TALK.print(table)
    for part, each in told["parts"].items():
        _TALK.print(
            f"{part} ({each['n']}): log loss {each['log_loss']}, additive {each['additive_log_loss']}"
        )
    _TALK.print(f"vector of the case: {told['vector']}")


def _rows(told: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    yield "fused", told
    yield from told["baselines"].items()


if __name__ == "__main__":
    main()
