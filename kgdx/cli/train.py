"""Commands that train what reads and reasons, joined to `kgdx train`."""

from pathlib import Path
from typing import Annotated

import typer

from kgdx.cli import train_images as image_commands
from kgdx.cli.train_images import print_metrics


def add_to(train: typer.Typer) -> None:
    """Join the commands."""
    train.command("reasoner")(train_reasoner)
    train.command("treatments")(train_treatments)
    train.command("mechanisms")(train_mechanisms)
    train.command("image")(train_image)
    train.command("fusion")(train_fusion)
    train.command("text")(train_text)


def train_reasoner(
    out: Annotated[Path, typer.Option(help="Folder for weights, settings and metrics.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with hpo/, mondo/ and phenopackets/, to make graph and cases of."),
    ] = None,
    graph: Annotated[Path | None, typer.Option(help="Bundle whose graph to learn on, instead.")] = None,
    cases: Annotated[
        Path | None,
        typer.Option(help="Phenopackets, one JSON a line, or gzip of it; none: simulated patients."),
    ] = None,
    clip: Annotated[Path | None, typer.Option(help="Text encoder; the shipped one if left out.")] = None,
    candidates: Annotated[str, typer.Option(help="Prefix of the diseases to rank; empty for all.")] = "OMIM:",
    folds: Annotated[int, typer.Option(min=2, help="Parts for metrics and calibration.")] = 5,
    patients: Annotated[int, typer.Option(min=8, help="Simulated patients to learn from.")] = 1000,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the reasoner on published cases and simulated patients; metrics are of diseases it never saw."""
    from kgdx.release.bundle import shipped_folder
    from kgdx.training.reasoner.run import ReasonerCommand
    from kgdx.training.reasoner.run import train_reasoner as run
    from kgdx.training.reasoner.train import ReasonerTraining

    if (data is None) == (graph is None):
        raise typer.BadParameter("give either --data or --graph")
    if data is not None and cases is None:
        cases = data / "phenopackets" / "cases.jsonl.gz"
    training = ReasonerTraining(num_simulated=patients, seed=seed)
    command = ReasonerCommand(
        data, graph, cases, clip or shipped_folder() / "clip", out, candidates, folds, training
    )
    print_metrics(lambda progress: run(command, progress))


def train_treatments(
    graph: Annotated[Path, typer.Option(help="Bundle or snapshot that holds what treats what.")],
    out: Annotated[Path, typer.Option(help="Folder for weights and settings.")],
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train what predicts treatments for diseases that have none, on diseases whose treatments are known."""
    from kgdx.release.bundle import shipped_folder
    from kgdx.training.run import train_treatments as run

    print_metrics(lambda progress: run(graph, shipped_folder() / "concepts", out, seed, progress))


def train_mechanisms(
    data: Annotated[
        Path, typer.Option(help="Folder with hpo/, mondo/, drugmechdb/, and what else is there.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for weights, settings and metrics.")],
    graph: Annotated[
        Path | None, typer.Option(help="Snapshot or bundle made of that folder, to save the time.")
    ] = None,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train what ranks mechanisms on curated paths; metrics are of drugs and diseases it never saw."""
    from kgdx.release.bundle import shipped_folder
    from kgdx.training.mechanisms.run import train_mechanisms as run

    print_metrics(lambda progress: run(data, graph, shipped_folder() / "concepts", out, seed, progress))


def train_image(
    out: Annotated[Path, typer.Option(help="Folder for weights, settings and calibration.")],
    pneumonia: Annotated[Path | None, typer.Option(help="PneumoniaMNIST .npz.")] = None,
    names: Annotated[Path | None, typer.Option(help="KGX nodes.tsv whose synonyms are learnt.")] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Image-report pairs of your own, .csv or .jsonl, in place of phantoms."),
    ] = None,
    arch: Annotated[
        str, typer.Option(help="With --pairs: an architecture of open_clip; ours if empty.")
    ] = "",
    epochs: Annotated[int, typer.Option(min=1, help="With --pairs: at most.")] = 20,
    seed: Annotated[int, typer.Option()] = 7,
) -> None:
    """Train image and text towers: on phantoms (and PneumoniaMNIST), or on image-report pairs of your own."""
    if pairs is not None:
        image_commands.pairs(pairs, out, arch, epochs, seed)
        return
    from kgdx.training.clip.train import ClipTraining, train
    from kgdx.training.progress import progress_bar

    with progress_bar() as progress:
        train(ClipTraining(out, pneumonia, names, seed), progress)
    typer.echo(str(out))


def train_fusion(
    out: Annotated[Path, typer.Option(help="Folder for the weights.")],
    clip: Annotated[Path | None, typer.Option(help="Image-text model; the shipped one if left out.")] = None,
    images: Annotated[int, typer.Option(min=50, help="Drawn images to learn from.")] = 3000,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Learn what image, report and codes weigh together, on cases that are drawn here."""
    from kgdx.release.bundle import shipped_folder
    from kgdx.training.run import train_fusion as run

    print_metrics(lambda progress: run(clip or shipped_folder() / "clip", out, images, seed, progress))


def train_text(
    graph: Annotated[list[Path], typer.Option(help="Snapshot or bundle to learn from; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder for weights, tokenizer and calibration.")],
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the concept encoder on names, synonyms and definitions, all but the held-out synonyms."""
    from kgdx.training.run import train_text as run

    print_metrics(lambda progress: run(graph, out, seed, progress))
