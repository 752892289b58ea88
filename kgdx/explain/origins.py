"""Where likelihood ratios and messages were read from: the walk from a finding to what a disease states."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.reasoning.best_paths import Nearest
from kgdx.reasoning.hierarchy import Hierarchy, Trail, reverse
from kgdx.reasoning.likelihood import expected_frequency
from kgdx.reasoning.query import Observation
from kgdx.reasoning.reasoner import Reasoner
from kgdx.reasoning.stated import Stated

Step = tuple[int, bool]
"""Row of an edge, and whether it is walked from head to tail; part of a `Trail`."""


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
                if twin != disease and (step := self._step(twin, other.finding)) is not None:
                    return (*self._over(node, other), step, *reverse(matches))
        if own is None or (step := self._step(disease, own.finding)) is None:
            return None
        return (*self._over(node, own), step)

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

    def _through(self, node: int, denied: dict[int, Step]) -> Trail | None:
        """The shortest walk over a denial of the finding or of what it is a kind of."""
        for ancestor, up in self._kinds_of(node).items():
            if ancestor in denied:
                return (*up, denied[ancestor])
        return None

    def _step(self, disease: int, finding: int) -> Step | None:
        """From a finding over the commonest statement of it to the disease."""
        snapshot, stated = self._reasoner.graph.snapshot, self._reasoner.graph.stated_of(disease)
        stated = stated.take((stated.finding == finding) & ~snapshot.negated[stated.rows])
        if len(stated.rows) == 0:
            return None
        return _step(stated, int(np.argmax(np.nan_to_num(snapshot.frequency[stated.rows], nan=-1.0))))

    def _kinds_of(self, node: int) -> dict[int, Trail]:
        if node not in self._climbed:
            self._climbed[node] = self._hierarchy.climb(node, over_matches=False)
        return self._climbed[node]


def _step(stated: Stated, i: int) -> Step:
    return int(stated.rows[i]), bool(stated.is_forward[i])
