"""From the arguments of `kgdx train …` to trained weights on disk; returns what the command prints."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kgdx.encoders.clip import Clip
from kgdx.graph.snapshot import Snapshot
from kgdx.release.checkpoints import TreatmentCheckpoint, write_fusion
from kgdx.training.progress import Progress

# Of each kind, to calibrate linking on.
_LINKED_SENTENCES = 600


def snapshot_in(folder: Path) -> Snapshot:
    """The graph of a snapshot folder or of a bundle."""
    return Snapshot.open(folder / "graph" if (folder / "graph").is_dir() else folder)


def train_treatments(graph: Path, concepts: Path, out: Path, seed: int, progress: Progress) -> dict[str, Any]:
    """Train what predicts treatments and write it to a folder; returns metrics.

    Args:
        graph: a snapshot folder or a bundle, with statements of what treats what.
        concepts: folder of the concept encoder.
    """
    import torch

    import graph_schema
    from kgdx.encoders.concepts import ConceptEncoder
    from kgdx.training.treatments import TreatmentTraining
    from kgdx.training.treatments import train as run

    snapshot = snapshot_in(graph)
    encoder = ConceptEncoder.open(concepts)
    # With one thread the same seed gives the same bytes on any machine.
    torch.set_num_threads(1)
    settings = TreatmentTraining(seed=seed)
    trained, outcome = run(snapshot, graph_schema.load(), encoder, settings, progress=progress)
    TreatmentCheckpoint(trained.network, trained.calibration, encoder.revision).write(out)
    return asdict(outcome) | {"graph": snapshot.content_hash}


def train_fusion(clip: Path, out: Path, images: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Learn fusion on drawn cases and write it to a folder; returns metrics on held-out ones.

    Args:
        clip: folder of the image-text model whose answers are fused.
        images: to learn from; half as many to calibrate on, and half as many to measure on.
    """
    from kgdx.training.fusion import FusionTraining
    from kgdx.training.fusion import train as run

    settings = FusionTraining(images, images // 2, images // 2, seed=seed)
    fusion, outcome = run(Clip.open(clip), settings, progress)
    write_fusion(fusion, out)
    return asdict(settings) | asdict(outcome)


def train_text(graphs: Sequence[Path], out: Path, seed: int, progress: Progress) -> dict[str, Any]:
    """Train the concept encoder, calibrate linking with it and write it; returns metrics.

    Args:
        graphs: snapshot folders or bundles; links are calibrated on the first.
    """
    from kgdx.encoders.concepts import ConceptEncoder, save_concepts
    from kgdx.training.concepts.batches import ConceptTraining
    from kgdx.training.concepts.calibrate_links import fit_links
    from kgdx.training.concepts.train import train as run
    from kgdx.training.data.concept_names import read_vocabularies

    snapshots = [snapshot_in(graph) for graph in graphs]
    known = read_vocabularies(snapshots)
    trained = run(known, ConceptTraining(seed=seed), progress)
    save_concepts(out, trained.tokenizer, trained.table, None)
    link = fit_links(snapshots[0], known, ConceptEncoder.open(out), _LINKED_SENTENCES, progress)
    save_concepts(out, trained.tokenizer, trained.table, link)
    return {
        "revision": ConceptEncoder.open(out).revision,
        "concepts": len(known.concepts),
        "names": sum(len(concept.names) for concept in known.concepts),
        "held_out": {"validation": len(known.validation), "test": len(known.test)},
        "validation_accuracy": round(trained.validation, 4),
        "steps": trained.steps,
        "link": link and link.to_json(),
        "graphs": [snapshot.content_hash for snapshot in snapshots],
    }
