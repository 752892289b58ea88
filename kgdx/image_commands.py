"""Commands that train what looks at images, joined to `kgdx train`."""

from pathlib import Path
from typing import Annotated

import typer

from kgdx.domain.errors import BadInputError

Encoder = Annotated[
    str,
    typer.Option(help="Folder of a model, ARCHITECTURE@CHECKPOINT or hf-hub:NAME; or the shipped one."),
]
Labels = Annotated[Path | None, typer.Option(help='JSON list of {"name": …, "curie": …} for the labels.')]
MultiLabel = Annotated[
    bool, typer.Option("--multi-label", help="A file of one name in several subfolders is one image.")
]


def add_to(train: typer.Typer) -> None:
    """Join the commands."""
    train.command("classifier")(classifier)
    train.command("prompts")(prompts)


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
    epochs: Annotated[int, typer.Option(min=1, help="At most, with --from-scratch.")] = 40,
    seed: Annotated[int, typer.Option()] = 7,
) -> None:
    """Train an image classifier on labelled images: from one image a label up. Never reads a `test` part."""
    if encoder and from_scratch:
        raise BadInputError("--from-scratch", "needs no --encoder", "give one or the other")
    from kgdx.image_training import train_classifier

    train_classifier(
        data,
        out,
        encoder,
        labels,
        from_scratch=from_scratch,
        is_multi_label=multi_label,
        epochs=epochs,
        seed=seed,
    )


def prompts(
    data: Annotated[Path, typer.Argument(help="MedMNIST .npz, or a folder with one subfolder a label.")],
    out: Annotated[Path, typer.Option(help="File for the findings, as in findings.json.")],
    encoder: Annotated[str, typer.Option(help="Folder of a model, ARCHITECTURE@CHECKPOINT or hf-hub:NAME.")],
    labels: Annotated[Path, typer.Option(help='JSON list of {"name": …, "curie": …} for the labels.')],
    multi_label: MultiLabel = False,
) -> None:
    """Calibrate the answers of an encoder of your own to prompts, on labelled images."""
    from kgdx.image_training import train_prompts

    train_prompts(data, out, encoder, labels, is_multi_label=multi_label)
