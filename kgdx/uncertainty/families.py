"""Candidates that are kinds of one another: parent and children are one answer, told more or less finely."""

from dataclasses import dataclass

from kgdx.graph.hierarchy import Hierarchy
from kgdx.reasoning.ranking import Ranking


@dataclass(frozen=True, slots=True)
class Family:
    """Candidates under one of them that they all are kinds of.

    Attributes:
        root: place in the ranking of the most general one.
        members: places of all, the root among them, likeliest first.
        probability: of all together, in [0, 1].
    """

    root: int
    members: tuple[int, ...]
    probability: float


@dataclass(frozen=True, eq=False)
class Families:
    """The families among the proposed candidates of one ranking."""

    ranking: Ranking
    above: tuple[frozenset[int], ...]
    """For each place, the places of what it is a kind of."""

    @classmethod
    def of(cls, ranking: Ranking, hierarchy: Hierarchy) -> "Families":
        """Look up what each candidate is a kind of, under whichever identifier."""
        places = {int(disease): place for place, disease in enumerate(ranking.diseases)}
        climbed = [hierarchy.ancestors_with_paths(disease).keys() for disease in places]
        above = [
            frozenset(places[node] for node in nodes if node in places and places[node] != place)
            for place, nodes in enumerate(climbed)
        ]
        return cls(ranking, tuple(above))

    def of_place(self, place: int) -> Family:
        """The family of a candidate; itself alone where nothing else is one."""
        root = self._root(place)
        members = tuple(each for each in range(len(self.above)) if self._root(each) == root)
        return Family(root, members, float(self.ranking.probability[list(members)].sum()))

    def most_specific(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Those of some places that no other one of them is a kind of."""
        general = frozenset[int]().union(*(self.above[place] for place in places))
        return tuple(place for place in places if place not in general)

    def _root(self, place: int) -> int:
        tops = [one for one in self.above[place] if not self.above[one] - {place}]
        return min(tops, default=place)
