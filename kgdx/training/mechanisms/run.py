"""`kgdx train mechanisms`: from a folder of data to weights, with metrics on what it never saw."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import graph_schema
from kgdx.domain.errors import SourceError
from kgdx.domain.mechanism import CuratedMechanism
from kgdx.encoders.checkpoint import write_json
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.graph.arrays import Ints
from kgdx.graph.snapshot import Snapshot
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.model import MechanismModelSettings, MechanismNetwork, meaning_vectors
from kgdx.mechanisms.question import GroupNames
from kgdx.release.checkpoints import MechanismCheckpoint, pair_id
from kgdx.training.mechanisms.curated import Curated, Place, curated, place_metrics
from kgdx.training.mechanisms.train import Example, MechanismTraining, examples, fit, fold_of, learners
from kgdx.training.progress import Progress
from kgdx.training.run import snapshot_in

_METRICS = "metrics.json"


def train_mechanisms(
    data: Path, graph: Path | None, concepts: Path, out: Path, seed: int, progress: Progress
) -> dict[str, Any]:
    """Train the networks and write them to a folder; returns metrics out of fold.

    Args:
        data: folder of real data, of which the graph is made.
        graph: a snapshot folder or a bundle of that graph, if it is there already.
        concepts: folder of the concept encoder.
    """
    # With one thread the same seed gives the same bytes on any machine.
    torch.set_num_threads(1)
    began, settings = time.monotonic(), MechanismTraining(seed=seed)
    if graph is None:
        snapshot = _made("kgdx.graphs", data, lambda text: progress(0, 1, text))
    else:
        snapshot = snapshot_in(graph)
    drawn: list[CuratedMechanism] = _made("kgdx.curated", data)
    encoder = ConceptEncoder.open(concepts)
    saved, metrics = learn(snapshot, drawn, encoder, settings, progress)
    metrics |= {"graph": snapshot.content_hash, "seconds": round(time.monotonic() - began, 1)}
    saved.write(out)
    write_json(out / _METRICS, metrics)
    return metrics


def learn(
    snapshot: Snapshot,
    drawn: Sequence[CuratedMechanism],
    encoder: ConceptEncoder,
    settings: MechanismTraining,
    progress: Progress,
) -> tuple[MechanismCheckpoint, dict[str, Any]]:
    """The networks of all folds and of all pairs, and how good those of folds are on what they never saw.

    Raises:
        SourceError: if no curated path is among the paths of the graph.
    """
    graph = MechanismGraph(snapshot, graph_schema.load())
    known = curated(graph, drawn, drawn)
    found = examples(known, GroupNames(graph, encoder), settings, progress)
    if not found:
        remedy = "load DrugMechDB, and data that it can be joined to"
        raise SourceError("the graph", "holds no curated path but by its own pair's word", remedy)
    meanings = meaning_vectors(graph.meanings, encoder)
    fold_ids = np.array([fold_of(graph, example.pair, settings.folds) for example in found])

    def learnt(some: Sequence[Example]) -> MechanismNetwork:
        torch.manual_seed(settings.seed)
        network = MechanismNetwork(MechanismModelSettings(encoder.dim))
        return fit(network, meanings, some, settings, progress) if some else network

    folds = [learnt(learners(found, fold_ids, fold)) for fold in range(settings.folds)]
    saved = MechanismCheckpoint(
        learnt(found), tuple(folds), _learnt(known, found, fold_ids), encoder.revision
    )
    return saved, {
        "out_of_fold": place_metrics(_places(found, fold_ids, folds, meanings)),
        "pairs": len(known.gold),
        "with_a_path": sum(bool(gold) for gold in known.gold.values()),
        "learnt": len(found),
        "learnt_by_fold": [len(learners(found, fold_ids, fold)) for fold in range(settings.folds)],
        "judged_by_fold": np.bincount(fold_ids, minlength=settings.folds).tolist(),
        "training": asdict(settings),
        "text_revision": encoder.revision,
    }


def _places(
    found: Sequence[Example], fold_ids: Ints, folds: Sequence[MechanismNetwork], meanings: Tensor
) -> list[Place]:
    places = (example.place(folds[fold], meanings) for example, fold in zip(found, fold_ids, strict=True))
    return [place for place in places if place is not None]


def _learnt(known: Curated, found: Sequence[Example], fold_ids: Ints) -> dict[str, int]:
    return {
        pair_id(mechanism.drug, mechanism.disease): int(fold)
        for example, fold in zip(found, fold_ids, strict=True)
        for mechanism in known.drawn[example.pair]
    }


def _made(group: str, data: Path, *others: Any) -> Any:
    """What the loader of mechanisms makes of a folder of data: kgdx itself loads nothing."""
    builders = list(entry_points(group=group, name="mechanisms"))
    if not builders:
        raise SourceError("kgdx train mechanisms", "finds no loader of data", "install kgdx with its loaders")
    return builders[0].load()(data, *others)
