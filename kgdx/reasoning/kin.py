"""Treated diseases that are like one, by name or by what the graph says of both.

A label such as "complicated pyelonephritis" may come with no parent, gene or finding; its words still tell
what it is close to. Likeness of names is the mean of two cosines: of what they mean to the concept encoder,
and of their letters (2- to 5-grams): the former alone overlooks rare words, the latter synonyms. For kinds,
genes and findings see `likeness`.

A disease of a common sort, such as "liver disease", is like many; that it is like the asked one says little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.ports import TextEncoder
from kgdx.reasoning.likeness import GraphLikeness
from kgdx.reasoning.treatment_walks import TreatmentWalks

GROUNDS = ("name", "kinds", "genes", "findings")
"""What two diseases can be alike in."""

_MAX_NAMES = 40
# What chooses kin; how much a likeness is worth to walks is learnt.
_CHOOSING = np.array([0.4, 0.2, 0.2, 0.2], dtype=np.float32)
# Below this two diseases have nothing in common.
_LEAST_CLOSENESS = 0.04
# Being somewhat like everything is not what makes a disease common.
_COMMON = 3


@dataclass(frozen=True, eq=False)
class Kin:
    """Diseases that walks start from besides the asked one.

    Attributes:
        groups: (k,) int64, ascending, see `TreatmentWalks.group`.
        likeness: (k, 4) float32 in [0, 1], to the asked one, by each of `GROUNDS`.
        commonness: (k,) float32 in [0, 1], how like they are to all treated diseases and the asked one.
    """

    groups: NDArray[np.int64]
    likeness: NDArray[np.float32]
    commonness: NDArray[np.float32]


NO_KIN = Kin(np.zeros(0, np.int64), np.zeros((0, len(GROUNDS)), np.float32), np.zeros(0, dtype=np.float32))


@dataclass(frozen=True, eq=False)
class KinFinder:
    """Finds the kin of any disease among all treated ones, by name and graph."""

    walks: TreatmentWalks
    encoder: TextEncoder

    def of(self, group: int, num: int) -> Kin:
        """The `num` treated diseases that are most like a disease; never the disease itself."""
        treated = self.walks.treated
        if not num or not len(treated):
            return NO_KIN
        meant, spelt = self._by_meaning(group), self._by_letters(group)
        graph = self._graph.of(group)
        likeness = np.column_stack([(meant + spelt) / 2, graph])
        closeness = likeness @ _CHOOSING
        closeness[treated == group] = -1.0
        likest = np.argsort(-closeness, kind="stable")[:num]
        likest = np.sort(likest[closeness[likest] >= _LEAST_CLOSENESS])
        commonness = self._commonness(group, np.column_stack([meant, graph]) @ _CHOOSING)
        return Kin(treated[likest], likeness[likest], commonness[likest])

    def of_names(self, group: int) -> NDArray[np.float32]:
        """(treated,) float32 in [0, 1]; two diseases are as like as the likest of their names."""
        return (self._by_meaning(group) + self._by_letters(group)) / 2

    def _by_meaning(self, group: int) -> NDArray[np.float32]:
        names = self._names(group)
        if not names:
            return np.zeros(len(self.walks.treated), dtype=np.float32)
        return self._best((self._vectors @ self.encoder.encode_texts(names).T).max(axis=1))

    def _by_letters(self, group: int) -> NDArray[np.float32]:
        names = self._names(group)
        if not names:
            return np.zeros(len(self.walks.treated), dtype=np.float32)
        vectorizer, spelt = self._spellings
        return self._best((spelt @ vectorizer.transform(names).T).max(axis=1).toarray().ravel())

    def _commonness(self, group: int, closeness: NDArray[np.float32]) -> NDArray[np.float32]:
        """(treated,) of each treated disease.

        The asked one is counted among the treated, known to be or not: a score must not tell whether it is.
        """
        total, num = self._common, len(self.walks.treated)
        if group in self.walks.treated:
            return total / num
        return (total + closeness**_COMMON) / (num + 1)

    @cached_property
    def _common(self) -> NDArray[np.float32]:
        """(treated,) sum over all others; letters are left out, which would take ten times as long."""
        alike = np.stack([self._by_meaning(int(group)) for group in self.walks.treated]) * _CHOOSING[0]
        alike += self._graph.among_treated() * _CHOOSING[1]
        np.fill_diagonal(alike, 0.0)
        return np.asarray((alike**_COMMON).sum(axis=0))

    @cached_property
    def _graph(self) -> GraphLikeness:
        return GraphLikeness(self.walks)

    def _best(self, likeness: NDArray[np.float32]) -> NDArray[np.float32]:
        """(treated diseases,) in [0, 1]: the highest over the names of each."""
        best = np.zeros(len(self.walks.treated), dtype=np.float32)
        np.maximum.at(best, self._named[1], likeness)
        return np.minimum(best, 1.0)

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
