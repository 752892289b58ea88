"""The graph that mechanisms are looked for in.

Nodes joined by `exact_match` are one group, and an edge is walked either way. Two groups may be joined by
several edges of different meaning; together they are one hop.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from graph_schema import Schema
from kgdx.reasoning.identity import exact_groups
from kgdx.snapshot import Snapshot

Ints = NDArray[np.int64]

Meaning = tuple[str, str, str, bool]
"""Kind of the start, what the edge says, kind of the end, all in words; whether it is walked that way."""

# That a drug is for a condition, or is not, is what a mechanism is to explain, and no part of it. Sameness is
# no step; side effects, inheritance and course say nothing of how a drug acts.
NOT_WALKED = (
    "treats",
    "ameliorates",
    "applied_to_treat",
    "contraindicated_in",
    "has_side_effect",
    "exact_match",
    "close_match",
    "has_mode_of_inheritance",
    "has_clinical_attribute",
)


@dataclass(frozen=True, eq=False)
class MechanismGraph:
    """All hops that paths over a snapshot may take.

    Attributes:
        left_out: rows of the snapshot that are not walked, such as those of a source.
    """

    snapshot: Snapshot
    schema: Schema
    left_out: Ints | None = None

    @cached_property
    def group(self) -> Ints:
        """(num_nodes,) group of every node."""
        return exact_groups(self.snapshot)

    @property
    def num_groups(self) -> int:
        """How many groups there are."""
        return int(self.group.max(initial=-1)) + 1

    def members(self, group: int) -> Ints:
        """Node indices of one group, ascending."""
        order, starts = self._members
        return order[starts[group] : starts[group + 1]]

    @cached_property
    def _members(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.group, kind="stable")
        return order, np.searchsorted(self.group[order], np.arange(self.num_groups + 1))

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
    def edges(self) -> "Edges":
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
            there.append((_spelt(head), words or known.text, _spelt(tail), True))
            back.append((_spelt(tail), words or known.inverse_text, _spelt(head), False))
        meanings = tuple(sorted({*there, *back}))
        number = {meaning: i for i, meaning in enumerate(meanings)}
        numbers = [np.array([number[m] for m in way], dtype=np.int64) for way in (there, back)]
        return meanings, np.concatenate([way[place.ravel()] for way in numbers])


@dataclass(frozen=True, eq=False)
class Hops:
    """Ordered pairs of groups that some edge joins, sorted; h of them, each there both ways.

    Attributes:
        start, end: (h,) groups.
    """

    start: Ints
    end: Ints
    num_groups: int

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def first(self) -> Ints:
        """(num_groups + 1,) where the hops out of each group begin."""
        return np.searchsorted(self.start, np.arange(self.num_groups + 1))

    @cached_property
    def turned(self) -> Ints:
        """(h,) the same hop the other way."""
        # Sorted by (end, start), they stand as their turned ones do by (start, end).
        result = np.empty(len(self), dtype=np.int64)
        result[np.lexsort((self.start, self.end))] = np.arange(len(self))
        return result

    def find(self, start: int, end: int) -> int:
        """The hop from one group to another; -1 if there is none."""
        low, high = self.first[start], self.first[start + 1]
        place = low + int(np.searchsorted(self.end[low:high], end))
        return place if place < high and self.end[place] == end else -1

    def out_of(self, groups: Ints) -> tuple[Ints, Ints]:
        """((n,) hops that leave some groups, (n,) the position in `groups` that each leaves)."""
        return spread(self.first[groups], self.first[groups + 1])


@dataclass(frozen=True, eq=False)
class Edges:
    """Directed edges, each of one meaning between two groups; e of them, sorted by hop.

    Attributes:
        hop: (e,) of each.
        meaning: (e,) see `MechanismGraph.meanings`.
        rows: (s,) rows of the snapshot that state them, those of one edge side by side.
        is_forward: (s,) whether that row is walked from head to tail.
        first: (e + 1,) where the rows of each edge begin.
    """

    hops: Hops
    hop: Ints
    meaning: Ints
    rows: Ints
    is_forward: NDArray[np.bool_]
    first: Ints

    def __len__(self) -> int:
        return len(self.hop)

    @cached_property
    def of_row(self) -> Ints:
        """(s,) the edge that each row states."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def of_hops(self, hops: Ints) -> tuple[Ints, Ints]:
        """((n,) edges that some hops are made of, (n,) the position in `hops` of each's)."""
        return spread(np.searchsorted(self.hop, hops), np.searchsorted(self.hop, hops, side="right"))

    def rows_of(self, edges: Ints) -> tuple[Ints, Ints]:
        """((n,) rows of the snapshot that state some edges, (n,) the position in `edges` of each's)."""
        places, which = spread(self.first[edges], self.first[edges + 1])
        return self.rows[places], which

    def places_of(self, rows: Ints) -> Ints:
        """Where some rows of the snapshot stand among `rows`; a row stands there twice, once each way."""
        order, known = self._by_row
        asked = np.unique(rows)
        return order[spread(np.searchsorted(known, asked), np.searchsorted(known, asked, side="right"))[0]]

    @cached_property
    def _by_row(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.rows, kind="stable")
        return order, self.rows[order]

    @cached_property
    def num_beside(self) -> Ints:
        """(h,) how many edges each hop is made of."""
        return np.bincount(self.hop, minlength=len(self.hops))

    @cached_property
    def out_key(self) -> Ints:
        """(e,) the same for edges of one meaning that leave one group."""
        return np.asarray(self.hops.start[self.hop] * (self.meaning.max(initial=0) + 1) + self.meaning)

    @cached_property
    def in_key(self) -> Ints:
        """(e,) the same for edges of one meaning that reach one group."""
        return np.asarray(self.hops.end[self.hop] * (self.meaning.max(initial=0) + 1) + self.meaning)

    @cached_property
    def fan_out(self) -> Ints:
        """(e,) edges of the same meaning that leave its start."""
        return _fan(self.out_key)

    @cached_property
    def fan_in(self) -> Ints:
        """(e,) edges of the same meaning that reach its end."""
        return _fan(self.in_key)


def spread(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """((n,) the numbers of some ranges, one range after the other, (n,) which range each is of)."""
    size = high - low
    which = np.repeat(np.arange(len(size)), size)
    return np.arange(len(which)) - np.repeat(np.cumsum(size) - size - low, size), which


def _fan(keys: Ints) -> Ints:
    _, which, num = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(num[which.ravel()])


def _spelt(kind: str) -> str:
    """The name of a kind as words, as in `phenotypic feature`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower()
