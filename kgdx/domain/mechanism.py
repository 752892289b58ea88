"""Curated mechanisms: how a drug acts on a disease, as curators described it."""

from dataclasses import dataclass

Statement = tuple[str, str, str, str, tuple[str, ...]]
"""Head, relation, tail, the source's own words, and what it cites: what makes an edge of one source."""


@dataclass(frozen=True, slots=True)
class CuratedMechanism:
    """One drawing; it may branch.

    Attributes:
        name: what its source calls it.
        drug, disease: CURIEs of its ends.
        links: (from, to) CURIEs, in the direction in which it is drawn.
        statements: what its edges are in the graph, `treats` among them.
    """

    name: str
    drug: str
    disease: str
    links: tuple[tuple[str, str], ...]
    statements: frozenset[Statement]

    def paths(self, max_edges: int = 4) -> tuple[tuple[str, ...], ...]:
        """Every way without a loop from the drug to the disease, of 2 to `max_edges` links, as CURIEs."""
        following: dict[str, list[str]] = {}
        for start, end in dict.fromkeys(self.links):
            following.setdefault(start, []).append(end)
        found: list[tuple[str, ...]] = []
        unfinished: list[tuple[str, ...]] = [(self.drug,)]
        for _ in range(max_edges):
            longer = [
                (*way, end) for way in unfinished for end in following.get(way[-1], ()) if end not in way
            ]
            found += [way for way in longer if way[-1] == self.disease and len(way) > 2]
            unfinished = [way for way in longer if way[-1] != self.disease]
        return tuple(sorted(found))
