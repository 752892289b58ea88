"""`kgdx train …`: from a command to trained weights on disk, with progress on stderr."""

import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
import typer

import graph_schema
from kgdx.encoders.clip import Clip
from kgdx.evidence.codes import code_evidence
from kgdx.evidence.fusion import names_vector
from kgdx.interop.phenopacket import accepted_diseases
from kgdx.progress import progress_bar
from kgdx.reasoning import train
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.calibration import Answered, calibration_error, fit_temperature
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.query import seed
from kgdx.reasoning.reasoner import Reasoner
from kgdx.snapshot import Snapshot
from kgdx.weights import SavedReasoner, SavedTreatments, write_fusion
from kgdx.wire import CaseIn

# Of each kind, to calibrate linking on.
_LINKED_SENTENCES = 600


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
    with progress_bar() as progress:
        reasoner, outcome = train.train(diagnostic, encoder, settings, progress)
    saved = SavedReasoner(reasoner.network, reasoner.settings, reasoner.likelihood, encoder.revision)
    saved.write(out)
    told = asdict(outcome) | {"graph": snapshot.content_hash, "seconds": round(time.monotonic() - began, 1)}
    typer.echo(json.dumps(told))


def train_treatments(graph: Path, concepts: Path, out: Path, seed: int) -> None:
    """Train what predicts treatments and write it to a folder; metrics go to stdout as JSON.

    Args:
        graph: a snapshot folder or a bundle, with statements of what treats what.
        concepts: folder of the concept encoder.
    """
    from kgdx.encoders.concepts import ConceptEncoder
    from kgdx.reasoning.train_treatments import TreatmentTraining
    from kgdx.reasoning.train_treatments import train as run

    snapshot = Snapshot.open(graph / "graph" if (graph / "graph").is_dir() else graph)
    encoder = ConceptEncoder.open(concepts)
    # With one thread the same seed gives the same bytes on any machine.
    torch.set_num_threads(1)
    began, settings = time.monotonic(), TreatmentTraining(seed=seed)
    with progress_bar() as progress:
        trained, outcome = run(snapshot, graph_schema.load(), encoder, settings, progress=progress)
    SavedTreatments(trained.network, trained.calibration, encoder.revision).write(out)
    told = asdict(outcome) | {"graph": snapshot.content_hash, "seconds": round(time.monotonic() - began, 1)}
    typer.echo(json.dumps(told))


def train_image(out: Path, pneumonia: Path | None, names: Path | None, seed: int) -> None:
    """Train the image and text towers and write them to a folder."""
    from kgdx.encoders.train_clip import ClipTraining
    from kgdx.encoders.train_clip import train as run

    with progress_bar() as progress:
        run(ClipTraining(out=out, pneumonia=pneumonia, names=names, seed=seed), progress)
    typer.echo(str(out))


