"""When the evidence does not allow to name one diagnosis, and why not."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.uncertainty.families import Families, Family
from kgdx.uncertainty.information import Questions, entropy
from kgdx.uncertainty.next_findings import Asked
from kgdx.uncertainty.rare_graph import RareGraph

_HEREDITARY = "MONDO:0003847"


class AbstentionReason(StrEnum):
    """Why no diagnosis is named."""

    NO_COMMON_DISEASES = "no_common_diseases"
    UNEXPLAINED = "unexplained"
    INDISTINGUISHABLE = "indistinguishable"
    UNLIKELY = "unlikely"


@dataclass(frozen=True, slots=True)
class AbstentionSettings:
    """When the engine does not commit itself.

    Attributes:
        least_probability: below this, the likeliest diagnosis is not likely enough to be named, in [0, 1].
        least_alone: the same where a single finding is all that is there: it fits many diseases.
        near_equal: share of the first's probability from which another one is as good as equal, in [0, 1].
        least_told: share of the doubt among the near-equal that some finding must be expected to remove.
        explained: logit from which a finding speaks for a diagnosis.
        num_looked: how many of the first candidates must all leave a finding unexplained.
        most_unexplained: share of the present findings that may stay unexplained.
        num_kinds: how many steps up a common class of the near-equal is looked for.
    """

    least_probability: float = 0.2
    least_alone: float = 0.35
    near_equal: float = 0.8
    least_told: float = 0.05
    explained: float = 0.5
    num_looked: int = 10
    most_unexplained: float = 0.5
    num_kinds: int = 3


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why the engine does not commit itself.

    Attributes:
        equals: places in the ranking of those that cannot be told apart, the first among them.
        common: node of the most special class that all of them belong to; None if they share none.
        is_hereditary: whether that class is one of hereditary diseases.
        genes: nodes of the genes that the graph knows for them.
        unexplained: places in `query.observations` of the findings that nothing explains.
    """

    doubt: AbstentionReason
    equals: tuple[int, ...] = ()
    common: int | None = None
    is_hereditary: bool = False
    genes: tuple[int, ...] = ()
    unexplained: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class AbstentionRule:
    """Judges whether a ranking names a diagnosis."""

    snapshot: Snapshot
    hierarchy: Hierarchy
    rare_graph: RareGraph
    settings: AbstentionSettings = field(default_factory=AbstentionSettings)

    def judge(self, query: GraphQuery, ranking: Ranking, asked: Asked) -> Abstention | None:
        """Why not to commit to the first of the ranking; None where it can be named.

        Args:
            asked: what might be looked for, of the same ranking.
        """
        if self.rare_graph.lacks(query):
            return Abstention(AbstentionReason.NO_COMMON_DISEASES)
        families = Families.of(ranking, self.hierarchy)
        first = families.of_place(0)
        present = [i for i, seen in enumerate(query.observations) if seen.weight > 0]
        is_alone = len(present) == 1
        least = self.settings.least_alone if is_alone else self.settings.least_probability
        is_likely = first.probability >= least
        unexplained = self._unexplained(present, ranking)
        if present and len(unexplained) == len(present):
            return Abstention(AbstentionReason.UNEXPLAINED, unexplained=unexplained)
        equals = families.most_specific(self._indistinguishable(ranking, asked))
        if self._is_one_answer(equals, first, ranking):
            equals = ()
        if equals and float(ranking.probability[list(equals)].sum()) >= self.settings.least_probability:
            return self._described(Abstention(AbstentionReason.INDISTINGUISHABLE, equals), ranking)
        if is_likely:
            return None
        if len(unexplained) > self.settings.most_unexplained * len(present):
            return Abstention(AbstentionReason.UNEXPLAINED, unexplained=unexplained)
        return Abstention(AbstentionReason.UNLIKELY)

    def _is_one_answer(self, equals: tuple[int, ...], first: Family, ranking: Ranking) -> bool:
        """Whether the near-equal are one disease, or kinds of one candidate that no gene parts."""
        if len(equals) < 2:
            return True
        diseases = [int(ranking.diseases[place]) for place in equals]
        return set(equals) <= set(first.members) and len(self._genes(diseases)) < 2

    def _unexplained(self, present: list[int], ranking: Ranking) -> tuple[int, ...]:
        looked = slice(0, self.settings.num_looked)
        best = ranking.of_findings[looked].max(axis=0)
        return tuple(i for i in present if best[i] < self.settings.explained)

    def _indistinguishable(self, ranking: Ranking, asked: Asked) -> tuple[int, ...]:
        """Places of the near-equal, if no finding is expected to remove much of the doubt among them."""
        near = ranking.probability >= self.settings.near_equal * ranking.probability[0]
        equals = np.flatnonzero(near)
        if len(equals) < 2:
            return ()
        share = ranking.probability[equals] / ranking.probability[equals].sum()
        told = Questions(share, asked.questions.yes[equals]).gains().max(initial=0.0)
        is_told = told >= self.settings.least_told * entropy(share)
        return () if is_told else tuple(int(place) for place in equals)

    def _described(self, hesitation: Abstention, ranking: Ranking) -> Abstention:
        diseases = [int(ranking.diseases[place]) for place in hesitation.equals]
        climbed = [
            self.hierarchy.ancestors_with_paths(disease, self.settings.num_kinds) for disease in diseases
        ]
        shared = set.intersection(*(set(nodes) for nodes in climbed)) - set(diseases)
        # The most special class is the one that the fewest steps lead to.
        common = min(shared, key=lambda node: (sum(len(c[node]) for c in climbed), node), default=None)
        hereditary = self.snapshot.index.get(_HEREDITARY)
        is_hereditary = all(
            hereditary in self.hierarchy.ancestors_with_paths(disease) for disease in diseases
        )
        return replace(hesitation, common=common, is_hereditary=is_hereditary, genes=self._genes(diseases))

    def _genes(self, diseases: list[int]) -> tuple[int, ...]:
        rows = self.snapshot.edges_of("gene_associated_with_condition")
        known = rows[np.isin(self.snapshot.tail[rows], diseases) & ~self.snapshot.negated[rows]]
        return tuple(int(gene) for gene in np.unique(self.snapshot.head[known]))
