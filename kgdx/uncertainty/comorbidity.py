"""Two diseases at once, where no single one explains all that was found.

A patient with diseases d and e shows a finding if either brings it about (noisy-or, Pearl 1988, 4.3.2): with
probability 1 - (1 - p)(1 - q). The second disease costs its prior: its share of all candidates, as if drawn
from them. A pair is proposed only if it beats the best single disease by a stated Bayes factor after that,
and if each of the two explains findings that the other does not.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.likelihood import priors
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner
from kgdx.uncertainty.frequencies import Frequencies

# Beyond e^50 a factor no longer tells anybody anything.
_LARGEST = 50.0


@dataclass(frozen=True, slots=True)
class PairSettings:
    """When two diseases are proposed together.

    Attributes:
        num_first, num_second: the best single candidates that may be the one and the other of a pair.
        least_factor: Bayes factor over the best single disease, tempered as the posterior is; 30 and more is
            very strong evidence on the scale of Jeffreys 1961.
        explained: natural log ratio from which a disease explains a finding: e times likelier than usual.
        least_own: findings that each must explain and the other not.
        most_told: how many pairs.
    """

    num_first: int = 25
    num_second: int = 150
    least_factor: float = 30.0
    explained: float = 1.0
    least_own: int = 2
    most_told: int = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two diseases that together explain more than any one.

    Attributes:
        first, second: positions among the candidates; the first is the better one by itself.
        factor: tempered Bayes factor over the best single disease.
        by_first, by_second, by_both: places in `query.observations` of the findings each explains.
        by_none: present findings that neither explains.
    """

    first: int
    second: int
    factor: float
    by_first: tuple[int, ...]
    by_second: tuple[int, ...]
    by_both: tuple[int, ...]
    by_none: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Combinations:
    """Looks for pairs among the candidates of a reasoner."""

    reasoner: Reasoner
    frequencies: Frequencies
    settings: PairSettings = field(default_factory=PairSettings)

    @cached_property
    def _log_share(self) -> Floats:
        """(D,) natural log of each candidate's share of the prior."""
        logit = priors(self.reasoner.graph.annotations, self.reasoner.likelihood)
        return np.asarray(logit - logit.max() - np.log(np.exp(logit - logit.max()).sum()))

    def pairs(self, query: GraphQuery, ranking: Ranking) -> list[Pair]:
        """The best pairs, best first; empty where one disease will do."""
        present = [i for i, seen in enumerate(query.observations) if seen.weight > 0]
        if len(present) < 2 * self.settings.least_own:
            return []
        positions = np.concatenate([ranking.positions, ranking.others])[: self.settings.num_second]
        table = _Table.of(query, positions, self.frequencies)
        single = self._log_share[positions] + table.alone()
        order = np.argsort(-single, kind="stable")
        first = order[: self.settings.num_first]
        together = self._log_share[positions][first][:, None] + self._log_share[positions][None]
        log_factor = together + table.together(first) - single.max()
        factor = np.exp(np.minimum(log_factor * self.reasoner.trust, _LARGEST))
        explains = table.present_alone() >= self.settings.explained
        own = explains.astype(np.int64) @ (~explains).astype(np.int64).T
        is_good = (factor >= self.settings.least_factor) & (own[first] >= self.settings.least_own)
        is_good &= np.transpose(own[:, first]) >= self.settings.least_own
        # Each pair once: the better single disease comes first.
        place = np.argsort(order)
        is_good &= place[first][:, None] < place[None]
        rows, columns = np.nonzero(is_good)
        best = np.argsort(-log_factor[rows, columns], kind="stable")[: self.settings.most_told]
        ends = [(int(first[rows[i]]), int(columns[i]), float(factor[rows[i], columns[i]])) for i in best]
        return [_pair(positions, explains, present, *end) for end in ends]


@dataclass(frozen=True, eq=False)
class _Table:
    """What every disease considered makes of every finding; K diseases, F present, A absent findings.

    Attributes:
        shows: (K, F) float64 probability of each present finding.
        usual: (F,) float64 probability over all diseases.
        weight: (F,) float64 of the observations, positive.
        lacks: (K, A) float64 how far each disease is believed to show what is absent.
        absence: (A,) float64 weights, negative.
        curation: (A,) float64 natural log of what it says that a cohort's table records the absence.
    """

    shows: Floats
    usual: Floats
    weight: Floats
    lacks: Floats
    absence: Floats
    curation: Floats

    @classmethod
    def of(cls, query: GraphQuery, positions: Ints, frequencies: Frequencies) -> "_Table":
        present = [seen for seen in query.observations if seen.weight > 0]
        absent = [seen for seen in query.observations if seen.weight < 0]
        settings = frequencies.settings
        return cls(
            shows=frequencies.expected(_nodes(present), positions),
            usual=frequencies.background(_nodes(present)) + settings.floor,
            weight=np.array([seen.weight for seen in present]),
            lacks=settings.absence_trust * frequencies.plain(_nodes(absent), positions),
            absence=np.array([seen.weight for seen in absent]),
            curation=np.array([np.log(settings.curation) * seen.is_curated_absence for seen in absent]),
        )

    def present_alone(self) -> Floats:
        """(K, F) natural log ratio of each present finding under each disease."""
        return _log_ratio(self.shows, self.usual, self.weight)

    def alone(self) -> Floats:
        """(K,) natural log ratio of all findings under each disease."""
        alone = self.present_alone().sum(axis=1) + self._absent(self.lacks).sum(axis=1)
        return np.asarray(alone, dtype=np.float64)

    def together(self, first: Ints) -> Floats:
        """(len(first), K) natural log ratio of all findings under each pair."""
        shows = 1.0 - (1.0 - self.shows[first])[:, None] * (1.0 - self.shows)[None]
        lacks = 1.0 - (1.0 - self.lacks[first])[:, None] * (1.0 - self.lacks)[None]
        present = _log_ratio(shows, self.usual, self.weight).sum(axis=2)
        return np.asarray(present + self._absent(lacks).sum(axis=2), dtype=np.float64)

    def _absent(self, lacks: Floats) -> Floats:
        spoken: Floats = _log_ratio(lacks, np.zeros(len(self.absence)), self.absence)
        return np.asarray(np.where(lacks > 0, spoken + self.curation, 0.0), dtype=np.float64)


def _pair(
    positions: Ints, explains: NDArray[np.bool_], present: list[int], one: int, other: int, factor: float
) -> Pair:
    def chosen(mask: NDArray[np.bool_]) -> tuple[int, ...]:
        return tuple(place for place, is_in in zip(present, mask, strict=True) if is_in)

    by_one, by_other = explains[one], explains[other]
    return Pair(
        first=int(positions[one]),
        second=int(positions[other]),
        factor=factor,
        by_first=chosen(by_one & ~by_other),
        by_second=chosen(by_other & ~by_one),
        by_both=chosen(by_one & by_other),
        by_none=chosen(~by_one & ~by_other),
    )


def _nodes(seen: list[Observation]) -> Ints:
    return np.array([observation.node for observation in seen], dtype=np.int64)


def _log_ratio(probability: Floats, usual: Floats, weight: Floats) -> Floats:
    """`ln((p λ + 1 - p) / (b λ + 1 - b))` with λ = e^weight, scaled so that nothing overflows."""
    scale, rest = np.exp(np.minimum(weight, 0.0)), np.exp(-np.maximum(weight, 0.0))
    shown = probability * scale + (1.0 - probability) * rest
    return np.asarray(np.log(shown) - np.log(usual * scale + (1.0 - usual) * rest))
