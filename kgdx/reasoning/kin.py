"""Diseases of like name, for those that the graph says too little of.

A label such as "complicated pyelonephritis" may come with no parent, gene or finding; its words still tell
what it is close to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.ports import TextEncoder
from kgdx.reasoning.treatment_walks import TreatmentWalks

_MAX_NAMES = 40
# Below this two names have nothing in common.
_LEAST_LIKENESS = 0.2


@dataclass(frozen=True, eq=False)
class Kin:
    """Diseases that walks start from besides the asked one.

    Attributes:
        groups: (k,) int64, ascending, see `TreatmentWalks.group`.
        likeness: (k,) float32, cosine of their names with the asked one's.
    """

    groups: NDArray[np.int64]
    likeness: NDArray[np.float32]


NO_KIN = Kin(np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True, eq=False)
class KinNames:
    """Names and synonyms of all treated diseases, as vectors."""

    walks: TreatmentWalks
    encoder: TextEncoder

    def of(self, group: int, num: int) -> Kin:
        """The `num` treated diseases whose names are most like a disease's; never the disease itself.

        Two diseases are as like as the likest of their names.
        """
        names = self._names(group)
        if not names or not num or not len(self.walks.treated):
            return NO_KIN
        vectors, owner = self._vectors
        likeness = (vectors @ self.encoder.encode_texts(names).T).max(axis=1)
        best = np.full(len(self.walks.treated), -1.0, dtype=np.float32)
        np.maximum.at(best, owner, likeness)
        best[self.walks.treated == group] = -1.0
        likest = np.argsort(-best, kind="stable")[:num]
        likest = np.sort(likest[best[likest] >= _LEAST_LIKENESS])
        return Kin(self.walks.treated[likest], best[likest])

    @cached_property
    def _vectors(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """((n, dim) unit rows, (n,) position in `walks.treated`) of every name."""
        named = [self._names(int(group)) for group in self.walks.treated]
        vectors = self.encoder.encode_texts([name for names in named for name in names])
        return vectors, np.repeat(np.arange(len(named)), [len(names) for names in named])

    @cached_property
    def _synonyms(self) -> Sequence[Sequence[str]]:
        return self.walks.snapshot.nodes["synonyms"].to_pylist()  # type: ignore[no-any-return]

    def _names(self, group: int) -> list[str]:
        """Names of all nodes of a group, then their synonyms."""
        names, curies = self.walks.snapshot.names, self.walks.snapshot.curies
        members = self.walks.members(group)
        first = [names[node] for node in members if names[node] != curies[node]]
        others = [synonym for node in members for synonym in self._synonyms[node] or ()]
        return list(dict.fromkeys(name for name in (*first, *others) if name))[:_MAX_NAMES]
