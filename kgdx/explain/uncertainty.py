"""What a report says about its own doubt: next steps, dangers not ruled out, pairs, and why it abstains."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message
from kgdx.domain.report import (
    AssessmentModality,
    Diagnosis,
    DiseasePair,
    NextFinding,
    ProbabilityChange,
    RedFlag,
)
from kgdx.graph.hierarchy import Hierarchy
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner
from kgdx.uncertainty.abstention import Abstention, AbstentionReason, AbstentionRule
from kgdx.uncertainty.comorbidity import Combinations, Pair
from kgdx.uncertainty.next_findings import Asked, NextFindings
from kgdx.uncertainty.red_flags import DangerFinder

_NUM_NEXT = 5
_NUM_HELPS = 3


@dataclass(frozen=True, slots=True)
class UncertaintyReport:
    """The doubtful part of a report; attributes as in `Report`."""

    abstained: tuple[Message, ...]
    next_steps: tuple[NextFinding, ...]
    red_flags: tuple[RedFlag, ...]
    disease_pairs: tuple[DiseasePair, ...]


@dataclass(frozen=True, eq=False)
class UncertaintyReporter:
    """Says what one reasoner does not know."""

    reasoner: Reasoner
    next_findings: NextFindings
    dangers: DangerFinder
    combinations: Combinations
    abstention: AbstentionRule

    @classmethod
    def of(cls, reasoner: Reasoner, hierarchy: Hierarchy) -> "UncertaintyReporter":
        """For the candidates and the graph of a reasoner."""
        asking = NextFindings.of(reasoner)
        return cls(
            reasoner,
            asking,
            DangerFinder(reasoner, asking.frequencies),
            Combinations(reasoner, asking.frequencies),
            AbstentionRule(reasoner.graph.snapshot, hierarchy),
        )

    def doubts(
        self, query: GraphQuery, ranking: Ranking, quotes: Collection[str] = frozenset()
    ) -> UncertaintyReport:
        """Everything doubtful about one ranking.

        Args:
            quotes: words of the case's texts that were read as a finding; what a text names has been spoken
                of, though it was read as another identifier.
        """
        flagged = self.dangers.not_ruled_out(query, ranking)
        asked = self.next_findings.consider(query, ranking, also=flagged)
        names = self.reasoner.graph.snapshot.names
        spoken_of = {quote.casefold() for quote in quotes}
        asked = asked.keep(
            np.array([names[i].casefold() not in spoken_of for i in asked.findings], dtype=bool)
        )
        steps = tuple(self._step(asked, i, ranking, None) for i in self.next_findings.best(asked, _NUM_NEXT))
        hesitation = self.abstention.judge(query, ranking, asked)
        return UncertaintyReport(
            abstained=self._reasons(hesitation, query, ranking, steps) if hesitation else (),
            next_steps=steps,
            red_flags=tuple(self._red_flag(asked, place, ranking) for place in flagged),
            disease_pairs=tuple(
                self._combination(pair, query) for pair in self.combinations.pairs(query, ranking)
            ),
        )

    def marked(self, differential: Sequence[Diagnosis], ranking: Ranking) -> tuple[Diagnosis, ...]:
        """The differential, the dangerous diagnoses told as such."""
        reasons = self.dangers.reasons
        return tuple(
            replace(diagnosis, red_flag=reasons.get(int(position)))
            for diagnosis, position in zip(differential, ranking.positions, strict=False)
        )

    def _step(self, asked: Asked, i: int, ranking: Ranking, about: int | None) -> NextFinding:
        """One finding in the words of the report; what it does to the diagnosis `about`, if one is given."""
        node, questions = int(asked.findings[i]), asked.questions
        gains = questions.gains() if about is None else questions.gains_about(about)
        shifts = []
        for is_present in (True, False):
            after = asked.after(is_present=is_present)[:-1, i]
            place = int(np.argmax(after - ranking.probability)) if about is None else about
            named = self._named(int(ranking.diseases[place]))
            shifts.append(
                ProbabilityChange(
                    named.curie, named.name, float(ranking.probability[place]), float(after[place])
                )
            )
        named = self._named(node)
        kind = AssessmentModality(str(self.next_findings.kinds[node]))
        return NextFinding(named.curie, named.name, kind, float(gains[i]), questions.chance(i), *shifts)

    def _red_flag(self, asked: Asked, place: int, ranking: Ranking) -> RedFlag:
        named = self._named(int(ranking.diseases[place]))
        # Ruled out it is by what it nearly always shows and the patient does not.
        left = asked.after(is_present=False)[place]
        rules_out = int(np.argmin(left)) if len(left) and left.min() < ranking.probability[place] else None
        return RedFlag(
            disease=named.curie,
            name=named.name,
            rank=place + 1,
            probability=float(ranking.probability[place]),
            why=self.dangers.reasons[int(ranking.positions[place])],
            rules_out=None if rules_out is None else self._step(asked, rules_out, ranking, place),
        )

    def _combination(self, pair: Pair, query: GraphQuery) -> DiseasePair:
        candidates = self.reasoner.graph.annotations.candidates

        def findings(places: Sequence[int]) -> tuple[ConceptRef, ...]:
            return self._all_named(query.observations[place].node for place in places)

        return DiseasePair(
            first=self._named(int(candidates[pair.first])),
            second=self._named(int(candidates[pair.second])),
            factor=pair.factor,
            by_first=findings(pair.by_first),
            by_second=findings(pair.by_second),
            by_both=findings(pair.by_both),
            by_none=findings(pair.by_none),
        )

    def _reasons(
        self, hesitation: Abstention, query: GraphQuery, ranking: Ranking, steps: Sequence[NextFinding]
    ) -> tuple[Message, ...]:
        if hesitation.doubt is AbstentionReason.INDISTINGUISHABLE:
            return tuple(self._alike(hesitation, ranking))
        if hesitation.doubt is AbstentionReason.UNEXPLAINED:
            findings = self._all_named(query.observations[place].node for place in hesitation.unexplained)
            fact = Message("abstained.unexplained", {"findings": findings})
        else:
            fact = Message("abstained.unlikely", {"probability": float(ranking.probability[0])})
        if not steps:
            return fact, Message("abstained.nothing_helps")
        helps = tuple(ConceptRef(step.curie, step.name) for step in steps[:_NUM_HELPS])
        return fact, Message("abstained.look_for", {"any_of": helps})

    def _alike(self, hesitation: Abstention, ranking: Ranking) -> Iterator[Message]:
        alike = self._all_named(int(ranking.diseases[place]) for place in hesitation.equals)
        yield Message("abstained.alike", {"diseases": alike})
        if hesitation.common is not None:
            yield Message("abstained.all_kinds_of", {"disease": self._named(hesitation.common)})
        if len(hesitation.genes) > 1:
            yield Message("abstained.by_gene", {"genes": self._all_named(hesitation.genes)})
        elif hesitation.is_hereditary:
            yield Message("abstained.genetic_test")

    def _all_named(self, nodes: Iterable[int]) -> tuple[ConceptRef, ...]:
        return tuple(self._named(node) for node in nodes)

    def _named(self, node: int) -> ConceptRef:
        snapshot = self.reasoner.graph.snapshot
        return ConceptRef(snapshot.curies[node], snapshot.names[node])
