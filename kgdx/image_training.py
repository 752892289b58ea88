"""`kgdx train classifier …` and its like: from a command to weights on disk, metrics to stdout as JSON."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import typer

from kgdx.bundle import shipped_folder
from kgdx.domain.errors import BadInputError
from kgdx.encoders.calibrate_prompts import calibrate_prompts, write_findings
from kgdx.encoders.labelled import read_labelled, read_labels
from kgdx.encoders.opening import open_encoder
from kgdx.encoders.train_classifier import encode, train_from_scratch, train_head
from kgdx.encoders.train_tower import TowerTraining
from kgdx.progress import progress_bar


def train_classifier(
    data: Path,
    out: Path,
    encoder: str,
    labels: Path | None,
    *,
    from_scratch: bool,
    is_multi_label: bool,
    epochs: int,
    seed: int,
) -> None:
    """Train a head on an encoder, or a tower with its head, and write it to a folder.

    Args:
        encoder: see `open_encoder`; empty for the shipped one.
        labels: see `read_labels`.
    """
    named = read_labels(labels) if labels is not None else ()
    began = time.monotonic()
    with progress_bar() as report:
        if from_scratch:
            settings = TowerTraining(seed=seed, epochs=epochs)
            metrics = train_from_scratch(data, out, named, report, settings, is_multi_label=is_multi_label)
        else:
            opened = open_encoder(encoder or str(shipped_folder() / "clip"))
            metrics = train_head(
                data,
                out,
                opened,
                named,
                report,
                encoder_name=encoder,
                is_multi_label=is_multi_label,
                seed=seed,
            )
    typer.echo(json.dumps(asdict(metrics) | {"seconds": round(time.monotonic() - began, 1)}))


def train_prompts(data: Path, out: Path, encoder: str, labels: Path, *, is_multi_label: bool) -> None:
    """Calibrate what an encoder answers to prompts, and write it to a file.

    Args:
        data: see `read_labelled`; of a MedMNIST file the `val` part is used, never `test`.
        encoder: see `open_encoder`.
        labels: see `read_labels`.
    """
    named = read_labels(labels)
    fitted, heldout = read_labelled(data, named, is_multi_label=is_multi_label)
    chosen, opened = heldout or fitted, open_encoder(encoder)
    with progress_bar() as report:
        vectors = encode(opened, chosen, report)
    findings = calibrate_prompts(vectors, chosen, named, opened, data.name)
    try:
        write_findings(out, findings, opened.revision)
    except OSError as error:
        fact = f"cannot be written ({error.strerror})"
        raise BadInputError(str(out), fact, "choose another file for --out") from error
    aucs = {finding.name: finding.heldout_auc for finding in findings.findings}
    typer.echo(json.dumps({"encoder": opened.revision, "num_images": len(chosen), "auc": aucs}))
