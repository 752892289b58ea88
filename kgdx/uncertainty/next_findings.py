"""What to look for next: the findings whose presence or absence would tell the candidates apart best.

The candidates that the base did not propose count as one further hypothesis, which shows a finding as often
as diseases do on average. Likelihoods are tempered as the posterior is, so that "62 % → 81 %" is what the
base of the score would make of it once the finding were known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph_schema.clinical import FindingKinds, finding_kinds
from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner
from kgdx.uncertainty.frequencies import Frequencies
from kgdx.uncertainty.information import Questions

# A question that tells less than this is not worth a patient's time.
LEAST_BITS = 0.002
_ASKABLE = ("PhenotypicFeature", "ImagingFinding")


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """Which findings are considered.

    Attributes:
        num_diseases: the likeliest candidates whose findings may be asked for.
        least_stated: share of the diseases with a finding that sources must state it of, not merely a kind of
            it: a heading such as "abnormality of the eye" is stated of few, and nobody looks for a heading.
        num_weighed: findings that are weighed against what was chosen already.
        sensitivity: how often a finding that is there is found when looked for, in (0, 1].
    """

    num_diseases: int = 20
    least_stated: float = 0.2
    num_weighed: int = 60
    sensitivity: float = 0.8


@dataclass(frozen=True, eq=False)
class Asked:
    """Findings that might be looked for in one case.

    Attributes:
        findings: (Q,) int64 node indices.
        questions: about the K proposed candidates in their order, and all others as the last hypothesis.
        present, absent: (K + 1, Q) float64 tempered likelihood of each finding being there, or not there.
    """

    findings: Ints
    questions: Questions
    present: Floats
    absent: Floats

    def keep(self, chosen: NDArray[np.bool_]) -> "Asked":
        """The chosen findings alone."""
        kept = Questions(self.questions.posterior, self.questions.yes[:, chosen])
        return Asked(self.findings[chosen], kept, self.present[:, chosen], self.absent[:, chosen])

    def after(self, *, is_present: bool) -> Floats:
        """(K + 1, Q) posterior once each finding is known to be there, or not to be there."""
        joint = self.questions.posterior[:, None] * (self.present if is_present else self.absent)
        return np.asarray(joint / joint.sum(axis=0))


@dataclass(frozen=True, eq=False)
class NextFindings:
    """Finds what to look for next, for the candidates of one reasoner."""

    reasoner: Reasoner
    frequencies: Frequencies
    settings: QuestionSettings = field(default_factory=QuestionSettings)

    @classmethod
    def of(cls, reasoner: Reasoner) -> "NextFindings":
        """With the frequencies that the reasoner's own base believes."""
        return cls(reasoner, Frequencies(reasoner.graph.annotations, reasoner.likelihood))

    @cached_property
    def kinds(self) -> NDArray[np.str_]:
        """(N,) how one comes to know of each node: `examination`, `laboratory`, `imaging`, …"""
        snapshot = self.reasoner.graph.snapshot
        return _kinds(finding_kinds(), snapshot.index, snapshot.kinds, self._annotations)

    @property
    def _annotations(self) -> Annotations:
        return self.reasoner.graph.annotations

    @cached_property
    def is_askable(self) -> NDArray[np.bool_]:
        """(N,) bool: a finding that sources state, no mere heading, and none that is never asked for."""
        snapshot = self.reasoner.graph.snapshot
        stated = np.bincount(self._annotations.direct.indices, minlength=snapshot.num_nodes)
        holding = np.diff(self._annotations.frequency.indptr)
        is_askable = np.isin(snapshot.kinds, _ASKABLE) & (stated > 0)
        is_askable &= stated >= self.settings.least_stated * holding
        never = [snapshot.index[curie] for curie in finding_kinds().never if curie in snapshot.index]
        return is_askable & ~_under(self._annotations, never)

    def consider(self, query: GraphQuery, ranking: Ranking, also: Sequence[int] = ()) -> Asked:
        """Every finding worth a thought: shown by a likely disease, no heading, and not known already.

        Args:
            also: places in the ranking of further candidates whose findings may be asked for.
        """
        likely = ranking.positions[[*range(min(self.settings.num_diseases, len(ranking.positions))), *also]]
        shown = np.unique(self._annotations.by_disease[likely].indices).astype(np.int64)
        shown = shown[self.is_askable[shown]]
        findings = shown[~self.is_known(shown, query)]
        return self.ask(findings, ranking)

    def ask(self, findings: Ints, ranking: Ranking) -> Asked:
        """Each finding as a question about the candidates."""
        lumped = max(0.0, 1.0 - float(ranking.probability.sum()))
        posterior = np.append(ranking.probability, lumped)
        posterior = posterior / posterior.sum()
        expected = self.frequencies.expected(findings, ranking.positions)
        shown = np.vstack([expected, self.frequencies.background(findings)])
        cold, seen = self.reasoner.trust / ranking.temperature, self.settings.sensitivity
        # Tempered about the mean, so that it stays a proper joint distribution and no gain is negative.
        mean = posterior @ shown
        questions = Questions(posterior, seen * np.minimum(mean * (shown / mean) ** cold, 1.0))
        return Asked(findings, questions, shown**cold, (1.0 - seen * shown) ** cold)

    def best(self, asked: Asked, count: int) -> list[int]:
        """Positions of the findings that tell most together, the best first.

        Each is chosen for what it adds to the answers of those before it; none is a kind of another, nor
        worth less than `LEAST_BITS`.
        """
        gains = asked.questions.gains()
        order = np.argsort(-gains, kind="stable")[: self.settings.num_weighed]
        weighed = [int(i) for i in order if gains[i] >= LEAST_BITS]
        place = {question: i for i, question in enumerate(weighed)}
        are_kin = self._are_kin(asked.findings[weighed])
        answered = asked.questions.posterior[None]
        chosen: list[int] = []
        while weighed and len(chosen) < count:
            value = asked.questions.gains_once(answered, weighed)
            pick = weighed[int(np.argmax(value))]
            if value.max() < LEAST_BITS:
                break
            chosen.append(pick)
            yes = asked.questions.yes[:, pick]
            answered = np.concatenate([answered * yes, answered * (1.0 - yes)])
            weighed = [i for i in weighed if not are_kin[place[i], place[pick]]]
        return chosen

    def is_known(self, findings: Ints, query: GraphQuery) -> NDArray[np.bool_]:
        """Which findings were observed, or follow: all that a present one is a kind of is present, too, and
        every kind of an absent one is absent."""
        above = self._annotations.ancestors
        is_present, is_absent = np.zeros((2, above.shape[0]), dtype=bool)
        for seen in query.observations:
            if seen.weight > 0:
                is_present[self._annotations.ancestors_of(seen.node)] = True
            else:
                is_absent[seen.node] = True
        kinds_of = above[findings]
        return np.asarray(is_present[findings] | _any_by_row(is_absent[kinds_of.indices], kinds_of.indptr))

    def _are_kin(self, findings: Ints) -> NDArray[np.bool_]:
        """(Q, Q) whether one is a kind of the other; each is its own kin."""
        above = self._annotations.ancestors[findings][:, findings].toarray()
        return np.asarray(above | above.T)


def _under(annotations: Annotations, nodes: Sequence[int]) -> NDArray[np.bool_]:
    """(N,) whether a node is one of `nodes` or a kind of one."""
    above = annotations.ancestors
    return _any_by_row(np.isin(above.indices, nodes), above.indptr)


def _any_by_row(marked: NDArray[np.bool_], indptr: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether any entry of each row of a CSR matrix is marked; no row is empty."""
    if len(indptr) < 2:
        return np.zeros(0, dtype=bool)
    return np.asarray(np.logical_or.reduceat(marked, indptr[:-1]))


def _kinds(
    table: FindingKinds, index: Mapping[str, int], kinds: NDArray[np.str_], annotations: Annotations
) -> NDArray[np.str_]:
    result = np.full(len(kinds), "examination", dtype="<U16")
    known = [(index[curie], kind) for curie, kind in table.branches.items() if curie in index]
    # The most special branch is written last, over the broader ones.
    for node, kind in sorted(known, key=lambda item: len(annotations.ancestors_of(item[0]))):
        result[_under(annotations, [node])] = kind
    result[kinds == "ImagingFinding"] = "imaging"
    return result
