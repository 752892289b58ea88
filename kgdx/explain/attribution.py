"""Where likelihood ratios and messages were read from: the walk from a finding to what a disease states."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.graph.hierarchy import EdgePath, Hierarchy, reverse
from kgdx.reasoning.best_paths import Nearest
from kgdx.reasoning.disease_annotations import DiseaseAnnotations
from kgdx.reasoning.likelihood import read_from
from kgdx.reasoning.query import Observation
from kgdx.reasoning.reasoner import Reasoner

Step = tuple[int, bool]
"""Row of an edge, and whether it is walked from head to tail; part of a `EdgePath`."""


class Origins:
    """The walks behind the numbers of one case; what its candidates share is looked up once.

    Args:
        positions: (K,) of the candidates to be explained, among the annotations' candidates.
    """

    def __init__(
        self,
        reasoner: Reasoner,
        hierarchy: Hierarchy,
        observations: Sequence[Observation],
        positions: NDArray[np.int64],
    ) -> None:
        self._reasoner = reasoner
        self._hierarchy = hierarchy
        self._observations = observations
        self._climbed: dict[int, dict[int, EdgePath]] = {}
        self._above: dict[int, sp.csr_matrix] = {}
        self._steps: dict[int, dict[int, Step]] = {}
        nodes, best_paths = [seen.node for seen in observations], reasoner.best_paths
        own = best_paths.nearest(nodes, positions)
        other = best_paths.nearest(nodes, positions, is_elsewhere=True)
        self._ways = dict(zip(positions.tolist(), zip(own, other, strict=True), strict=True))

    def of(self, position: int, ratios: NDArray[np.float64]) -> list[EdgePath | None]:
        """For each observation, the walk its ratio for one candidate was read from; None where it was noise.

        What a disease and a finding share only by being findings at all lowers the ratio: that is noise.

        Args:
            position: of the candidate among the annotations' candidates.
            ratios: (F,) log-likelihood ratios.
        """
        annotations, settings = self._reasoner.graph.annotations, self._reasoner.likelihood
        denied, shown = self._denied(position), annotations.shown(position)
        trails: list[EdgePath | None] = []
        for seen, ratio in zip(self._observations, ratios.tolist(), strict=True):
            if seen.weight <= 0:
                trails.append(self._stated(seen.node, seen.node, position))
            elif denied and (trail := self._through(seen.node, denied)) is not None:
                trails.append(trail)
            elif ratio <= 0 or (general := read_from(seen.node, shown, annotations, settings)) is None:
                trails.append(None)
            else:
                trails.append(self._stated(seen.node, general, position))
        return trails

    def nearest(self, position: int, messages: NDArray[np.float64]) -> list[EdgePath | None]:
        """For each observation, the best path its message came over; None where there was no message.

        Args:
            position: one of those given at the start.
            messages: (F,) what each best path added.
        """
        disease = int(self._reasoner.graph.annotations.candidates[position])
        own, other = self._ways[position]
        return [
            self._nearest(seen.node, disease, mine, elsewhere) if message != 0.0 else None
            for seen, mine, elsewhere, message in zip(self._observations, own, other, messages, strict=True)
        ]

    def _nearest(
        self, node: int, disease: int, own: Nearest | None, other: Nearest | None
    ) -> EdgePath | None:
        """Over what is stated of the disease itself, or of what it is the same as where that is nearer."""
        if other is not None and (own is None or other.nearness > own.nearness):
            for twin, matches in self._hierarchy.ancestors_with_paths(disease, max_kinds=0).items():
                if twin != disease and (step := self._step(twin, other.finding)) is not None:
                    return (*self._over(node, other), step, *reverse(matches))
        if own is None or (step := self._step(disease, own.finding)) is None:
            return None
        return (*self._over(node, own), step)

    def _over(self, node: int, nearest: Nearest) -> EdgePath:
        """From a finding up to the shared kind and down to the stated finding."""
        up, down = self._kinds_of(node), self._kinds_of(nearest.finding)
        return (*up[nearest.kind], *reverse(down[nearest.kind]))

    def _stated(self, node: int, general: int, position: int) -> EdgePath | None:
        """Up to `general`, down to the commonest kind of it stated of the disease, and to the disease."""
        annotations = self._reasoner.graph.annotations
        start, end = annotations.direct.indptr[position : position + 2]
        stated, often = annotations.direct.indices[start:end], annotations.direct.data[start:end]
        if position not in self._above:
            self._above[position] = annotations.ancestors[stated]
        above = self._above[position]
        kinds = np.searchsorted(above.indptr, np.flatnonzero(above.indices == general), "right") - 1
        if len(kinds) == 0:
            return None
        finding = int(stated[kinds[np.argmax(often[kinds])]])
        step = self._step(int(annotations.candidates[position]), finding)
        if step is None:
            return None
        return (*self._kinds_of(node)[general], *reverse(self._kinds_of(finding)[general]), step)

    def _denied(self, position: int) -> dict[int, Step]:
        """Finding -> the edge in which a source denies it of the disease."""
        graph = self._reasoner.graph
        stated = graph.stated_of(int(graph.annotations.candidates[position]))
        denied = stated.take(graph.snapshot.negated[stated.rows])
        return {int(finding): _step(denied, i) for i, finding in enumerate(denied.finding)}

    def _through(self, node: int, denied: dict[int, Step]) -> EdgePath | None:
        """The shortest walk over a denial of the finding or of what it is a kind of."""
        for ancestor, up in self._kinds_of(node).items():
            if ancestor in denied:
                return (*up, denied[ancestor])
        return None

    def _step(self, disease: int, finding: int) -> Step | None:
        """From a finding over the commonest statement of it to the disease."""
        if disease not in self._steps:
            graph = self._reasoner.graph
            stated = graph.stated_of(disease)
            often = np.nan_to_num(graph.snapshot.frequency[stated.rows], nan=-1.0)
            # The commonest is written last.
            rising = np.argsort(-often, kind="stable")[::-1]
            affirmed = rising[~graph.snapshot.negated[stated.rows[rising]]].tolist()
            self._steps[disease] = {int(stated.finding[i]): _step(stated, i) for i in affirmed}
        return self._steps[disease].get(finding)

    def _kinds_of(self, node: int) -> dict[int, EdgePath]:
        if node not in self._climbed:
            self._climbed[node] = self._hierarchy.ancestors_with_paths(node, over_matches=False)
        return self._climbed[node]


def _step(stated: DiseaseAnnotations, i: int) -> Step:
    return int(stated.rows[i]), bool(stated.is_forward[i])
