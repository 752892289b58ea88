"""`kgdx train reasoner`: from a graph and cases to weights, with metrics on diseases not trained on."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import torch

import graph_schema
from graph_schema import Schema
from kgdx.domain.errors import CaseError, SourceError
from kgdx.encoders.checkpoint import write_json
from kgdx.encoders.clip import Clip
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.bundle import MANIFEST, Bundle
from kgdx.release.checkpoints import ReasonerCheckpoint
from kgdx.training.progress import Progress, named, silent
from kgdx.training.reasoner.cross_validation import CrossValidation, calibrated
from kgdx.training.reasoner.evaluate import CaseResult, case_metrics
from kgdx.training.reasoner.labelled_cases import LabelledCase, labelled_case, read_payloads
from kgdx.training.reasoner.train import ReasonerTraining, fit, simulated, untrained
from kgdx.training.reasoner.train_messages import ShortlistedCase

_PARTIAL = "partial"
_METRICS = "metrics.json"


@dataclass(frozen=True, slots=True)
class ReasonerCommand:
    """What `kgdx train reasoner` was asked.

    Attributes:
        data: folder of real data, of which the graph is made; or else `graph` is given.
        graph: a snapshot folder or a bundle.
        cases: phenopackets, one JSON a line, or gzip of it; None to learn from simulated patients alone.
        candidates: prefix of the diseases to rank, such as `OMIM:`; empty for all.
        folds: parts for metrics and calibration; no disease and no paper is in two of them.
    """

    data: Path | None
    graph: Path | None
    cases: Path | None
    clip: Path
    out: Path
    candidates: str
    folds: int
    training: ReasonerTraining


def train_reasoner(command: ReasonerCommand, progress: Progress = silent) -> dict[str, Any]:
    """Train, judge out of fold, calibrate, and write a reasoner; returns metrics."""
    torch.set_num_threads(1)
    began = time.monotonic()
    course = _Course(command, *graph_of(command, progress), Clip.open(command.clip))
    published = course.published(progress)
    validation = course.validation(published)
    judged = validation.run(course.trained_without(published), progress)
    reasoner = course.trained(published, (), named("all cases", progress))
    settings = replace(reasoner.settings, calibration=calibrated(judged))
    metrics = course.metrics(validation, judged) | {"seconds": round(time.monotonic() - began, 1)}
    revision = course.encoder.revision
    saved = ReasonerCheckpoint(reasoner.network, reasoner.messages, settings, reasoner.likelihood, revision)
    saved.write(command.out)
    write_json(command.out / _METRICS, metrics)
    validation.forget()
    return metrics


@dataclass(frozen=True, eq=False)
class _Course:
    """One run of the command."""

    command: ReasonerCommand
    snapshot: Snapshot
    schema: Schema
    encoder: Clip
    _shortlisted: dict[LabelledCase, ShortlistedCase | None] = field(default_factory=dict)

    def untrained(self) -> Reasoner:
        prefix = self.command.candidates
        annotations = Annotations.from_snapshot(self.snapshot, lambda curie: curie.startswith(prefix))
        graph = DiagnosticGraph(self.snapshot, annotations, self.schema)
        # Candidates of one vocabulary are told apart even where another calls them the same.
        return untrained(graph, self.encoder, self.command.training.seed, is_merging=not prefix)

    def published(self, progress: Progress) -> list[LabelledCase]:
        """The cases of the file that the graph can answer."""
        path = self.command.cases
        if path is None:
            return []
        reasoner, payloads, cases = self.untrained(), read_payloads(path), []
        for number, payload in enumerate(payloads, 1):
            progress(number, len(payloads), "reading cases")
            case = labelled_case(payload, reasoner, self.encoder, f"{path}, case {number}")
            cases += [case] if case is not None else []
        if not cases:
            fact = "no case has a finding and an answer that the graph knows"
            raise CaseError(str(path), fact, "give the graph that the cases were coded for")
        return cases

    def validation(self, published: Sequence[LabelledCase]) -> CrossValidation:
        """Folds over the published cases; without any, over simulated patients."""
        cases = published or self._simulated(self.untrained(), ())
        return CrossValidation(cases, self.command.folds, self.command.out / _PARTIAL, self._identity)

    def trained_without(self, published: Sequence[LabelledCase]) -> Any:
        """Training on all published cases but some."""

        def train(heldout: Sequence[LabelledCase], progress: Progress) -> Reasoner:
            left_out = {id(case) for case in heldout}
            return self.trained([case for case in published if id(case) not in left_out], heldout, progress)

        return train

    def trained(
        self, published: Sequence[LabelledCase], heldout: Sequence[LabelledCase], progress: Progress
    ) -> Reasoner:
        """A reasoner that learnt from published cases, and from patients simulated of other diseases."""
        reasoner = self.untrained()
        cases = [*published, *self._simulated(reasoner, heldout)]
        shortlisted = []
        for number, case in enumerate(cases, 1):
            shortlisted.append(self._shortlist(case, reasoner))
            progress(number, len(cases), "meeting candidates")
        fit(reasoner, cases, shortlisted, self.command.training, progress)
        return reasoner

    def _shortlist(self, case: LabelledCase, reasoner: Reasoner) -> ShortlistedCase | None:
        """A published case comes again in other folds; a simulated one does not."""
        if case in self._shortlisted:
            return self._shortlisted[case]
        shortlisted = ShortlistedCase.of(case, reasoner)
        if not case.is_simulated:
            self._shortlisted[case] = shortlisted
        return shortlisted

    def metrics(self, validation: CrossValidation, judged: Sequence[CaseResult]) -> dict[str, Any]:
        """Out-of-fold metrics in the keys of `benchmarks.runs.diagnosis`, and what they were measured on."""
        cited = {p for row in self.snapshot.edges["publications"].to_pylist() for p in row}
        shares = np.array([bool(cited & set(case.publications)) for case in validation.cases], dtype=bool)
        diseases = [case.disease for case in validation.cases]
        curated = validation.probability([case.clues for case in judged], [case.is_right for case in judged])
        plain = validation.probability(
            [case.plain_clues for case in judged], [case.is_plainly_right for case in judged]
        )
        return case_metrics(judged, curated, plain, diseases, shares) | {
            "folds": self.command.folds,
            "training": asdict(self.command.training),
            "graph": self.snapshot.content_hash,
            "cases_sha256": _hash(self.command.cases),
            "text_revision": self.encoder.revision,
        }

    def _simulated(self, reasoner: Reasoner, heldout: Sequence[LabelledCase]) -> list[LabelledCase]:
        answers = [reasoner.same[case.accepted] for case in heldout]
        is_heldout = np.isin(reasoner.same, np.concatenate(answers) if answers else [])
        if is_heldout.all():
            fact = f"has {len(set(reasoner.same))} diseases to rank, too few to hold any out"
            raise SourceError("the graph", fact, "load annotations of more diseases, or ask for fewer folds")
        return simulated(reasoner, self.encoder, np.flatnonzero(~is_heldout), self.command.training)

    @property
    def _identity(self) -> str:
        """What a fold's result depends on."""
        command = self.command
        parts = (
            self.snapshot.content_hash,
            _hash(command.cases),
            self.encoder.revision,
            command.candidates,
            str(command.folds),
            json.dumps(asdict(command.training), sort_keys=True),
        )
        return sha256("\n".join(parts).encode()).hexdigest()


def graph_of(command: ReasonerCommand, progress: Progress = silent) -> tuple[Snapshot, Schema]:
    """The graph to learn on, and what it means: a bundle may hold relations of its builder's own."""
    if (folder := command.graph) is not None:
        if (folder / MANIFEST).is_file():
            bundle = Bundle.open(folder)
            return bundle.snapshot(), bundle.schema()
        return Snapshot.open(folder), graph_schema.load()
    builders = list(entry_points(group="kgdx.graphs", name="phenotypes"))
    if not builders or command.data is None:
        raise SourceError("kgdx train reasoner", "has no graph to learn on", "give --graph or --data")
    snapshot: Snapshot = builders[0].load()(command.data, lambda text: progress(0, 1, text))
    return snapshot, graph_schema.load()


def _hash(path: Path | None) -> str:
    return sha256(path.read_bytes()).hexdigest() if path is not None else ""
