"""Paths of one question as the network reads them: what may be said of each hop, at each place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.graph.arrays import Ints
from kgdx.mechanisms.model import MechanismNetwork, slots
from kgdx.mechanisms.names import GroupNames
from kgdx.mechanisms.paths import Halves
from kgdx.mechanisms.question import Question


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
