"""Curated mechanisms on a graph: which paths they are there, and where these stand among all of their pair.

Which edges stand on the word of a pair's own curators alone is told too, so that they can be hidden.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgdx.domain.mechanism import CuratedMechanism, Statement
from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.snapshot import Snapshot
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.mechanisms.hops import Hops
from kgdx.mechanisms.question import Question
from kgdx.training.metrics import means_with_intervals, mid_rank

Pair = tuple[int, int]
"""Groups of a drug and of a disease."""

CURATED_SOURCE = "infores:drugmechdb"
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Curated:
    """What curators drew, pair by pair.

    Attributes:
        graph: with the curated edges in it.
        drawn: mechanisms of every pair whose ends are in the graph.
        gold: the curated paths of every pair, as groups; a pair may have none of 2 to 4 edges.
        own: for every pair the rows of the snapshot that its own mechanisms state and no other pair's do.
        attributed: rows of the snapshot that some loaded mechanism states.
        num_missing: pairs of which an end is not in the graph.
    """

    graph: MechanismGraph
    drawn: Mapping[Pair, Sequence[CuratedMechanism]]
    gold: Mapping[Pair, tuple[tuple[int, ...], ...]]
    own: Mapping[Pair, Ints]
    attributed: Ints
    num_missing: int

    def question(self, pair: Pair) -> Question:
        """How the drug may act on the disease, by what is known without this pair."""
        return Question(self.graph, *pair, self.own[pair])


def curated(
    graph: MechanismGraph, asked: Sequence[CuratedMechanism], loaded: Iterable[CuratedMechanism]
) -> Curated:
    """Put curated mechanisms onto a graph.

    Args:
        asked: what is asked for; mechanisms of one drug and one disease are one pair.
        loaded: those whose edges the graph holds.
    """
    places = _Places(graph)
    drawn: dict[Pair, list[CuratedMechanism]] = defaultdict(list)
    missing = set()
    for mechanism in asked:
        pair = places.pair(mechanism)
        if pair is None:
            missing.add((mechanism.drug, mechanism.disease))
        else:
            drawn[pair].append(mechanism)
    gold = {
        pair: tuple(sorted({path for mechanism in drawn[pair] for path in places.paths(mechanism)}))
        for pair in sorted(drawn)
    }
    return Curated(graph, drawn, gold, *places.own(drawn, loaded), len(missing))


def rows_of(snapshot: Snapshot, source: str = CURATED_SOURCE) -> Ints:
    """Rows of a snapshot that a source states."""
    sources = snapshot.edges["source"].cast(pa.string())
    return np.asarray(np.flatnonzero(pc.equal(sources, source).to_numpy(zero_copy_only=False)))


@dataclass(frozen=True, eq=False)
class _Places:
    """Where things are in the graph."""

    graph: MechanismGraph

    def now(self, curie: str) -> str:
        """What stands for an identifier: the heir of an obsolete one."""
        return self.graph.snapshot.replaced_by.get(curie) or curie

    def group(self, curie: str) -> int | None:
        node = self.graph.snapshot.index.get(self.now(curie))
        return None if node is None else int(self.graph.group[node])

    def pair(self, mechanism: CuratedMechanism) -> Pair | None:
        drug, disease = self.group(mechanism.drug), self.group(mechanism.disease)
        return None if drug is None or disease is None else (drug, disease)

    def paths(self, mechanism: CuratedMechanism) -> list[tuple[int, ...]]:
        """Those whose groups are all in the graph, and all different."""
        found = []
        for path in mechanism.paths():
            groups = [self.group(curie) for curie in path]
            known = tuple(group for group in groups if group is not None)
            if len(known) == len(path) == len(set(known)):
                found.append(known)
        return found

    def own(
        self, drawn: Mapping[Pair, Sequence[CuratedMechanism]], loaded: Iterable[CuratedMechanism]
    ) -> tuple[dict[Pair, Ints], Ints]:
        """For each pair the rows that it alone states; all rows that any pair states."""
        said_by: dict[Statement, set[Pair]] = defaultdict(set)
        also: dict[Pair, list[CuratedMechanism]] = defaultdict(list)
        for mechanism in loaded:
            if pair := self.pair(mechanism):
                also[pair].append(mechanism)
                for statement in self._now(mechanism):
                    said_by[statement].add(pair)
        rows: dict[Statement, list[int]] = defaultdict(list)
        for row, statement in self._statements():
            rows[statement].append(row)
        own = {}
        for pair, mechanisms in drawn.items():
            said = {
                statement for mechanism in (*mechanisms, *also[pair]) for statement in self._now(mechanism)
            }
            alone = [row for statement in said if said_by[statement] <= {pair} for row in rows[statement]]
            own[pair] = np.array(sorted(alone), dtype=np.int64)
        stated = [row for statement, found in rows.items() if said_by[statement] for row in found]
        return own, np.array(sorted(stated), dtype=np.int64)

    def _now(self, mechanism: CuratedMechanism) -> list[Statement]:
        return [
            (self.now(head), relation, self.now(tail), words, cited)
            for head, relation, tail, words, cited in mechanism.statements
        ]

    def _statements(self) -> Iterable[tuple[int, Statement]]:
        snapshot = self.graph.snapshot
        rows = rows_of(snapshot)
        words, cited = (snapshot.edges[name].take(rows) for name in ("original_predicate", "publications"))
        for row, said, papers in zip(rows.tolist(), words.to_pylist(), cited.to_pylist(), strict=True):
            head, tail = (snapshot.curies[ends[row]] for ends in (snapshot.head, snapshot.tail))
            yield row, (head, str(snapshot.relations[row]), tail, str(said), tuple(papers))


@dataclass(frozen=True, slots=True)
class Place:
    """Of the best curated path of one pair.

    Attributes:
        rank: from 1; ties share the middle of their ranks.
        num_paths: of the pair, curated ones among them.
    """

    rank: float
    num_paths: int

    @property
    def percentile(self) -> float:
        """The share of the other paths that stand below it, in [0, 1]; 1 where there is no other."""
        return (self.num_paths - self.rank) / (self.num_paths - 1) if self.num_paths > 1 else 1.0


def is_gold(hops: Hops, paths: Ints, gold: Iterable[Sequence[int]]) -> NDArray[np.bool_]:
    """(n,) whether a path visits the same groups, in the same order, as a curated one.

    Args:
        paths: (n, num_hops) hops.
        gold: curated paths, as groups.
    """
    found = np.zeros(len(paths), dtype=bool)
    for path in gold:
        if len(path) - 1 == paths.shape[1]:
            steps = [hops.find(start, end) for start, end in pairwise(path)]
            found |= (paths == np.array(steps)).all(axis=1)
    return found


def place(scores: Floats, is_curated: NDArray[np.bool_]) -> Place | None:
    """Where the best curated path stands; None if none is among the paths.

    Args:
        scores: (n,); what differs by less than a millionth is a tie.
    """
    accepted = np.flatnonzero(is_curated)
    if len(accepted) == 0:
        return None
    return Place(mid_rank(np.round(scores, _DECIMALS), accepted.tolist()), len(scores))


def place_metrics(places: Sequence[Place]) -> dict[str, object]:
    """n, mrr, hit1, hit10 and mpr with their 95 % bootstrap intervals, over pairs."""
    if not places:
        return {"n": 0}
    ranks = np.array([place.rank for place in places])
    percentiles = np.array([place.percentile for place in places])
    each = np.column_stack([ranks <= 1, ranks <= 10, 1.0 / ranks, percentiles])
    return {"n": len(places)} | means_with_intervals(each, ["hit1", "hit10", "mrr", "mpr"])
