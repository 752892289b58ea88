"""What would rule a dangerous disease out: a finding that it shows, whose absence lowers it materially."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from graph_schema.clinical import MustNotMiss
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.uncertainty.frequencies import Frequencies
from kgdx.uncertainty.information import entropy
from kgdx.uncertainty.next_findings import Asked, NextFindings
from kgdx.uncertainty.presentations import PresentationTable

# What a frequency promises counts as ruling out only where it leaves at most this share of the probability.
_MOST_LEFT = 0.75


@dataclass(frozen=True, slots=True)
class RuledOutBy:
    """One finding, and what its presence or absence would make of the probability of a disease.

    Attributes:
        finding: node index.
        probability: of finding it.
        if_present, if_absent: probability of the disease after either.
        gain_bits: by how much the doubt about the disease falls on average.
    """

    finding: int
    probability: float
    if_present: float
    if_absent: float
    gain_bits: float


@dataclass(frozen=True, eq=False)
class RulingOut:
    """Finds what rules out: by a stated factor where the table has one, else by how often it is seen."""

    asking: NextFindings
    frequencies: Frequencies
    presentations: PresentationTable

    @property
    def _table(self) -> MustNotMiss:
        return self.presentations.table

    def best(
        self, query: GraphQuery, ranking: Ranking, place: int, probability: float, asked: Asked
    ) -> RuledOutBy | None:
        """What would rule out the disease at a place of the whole ranking; None if nothing would.

        Never the disease itself by another name, a risk factor, or what is known already.
        """
        positions = np.concatenate([ranking.positions, ranking.others])
        position = int(positions[place])
        disease = int(self.asking.reasoner.graph.annotations.candidates[position])
        stated = [
            (row.factor, finding)
            for finding, row in self.asking.reasoner.exclusions.by_disease.get(disease, ())
            if not self._is_no_test(disease, finding)
            and not self.asking.is_known(np.array([finding]), query)[0]
        ]
        if stated:
            factor, finding = min(stated)
            return self._by_factor(finding, position, probability, factor, ranking.temperature)
        return (
            self._by_frequency(asked, disease, place, probability) if place < len(ranking.positions) else None
        )

    def _is_no_test(self, disease: int, finding: int) -> bool:
        return finding in self.presentations.itself.of(disease) or finding in self._risk_factors

    @cached_property
    def _risk_factors(self) -> frozenset[int]:
        index = self.asking.reasoner.graph.snapshot.index
        return frozenset(index[curie] for curie in self._table.risk_factors if curie in index)

    def _by_factor(
        self, finding: int, position: int, probability: float, factor: float, temperature: float
    ) -> RuledOutBy:
        """Tempered as the ranking is, so that what is promised is what an answer does."""
        node, where = np.array([finding]), np.array([position])
        shown = float(self.frequencies.expected(node, where)[0, 0])
        usual = float(self.frequencies.background(node)[0])
        trust = self.asking.reasoner.trust
        if_present = _after(probability, (shown / usual) ** (trust / temperature))
        if_absent = _after(probability, factor ** (1.0 / temperature))
        found = float(np.clip(probability * shown + (1.0 - probability) * usual, 0.0, 1.0))
        left = found * _doubt(if_present) + (1.0 - found) * _doubt(if_absent)
        return RuledOutBy(finding, found, if_present, if_absent, max(0.0, _doubt(probability) - left))

    def _by_frequency(self, asked: Asked, disease: int, place: int, probability: float) -> RuledOutBy | None:
        left = asked.after(is_present=False)[place].copy()
        left[[self._is_no_test(disease, int(finding)) for finding in asked.findings]] = np.inf
        if not len(left) or left.min() > _MOST_LEFT * probability:
            return None
        i = int(np.argmin(left))
        return RuledOutBy(
            int(asked.findings[i]),
            asked.questions.chance(i),
            float(asked.after(is_present=True)[place, i]),
            float(left[i]),
            float(asked.questions.gains_about(place)[i]),
        )


def _after(probability: float, factor: float) -> float:
    return probability * factor / (probability * factor + 1.0 - probability)


def _doubt(probability: float) -> float:
    return float(entropy(np.array([probability, 1.0 - probability])))
