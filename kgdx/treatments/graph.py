"""The graph that walks from a disease to its treatments run on.

Nodes that mean the same are one group here, as in `same_disease`, and an edge between two groups counts once
a relation, however many sources state it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from kgdx.graph.groups import GroupedGraph
from kgdx.graph.kinds import kind_in_words

Meaning = tuple[str, str, str]
"""Kind of the start, what the relation means, kind of the end: in words."""

# As in `WalkEdges`, without the direction.
_Columns = tuple[NDArray[np.generic], ...]

TREATMENT_KINDS, CONDITION_KINDS = ("Drug", "Procedure"), ("Disease", "PhenotypicFeature")
# What says that a treatment is for a condition.
TREATING = ("treats", "ameliorates", "applied_to_treat")
# These state a mechanism only where a drug is known to treat a disease: a walk over one only finds that pair
# again, and would give a hidden pair away.
PER_PAIR_SOURCES = ("infores:drugmechdb",)
# A prohibition is for the safety rules and an equivalence is no step; the others only make graphs larger.
_NOT_WALKED = (
    "exact_match",
    "contraindicated_in",
    "cautioned_in",
    "has_side_effect",
    "in_taxon",
    "expressed_in",
)


@dataclass(frozen=True, eq=False)
class WalkEdges:
    """Directed edges between groups; e of them.

    Attributes:
        rows: (e,) int64 a row of the snapshot that states it.
        is_forward: (e,) bool, whether it is walked from head to tail.
        direction: (e,) int64 number of the directed relation, see `TreatmentWalks.texts`.
        start, end: (e,) int64 groups.
        weight: (e,) float32 frequency in (0, 1], 1 where none is stated.
        fan_out, fan_in: (e,) float32 edges of this direction that leave `start`, and that reach `end`.
        from_treatment, to_treatment: (e,) bool, that end is a treatment and the other a condition.
    """

    rows: NDArray[np.int64]
    is_forward: NDArray[np.bool_]
    direction: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    weight: NDArray[np.float32]
    fan_out: NDArray[np.float32]
    fan_in: NDArray[np.float32]
    from_treatment: NDArray[np.bool_]
    to_treatment: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, kept: NDArray[np.int64]) -> "WalkEdges":
        """Some of the edges, by position; degrees stay those of the whole."""
        return WalkEdges(*(getattr(self, column.name)[kept] for column in fields(self)))


@dataclass(frozen=True, eq=False)
class TreatmentWalks(GroupedGraph):
    """All edges of a snapshot that walks to treatments may take."""

    @cached_property
    def known(self) -> sp.csr_matrix:
        """(groups, groups) bool, condition x treatment: what the graph says is treated by what."""
        rows = self._affirmed(*TREATING)
        ends = self.group[self.snapshot.tail[rows]], self.group[self.snapshot.head[rows]]
        shape = (self.num_groups, self.num_groups)
        return sp.csr_matrix((np.ones(len(rows), dtype=bool), ends), shape=shape)

    @cached_property
    def treated(self) -> NDArray[np.int64]:
        """Groups that some treatment is for, ascending."""
        return np.flatnonzero(np.diff(self.known.indptr))

    @cached_property
    def treatments(self) -> NDArray[np.int64]:
        """Groups that may be predicted, ascending: drugs and procedures, but no class that treats nothing."""
        kinds = np.isin(self.snapshot.kinds, TREATMENT_KINDS)
        classes = self.group[self.snapshot.tail[self._affirmed("subclass_of")]]
        given = np.unique(self.known.indices)
        every = np.unique(self.group[kinds])
        return np.setdiff1d(every, np.setdiff1d(classes, given))

    @cached_property
    def texts(self) -> tuple[Meaning, ...]:
        """What each directed relation means."""
        return self._built[0]

    @cached_property
    def edges(self) -> WalkEdges:
        """Every edge, both ways."""
        return self._built[1]

    @cached_property
    def distance(self) -> NDArray[np.float64]:
        """(num_groups,) fewest steps to a treatment; inf where none can be reached."""
        size = self.num_groups
        # From one more node beside all treatments, so that one search does for all of them.
        beside = np.full(len(self.treatments), size)
        where = (
            np.concatenate([self.edges.end, beside]),
            np.concatenate([self.edges.start, self.treatments]),
        )
        steps = sp.csr_matrix((np.ones(len(where[0])), where), shape=(size + 1, size + 1))
        return np.asarray(dijkstra(steps, indices=size, unweighted=True)[:size] - 1)

    def leaving(self, groups: NDArray[np.int64], num_left: int) -> WalkEdges:
        """Edges that leave some groups and from whose end a treatment can be reached in `num_left` steps."""
        is_here = np.zeros(self.num_groups, dtype=bool)
        is_here[groups] = True
        near = self.distance <= num_left
        return self.edges.take(np.flatnonzero(is_here[self.edges.start] & near[self.edges.end]))

    def _affirmed(self, *relations: str) -> NDArray[np.int64]:
        rows = self.snapshot.edges_of(*relations)
        return rows[~self.snapshot.negated[rows]]

    @cached_property
    def _is_per_pair(self) -> NDArray[np.bool_]:
        sources = pc.is_in(self.snapshot.edges["source"].cast(pa.string()), pa.array(PER_PAIR_SOURCES))
        return np.asarray(sources.to_numpy(zero_copy_only=False), dtype=np.bool_)

    @cached_property
    def _built(self) -> tuple[tuple[Meaning, ...], WalkEdges]:
        parts = [part for key in self._keys() for part in self._both_ways(*key)]
        texts = tuple(sorted({text for text, _ in parts}))
        number = {text: i for i, text in enumerate(texts)}
        blank = np.zeros(0)
        columns = list(zip(*(columns for _, columns in parts), strict=True)) or [(blank,)] * 9
        kinds = (np.int64, bool, np.int64, np.int64, np.float32, np.float32, np.float32, bool, bool)
        rows, forward, *others = (
            np.concatenate(column).astype(kind) for column, kind in zip(columns, kinds, strict=True)
        )
        direction = np.repeat([number[text] for text, _ in parts], [len(columns[0]) for _, columns in parts])
        return texts, WalkEdges(rows, forward, direction.astype(np.int64), *others)

    def _keys(self) -> Iterator[tuple[str, str, str, NDArray[np.int64]]]:
        """(relation, kind of the head, kind of the tail, rows) of all edges that are walked."""
        rows = self._affirmed(*(name for name in self.schema.relations if name not in _NOT_WALKED))
        rows = rows[np.isin(self.snapshot.relations[rows], TREATING) | ~self._is_per_pair[rows]]
        kinds, relations = self.snapshot.kinds, self.snapshot.relations[rows]
        columns = (relations, kinds[self.snapshot.head[rows]], kinds[self.snapshot.tail[rows]])
        coded = [np.unique(column, return_inverse=True) for column in columns]
        keys = np.stack([code for _, code in coded])
        for key in np.unique(keys, axis=1).T:
            relation, head, tail = (str(names[i]) for (names, _), i in zip(coded, key, strict=True))
            yield relation, head, tail, rows[(keys == key[:, None]).all(axis=0)]

    def _both_ways(
        self, relation: str, head: str, tail: str, rows: NDArray[np.int64]
    ) -> list[tuple[Meaning, _Columns]]:
        start, end = self.group[self.snapshot.head[rows]], self.group[self.snapshot.tail[rows]]
        _, first = np.unique(start * self.num_groups + end, return_index=True)
        first = first[start[first] != end[first]]
        rows, start, end = rows[first], start[first], end[first]
        frequency = self.snapshot.frequency[rows]
        weight = np.where(np.isnan(frequency), 1.0, frequency)
        out, into = (np.bincount(x, minlength=self.num_groups)[x] for x in (start, end))
        meaning = self.schema.relations[relation]
        no = np.zeros(len(rows), dtype=bool)
        treats = no | (head in TREATMENT_KINDS and tail in CONDITION_KINDS)
        treated = no | (tail in TREATMENT_KINDS and head in CONDITION_KINDS)
        there, back = (
            (kind_in_words(head), meaning.text, kind_in_words(tail)),
            (kind_in_words(tail), meaning.inverse_text, kind_in_words(head)),
        )
        return [
            (there, (rows, ~no, start, end, weight, out, into, treats, treated)),
            (back, (rows, no, end, start, weight, into, out, treated, treats)),
        ]