def train_fusion(clip: Path, out: Path, images: int, seed: int) -> None:
    """Learn fusion on drawn cases and write it to a folder; metrics on held-out ones go to stdout as JSON.

    Args:
        clip: folder of the image-text model whose answers are fused.
        images: to learn from; half as many to calibrate on, and half as many to measure on.
    """
    from kgdx.encoders.train_fusion import FusionTraining
    from kgdx.encoders.train_fusion import train as run

    began = time.monotonic()
    settings = FusionTraining(images, images // 2, images // 2, seed=seed)
    with progress_bar() as progress:
        fusion, outcome = run(Clip.open(clip), settings, progress)
    write_fusion(fusion, out)
    told = asdict(settings) | asdict(outcome) | {"seconds": round(time.monotonic() - began, 1)}
    typer.echo(json.dumps(told))


def train_text(graphs: Sequence[Path], out: Path, seed: int) -> None:
    """Train the concept encoder, calibrate linking with it and write it; metrics go to stdout as JSON.

    Args:
        graphs: snapshot folders or bundles; links are calibrated on the first.
    """
    from kgdx.encoders.calibrate_links import fit_links
    from kgdx.encoders.concept_names import read_vocabularies
    from kgdx.encoders.concepts import ConceptEncoder, save_concepts
    from kgdx.encoders.train_concepts import ConceptTraining
    from kgdx.encoders.train_concepts import train as run

    snapshots = [Snapshot.open(g / "graph" if (g / "graph").is_dir() else g) for g in graphs]
    began, known = time.monotonic(), read_vocabularies(snapshots)
    with progress_bar() as progress:
        trained = run(known, ConceptTraining(seed=seed), progress)
        save_concepts(out, trained.tokenizer, trained.table, None)
        link = fit_links(snapshots[0], known, ConceptEncoder.open(out), _LINKED_SENTENCES, progress)
    save_concepts(out, trained.tokenizer, trained.table, link)
    told = {
        "revision": ConceptEncoder.open(out).revision,
        "concepts": len(known.concepts),
        "names": sum(len(concept.names) for concept in known.concepts),
        "held_out": {"validation": len(known.validation), "test": len(known.test)},
        "validation_accuracy": round(trained.validation, 4),
        "steps": trained.steps,
        "link": link and link.to_json(),
        "graphs": [snapshot.content_hash for snapshot in snapshots],
        "seconds": round(time.monotonic() - began, 1),
    }
    typer.echo(json.dumps(told))


def calibrate(graph: Path, models: Path, cases: Path, prefix: str) -> None:
    """Fit the temperature of a trained reasoner on phenopackets and write it to its settings.

    Metrics go to stdout as JSON: the error of the fitted temperature on the half of the diseases that it
    was not fitted on, both ways, beside the error before.

    Args:
        graph: a snapshot folder or a bundle.
        models: folder that holds `clip/` and `reasoner/`.
        cases: phenopackets, one JSON a line, or gzip of it.
        prefix: of the candidates, as in `OMIM`.
    """
    snapshot = Snapshot.open(graph / "graph" if (graph / "graph").is_dir() else graph)
    saved, encoder = SavedReasoner.open(models / "reasoner"), Clip.open(models / "clip")
    annotations = Annotations.from_snapshot(snapshot, lambda curie: curie.startswith(f"{prefix}:"))
    diagnostic = DiagnosticGraph(snapshot, annotations, graph_schema.load())
    relations = torch.from_numpy(encoder.encode_texts(diagnostic.directions))
    reasoner = Reasoner(diagnostic, saved.network, relations, saved.settings, saved.likelihood)
    with progress_bar() as progress:
        answered = list(_answered(reasoner, encoder, cases, progress))
    halves = [[case for disease, case in answered if _half(disease) == half] for half in (0, 1)]
    crossed = [(fit_temperature(halves[1 - i]), half) for i, half in enumerate(halves)]
    temperature = fit_temperature([case for _, case in answered])
    told = {
        "num_cases": len(answered),
        "temperature": temperature,
        "crossed_temperatures": [t for t, _ in crossed],
        "crossed_ece": calibration_error([(c, t) for t, half in crossed for c in half]),
        "ece_before": calibration_error([(c, saved.settings.temperature) for _, c in answered]),
    }
    replace(saved, settings=replace(saved.settings, temperature=temperature)).write(models / "reasoner")
    typer.echo(json.dumps(told))


def _answered(
    reasoner: Reasoner, encoder: Clip, cases: Path, progress: Callable[[int, int, str], None]
) -> Iterator[tuple[str, Answered]]:
    """(disease, ranked case) of every phenopacket with a finding and an answer that the graph knows."""
    snapshot, annotations = reasoner.graph.snapshot, reasoner.graph.annotations
    lines = (
        gzip.decompress(cases.read_bytes()) if cases.suffix == ".gz" else cases.read_bytes()
    ).splitlines()
    for done, line in enumerate(lines):
        progress(done + 1, len(lines), "ranking cases")
        payload = json.loads(line)
        answers = accepted_diseases(payload)
        nodes = [snapshot.index[curie] for curie in answers if curie in snapshot.index]
        accepted = np.flatnonzero(np.isin(annotations.candidates, nodes))
        findings = CaseIn.from_payload(payload).to_domain().findings
        evidence, _ = code_evidence(findings, snapshot, reasoner.graph.schema)
        query = seed(evidence, snapshot, names_vector(evidence, encoder))
        if len(accepted) and any(seen.weight > 0 for seen in query.observations):
            ranking = reasoner.rank(query)
            is_right = bool(reasoner.same[ranking.positions[0]] in reasoner.same[accepted])
            yield min(answers), train.answer(ranking, is_right=is_right)


def _half(disease: str) -> int:
    return sha256(disease.encode()).digest()[0] % 2
