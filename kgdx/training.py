"""`kgdx train …`: from a command to trained weights on disk, with progress on stderr."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

import graph_schema
from kgdx.encoders.clip import Clip
from kgdx.reasoning import train
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.snapshot import Snapshot
from kgdx.weights import SavedReasoner


def train_reasoner(graph: Path, clip: Path, out: Path, patients: int, seed: int) -> None:
    """Train a reasoner on the graph of a bundle and write it to a folder; metrics go to stdout as JSON.

    Args:
        graph: a snapshot folder or a bundle.
        clip: folder of the text encoder.
    """
    snapshot = Snapshot.open(graph / "graph" if (graph / "graph").is_dir() else graph)
    encoder = Clip.open(clip)
    diagnostic = DiagnosticGraph(snapshot, Annotations.from_snapshot(snapshot), graph_schema.load())
    settings = train.ReasonerTraining(num_patients=patients, seed=seed)
    began = time.monotonic()
    with _progress() as progress:
        reasoner, outcome = train.train(diagnostic, encoder, settings, progress)
    saved = SavedReasoner(reasoner.network, reasoner.settings, reasoner.likelihood, encoder.revision)
    saved.write(out)
    told = asdict(outcome) | {"graph": snapshot.content_hash, "seconds": round(time.monotonic() - began, 1)}
    typer.echo(json.dumps(told))


def train_image(out: Path, pneumonia: Path | None, names: Path | None, seed: int) -> None:
    """Train the image and text towers and write them to a folder."""
    from kgdx.encoders.train_clip import ClipTraining
    from kgdx.encoders.train_clip import train as run

    with _progress() as progress:
        run(ClipTraining(out=out, pneumonia=pneumonia, names=names, seed=seed), progress)
    typer.echo(str(out))


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)
