"""Diseases of like name, for those that the graph says too little of.

A label such as "complicated pyelonephritis" may come with no parent, gene or finding; its words still tell
what it is close to. Likeness is the mean of two cosines: of what the names mean to the concept encoder, and
of their letters (2- to 5-grams): the former alone overlooks rare words, the latter synonyms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.encoders.base import TextEncoder
from kgdx.treatments.graph import TreatmentWalks

_MAX_NAMES = 40
# Below this two names have nothing in common.
_LEAST_LIKENESS = 0.1


@dataclass(frozen=True, eq=False)
class SimilarDiseases:
    """Diseases that walks start from besides the asked one.

    Attributes:
        groups: (k,) int64, ascending, see `TreatmentWalks.group`.
        likeness: (k,) float32 in [0, 1], of their names to the asked one's.
    """

    groups: NDArray[np.int64]
    likeness: NDArray[np.float32]


NO_KIN = SimilarDiseases(np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True, eq=False)
class KinNames:
    """Names and synonyms of all treated diseases, as vectors."""

    walks: TreatmentWalks
    encoder: TextEncoder

    def of(self, group: int, num: int) -> SimilarDiseases:
        """The `num` treated diseases whose names are most like a disease's; never the disease itself.

        Two diseases are as like as the likest of their names.
        """
        names = self._names(group)
        if not names or not num or not len(self.walks.treated):
            return NO_KIN
        meant = self._best((self._vectors @ self.encoder.encode_texts(names).T).max(axis=1))
        vectorizer, spelt = self._spellings
        letters = self._best((spelt @ vectorizer.transform(names).T).max(axis=1).toarray().ravel())
        likeness = np.maximum((meant + letters) / 2, 0.0)
        likeness[self.walks.treated == group] = -1.0
        likest = np.argsort(-likeness, kind="stable")[:num]
        likest = np.sort(likest[likeness[likest] >= _LEAST_LIKENESS])
        return SimilarDiseases(self.walks.treated[likest], likeness[likest])

    def _best(self, likeness: NDArray[np.float32]) -> NDArray[np.float32]:
        """(treated diseases,) the highest over the names of each."""
        best = np.full(len(self.walks.treated), -1.0, dtype=np.float32)
        np.maximum.at(best, self._named[1], likeness)
        return best

    @cached_property
    def _named(self) -> tuple[list[str], NDArray[np.int64]]:
        """(names of all treated diseases, (n,) position of each one's owner in `walks.treated`)."""
        named = [self._names(int(group)) for group in self.walks.treated]
        owner = np.repeat(np.arange(len(named)), [len(names) for names in named])
        return [name for names in named for name in names], owner

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        return self.encoder.encode_texts(self._named[0])

    @cached_property
    def _spellings(self) -> tuple[Any, sp.csr_matrix]:
        from sklearn.feature_extraction.text import TfidfVectorizer  # takes a second, and few cases need it

        vectorizer = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32
        )
        return vectorizer, vectorizer.fit_transform(self._named[0])

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
