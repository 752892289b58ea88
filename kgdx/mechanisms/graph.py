"""The graph that mechanisms are looked for in.

Nodes joined by `exact_match` are one group, and an edge is walked either way. Two groups may be joined by
several edges of different meaning; together they are one hop.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from kgdx.graph.arrays import Ints
from kgdx.graph.groups import GroupedGraph
from kgdx.graph.kinds import kind_in_words
from kgdx.mechanisms.hops import Edges, Hops

Meaning = tuple[str, str, str, bool]
"""Kind of the start, what the edge says, kind of the end, all in words; whether it is walked that way."""

# That a drug is for a condition, or is not, is what a mechanism is to explain, and no part of it. Sameness is
# no step; side effects, inheritance and course say nothing of how a drug acts.
NOT_WALKED = (
    "treats",
    "ameliorates",
    "applied_to_treat",
    "contraindicated_in",
    "cautioned_in",
    "has_side_effect",
    "exact_match",
    "close_match",
    "has_mode_of_inheritance",
    "has_clinical_attribute",
)


@dataclass(frozen=True, eq=False)
class MechanismGraph(GroupedGraph):
    """All hops that paths over a snapshot may take.

    Attributes:
        left_out: rows of the snapshot that are not walked, such as those of a source.
    """

    left_out: Ints | None = None

    @cached_property
    def rows(self) -> Ints:
        """(r,) rows of the snapshot that are walked; ascending."""
        names = (name for name in self.schema.relations if name not in NOT_WALKED)
        rows = self.snapshot.edges_of(*names)
        rows = rows[~self.snapshot.negated[rows]]
        if self.left_out is not None:
            rows = np.setdiff1d(rows, self.left_out)
        head, tail = (self.group[ends[rows]] for ends in (self.snapshot.head, self.snapshot.tail))
        return np.asarray(rows[head != tail])

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        """What the directed edges mean, each once."""
        return self._meant[0]

    @cached_property
    def edges(self) -> Edges:
        """Every walked edge, both ways."""
        rows, size = np.tile(self.rows, 2), len(self.rows)
        head, tail = self.group[self.snapshot.head[self.rows]], self.group[self.snapshot.tail[self.rows]]
        start, end = np.concatenate([head, tail]), np.concatenate([tail, head])
        meaning = self._meant[1]
        order = np.lexsort((rows, meaning, end, start))
        forward = np.repeat([True, False], size)[order]
        rows, start, end, meaning = rows[order], start[order], end[order], meaning[order]
        is_new = np.ones(len(rows), dtype=bool)
        is_new[1:] = (np.diff(start) != 0) | (np.diff(end) != 0) | (np.diff(meaning) != 0)
        first = np.flatnonzero(is_new)
        start, end, meaning = start[first], end[first], meaning[first]
        is_hop = np.ones(len(first), dtype=bool)
        is_hop[1:] = (np.diff(start) != 0) | (np.diff(end) != 0)
        hop = np.cumsum(is_hop) - 1
        hops = Hops(start[is_hop], end[is_hop], self.num_groups)
        return Edges(hops, hop, meaning, rows, forward, np.append(first, len(rows)))

    @cached_property
    def _meant(self) -> tuple[tuple[Meaning, ...], Ints]:
        """Meanings, and (2 r,) the number of each row's, first all as they are said, then all turned."""
        snapshot, rows = self.snapshot, self.rows
        said = np.asarray(snapshot.edges["original_predicate"].cast(pa.string()).take(rows).to_pylist())
        kinds = snapshot.kinds
        columns = (kinds[snapshot.head[rows]], snapshot.relations[rows], said, kinds[snapshot.tail[rows]])
        coded = [np.unique(column, return_inverse=True) for column in columns]
        keys, place = np.unique(np.stack([code for _, code in coded]), axis=1, return_inverse=True)
        texts = [[str(names[i]) for (names, _), i in zip(coded, key, strict=True)] for key in keys.T]
        there, back = [], []
        for head, relation, words, tail in texts:
            known = self.schema.relations[relation]
            there.append((kind_in_words(head), words or known.text, kind_in_words(tail), True))
            back.append((kind_in_words(tail), words or known.inverse_text, kind_in_words(head), False))
        meanings = tuple(sorted({*there, *back}))
        number = {meaning: i for i, meaning in enumerate(meanings)}
        numbers = [np.array([number[m] for m in way], dtype=np.int64) for way in (there, back)]
        return meanings, np.concatenate([way[place.ravel()] for way in numbers])
