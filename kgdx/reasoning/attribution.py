"""Attribution: every edge that the score of a candidate was read from.

Shown paths and retained subgraphs are both taken from here. On the retained edges alone a score comes out as
reported (`kgdx.reasoning.subgraph_scorer`); they are the edges of all paths, of further annotations with the
same finding, and of paths too weak to show. It is looked up for the candidates that are asked for only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kgdx.graph.arrays import Ints
from kgdx.graph.hierarchy import EdgePath, Hierarchy, reverse
from kgdx.reasoning.best_paths import Nearest
from kgdx.reasoning.demographics import PatientFact
from kgdx.reasoning.likelihood import Match, MatchType, matches
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner

Step = tuple[int, bool]
"""Row of an edge, and whether it is walked from head to tail; part of an `EdgePath`."""


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """What one finding says of one candidate, and what that was read from.

    Attributes:
        value: log-likelihood ratio, natural log, as far as it is trusted.
        path: from the finding to the disease; None where there is no annotation, or where what the two share
            is so general that it speaks against the disease.
        rows: every edge that the ratio was read from.
    """

    value: float
    match_type: MatchType
    path: EdgePath | None
    rows: frozenset[int]


class Attribution:
    """The edges behind one ranked case.

    Args:
        num_candidates: how many of the ranking will be asked for, from the first on; all if left out.
    """

    def __init__(
        self,
        reasoner: Reasoner,
        hierarchy: Hierarchy,
        query: GraphQuery,
        ranking: Ranking,
        num_candidates: int | None = None,
    ) -> None:
        self._reasoner, self._hierarchy = reasoner, hierarchy
        self._query, self._ranking = query, ranking
        self._positions = ranking.positions[:num_candidates]
        self._up: dict[int, dict[int, EdgePath]] = {}
        self._steps: dict[tuple[int, bool], dict[int, list[Step]]] = {}

    def likelihood_ratios(self, rank: int) -> list[LikelihoodRatio]:
        """The likelihood ratio of each observation for one candidate.

        Args:
            rank: of the candidate, from 0.
        """
        position, disease = int(self._ranking.positions[rank]), int(self._ranking.diseases[rank])
        graph, observations = self._reasoner.graph, self._query.observations
        found = matches(observations, position, graph.annotations, self._reasoner.likelihood)
        result = []
        for obs, match, value in zip(observations, found, self._ranking.base[rank].tolist(), strict=True):
            path, rows = self._annotated(disease, obs.node, match)
            if match.type is MatchType.EXCLUDED:
                exclusions = self._exclusions(disease, obs.node)
                path, rows = exclusions[0], rows.union(*map(_rows, exclusions))
            elif obs.weight > 0 and value <= 0:
                path = None
            result.append(LikelihoodRatio(value, match.type, path, rows))
        return result

    def message_paths(self, rank: int) -> list[EdgePath | None]:
        """For each observation, the best path its message came over; None where there was no message."""
        disease, columns = int(self._ranking.diseases[rank]), self._nearest[rank]
        return [
            self._nearest_path(obs.node, disease, own, other) if message != 0.0 else None
            for obs, own, other, message in zip(
                self._query.observations, *columns, self._ranking.messages[rank], strict=True
            )
        ]

    def walk_paths(self, rank: int) -> Iterator[tuple[int, EdgePath, float]]:
        """(number of the observation, path, contribution) of each walk of the retained subgraph."""
        numbers = {obs.node: i for i, obs in enumerate(self._query.observations)}
        walks, case_graph = self._ranking.walks.of(rank), self._ranking.case_graph
        half = len(case_graph.edge_rows) // 2
        for start, edges, share in zip(walks.start, walks.edges, walks.contribution, strict=True):
            path = tuple((int(case_graph.edge_rows[e]), bool(e < half)) for e in edges if e >= 0)
            yield numbers[int(case_graph.nodes[start])], path, float(share)

    def patient_paths(self, rank: int) -> Iterator[tuple[PatientFact, int, EdgePath, float]]:
        """(fact, row of the edge it was read from, path, contribution) of what is known of the patient.

        The path leads from what the graph states of a course or an inheritance to the disease, however it is
        named there. A fact that nothing is stated about has none.
        """
        snapshot, disease = self._reasoner.graph.snapshot, int(self._ranking.diseases[rank])
        position, values = self._ranking.positions[rank], self._ranking.demographics[rank].tolist()
        for fact, value in zip(self._ranking.patient_facts, values, strict=True):
            if (row := int(fact.rows[position])) >= 0:
                names = self._hierarchy.ancestors_with_paths(disease, max_kinds=0)
                yield fact, row, ((row, False), *reverse(names[int(snapshot.head[row])])), value

    def rows(self, rank: int) -> Ints:
        """The retained subgraph of a candidate: rows of the snapshot's edge table, ascending."""
        ratios = self.likelihood_ratios(rank)
        found = set[int]().union(*(ratio.rows for ratio in ratios))
        for obs, ratio in zip(self._query.observations, ratios, strict=True):
            # No best path counts for what is excluded.
            if ratio.match_type is not MatchType.EXCLUDED:
                found.update(self._message_rows(obs.node, rank))
        walks = self._ranking.walks.of(rank)
        found.update(self._ranking.case_graph.edge_rows[walks.edges[walks.edges >= 0]].tolist())
        found.update(row for _, _, path, _ in self.patient_paths(rank) for row in _rows(path))
        return np.array(sorted(found), dtype=np.int64)

    def _annotated(self, disease: int, node: int, match: Match) -> tuple[EdgePath | None, frozenset[int]]:
        """Up to the shared ancestor, down to the annotated finding, and to the disease."""
        if match.ancestor is None or match.finding is None:
            return None, frozenset()
        steps = self._steps_of(disease)[match.finding]
        way = self._over(node, match.ancestor, match.finding)
        return (*way, steps[0]), frozenset(_rows((*way, *steps)))

    def _exclusions(self, disease: int, node: int) -> list[EdgePath]:
        """Paths over each exclusion of the finding or of what it is a kind of, the shortest first."""
        excluded = self._steps_of(disease, is_excluded=True)
        return [
            (*up, step)
            for ancestor, up in self._kinds_of(node).items()
            for step in reversed(excluded.get(ancestor, ()))
        ]

    @cached_property
    def _nearest(self) -> list[tuple[list[Nearest | None], list[Nearest | None]]]:
        """Of each candidate, how its own annotations are met, and those under other identifiers."""
        nodes, best_paths = [obs.node for obs in self._query.observations], self._reasoner.best_paths
        own = best_paths.nearest(nodes, self._positions)
        return [*zip(own, best_paths.nearest(nodes, self._positions, is_elsewhere=True), strict=True)]

    def _nearest_path(
        self, node: int, disease: int, own: Nearest | None, other: Nearest | None
    ) -> EdgePath | None:
        """Over an annotation of the disease itself, or of what it is the same as where that is nearer."""
        if other is not None and (own is None or other.nearness > own.nearness):
            for steps, names in self._annotations_elsewhere(disease, other.finding):
                return (*self._over(node, other.kind, other.finding), steps[0], *reverse(names))
        if own is None or (steps := self._steps_of(disease).get(own.finding, [])) == []:
            return None
        return (*self._over(node, own.kind, own.finding), steps[0])

    def _message_rows(self, node: int, rank: int) -> Iterator[int]:
        """What the message of one finding was read from."""
        annotations, best_paths = self._reasoner.graph.annotations, self._reasoner.best_paths
        position, disease = self._ranking.positions[rank], int(self._ranking.diseases[rank])
        for finding, kind in best_paths.strongest(node, annotations.direct[position]):
            yield from _rows((*self._over(node, kind, finding), *self._steps_of(disease).get(finding, ())))
        for finding, kind in best_paths.strongest(node, annotations.elsewhere[position]):
            yield from _rows(self._over(node, kind, finding))
            for steps, names in self._annotations_elsewhere(disease, finding):
                yield from _rows((*steps, *names))

    def _annotations_elsewhere(self, disease: int, finding: int) -> Iterator[tuple[list[Step], EdgePath]]:
        """The edges that annotate other identifiers of a disease with a finding, and the way there."""
        for twin, names in self._hierarchy.ancestors_with_paths(disease, max_kinds=0).items():
            if twin != disease and (steps := self._steps_of(twin).get(finding)):
                yield steps, names

    def _over(self, node: int, ancestor: int, finding: int) -> EdgePath:
        """From a finding up to a shared ancestor and down to an annotated finding."""
        return (*self._kinds_of(node)[ancestor], *reverse(self._kinds_of(finding)[ancestor]))

    def _steps_of(self, disease: int, *, is_excluded: bool = False) -> dict[int, list[Step]]:
        """Finding -> the edges that annotate a disease with it, or exclude it; the commonest first."""
        if (disease, is_excluded) not in self._steps:
            graph, steps = self._reasoner.graph, dict[int, list[Step]]()
            annotated = graph.stated_of(disease)
            annotated = annotated.take(graph.snapshot.negated[annotated.rows] == is_excluded)
            often = np.nan_to_num(graph.snapshot.frequency[annotated.rows], nan=-1.0)
            for i in np.argsort(-often, kind="stable").tolist():
                step = int(annotated.rows[i]), bool(annotated.is_forward[i])
                steps.setdefault(int(annotated.finding[i]), []).append(step)
            self._steps[disease, is_excluded] = steps
        return self._steps[disease, is_excluded]

    def _kinds_of(self, node: int) -> dict[int, EdgePath]:
        if node not in self._up:
            self._up[node] = self._hierarchy.ancestors_with_paths(node, over_matches=False)
        return self._up[node]


def _rows(path: EdgePath) -> list[int]:
    return [row for row, _ in path]
