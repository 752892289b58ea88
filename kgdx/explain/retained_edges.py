"""The retained subgraph of a candidate: every edge that its score was read from.

On these edges alone the score comes out as reported (`kgdx.reasoning.subgraph_scorer`). The shown paths lie
in it; what else it holds are further statements of a frequency, and paths too weak to show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.reasoning.likelihood import read_from
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ints, Ranking
from kgdx.reasoning.reasoner import Reasoner


@dataclass(frozen=True, eq=False)
class Support:
    """Finds retained subgraphs of one ranked case."""

    reasoner: Reasoner
    hierarchy: Hierarchy
    query: GraphQuery
    ranking: Ranking

    def rows(self, place: int) -> Ints:
        """Rows of the snapshot's edge table, ascending.

        Args:
            place: of the candidate in the ranking, from 0.
        """
        found = {row for seen in self.query.observations for row in self._of_finding(seen, place)}
        walks, case_graph = self.ranking.walks.of(place), self.ranking.case_graph
        found.update(case_graph.edge_rows[walks.edges[walks.edges >= 0]].tolist())
        found.update(self._of_patient(place))
        return np.array(sorted(found), dtype=np.int64)

    def _of_finding(self, seen: Observation, place: int) -> Iterator[int]:
        """What the likelihood ratio and the message of one finding were read from."""
        annotations, node = self.reasoner.graph.annotations, seen.node
        position = int(self.ranking.positions[place])
        above = self._above(node)
        denials = self._denials(above, place) if seen.weight > 0 else []
        yield from denials
        general: int | None = node
        if seen.weight > 0:
            general = read_from(node, annotations.shown(position), annotations, self.reasoner.likelihood)
        if general is not None:
            yield from self._commonest(node, general, position)
        if denials:
            # No best path counts then.
            return
        for stated, is_elsewhere in ((annotations.direct, False), (annotations.elsewhere, True)):
            for finding, kind in self.reasoner.best_paths.strongest(node, stated[position]):
                yield from _rows(above[kind])
                yield from _rows(self._above(finding)[kind])
                yield from self._statements(place, finding, is_elsewhere)

    def _commonest(self, node: int, general: int, position: int) -> Iterator[int]:
        """From a finding up to `general`, and from the commonest kind of that which is stated."""
        annotations = self.reasoner.graph.annotations
        stated = annotations.direct[position]
        is_kind = _is_kind(annotations.ancestors, stated.indices, general)
        if is_kind.any():
            finding = int(stated.indices[np.argmax(np.where(is_kind, stated.data, -1.0))])
            yield from _rows(self._above(node)[general])
            yield from _rows(self._above(finding)[general])
            yield from self._affirmed(int(annotations.candidates[position]), finding)

    def _statements(self, place: int, finding: int, is_elsewhere: bool) -> Iterator[int]:
        """Who states a finding of the candidate, or of what it is the same as."""
        disease = int(self.ranking.diseases[place])
        if not is_elsewhere:
            yield from self._affirmed(disease, finding)
            return
        for twin, matches in self.hierarchy.ancestors_with_paths(disease, max_kinds=0).items():
            if twin != disease and (rows := self._affirmed(twin, finding)):
                yield from rows
                yield from _rows(matches)

    def _affirmed(self, disease: int, finding: int) -> list[int]:
        graph = self.reasoner.graph
        stated = graph.stated_of(disease)
        rows = stated.rows[stated.finding == finding]
        return [int(row) for row in rows[~graph.snapshot.negated[rows]]]

    def _denials(self, above: dict[int, EdgePath], place: int) -> list[int]:
        graph = self.reasoner.graph
        stated = graph.stated_of(int(self.ranking.diseases[place]))
        denied = stated.take(graph.snapshot.negated[stated.rows])
        met = [(int(row), int(f)) for row, f in zip(denied.rows, denied.finding, strict=True) if f in above]
        return [row for denial, finding in met for row in (denial, *_rows(above[finding]))]

    def _of_patient(self, place: int) -> Iterator[int]:
        """What sex, age and onset were read from, however the disease is named there."""
        snapshot, disease = self.reasoner.graph.snapshot, int(self.ranking.diseases[place])
        for fact in self.ranking.statements:
            if (row := int(fact.rows[self.ranking.positions[place]])) >= 0:
                yield row
                yield from _rows(
                    self.hierarchy.ancestors_with_paths(disease, max_kinds=0)[int(snapshot.head[row])]
                )

    def _above(self, node: int) -> dict[int, EdgePath]:
        return self.hierarchy.ancestors_with_paths(node, over_matches=False)


def _is_kind(ancestors: sp.csr_matrix, nodes: Sequence[int], general: int) -> NDArray[np.bool_]:
    above = ancestors[nodes]
    owner = np.searchsorted(above.indptr, np.flatnonzero(above.indices == general), "right") - 1
    is_kind = np.zeros(len(nodes), dtype=bool)
    is_kind[owner] = True
    return is_kind


def _rows(trail: EdgePath) -> list[int]:
    return [row for row, _ in trail]
