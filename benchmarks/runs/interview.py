"""Interviews with the patients of DDXPlus: one symptom is known, one question after the other is asked.

A patient's record answers every question: what it lists is present, what it does not list is absent. The
conditions of DDXPlus are the graph, so that whatever the graph knows may be asked for. Choices were made on
every other patient; the rest are reported.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import metrics
from benchmarks.datasets.ddxplus import CONDITIONS, EVIDENCES, Patient, read_patients
from benchmarks.ranker import Ranker
from benchmarks.runs.transfer import graph_of
from benchmarks.scores import of_all
from kgdx.domain.case import CodedFinding, Polarity
from kgdx.graph.kinds import FINDING_KINDS
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.uncertainty.next_findings import NextFindings

Ints = NDArray[np.int64]

ANSWERS = (1, 3, 5, 10)
_CUTS = (1, 5)
_TALK = Console(stderr=True)

Choose = Callable[[GraphQuery, Ranking], int]


@dataclass(frozen=True, eq=False)
class Asking:
    """Ways to choose the next question, each from what is known; -1 where there is nothing left to ask."""

    next_findings: NextFindings
    rng: np.random.Generator

    def gain(self, query: GraphQuery, ranking: Ranking) -> int:
        """What a report would name first."""
        asked = self.next_findings.consider(query, ranking)
        best = self.next_findings.best(asked, 1)
        return int(asked.findings[best[0]]) if best else -1

    def frequent(self, query: GraphQuery, ranking: Ranking) -> int:
        """The one most frequent in the first diagnosis that has any left; any of those that tie."""
        left = self._left(query)
        for position in ranking.positions:
            shown = self.next_findings.frequencies.plain(left, np.array([position]))[0]
            if shown.max(initial=0.0) > 0:
                return int(self.rng.choice(left[shown == shown.max()]))
        return -1

    def random(self, query: GraphQuery, _ranking: Ranking) -> int:
        """Any."""
        left = self._left(query)
        return int(self.rng.choice(left)) if len(left) else -1

    def all(self) -> dict[str, tuple[Choose, bool]]:
        """By name, and whether answers are marked as such (`asked`): unmarked, an absence raises diseases."""
        return {
            "gain": (self.gain, True),
            "gain_unmarked": (self.gain, False),
            "frequent": (self.frequent, True),
            "random": (self.random, True),
        }

    def _left(self, query: GraphQuery) -> Ints:
        askable = np.flatnonzero(self.next_findings.is_askable)
        return askable[~self.next_findings.is_known(askable, query)]


@dataclass(frozen=True, eq=False)
class Followed:
    """One interview by each method.

    Attributes:
        ranks: method -> rank of the pathology after 0, 1, 2, … answers.
        num_asked: method -> questions until nothing was left to ask.
        num_affirmed: method -> how many of them the patient affirmed.
    """

    ranks: dict[str, list[float]]
    num_asked: dict[str, int]
    num_affirmed: dict[str, int]


@dataclass(frozen=True, eq=False)
class Interviewer:
    """Follows patients through interviews.

    Attributes:
        rng: draws the symptom that each interview starts from.
    """

    ranker: Ranker
    asking: Asking
    rng: np.random.Generator

    @classmethod
    def of(cls, ranker: Ranker, seed: int = 0) -> "Interviewer":
        """With the engine's own questions."""
        asking = Asking(NextFindings.of(ranker.reasoner), np.random.default_rng([seed, 1]))
        return cls(ranker, asking, np.random.default_rng([seed, 0]))

    def follow(self, patient: Patient) -> Followed | None:
        """One interview by each method, all from the same symptom; None if the patient has none."""
        present = self._present(patient)
        symptoms = [node for node in present if self.ranker.snapshot.kinds[node] in FINDING_KINDS]
        if not symptoms:
            return None
        complaint = int(self.rng.choice(symptoms))
        found = Followed({}, {}, {})
        for name, (choose, is_marked) in self.asking.all().items():
            ranks, answers = self._interview(complaint, present, patient.pathology, choose, is_marked)
            found.ranks[name] = ranks
            found.num_asked[name], found.num_affirmed[name] = len(answers), sum(answers)
        return found

    def _interview(
        self, complaint: int, present: Ints, pathology: str, choose: Choose, is_marked: bool
    ) -> tuple[list[float], list[bool]]:
        above = self.ranker.reasoner.graph.annotations.ancestors[present].sum(axis=0)
        is_there = np.asarray(above).ravel() > 0
        known = [CodedFinding(self.ranker.snapshot.curies[complaint])]
        query, ranking = self._ranked(known)
        ranks, answers = [self._rank(ranking, pathology)], list[bool]()
        while len(answers) < max(ANSWERS) and (asked := choose(query, ranking)) >= 0:
            answers.append(bool(is_there[asked]))
            polarity = Polarity.PRESENT if answers[-1] else Polarity.EXCLUDED
            known.append(CodedFinding(self.ranker.snapshot.curies[asked], polarity, is_marked))
            query, ranking = self._ranked(known)
            ranks.append(self._rank(ranking, pathology))
        return ranks, answers

    def _present(self, patient: Patient) -> Ints:
        query = self.ranker.query(patient.case.findings)
        return np.array([seen.node for seen in query.observations if seen.weight > 0], dtype=np.int64)

    def _ranked(self, known: Sequence[CodedFinding]) -> tuple[GraphQuery, Ranking]:
        query = self.ranker.query(known)
        return query, self.ranker.reasoner.rank(query)

    def _rank(self, ranking: Ranking, pathology: str) -> float:
        scores = of_all(ranking, ranking.logit, len(self._candidates))
        return metrics.mid_rank(scores, [self._candidates[pathology]])

    @cached_property
    def _candidates(self) -> dict[str, int]:
        nodes = self.ranker.reasoner.graph.annotations.candidates
        return {self.ranker.snapshot.curies[node]: i for i, node in enumerate(nodes)}


