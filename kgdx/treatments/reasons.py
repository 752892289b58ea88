"""The walks behind a predicted treatment, strongest first, each with its exact share of the score."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.treatments.graph import WalkEdges
from kgdx.treatments.model import TreatmentNetwork
from kgdx.treatments.scores import Asked, gate_values

# A walk is looked for only so long: where very many share a score, the strongest come first all the same.
_MAX_EXPANDED = 20_000


_Way = tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class GroupWalk:
    """A walk over groups.

    Attributes:
        start: group it starts from.
        edges: (row of the snapshot, whether it is walked from head to tail), step by step.
        value: what it adds to the score.
    """

    start: int
    edges: tuple[tuple[int, bool], ...]
    value: float


@dataclass(frozen=True, eq=False)
class _Step:
    """Edges that walks of one question may take as their n-th, sorted by start, and what they let pass."""

    edges: WalkEdges
    values: NDArray[np.float32]

    def leaving(self, group: int) -> range:
        return range(*np.searchsorted(self.edges.start, (group, group + 1)))


@dataclass(frozen=True, eq=False)
class WalkFinder:
    """Finds the walks of one question: what was asked must be one disease."""

    network: TreatmentNetwork
    relations: Tensor
    asked: Asked

    def strongest(self, treatment: int, num: int) -> list[GroupWalk]:
        """The `num` strongest walks to a treatment, by group.

        The search goes on where most is still to come. As nothing on a walk is negative, all that may still
        come bounds every single walk in it, so that walks are found in the order of their value.
        """
        return list(islice(self._search(treatment), num))

    @cached_property
    def _steps(self) -> tuple[_Step, ...]:
        groups, _ = self.asked.starts(self.network)
        steps = []
        for step in range(self.network.settings.num_steps):
            edges = self.asked.walks.leaving(groups, self.network.settings.num_steps - 1 - step)
            edges = edges.take(np.argsort(edges.start, kind="stable"))
            values = _values(edges, self.network.gates(self.relations, step), self.asked)
            steps.append(_Step(edges, values.numpy()))
            groups = np.unique(edges.end)
        return tuple(steps)

    def _to_come(self, treatment: int) -> list[NDArray[np.float32]]:
        """(C, groups) for 0..L edges walked: sum over all ways to go on that end in the treatment."""
        channels, size = self.network.settings.num_channels, self.asked.walks.num_groups
        readout = self.network.weights().numpy()
        ahead = np.zeros((channels, size), dtype=np.float32)
        ahead[:, treatment] = readout[-1]
        coming = [ahead]
        for number, step in reversed(list(enumerate(self._steps))):
            ahead = np.zeros_like(coming[0])
            kept = np.flatnonzero(coming[0][:, step.edges.end].any(axis=0))
            passed = step.values[:, kept] * coming[0][:, step.edges.end[kept]]
            for channel in range(channels):
                ahead[channel] += np.bincount(step.edges.start[kept], passed[channel], size).astype(
                    np.float32
                )
            if number:
                ahead[:, treatment] += readout[number - 1]
            coming.insert(0, ahead)
        return coming

    def _search(self, treatment: int) -> Iterator[GroupWalk]:
        coming, readout = self._to_come(treatment), self.network.weights().numpy()
        groups, begun = self.asked.starts(self.network)
        serial = count()
        heap: list[tuple[float, int, bool, int, int, NDArray[np.float32], _Way]] = []

        def push(
            bound: float,
            is_whole: bool,
            start: int,
            here: int,
            weight: NDArray[np.float32],
            way: _Way,
        ) -> None:
            if bound > 0:
                heapq.heappush(heap, (-bound, next(serial), is_whole, start, here, weight, way))

        for group, weight in zip(groups.tolist(), begun[:, :, 0].T.numpy(), strict=True):
            push(float(weight @ coming[0][:, group]), False, group, group, weight, ())
        for _ in range(_MAX_EXPANDED):
            if not heap:
                return
            bound, _, is_whole, start, here, weight, way = heapq.heappop(heap)
            if is_whole:
                yield GroupWalk(start, way, -bound)
                continue
            if way and here == treatment:
                push(float(weight @ readout[len(way) - 1]), True, start, here, weight, way)
            if len(way) == len(self._steps):
                continue
            step = self._steps[len(way)]
            for e in step.leaving(here):
                there, passed = int(step.edges.end[e]), weight * step.values[:, e]
                edge = (int(step.edges.rows[e]), bool(step.edges.is_forward[e]))
                push(
                    float(passed @ coming[len(way) + 1][:, there]), False, start, there, passed, (*way, edge)
                )


def _values(edges: WalkEdges, gates: tuple[Tensor, Tensor, Tensor], asked: Asked) -> Tensor:
    """(C, E) what edges let pass for one asked disease: its own treatments are shut, and not counted."""
    own, _ = asked.own
    condition = np.where(edges.from_treatment, edges.end, edges.start)
    is_own = (edges.from_treatment | edges.to_treatment) & (condition == asked.groups[0])
    size = asked.walks.num_groups
    recounted = torch.zeros(gates[0].shape[1], len(edges))
    for is_joined, treatment, owned, fan, exponent in (
        (
            edges.from_treatment,
            edges.start,
            own.take(np.flatnonzero(own.from_treatment)),
            edges.fan_out,
            gates[1],
        ),
        (edges.to_treatment, edges.end, own.take(np.flatnonzero(own.to_treatment)), edges.fan_in, gates[2]),
    ):
        mine = owned.start if exponent is gates[1] else owned.end
        keys = edges.direction * size + treatment
        is_counted = is_joined & np.isin(keys, owned.direction * size + mine)
        fewer = np.where(is_counted, np.log(fan) - np.log(np.maximum(fan - 1, 1)), 0.0).astype(np.float32)
        recounted = recounted + exponent[torch.from_numpy(edges.direction)].T * torch.from_numpy(fewer)
    return gate_values(edges, gates) * torch.exp(recounted) * torch.from_numpy(~is_own)
