"""How like the names of groups are, to the concept encoder."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kgdx.encoders.base import TextEncoder
from kgdx.graph.arrays import Ints
from kgdx.mechanisms.graph import MechanismGraph


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
