"""From the arguments of `kgdx train classifier …` and its like to weights on disk; returns metrics."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from kgdx.domain.errors import BadInputError, SourceError
from kgdx.encoders.finding_set import write_findings
from kgdx.encoders.open_clip_encoder import OpenClip
from kgdx.encoders.registry import folder_of, open_encoder, open_trainable
from kgdx.encoders.save_open_clip import save_open_clip
from kgdx.graph.arrays import Ints
from kgdx.release.bundle import shipped_folder
from kgdx.training.chance import check_better_than_chance
from kgdx.training.classifier.train import encode, split_labelled, train_from_scratch, train_head
from kgdx.training.classifier.train_tower import TowerTraining
from kgdx.training.data.image_text_pairs import Pairs, read_pairs, split_by_case
from kgdx.training.data.labelled_images import Labelled, read_labelled, read_labels
from kgdx.training.open_clip.calibrate_prompts import calibrate_prompts
from kgdx.training.open_clip.finetune import Adaptation, adapt, tokens_of_labels, tokens_of_pairs
from kgdx.training.progress import Progress


def train_classifier(
    data: Path,
    out: Path,
    encoder: str,
    labels: Path | None,
    *,
    from_scratch: bool,
    is_multi_label: bool,
    is_forced: bool,
    epochs: int,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """Train a head on an encoder, or a tower with its head, and write it to a folder.

    Args:
        encoder: see `open_encoder`; empty for the shipped one.
        labels: see `read_labels`.
    """
    named = read_labels(labels) if labels is not None else ()
    if from_scratch:
        settings = TowerTraining(seed=seed, epochs=epochs)
        metrics = train_from_scratch(
            data, out, named, progress, settings, is_multi_label=is_multi_label, is_forced=is_forced
        )
    else:
        metrics = train_head(
            data,
            out,
            open_encoder(encoder or str(shipped_folder() / "clip")),
            named,
            progress,
            encoder_name=encoder,
            is_multi_label=is_multi_label,
            is_forced=is_forced,
            seed=seed,
        )
    return asdict(metrics)


def train_prompts(
    data: Path,
    out: Path,
    encoder: str,
    labels: Path,
    *,
    is_multi_label: bool,
    is_forced: bool,
    progress: Progress,
) -> dict[str, Any]:
    """Calibrate what an encoder answers to prompts, and write it to a file.

    Args:
        data: see `read_labelled`; of a MedMNIST file the `val` part is used, never `test`.
        encoder: see `open_encoder`.
        labels: see `read_labels`.
    """
    named = read_labels(labels)
    fitted, heldout = read_labelled(data, named, is_multi_label=is_multi_label)
    chosen, opened = heldout or fitted, open_encoder(encoder)
    vectors = encode(opened, chosen, progress)
    findings = calibrate_prompts(vectors, chosen, named, opened, data.name)
    for finding in findings.findings:
        truths = chosen.truths[:, [label.curie for label in named].index(finding.curie)]
        check_better_than_chance(
            f"the finding {finding.name}", finding.heldout_auc, truths[:, None], is_forced=is_forced
        )
    try:
        write_findings(out, findings, opened.revision)
    except OSError as error:
        fact = f"cannot be written ({error.strerror})"
        raise BadInputError(str(out), fact, "choose another file for --out") from error
    aucs = {finding.name: finding.heldout_auc for finding in findings.findings}
    return {"encoder": opened.revision, "num_images": len(chosen), "auc": aucs}


def train_adapter(
    data: Path, out: Path, encoder: str, labels: Path | None, settings: Adaptation, progress: Progress
) -> dict[str, Any]:
    """Fine-tune an encoder on image-text pairs or a labelled source, and write it in open_clip's layout.

    Args:
        data: CSV or JSON Lines of pairs; or what `read_labelled` reads: then texts are made of labels.
        encoder: see `open_encoder`; empty for the shipped one.
        labels: names of the labels, see `read_labels`.
    """
    name = encoder or str(shipped_folder() / "clip")
    opened = open_trainable(name)
    source = folder_of(name) if "@" not in name else None
    is_labelled = data.is_dir() or data.suffix == ".npz"
    if is_labelled:
        fitted, heldout = read_labelled(data, read_labels(labels) if labels is not None else ())
        pairs, rows = _sentences(fitted, heldout, settings)
        tokens = tokens_of_labels(pairs, opened)
    else:
        pairs = read_pairs(data)
        rows = split_by_case(pairs.cases, settings.validation_share, settings.seed)
        tokens = tokens_of_pairs(pairs, opened)
    adapted, metrics = adapt(opened, tokens, rows, settings, progress)
    return asdict(metrics) | {"revision": save_open_clip(out, adapted, source).revision}


def train_pairs(
    pairs: Path, out: Path, architecture: str, settings: Adaptation, progress: Progress
) -> dict[str, Any]:
    """Train an image-text model from random weights on pairs, and write it in open_clip's layout."""
    read = read_pairs(pairs)
    model = OpenClip.untrained(architecture, settings.seed)
    rows = split_by_case(read.cases, settings.validation_share, settings.seed)
    trained, metrics = adapt(model, tokens_of_pairs(read, model), rows, settings, progress)
    return asdict(metrics) | {"revision": save_open_clip(out, trained).revision}


def _sentences(
    fitted: Labelled, heldout: Labelled | None, settings: Adaptation
) -> tuple[Pairs, tuple[Ints, Ints]]:
    """Images with the sentence of their label, and the rows to train and to validate on."""
    if fitted.is_multi_label:
        raise SourceError("labels", "an image has several", "give image-text pairs instead")
    parts = (
        split_labelled(fitted, settings.seed, settings.validation_share)
        if heldout is None
        else (fitted, heldout)
    )
    images = [image for part in parts for image in part.images]
    classes = np.concatenate([part.truths.argmax(axis=1) for part in parts])
    texts = tuple(f"chest radiograph of {fitted.names[label]}" for label in classes)
    pairs = Pairs(images, texts, tuple(str(i) for i in range(len(images))))
    return pairs, (np.arange(len(parts[0])), np.arange(len(parts[0]), len(images)))
