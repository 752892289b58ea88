"""What the answer would be if the case were another.

Every supposition is answered by ranking the case anew, with all that follows from it: another proposal, other
walks, another vector of the case, another calibration.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence
from kgdx.domain.report import NextFinding, Report
from kgdx.domain.what_if import Intervention, RankedAs, WhatIf
from kgdx.evidence.codes import WEIGHTS
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner

Ask = Callable[[Sequence[Evidence]], GraphQuery]
"""From evidence of one patient to the question that the reasoner is asked."""

# Sets of findings that are tried where no single one makes another diagnosis first.
_NUM_SETS = 8
_NUM_THREADS = 2


def what_if(report: Report, reasoner: Reasoner, ask: Ask, most: int) -> tuple[WhatIf, ...]:
    """Suppositions about the case of a report, those about its own findings first.

    Args:
        most: how many at most. Up to half of them suppose that a next step of the report was there, or was
            not; the others that a finding was never mentioned, the one that weighs most for or against the
            first diagnosis first. What makes another diagnosis first may come as one more.
    """
    if not report.differential or most < 1:
        return ()
    query = ask(report.evidence)
    with ThreadPoolExecutor(_NUM_THREADS) as pool:
        asked = Counterfactuals(report, reasoner, ask, query, reasoner.rank(query), pool)
        answers = asked.answers(most // 4)
        return (*asked.without_each(most - len(answers)), *answers)


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """One case, to be ranked again and again.

    Attributes:
        query, ranking: of the case as it is.
        pool: ranks side by side; only numpy and torch let go of the interpreter, so that two threads do.
    """

    report: Report
    reasoner: Reasoner
    ask: Ask
    query: GraphQuery
    ranking: Ranking
    pool: Executor

    def answers(self, most: int) -> list[WhatIf]:
        """Each of the first next steps of the report, there and not there."""
        asked = product(self.report.next_steps[:most], (Intervention.PRESENT, Intervention.EXCLUDED))
        return [*self.pool.map(lambda each: self._answered(*each), asked)]

    def without_each(self, most: int) -> list[WhatIf]:
        """Each finding never mentioned; and the fewest found without which another diagnosis is first."""
        weight = np.abs(self.ranking.of_findings[0])
        heaviest = np.argsort(-weight, kind="stable")[:most].tolist()
        chosen = [[i] for i in heaviest] if len(weight) > 1 else []
        single = [*self.pool.map(self._without, chosen)]
        if any(self._is_turned(what) for what in single):
            return [replace(what, is_turning=self._is_turned(what)) for what in single]
        larger = (self._without(findings) for findings in self._sets())
        turning = next((replace(what, is_turning=True) for what in larger if self._is_turned(what)), None)
        return [*single, *([turning] if turning else [])]

    def _is_turned(self, what: WhatIf) -> bool:
        return what.first.disease != self.report.differential[0].disease

    def _sets(self) -> Iterator[list[int]]:
        """Sets of two or more findings that should turn the first diagnosis, the smallest first.

        A score is nearly a sum over findings: those that tell the first best from a rival are left out first,
        until nothing is left of the distance. Ranking again tells what else they move.
        """
        of_findings, logit = self.ranking.of_findings, self.ranking.logit
        told = of_findings[0] - of_findings[1:]
        order = np.argsort(-told, axis=1, kind="stable")
        lost = np.cumsum(np.take_along_axis(told, order, axis=1), axis=1)
        is_enough = lost > (logit[0] - logit[1:])[:, None]
        sizes = np.where(is_enough.any(axis=1), is_enough.argmax(axis=1) + 1, told.shape[1])
        sets: dict[frozenset[int], None] = {}
        for rival in np.argsort(sizes, kind="stable").tolist():
            for size in (int(sizes[rival]), int(sizes[rival]) + 1):
                if 1 < size < told.shape[1]:
                    sets[frozenset(order[rival, :size].tolist())] = None
            if len(sets) >= _NUM_SETS:
                break
        return (sorted(each) for each in sorted(sets, key=len)[:_NUM_SETS])

    def _answered(self, step: NextFinding, supposed: Intervention) -> WhatIf:
        polarity = Polarity(supposed.value)
        origin = CodeOrigin(step.curie, is_elicited=True)
        found = Evidence(step.curie, step.name, polarity, WEIGHTS[polarity], origin)
        return self._ranked(supposed, (step.curie,), (*self.report.evidence, found))

    def _without(self, findings: Sequence[int]) -> WhatIf:
        """The case without some observations, by number."""
        snapshot = self.reasoner.graph.snapshot
        curies = tuple(snapshot.curies[self.query.observations[i].node] for i in findings)
        left = tuple(item for item in self.report.evidence if item.curie not in curies)
        return self._ranked(Intervention.UNMENTIONED, curies, left)

    def _ranked(
        self, supposed: Intervention, curies: tuple[str, ...], evidence: Sequence[Evidence]
    ) -> WhatIf:
        ranking, snapshot = self.reasoner.rank(self.ask(evidence)), self.reasoner.graph.snapshot
        of_report = [snapshot.index[diagnosis.disease] for diagnosis in self.report.differential]
        reranked = tuple(self._standing(ranking, node) for node in of_report)
        # A disease that is first under another of its identifiers is the same one.
        first = next((node for node, at in zip(of_report, reranked, strict=True) if at.rank == 1), None)
        first = int(ranking.diseases[0]) if first is None else first
        names = tuple(snapshot.names[snapshot.index[curie]] for curie in curies)
        return WhatIf(supposed, curies, names, self._standing(ranking, first), reranked)

    def _standing(self, ranking: Ranking, node: int) -> RankedAs:
        """Where a disease stands, under whichever of its identifiers it was ranked."""
        snapshot, annotations = self.reasoner.graph.snapshot, self.reasoner.graph.annotations
        same = self.reasoner.same
        listed = same[np.concatenate([ranking.positions, ranking.others])]
        place = int(np.argmax(listed == same[np.searchsorted(annotations.candidates, node)]))
        logit = np.concatenate([ranking.logit, ranking.others_logit])[place]
        odds = np.exp((logit - ranking.logit[0]) / ranking.temperature)
        probability = float(ranking.probability[0] * odds)
        return RankedAs(snapshot.curies[node], snapshot.names[node], place + 1, probability)
