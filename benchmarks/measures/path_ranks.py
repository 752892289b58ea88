"""Where the curated paths of a pair stand among all its paths by each method, and what gives them away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from benchmarks.baselines.paths import Floats, degree_weighted, shortest
from kgdx.encoders.base import TextEncoder
from kgdx.graph.arrays import Ints
from kgdx.mechanisms.graph import NOT_WALKED
from kgdx.mechanisms.model import MechanismNetwork, meaning_vectors
from kgdx.mechanisms.question import GroupNames, Question, Readings, read_halves
from kgdx.release.checkpoints import MechanismCheckpoint, pair_id
from kgdx.training.mechanisms.curated import Curated, Pair, Place, is_gold, place, rows_of

METHODS = ("kgdx", "degree_weighted", "shortest")
_LEAKS = ("own_edges", "direct_edges")


@dataclass(frozen=True, eq=False)
class Ranked:
    """One pair.

    Attributes:
        places: method -> where its best curated path stands; empty where no curated path is among the paths.
        num_paths, num_gold: paths that were ranked, and curated paths of 2 to 4 edges.
        fold: whose network ranked it, for a pair that was learnt from.
        is_coverable: a curated path would be there if each of its proteins were joined to whatever gene fits.
        leaks: what some path took and should not have, see `PathRanker.audit`.
    """

    pair: Pair
    places: Mapping[str, Place]
    num_paths: int
    num_gold: int
    fold: int | None
    is_coverable: bool
    leaks: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class PathRanker:
    """Ranks the paths of pairs on one graph.

    Attributes:
        meanings: (R, 3 text_dim + 1) float32, `meaning_vectors` of the graph.
        genes: groups of genes and proteins.
    """

    known: Curated
    saved: MechanismCheckpoint
    meanings: torch.Tensor
    names: GroupNames
    genes: Ints

    @classmethod
    def on(cls, known: Curated, saved: MechanismCheckpoint, encoder: TextEncoder) -> "PathRanker":
        """Put saved networks onto a graph."""
        graph = known.graph
        genes = np.unique(graph.group[graph.snapshot.kinds == "Gene"])
        return cls(known, saved, meaning_vectors(graph.meanings, encoder), GroupNames(graph, encoder), genes)

    def rank(self, pair: Pair) -> Ranked:
        """Score every path of a pair by every method."""
        question, gold, fold = self.known.question(pair), self.known.gold[pair], self._fold(pair)
        network = self.saved.network if fold is None else self.saved.fold_networks[fold]
        scored: dict[str, list[Floats]] = {method: [np.zeros(0)] for method in METHODS}
        curated, walked = [np.zeros(0, dtype=bool)], [np.zeros(0, dtype=np.int64)]
        for halves in question.paths():
            walked += [np.unique(halves.prefix), np.unique(halves.suffix)]
            told = read_halves(question, halves, self.names)
            before, after = (self._scores(network, part) for part in told)
            for left, right in halves.blocks():
                curated.append(is_gold(halves.hops, halves.joined(left, right), gold))
                for method, scores in scored.items():
                    scores.append(before[method][left] + after[method][right])
        is_curated = np.concatenate(curated)
        found = {method: place(np.concatenate(scores), is_curated) for method, scores in scored.items()}
        return Ranked(
            pair=pair,
            places={method: where for method, where in found.items() if where is not None},
            num_paths=len(is_curated),
            num_gold=len(gold),
            fold=fold,
            is_coverable=any(self._is_coverable(path) for path in gold),
            leaks=self._leaks(question, np.unique(np.concatenate(walked))),
        )

    def _scores(self, network: MechanismNetwork, told: Readings) -> dict[str, Floats]:
        """What every method gives to each way, whole or half: all of them are sums over hops."""
        with torch.no_grad():
            learnt = told.scores(network, self.meanings).numpy().astype(np.float64)
        return {"kgdx": learnt, "degree_weighted": degree_weighted(told), "shortest": shortest(told)}

    def audit(self, ranked: Sequence[Ranked]) -> dict[str, object]:
        """What could give a pair away and is still there; all of `leaks` must be 0."""
        graph = self.known.graph
        walked = graph.snapshot.relations[graph.rows]
        leaks = {name: sum(pair.leaks[name] for pair in ranked) for name in _LEAKS}
        curated_rows = np.intersect1d(graph.rows, rows_of(graph.snapshot))
        # No edge is the own one of two pairs.
        hidden = sum(len(np.intersect1d(own, curated_rows)) for own in self.known.own.values())
        return {
            "leaks": leaks | {"edges_that_say_what_treats_what": int(np.isin(walked, NOT_WALKED).sum())},
            "edges_of_drugmechdb": len(curated_rows),
            "edges_of_unknown_pairs": len(np.setdiff1d(curated_rows, self.known.attributed)),
            "edges_hidden_per_pair": round(hidden / max(len(ranked), 1), 2),
        }

    def _fold(self, pair: Pair) -> int | None:
        """The fold of a pair that was learnt from, under whichever identifiers."""
        graph = self.known.graph
        drugs, diseases = ([graph.snapshot.curies[n] for n in graph.members(end)] for end in pair)
        drawn = [(mechanism.drug, mechanism.disease) for mechanism in self.known.drawn[pair]]
        ids = (pair_id(*ends) for ends in (*drawn, *product(drugs, diseases)))
        return next((self.saved.learnt[name] for name in ids if name in self.saved.learnt), None)

    def _is_coverable(self, path: Sequence[int]) -> bool:
        """Whether a path like this one is there, on which each gene or protein may be any other."""
        hops, front = self.known.graph.edges.hops, np.array(path[:1])
        for group in path[1:]:
            reached = np.unique(hops.end[hops.out_of(front)[0]])
            front = np.intersect1d(reached, self.genes if group in self.genes else [group])
        return len(front) > 0

    def _leaks(self, question: Question, walked: Ints) -> dict[str, int]:
        """Looked for in the edges themselves, and not in what the question says it left out."""
        edges, hops = self.known.graph.edges, self.known.graph.edges.hops
        made_of, hop = edges.of_hops(walked)
        rows, edge = edges.rows_of(made_of)
        others = hop[edge[~np.isin(rows, self.known.own[question.start, question.end])]]
        direct = (hops.start[walked] == question.start) & (hops.end[walked] == question.end)
        return {"own_edges": len(walked) - len(np.unique(others)), "direct_edges": int(direct.sum())}
