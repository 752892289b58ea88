"""`kgdx train reasoner`: from a graph and cases to weights, with metrics on diseases not trained on."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import torch
import typer

import graph_schema
from kgdx.answered_cases import answered_case, read_payloads
from kgdx.domain.errors import CaseError, SourceError
from kgdx.encoders.clip import Clip
from kgdx.progress import progress_bar
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.answered import AnsweredCase, folds
from kgdx.reasoning.calibration import Calibration, Clues
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.judge import Judged, judge, judged_metrics
from kgdx.reasoning.reasoner import Reasoner
from kgdx.reasoning.train import ReasonerTraining, fit, simulated, untrained
from kgdx.reasoning.train_messages import MetCase, Progress
from kgdx.snapshot import Snapshot
from kgdx.weights import SavedReasoner

_PARTIAL = "partial"
_METRICS = "metrics.json"


@dataclass(frozen=True, slots=True)
class ReasonerCommand:
    """What `kgdx train reasoner` was asked.

    Attributes:
        data: folder of real data, of which graph and cases are made; or else `graph` is given.
        graph: a snapshot folder or a bundle.
        cases: phenopackets, one JSON a line, or gzip of it; None to learn from simulated patients alone.
        candidates: prefix of the diseases to rank, such as `OMIM`; empty for all.
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


