"""One question: how may this drug act on that disease? And what the network is told of each edge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.encoders.base import TextEncoder
from kgdx.graph.arrays import Ints
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.hops import Edges, Halves, simple_paths
from kgdx.mechanisms.model import MechanismNetwork, slots

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


@dataclass(frozen=True, eq=False)
class GroupNames:
    """The names of a graph's groups as vectors, made as they are asked for."""

    graph: MechanismGraph
    encoder: TextEncoder
    _known: dict[int, NDArray[np.float32]] = field(default_factory=dict, repr=False)

    def vectors(self, groups: Ints) -> NDArray[np.float32]:
        """(n, dim) float32 unit rows; zero where a group has no name."""
        fresh = [group for group in dict.fromkeys(groups.tolist()) if group not in self._known]
        names = [self._names(group) for group in fresh]
        texts = [name for of_group in names for name in of_group]
        empty = np.zeros((0, self.encoder.dim), np.float32)
        vectors = self.encoder.encode_texts(texts) if texts else empty
        ends = np.cumsum([len(of_group) for of_group in names])
        for group, of_group, end in zip(fresh, names, ends, strict=True):
            mean = vectors[end - len(of_group) : end].sum(axis=0)
            self._known[group] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return np.stack([self._known[group] for group in groups.tolist()]) if len(groups) else empty

    def _names(self, group: int) -> Sequence[str]:
        """Each once, in the order of the alphabet."""
        names, curies = self.graph.snapshot.names, self.graph.snapshot.curies
        return sorted({names[n].casefold() for n in self.graph.members(group) if names[n] != curies[n]})


@dataclass(frozen=True, eq=False)
class Readings:
    """Edges at their places; i of them, over p paths of one length, on k hops in their slots.

    Attributes:
        meaning, slot: (i,) int64.
        figures: (i, NUM_FIGURES) float32.
        edge: (i,) int64 in the graph.
        place: (i,) int64 the hop in its slot that each edge is a reading of, below k; ascending.
        paths: (p, num_hops) int64 the places that each path passes.
    """

    meaning: Ints
    slot: Ints
    figures: NDArray[np.float32]
    edge: Ints
    place: Ints
    paths: Ints

    def values(self, network: MechanismNetwork, meanings: Tensor) -> Tensor:
        """(i,) float32 what each edge would add."""
        added: Tensor = network(
            meanings,
            torch.from_numpy(self.meaning),
            torch.from_numpy(self.slot),
            torch.from_numpy(self.figures),
        )
        return added

    def best(self, values: Tensor) -> Tensor:
        """(k,) float32 what the hop at each place adds: as much as its best edge."""
        size = int(self.place[-1]) + 1 if len(self.place) else 0
        lowest = torch.full((size,), -torch.inf)
        return lowest.scatter_reduce(0, torch.from_numpy(self.place), values, "amax")

    def scores(self, network: MechanismNetwork, meanings: Tensor) -> Tensor:
        """(p,) float32 score of each path: the sum over its hops."""
        return self.best(self.values(network, meanings))[torch.from_numpy(self.paths)].sum(dim=1)


def read(question: Question, paths: Ints, slot: Sequence[int], names: GroupNames) -> Readings:
    """What the network is told of some paths, or of halves of paths.

    Args:
        paths: (p, num_hops) hops.
        slot: of each of these hops, see `slots`.
    """
    num_hops, size = paths.shape[1], len(question.graph.edges.hops)
    keys, places = np.unique(paths + np.arange(num_hops) * size, return_inverse=True)
    edge, place = question.open_edges(keys % size)
    figures = np.concatenate([question.figures(edge), _likeness(question, edge, names)], axis=1)
    return Readings(
        question.graph.edges.meaning[edge],
        np.asarray(slot, dtype=np.int64)[keys // size][place],
        figures,
        edge,
        place,
        places.reshape(paths.shape),
    )


def read_halves(question: Question, halves: Halves, names: GroupNames) -> tuple[Readings, Readings]:
    """What the network is told of both halves of paths of one length: a path's score is the sum of theirs."""
    slot, num = slots(halves.num_hops), halves.prefix.shape[1]
    return (
        read(question, halves.prefix, slot[:num], names),
        read(question, halves.suffix, slot[num:], names),
    )


def _likeness(question: Question, edge: Ints, names: GroupNames) -> NDArray[np.float32]:
    """(n, 4) cosines of names: of the ends of each edge, and of them and the drug or disease."""
    hops, hop = question.graph.edges.hops, question.graph.edges.hop[edge]
    groups, which = np.unique(np.concatenate([hops.start[hop], hops.end[hop]]), return_inverse=True)
    vectors = names.vectors(groups)
    start, end = vectors[which[: len(hop)]], vectors[which[len(hop) :]]
    drug, disease = names.vectors(np.array([question.start, question.end]))
    return np.stack([(start * end).sum(axis=1), end @ drug, end @ disease, start @ disease], axis=1)
