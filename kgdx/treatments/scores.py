"""Walks from many diseases at once to every treatment.

No walk passes an edge that joins the asked disease itself to a treatment, whatever the relation, and the
degrees that dampen a walk leave these edges out as well: so the score of a pair is the same whether or not
the graph already knows the pair.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.treatments.graph import TreatmentWalks, WalkEdges
from kgdx.treatments.model import TreatmentNetwork, product
from kgdx.treatments.similar_diseases import SimilarDiseases


@dataclass(frozen=True, eq=False)
class Asked:
    """A batch of B questions.

    Attributes:
        groups: (B,) int64 asked diseases.
        kin: of each.
    """

    walks: TreatmentWalks
    groups: NDArray[np.int64]
    kin: tuple[SimilarDiseases, ...]

    @cached_property
    def own(self) -> tuple[WalkEdges, NDArray[np.int64]]:
        """Edges that join an asked disease to a treatment, and the column that each is closed to."""
        edges = self.walks.edges
        condition = np.where(edges.from_treatment, edges.end, edges.start)
        column = np.full(self.walks.num_groups, -1)
        column[self.groups] = np.arange(len(self.groups))
        is_own = (edges.from_treatment | edges.to_treatment) & (column[condition] >= 0)
        kept = np.flatnonzero(is_own)
        return edges.take(kept), column[condition[kept]]

    def starts(self, network: TreatmentNetwork) -> tuple[NDArray[np.int64], Tensor]:
        """((n,) groups, (C, n, B) float32) what walks start with."""
        channels, size = network.settings.num_channels, len(self.groups)
        sources = np.concatenate([self.groups, *(kin.groups for kin in self.kin)])
        columns = np.concatenate(
            [np.arange(size), *(np.full(len(k.groups), b) for b, k in enumerate(self.kin))]
        )
        likeness = np.concatenate([np.zeros(0, np.float32), *(kin.likeness for kin in self.kin)])
        weights = torch.cat([torch.ones(size, channels), network.kin_weights(torch.from_numpy(likeness))])
        groups, where = np.unique(sources, return_inverse=True)
        begun = torch.zeros(len(groups), size, channels)
        begun = begun.index_put(
            (torch.from_numpy(where), torch.from_numpy(columns)), weights, accumulate=True
        )
        return groups, begun.permute(2, 0, 1)


def scores(network: TreatmentNetwork, relations: Tensor, asked: Asked) -> Tensor:
    """Sums over all walks of 1..L edges.

    Args:
        relations: (R, 3 text_dim) float32, `relation_vectors` of `TreatmentWalks.texts`.

    Returns:
        (T, B) float32, not negative: every treatment of `TreatmentWalks.treatments` for every asked disease.
    """
    walks, settings = asked.walks, network.settings
    treatments = torch.from_numpy(walks.treatments)
    total = torch.zeros(len(treatments), len(asked.groups))
    groups, state = asked.starts(network)
    for step, readout in enumerate(network.weights()):
        edges = walks.leaving(groups, settings.num_steps - 1 - step)
        state, groups = _advance(state, groups, edges, network.gates(relations, step), asked)
        here = np.isin(groups, walks.treatments)
        places = torch.from_numpy(np.searchsorted(walks.treatments, groups[here]))
        total = total.index_add(
            0, places, torch.einsum("cnb,c->nb", state[:, torch.from_numpy(here)], readout)
        )
    return total


def gate_values(edges: WalkEdges, gates: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """(C, E) float32 how much of a walk passes each edge."""
    opened, out, into = (gate[torch.from_numpy(edges.direction)].T for gate in gates)
    fan_out, fan_in = (torch.from_numpy(np.log(fan)) for fan in (edges.fan_out, edges.fan_in))
    return opened * torch.exp(-out * fan_out - into * fan_in) * torch.from_numpy(edges.weight)


def _advance(
    state: Tensor,
    groups: NDArray[np.int64],
    edges: WalkEdges,
    gates: tuple[Tensor, Tensor, Tensor],
    asked: Asked,
) -> tuple[Tensor, NDArray[np.int64]]:
    ends = np.unique(edges.end)
    joins = edges.from_treatment | edges.to_treatment
    plain = edges.take(np.flatnonzero(~joins))
    reached = _sent(state, groups, ends, plain, gates)
    for direction in np.unique(edges.direction[joins]):
        chosen = edges.take(np.flatnonzero(edges.direction == direction))
        here, there = np.unique(chosen.start), np.unique(chosen.end)
        before, after = _open(asked, int(direction), here, there, gates)
        begun = state[:, torch.from_numpy(np.searchsorted(groups, here))] * before
        arrived = _sent(begun, here, there, chosen, gates) * after
        reached = reached.index_add(1, torch.from_numpy(np.searchsorted(ends, there)), arrived)
    return reached, ends


def _sent(
    state: Tensor,
    groups: NDArray[np.int64],
    ends: NDArray[np.int64],
    edges: WalkEdges,
    gates: tuple[Tensor, Tensor, Tensor],
) -> Tensor:
    start, end = np.searchsorted(groups, edges.start), np.searchsorted(ends, edges.end)
    return product(
        gate_values(edges, gates), state, torch.from_numpy(start), torch.from_numpy(end), len(ends)
    )


def _open(
    asked: Asked,
    direction: int,
    groups: NDArray[np.int64],
    ends: NDArray[np.int64],
    gates: tuple[Tensor, Tensor, Tensor],
) -> tuple[Tensor, Tensor]:
    """Factors before and after a step over edges of one direction that join conditions and treatments.

    They close the asked disease's own edges, and make up for these having been counted in the degrees.
    """
    own, column = asked.own
    mine = np.flatnonzero(own.direction == direction)
    own, column = own.take(mine), column[mine]
    channels, size = gates[0].shape[1], len(asked.groups)
    before, after = (torch.ones(channels, len(nodes), size) for nodes in (groups, ends))
    if len(mine) == 0:
        return before, after
    outward = bool(own.to_treatment[0])
    fan, exponents = (own.fan_in, gates[2]) if outward else (own.fan_out, gates[1])
    fewer = torch.from_numpy(np.log(fan) - np.log(np.maximum(fan - 1, 1)))
    regained = torch.exp(exponents[direction].unsqueeze(1) * fewer)
    if outward:
        before = _put(before, groups, own.start, column, torch.zeros(channels, len(mine)))
        after = _put(after, ends, own.end, column, regained)
    else:
        before = _put(before, groups, own.start, column, regained)
        after = _put(after, ends, own.end, column, torch.zeros(channels, len(mine)))
    return before, after


def _put(
    factors: Tensor,
    present: NDArray[np.int64],
    groups: NDArray[np.int64],
    column: NDArray[np.int64],
    values: Tensor,
) -> Tensor:
    """Set the factors of (group, column) pairs whose group is present."""
    kept = np.flatnonzero(np.isin(groups, present))
    rows = torch.from_numpy(np.searchsorted(present, groups[kept]))
    columns = torch.from_numpy(column[kept])
    moved = factors.permute(1, 2, 0).index_put((rows, columns), values.T[torch.from_numpy(kept)])
    return moved.permute(2, 0, 1)