def train_reasoner(command: ReasonerCommand) -> None:
    """Train, judge out of fold, calibrate, and write a reasoner; metrics go to stdout as JSON.

    What a fold gave is kept in the output folder until all is done: the same command goes on where it ended.
    """
    torch.set_num_threads(1)
    began, snapshot = time.monotonic(), _snapshot(command)
    encoder = Clip.open(command.clip)
    course = _Course(command, snapshot, encoder)
    with progress_bar() as progress:
        published = course.published(progress)
        judged = course.cross_validate(published, progress)
        reasoner = course.train(published, progress)
    calibration = Calibration.fit([case.clues for case in judged], [case.is_right for case in judged])
    settings = replace(reasoner.settings, calibration=calibration)
    told = course.metrics(published, judged) | {"seconds": round(time.monotonic() - began, 1)}
    saved = SavedReasoner(
        reasoner.network, reasoner.messages, settings, reasoner.likelihood, encoder.revision
    )
    saved.write(command.out)
    (command.out / _METRICS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    course.forget()
    typer.echo(json.dumps(told))


@dataclass(frozen=True, eq=False)
class _Course:
    """One run of the command."""

    command: ReasonerCommand
    snapshot: Snapshot
    encoder: Clip

    def untrained(self) -> Reasoner:
        prefix = self.command.candidates
        annotations = Annotations.from_snapshot(self.snapshot, lambda curie: curie.startswith(prefix))
        graph = DiagnosticGraph(self.snapshot, annotations, graph_schema.load())
        # Candidates of one vocabulary are told apart even where another calls them the same.
        return untrained(graph, self.encoder, self.command.training.seed, is_merging=not prefix)

    def published(self, progress: Progress) -> list[AnsweredCase]:
        """The cases of the file that the graph can answer."""
        if self.command.cases is None:
            return []
        reasoner, payloads = self.untrained(), read_payloads(self.command.cases)
        cases = []
        for done, payload in enumerate(payloads):
            progress(done + 1, len(payloads), "reading cases")
            where = f"{self.command.cases}, case {done + 1}"
            case = answered_case(payload, reasoner, self.encoder, where)
            cases += [case] if case is not None else []
        if not cases:
            fact, remedy = (
                "no case has a finding and an answer that the graph knows",
                "give the cases' own graph",
            )
            raise CaseError(str(self.command.cases), fact, remedy)
        return cases

    def cross_validate(self, published: Sequence[AnsweredCase], progress: Progress) -> list[Judged]:
        """Each case judged by a reasoner that saw neither its diseases nor its papers."""
        reasoner = self.untrained()
        cases = published or simulated(reasoner, self.encoder, np.arange(len(reasoner.same)), self._training)
        fold_of = folds(cases, self.command.folds)
        judged: dict[int, Judged] = {}
        for fold in range(self.command.folds):
            told = _named(f"fold {fold + 1} of {self.command.folds}", progress)
            rows = np.flatnonzero(fold_of == fold)
            parts = self._kept(fold) or self._keep(fold, self._fold(cases, fold_of == fold, told))
            judged |= dict(zip(rows.tolist(), parts, strict=True))
        return [judged[i] for i in range(len(cases))]

    def train(self, published: Sequence[AnsweredCase], progress: Progress) -> Reasoner:
        """A reasoner of all cases."""
        reasoner = self.untrained()
        diseases = np.arange(len(reasoner.same))
        self._fit(reasoner, published, diseases, _named("all cases", progress))
        return reasoner

    def metrics(self, cases: Sequence[AnsweredCase], judged: Sequence[Judged]) -> dict[str, Any]:
        """Out-of-fold metrics in the keys of `benchmarks.diagnosis`, and what they were measured on."""
        cited = {p for row in self.snapshot.edges["publications"].to_pylist() for p in row}
        shares = np.array([bool(cited & set(case.publications)) for case in cases], dtype=bool)
        diseases = [case.disease for case in cases]
        shares, diseases = (shares, diseases) if cases else (np.zeros(len(judged), bool), [""] * len(judged))
        return judged_metrics(judged, self._crossed(cases, judged), diseases, shares) | {
            "folds": self.command.folds,
            "training": asdict(self._training),
            "graph": self.snapshot.content_hash,
            "cases_sha256": _hash(self.command.cases),
            "text_revision": self.encoder.revision,
        }

    def forget(self) -> None:
        """Remove what the folds left."""
        folder = self.command.out / _PARTIAL
        for file in folder.glob("fold-*.json"):
            file.unlink()
        if folder.is_dir():
            folder.rmdir()

    @property
    def _training(self) -> ReasonerTraining:
        return self.command.training

    def _fold(
        self, cases: Sequence[AnsweredCase], is_heldout: np.ndarray[Any, Any], progress: Progress
    ) -> list[Judged]:
        reasoner = self.untrained()
        heldout = [case for case, out in zip(cases, is_heldout, strict=True) if out]
        others = [case for case, out in zip(cases, is_heldout, strict=True) if not out]
        answers = np.unique(reasoner.same[np.concatenate([case.accepted for case in heldout])])
        diseases = np.flatnonzero(~np.isin(reasoner.same, answers))
        self._fit(reasoner, [case for case in others if not case.is_simulated], diseases, progress)
        judged = []
        for done, case in enumerate(heldout):
            judged.append(judge(reasoner, case))
            progress(done + 1, len(heldout), "judging")
        return judged

    def _fit(
        self,
        reasoner: Reasoner,
        published: Sequence[AnsweredCase],
        diseases: np.ndarray[Any, Any],
        progress: Progress,
    ) -> None:
        """Train on published cases and on patients simulated of some diseases."""
        cases = [*published, *simulated(reasoner, self.encoder, diseases, self._training)]
        met = []
        for done, case in enumerate(cases):
            met.append(MetCase.of(case, reasoner, self._training.messages.num_candidates))
            progress(done + 1, len(cases), "meeting candidates")
        fit(reasoner, cases, met, self._training, progress)

    def _crossed(self, cases: Sequence[AnsweredCase], judged: Sequence[Judged]) -> Any:
        """(n,) probability of each first answer, calibrated on the other folds."""
        fold_of = folds(cases, self.command.folds) if cases else np.arange(len(judged)) % self.command.folds
        result = np.zeros(len(judged))
        for fold in range(self.command.folds):
            fitted = [case for case, f in zip(judged, fold_of, strict=True) if f != fold]
            calibration = Calibration.fit([case.clues for case in fitted], [c.is_right for c in fitted])
            rows = np.flatnonzero(fold_of == fold)
            result[rows] = [calibration.probability(judged[i].clues) for i in rows]
        return result

    def _kept(self, fold: int) -> list[Judged] | None:
        """What an earlier run of the same command found of a fold."""
        path = self.command.out / _PARTIAL / f"fold-{fold}.json"
        if not path.is_file():
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["of"] != self._identity:
            return None
        return [Judged(**case | {"clues": Clues(**case["clues"])}) for case in kept["judged"]]

    def _keep(self, fold: int, judged: list[Judged]) -> list[Judged]:
        folder = self.command.out / _PARTIAL
        folder.mkdir(parents=True, exist_ok=True)
        content = {"of": self._identity, "judged": [asdict(case) for case in judged]}
        (folder / f"fold-{fold}.json").write_text(json.dumps(content), encoding="utf-8")
        return judged

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


def _snapshot(command: ReasonerCommand) -> Snapshot:
    if command.graph is not None:
        graph = command.graph
        return Snapshot.open(graph / "graph" if (graph / "graph").is_dir() else graph)
    builders = list(entry_points(group="kgdx.graphs", name="phenotypes"))
    if not builders or command.data is None:
        raise SourceError("kgdx train reasoner", "has no graph to learn on", "give --graph or --data")
    snapshot: Snapshot = builders[0].load()(command.data, lambda text: typer.echo(text, err=True))
    return snapshot


def _hash(path: Path | None) -> str:
    return sha256(path.read_bytes()).hexdigest() if path is not None else ""


def _named(name: str, progress: Progress) -> Progress:
    return lambda done, total, what: progress(done, total, f"{name}: {what}")
