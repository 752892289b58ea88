"""What a report says about its own doubt: next steps, dangers not ruled out, pairs, and why it abstains."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message
from kgdx.domain.report import (
    AssessmentModality,
    Diagnosis,
    DiseaseGroup,
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
from kgdx.uncertainty.families import Families, Family
from kgdx.uncertainty.next_findings import Asked, NextFindings
from kgdx.uncertainty.presentations import probabilities
from kgdx.uncertainty.rare_graph import RareGraph
from kgdx.uncertainty.red_flags import DangerFinder
from kgdx.uncertainty.ruling_out import RuledOutBy, RulingOut

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
    ruling_out: RulingOut

    @classmethod
    def of(cls, reasoner: Reasoner, hierarchy: Hierarchy) -> "UncertaintyReporter":
        """For the candidates and the graph of a reasoner."""
        asking, snapshot = NextFindings.of(reasoner), reasoner.graph.snapshot
        dangers = DangerFinder(reasoner, asking.frequencies)
        return cls(
            reasoner,
            asking,
            dangers,
            Combinations(reasoner, asking.frequencies),
            AbstentionRule(snapshot, hierarchy, RareGraph(snapshot, reasoner.demographics.prevalence)),
            RulingOut(asking, asking.frequencies, dangers.presentations),
        )

    def doubts(
        self, query: GraphQuery, ranking: Ranking, quotes: Collection[str] = frozenset()
    ) -> UncertaintyReport:
        """Everything doubtful about one ranking.

        Args:
            quotes: words of the case's texts that were read as a finding; what a text names has been spoken
                of, though it was read as another identifier.
        """
        flags = self.dangers.flags(query, ranking)
        proposed = [place for place in flags if place < len(ranking.positions)]
        asked = self.next_findings.consider(query, ranking, also=proposed)
        names = self.reasoner.graph.snapshot.names
        spoken_of = {quote.casefold() for quote in quotes}
        asked = asked.keep(
            np.array([names[i].casefold() not in spoken_of for i in asked.findings], dtype=bool)
        )
        steps = tuple(self._step(asked, i, ranking) for i in self.next_findings.best(asked, _NUM_NEXT))
        hesitation = self.abstention.judge(query, ranking, asked)
        return UncertaintyReport(
            abstained=self._reasons(hesitation, query, ranking, steps) if hesitation else (),
            next_steps=steps,
            red_flags=tuple(self._red_flags(flags, query, ranking, asked)),
            disease_pairs=tuple(
                self._combination(pair, query) for pair in self.combinations.pairs(query, ranking)
            ),
        )

    def marked(self, differential: Sequence[Diagnosis], ranking: Ranking) -> tuple[Diagnosis, ...]:
        """The differential, the dangerous diagnoses told as such, and what is one answer with each."""
        reasons, families = self.dangers.reasons, Families.of(ranking, self.abstention.hierarchy)
        return tuple(
            replace(
                diagnosis,
                red_flag=reasons.get(int(ranking.positions[place])),
                group=self._group(families.of_place(place), ranking),
            )
            for place, diagnosis in enumerate(differential)
        )

    def _group(self, family: Family, ranking: Ranking) -> DiseaseGroup | None:
        if len(family.members) < 2:
            return None
        root = self._named(int(ranking.diseases[family.root]))
        members = self._all_named(int(ranking.diseases[place]) for place in family.members)
        return DiseaseGroup(root.curie, root.name, min(family.probability, 1.0), members)

    def _step(self, asked: Asked, i: int, ranking: Ranking) -> NextFinding:
        """One finding in the words of the report, and the diagnosis that rises most in either event."""
        node, questions = int(asked.findings[i]), asked.questions
        gains = questions.gains()
        shifts = []
        for is_present in (True, False):
            after = asked.after(is_present=is_present)[:-1, i]
            place = int(np.argmax(after - ranking.probability))
            named = self._named(int(ranking.diseases[place]))
            shifts.append(
                ProbabilityChange(
                    named.curie, named.name, float(ranking.probability[place]), float(after[place])
                )
            )
        named = self._named(node)
        kind = AssessmentModality(str(self.next_findings.kinds[node]))
        return NextFinding(named.curie, named.name, kind, float(gains[i]), questions.chance(i), *shifts)

    def _red_flags(
        self, flags: Mapping[int, Message], query: GraphQuery, ranking: Ranking, asked: Asked
    ) -> Iterator[RedFlag]:
        positions = np.concatenate([ranking.positions, ranking.others])
        probability = probabilities(ranking)
        for place, why in flags.items():
            named = self._named(int(self.reasoner.graph.annotations.candidates[positions[place]]))
            before = float(probability[place])
            by = self.ruling_out.best(query, ranking, place, before, asked)
            rules_out = None if by is None else self._ruled_out(named, before, by)
            yield RedFlag(named.curie, named.name, place + 1, before, why, rules_out)

    def _ruled_out(self, disease: ConceptRef, before: float, by: RuledOutBy) -> NextFinding:
        named = self._named(by.finding)
        return NextFinding(
            named.curie,
            named.name,
            AssessmentModality(str(self.next_findings.kinds[by.finding])),
            by.gain_bits,
            by.probability,
            ProbabilityChange(disease.curie, disease.name, before, by.if_present),
            ProbabilityChange(disease.curie, disease.name, before, by.if_absent),
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
        if hesitation.doubt is AbstentionReason.NO_COMMON_DISEASES:
            return (Message("abstained.no_common_diseases"), Message("abstained.add_common_diseases"))
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
