"""Where each likelihood ratio was read from: the walk from a finding of the case to what a disease states."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.reasoning.hierarchy import Hierarchy, Trail, reverse
from kgdx.reasoning.likelihood import expected_frequency
from kgdx.reasoning.query import Observation
from kgdx.reasoning.reasoner import Reasoner


class Origins:
    """The walks behind the likelihood ratios of one case; what its candidates share is looked up once."""

    def __init__(self, reasoner: Reasoner, hierarchy: Hierarchy, observations: Sequence[Observation]) -> None:
        self._reasoner = reasoner
        self._hierarchy = hierarchy
        self._observations = observations
        self._climbed: dict[int, dict[int, Trail]] = {}
        annotations, settings = reasoner.graph.annotations, reasoner.likelihood
        self._via = [
            expected_frequency(seen.node, annotations, settings)[1] if seen.weight > 0 else None
            for seen in observations
        ]

    def of(self, position: int, ratios: NDArray[np.float64]) -> list[Trail | None]:
        """For each observation, the walk its ratio for one candidate was read from; None where it was noise.

        What a disease and a finding share only by being findings at all lowers the ratio: that is noise.

        Args:
            position: of the candidate among the annotations' candidates.
            ratios: (F,) log-likelihood ratios.
        """
        denied = self._denied(position)
        trails: list[Trail | None] = []
        for seen, via, ratio in zip(self._observations, self._via, ratios, strict=True):
            if via is None:
                trails.append(self._stated(seen.node, seen.node, position))
            elif denied and (trail := self._through(seen.node, denied)) is not None:
                trails.append(trail)
            elif ratio <= 0 or via[position] < 0:
                trails.append(None)
            else:
                trails.append(self._stated(seen.node, int(via[position]), position))
        return trails

    def _stated(self, node: int, general: int, position: int) -> Trail | None:
        """Up to `general`, down to the commonest kind of it stated of the disease, and to the disease."""
        annotations = self._reasoner.graph.annotations
        start, end = annotations.direct.indptr[position : position + 2]
        stated = annotations.direct.indices[start:end]
        kinds = [i for i, finding in enumerate(stated) if general in self._kinds_of(int(finding))]
        if not kinds:
            return None
        often = annotations.direct.data[start:end]
        finding = int(stated[max(kinds, key=lambda i: often[i])])
        row = self._row(int(annotations.candidates[position]), finding)
        if row is None:
            return None
        return (*self._kinds_of(node)[general], *reverse(self._kinds_of(finding)[general]), (row, False))

    def _denied(self, position: int) -> dict[int, int]:
        """Finding -> row of the edge in which a source denies it of the disease."""
        graph = self._reasoner.graph
        rows = graph.rows_of(int(graph.annotations.candidates[position]))
        rows = rows[graph.snapshot.negated[rows]]
        return {int(graph.snapshot.tail[row]): int(row) for row in rows}

    def _through(self, node: int, denied: dict[int, int]) -> Trail | None:
        """The shortest walk over a denial of the finding or of what it is a kind of."""
        for ancestor, up in self._kinds_of(node).items():
            if ancestor in denied:
                return (*up, (denied[ancestor], False))
        return None

    def _row(self, disease: int, finding: int) -> int | None:
        graph = self._reasoner.graph
        rows = graph.rows_of(disease)
        rows = rows[(graph.snapshot.tail[rows] == finding) & ~graph.snapshot.negated[rows]]
        if len(rows) == 0:
            return None
        return int(rows[np.argmax(np.nan_to_num(graph.snapshot.frequency[rows], nan=-1.0))])

    def _kinds_of(self, node: int) -> dict[int, Trail]:
        if node not in self._climbed:
            self._climbed[node] = self._hierarchy.climb(node, over_matches=False)
        return self._climbed[node]
