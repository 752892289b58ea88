"""Patients made up from annotations, with the faults of real case descriptions.

A simulated patient of a disease shows each of its findings as often as the annotations say; whoever wrote
the case down left out some, named some less precisely or as a neighbouring finding, added a few that have
nothing to do with the disease, and recorded some of what was looked for and not there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats
from kgdx.graph.groups import same_disease
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.query import MAX_WEIGHT, Observation


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """Rates of the faults, each a probability unless said otherwise.

    The defaults are set so that simulated cases resemble the development phenopackets in bulk: of their 9
    findings on average, half are annotated to the disease, a tenth are near one that is, and the rest are
    neither; of what they record as absent, a third is annotated.

    Attributes:
        mean_findings: mean number of findings written down.
        imprecise: a finding is named by what it is a kind of.
        neighbour: a finding is named as another kind of the same thing.
        unrelated: mean number of findings that have nothing to do with the disease.
        from_twin: the patient follows the annotations of an equivalent disease from another source.
        recorded_absent: a finding of the disease that the patient lacks is recorded as absent.
        unrelated_absent: mean number of other findings recorded as absent.
    """

    mean_findings: float = 5.5
    imprecise: float = 0.12
    neighbour: float = 0.12
    unrelated: float = 3.0
    from_twin: float = 0.3
    recorded_absent: float = 0.3
    unrelated_absent: float = 5.0


class Simulator:
    """Draws patients from one snapshot."""

    def __init__(self, snapshot: Snapshot, annotations: Annotations, settings: SimulationSettings) -> None:
        self._annotations = annotations
        self._settings = settings
        self._same = same_disease(snapshot, annotations.candidates)
        rows = snapshot.edges_of("subclass_of")
        self._parents = _Lists(snapshot.head[rows], snapshot.tail[rows], snapshot.num_nodes)
        self._children = _Lists(snapshot.tail[rows], snapshot.head[rows], snapshot.num_nodes)
        popularity = np.asarray(annotations.direct.sum(axis=0)).ravel()
        self._common = np.flatnonzero(popularity)
        self._rates = popularity[self._common] / popularity.sum()

    def draw(self, position: int, rng: np.random.Generator) -> tuple[Observation, ...]:
        """One patient of the candidate at `position`; at least one observation."""
        settings = self._settings
        findings, rates = self._findings(self._follow(position, rng))
        shown = rng.random(len(findings)) < rates
        if not shown.any():
            shown[rng.integers(len(findings))] = True
        written = rng.permutation(findings[shown])[: 1 + rng.poisson(settings.mean_findings - 1)]
        present = [self._renamed(int(node), rng) for node in written]
        present += list(rng.choice(self._common, rng.poisson(settings.unrelated), p=self._rates))
        absent = list(findings[~shown][rng.random((~shown).sum()) < settings.recorded_absent])
        absent += list(rng.choice(self._common, rng.poisson(settings.unrelated_absent), p=self._rates))
        seen = dict.fromkeys(int(node) for node in absent)
        observations = {node: Observation(node, -4.0, True) for node in seen}
        observations |= {int(node): Observation(int(node), MAX_WEIGHT, True) for node in present}
        return tuple(observations.values())

    def _follow(self, position: int, rng: np.random.Generator) -> int:
        if rng.random() >= self._settings.from_twin:
            return position
        return int(rng.choice(np.flatnonzero(self._same == self._same[position])))

    def _findings(self, position: int) -> tuple[NDArray[np.int32], Floats]:
        start, end = self._annotations.direct.indptr[position : position + 2]
        return self._annotations.direct.indices[start:end], self._annotations.direct.data[start:end]

    def _renamed(self, node: int, rng: np.random.Generator) -> int:
        parents = self._parents[node]
        chance = rng.random()
        if len(parents) == 0 or chance >= self._settings.imprecise + self._settings.neighbour:
            return node
        parent = int(rng.choice(parents))
        if chance < self._settings.imprecise:
            return parent
        return int(rng.choice(self._children[parent]))


class _Lists:
    """`_Lists(a, b, n)[i]`: the values of b where a is i."""

    def __init__(self, keys: NDArray[np.int32], values: NDArray[np.int32], size: int) -> None:
        order = np.argsort(keys, kind="stable")
        self._values = values[order]
        self._first = np.searchsorted(keys[order], np.arange(size + 1))

    def __getitem__(self, key: int) -> NDArray[np.int32]:
        return self._values[self._first[key] : self._first[key + 1]]
