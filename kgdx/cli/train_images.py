"""Commands that train what looks at images, joined to `kgdx train`."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgdx.domain.errors import BadInputError

if TYPE_CHECKING:
    from kgdx.training.progress import Progress

Encoder = Annotated[
    str, typer.Option(help="Folder of a model, ARCHITECTURE@CHECKPOINT or hf-hub:NAME; or the shipped one.")
]
Labels = Annotated[Path | None, typer.Option(help='JSON list of {"name": …, "curie": …} for the labels.')]
Force = Annotated[bool, typer.Option("--force", help="Write it even if it is no better than chance.")]
MultiLabel = Annotated[
    bool, typer.Option("--multi-label", help="A file of one name in several subfolders is one image.")
]


def add_to(app: typer.Typer, train: typer.Typer) -> None:
    """Join the commands."""
    app.command("fetch")(fetch)
    train.command("classifier")(classifier)
    train.command("prompts")(prompts)
    train.command("adapt")(adapt)


def print_metrics(train: Callable[["Progress"], Mapping[str, Any]]) -> None:
    """Train with a bar on stderr, then print the metrics, and how long it took, as JSON."""
    from kgdx.training.progress import progress_bar

    began = time.monotonic()
    with progress_bar() as progress:
        metrics = train(progress)
    typer.echo(json.dumps({**metrics, "seconds": round(time.monotonic() - began, 1)}))


def classifier(
    data: Annotated[Path, typer.Argument(help="MedMNIST .npz, or a folder with one subfolder a label.")],
    out: Annotated[Path, typer.Option(help="Folder for the classifier.")],
    encoder: Encoder = "",
    labels: Labels = None,
    multi_label: Annotated[
        bool,
        typer.Option("--multi-label", help="A file of the same name in several subfolders is one image."),
    ] = False,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Train a small tower with the head; needs 100 images.")
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, help="At most, with --from-scratch.")] = 24,
    force: Force = False,
    seed: Annotated[int, typer.Option()] = 7,
) -> None:
    """Train an image classifier on labelled images: from one image a label up. Never reads a `test` part."""
    if encoder and from_scratch:
        raise BadInputError("--from-scratch", "needs no --encoder", "give one or the other")
    from kgdx.training.classifier.run import train_classifier

    print_metrics(
        lambda progress: train_classifier(
            data,
            out,
            encoder,
            labels,
            from_scratch=from_scratch,
            is_multi_label=multi_label,
            is_forced=force,
            epochs=epochs,
            seed=seed,
            progress=progress,
        )
    )


def prompts(
    data: Annotated[Path, typer.Argument(help="MedMNIST .npz, or a folder with one subfolder a label.")],
    out: Annotated[Path, typer.Option(help="File for the findings, as in findings.json.")],
    encoder: Annotated[str, typer.Option(help="Folder of a model, ARCHITECTURE@CHECKPOINT or hf-hub:NAME.")],
    labels: Annotated[Path, typer.Option(help='JSON list of {"name": …, "curie": …} for the labels.')],
    multi_label: MultiLabel = False,
    force: Force = False,
) -> None:
    """Calibrate the answers of an encoder of your own to prompts, on labelled images."""
    from kgdx.training.classifier.run import train_prompts

    print_metrics(
        lambda progress: train_prompts(
            data,
            out,
            encoder,
            labels,
            is_multi_label=multi_label,
            is_forced=force,
            progress=progress,
        )
    )


def adapt(
    data: Annotated[
        Path, typer.Argument(help="Pairs as .csv or .jsonl; MedMNIST .npz; or a folder of labels.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model, in open_clip's layout.")],
    encoder: Encoder = "",
    labels: Labels = None,
    rank: Annotated[int, typer.Option(min=1, help="Of the adapters.")] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="At most.")] = 20,
    batch: Annotated[int, typer.Option(min=2, help="Pairs a step.")] = 32,
    learning_rate: Annotated[float, typer.Option(min=1e-7, help="At its peak.")] = 5e-4,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without improvement before stopping.")] = 4,
    validation: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of cases held out.")] = 0.2,
    seed: Annotated[int, typer.Option()] = 7,
) -> None:
    """Fine-tune an encoder by low-rank adapters (LoRA), on image-report pairs or labelled images."""
    from kgdx.training.classifier.run import train_adapter
    from kgdx.training.open_clip.finetune import Adaptation

    settings = Adaptation(rank, epochs, batch, learning_rate, patience, validation, seed)
    print_metrics(lambda progress: train_adapter(data, out, encoder, labels, settings, progress))


def fetch(
    name: Annotated[str, typer.Argument(help="hf-hub:ORGANISATION/NAME")],
    out: Annotated[Path | None, typer.Option(help="Folder; the user's cache if left out.")] = None,
    revision: Annotated[str | None, typer.Option(help="Commit of the hub; the newest if left out.")] = None,
) -> None:
    """Download an image-text model of open_clip from a hub; no other command opens a connection to one."""
    from kgdx.encoders.fetch import fetch as run

    typer.echo(str(run(name, out, revision)))


def pairs(data: Path, out: Path, architecture: str, epochs: int, seed: int) -> None:
    """`kgdx train image --pairs`: from random weights."""
    from kgdx.training.classifier.run import train_pairs
    from kgdx.training.open_clip.finetune import Adaptation

    settings = Adaptation(rank=0, epochs=epochs, learning_rate=1e-3, seed=seed)
    print_metrics(lambda progress: train_pairs(data, out, architecture, settings, progress))
