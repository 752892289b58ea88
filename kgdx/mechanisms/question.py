"""One question: how may this drug act on that disease? And what the graph says around each edge."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Ints
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.hops import Edges
from kgdx.mechanisms.paths import Halves, simple_paths

_NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Question:
    """A drug, a disease, and what must not be known.

    Attributes:
        start, end: groups of the drug and of the disease.
        hidden: rows of the snapshot that are taken out, for this question alone.
    """

    graph: MechanismGraph
    start: int
    end: int
    hidden: Ints = field(default_factory=lambda: _NOTHING)

    def paths(self) -> Iterator[Halves]:
        """Every simple path of two to four hops that is left, length by length."""
        return simple_paths(self.graph.edges.hops, self.start, self.end, self._is_shut)

    def open_edges(self, hops: Ints) -> tuple[Ints, Ints]:
        """((n,) edges of some hops, (n,) the position in `hops` of each's); without what is hidden."""
        found, which = self.graph.edges.of_hops(hops)
        kept = ~np.isin(found, self._gone)
        return found[kept], which[kept]

    def figures(self, chosen: Ints) -> NDArray[np.float32]:
        """(n, 5) of some edges: ln of how often they are stated, of what leaves their start and reaches
        their end by the same meaning, and of how many groups are beside their start and their end.

        What is hidden does not count.
        """
        edges, hops = self.graph.edges, self.graph.edges.hops
        start, end = hops.start[edges.hop[chosen]], hops.end[edges.hop[chosen]]
        degree = np.diff(hops.first)
        columns = (
            np.diff(edges.first)[chosen] - _counted(edges.of_row[self._rows], chosen),
            edges.fan_out[chosen] - _counted(edges.out_key[self._gone], edges.out_key[chosen]),
            edges.fan_in[chosen] - _counted(edges.in_key[self._gone], edges.in_key[chosen]),
            degree[start] - _counted(hops.start[self._shut], start),
            degree[end] - _counted(hops.start[self._shut], end),
        )
        return np.asarray(np.log(np.stack(columns, axis=1)), dtype=np.float32)

    def row(self, edge: int) -> tuple[int, bool]:
        """The first row that states an edge and is not hidden, and whether it is walked from head to tail."""
        edges = self.graph.edges
        places = np.arange(edges.first[edge], edges.first[edge + 1])
        place = places[~np.isin(edges.rows[places], self.hidden)][0]
        return int(edges.rows[place]), bool(edges.is_forward[place])

    @cached_property
    def _rows(self) -> Ints:
        """Positions in `Edges.rows` of what is hidden."""
        return self.graph.edges.places_of(self.hidden)

    @cached_property
    def _gone(self) -> Ints:
        """Edges of which no row is left."""
        edges: Edges = self.graph.edges
        touched, num = np.unique(edges.of_row[self._rows], return_counts=True)
        return np.asarray(touched[np.diff(edges.first)[touched] == num])

    @cached_property
    def _shut(self) -> Ints:
        """Hops of which no edge is left."""
        edges = self.graph.edges
        touched, num = np.unique(edges.hop[self._gone], return_counts=True)
        return np.asarray(touched[edges.num_beside[touched] == num])

    @cached_property
    def _is_shut(self) -> NDArray[np.bool_]:
        shut = np.zeros(len(self.graph.edges.hops), dtype=bool)
        shut[self._shut] = True
        return shut


def _counted(keys: Ints, asked: Ints) -> Ints:
    """How often each asked key is among some."""
    known = np.sort(keys)
    return np.asarray(np.searchsorted(known, asked, side="right") - np.searchsorted(known, asked))