def sources(data: Path) -> list[Path]:
    """The files of DDXPlus that are read: conditions, evidences, patients; none if there are no patients."""
    paths = [data / "ddxplus" / name for name in (CONDITIONS, EVIDENCES, "patients.csv.gz")]
    return paths if paths[-1].is_file() else []


def measure(data: Path, limit: int | None) -> dict[str, Any]:
    """Interview every other patient, from the second.

    Args:
        limit: take every k-th of them, about this many in all; all if None.

    Raises:
        SourceError: if a file of DDXPlus is missing or cannot be read.
    """
    conditions, evidences, patients_file = sources(data)
    patients = list(read_patients(patients_file, evidences))[1::2]
    patients = patients[:: max(1, len(patients) // limit) if limit else 1]
    interviewer = Interviewer.of(Ranker.open(graph_of([conditions, evidences])))
    followed = [interviewer.follow(patient) for patient in track(patients, "interviews", console=_TALK)]
    return result_of([one for one in followed if one is not None])


def result_of(followed: Sequence[Followed]) -> dict[str, Any]:
    """Metrics after 0, 1, 3, 5 and 10 answers; an interview that ended keeps its last rank."""
    if not followed:
        return {"n": 0}

    def ranks(name: str, step: int) -> NDArray[np.float64]:
        return np.array([case.ranks[name][min(step, case.num_asked[name])] for case in followed])

    names = list(followed[0].ranks)
    return {
        "n": len(followed),
        "before": metrics.ranking_metrics(ranks(names[0], 0), cuts=_CUTS),
        "answered": {
            str(step): {name: metrics.ranking_metrics(ranks(name, step), cuts=_CUTS) for name in names}
            | {
                f"gain_over_{other}": {
                    **metrics.paired_gain(ranks("gain", step), ranks(other, step)),
                    **metrics.paired_gain(ranks("gain", step), ranks(other, step), _CUTS[-1]),
                }
                for other in names
                if other != "gain"
            }
            for step in ANSWERS
        },
        "asked": {name: _mean([case.num_asked[name] for case in followed]) for name in names},
        "affirmed": {name: _mean([case.num_affirmed[name] for case in followed]) for name in names},
    }


def _mean(counts: Sequence[int]) -> float:
    return round(float(np.mean(counts)), 2)


def table(result: Mapping[str, Any]) -> Table:
    """The same for the eye."""
    keys = ("top1", "top1_ci", "top5", "mrr")
    shown = Table("answers", "method", "top1", "", "top5", "mrr", title=f"{result['n']} interviews")
    shown.add_row("0", "before", *(str(result["before"][key]) for key in keys))
    for step, by_method in result["answered"].items():
        for name, found in by_method.items():
            if "mrr" in found:
                shown.add_row(step, name, *(str(found[key]) for key in keys))
    return shown
