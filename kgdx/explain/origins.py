"""Where likelihood ratios and messages were read from: the walk from a finding to what a disease states."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.reasoning.best_paths import Nearest
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

    def nearest(self, position: int, messages: NDArray[np.float64]) -> list[Trail | None]:
        """For each observation, the best path its message came over; None where there was no message.

        Args:
            position: of the candidate among the annotations' candidates.
            messages: (F,) what each best path added.
        """
        disease = int(self._reasoner.graph.annotations.candidates[position])
        nodes = [seen.node for seen in self._observations]
        best_paths = self._reasoner.best_paths
        own = best_paths.nearest(nodes, position)
        other = best_paths.nearest(nodes, position, is_elsewhere=True)
        return [
            self._nearest(node, disease, mine, elsewhere) if message != 0.0 else None
            for node, mine, elsewhere, message in zip(nodes, own, other, messages, strict=True)
        ]

    def _nearest(self, node: int, disease: int, own: Nearest | None, other: Nearest | None) -> Trail | None:
        """Over what is stated of the disease itself, or of what it is the same as where that is nearer."""
        if other is not None and (own is None or other.nearness > own.nearness):
            for twin, matches in self._hierarchy.climb(disease, max_kinds=0).items():
                if twin != disease and (row := self._row(twin, other.finding)) is not None:
                    return (*self._over(node, other), (row, False), *reverse(matches))
        if own is None or (row := self._row(disease, own.finding)) is None:
            return None
        return (*self._over(node, own), (row, False))

    def _over(self, node: int, nearest: Nearest) -> Trail:
        """From a finding up to the shared kind and down to the stated finding."""
        up, down = self._kinds_of(node), self._kinds_of(nearest.finding)
        return (*up[nearest.kind], *reverse(down[nearest.kind]))

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
