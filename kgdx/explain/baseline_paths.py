"""Paths that another rule than the model's would have shown: what shown paths are compared with.

The rules search the same case graph for simple walks of at most four edges from a finding that is present to
the candidate, with the search that the model uses (`PathSearch`) and other weights on the edges.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Ints
from kgdx.reasoning.case_graph import CaseGraph
from kgdx.reasoning.path_search import PathSearch

_MOST_EDGES = 4
_BEAM = 64


class BaselineRule(StrEnum):
    """By what paths are chosen: chance, length, or the degrees of the nodes on the way."""

    RANDOM = "random"
    SHORTEST = "shortest"
    HIGH_DEGREE = "high_degree"


def baseline_paths(
    graph: CaseGraph,
    findings: Ints,
    disease: int,
    control: BaselineRule,
    count: int,
    rng: np.random.Generator,
) -> list[Ints]:
    """The paths that a rule puts first, as rows of the snapshot's edge table.

    Args:
        findings: (F,) node indices of what is present.
        disease: node index of the candidate.
        count: how many; there are fewer where the case graph has no more.
        rng: draws the weights of chance, and settles ties of the other rules.
    """
    gates = _gates(graph, control, rng).astype(np.float32)[:, None]
    start = np.zeros((len(graph.nodes), 1), dtype=np.float32)
    start[graph.local(findings)] = 1.0
    sums = [start]
    for _ in range(_MOST_EDGES):
        arriving = np.zeros_like(start)
        np.add.at(arriving, graph.edge_index[1], sums[-1][graph.edge_index[0]] * gates)
        sums.append(arriving)
    readout = np.ones((_MOST_EDGES, 1), dtype=np.float32)
    search = PathSearch(graph.edge_index, gates, start, np.stack(sums), readout)
    walks = search.strongest(graph.local(np.array([disease])), count, _BEAM).of(0)
    return [graph.edge_rows[edges[edges >= 0]] for edges in walks.edges]


def _gates(graph: CaseGraph, control: BaselineRule, rng: np.random.Generator) -> NDArray[np.float64]:
    """(2e,) weight of each directed edge, in (0, 1]; a walk weighs the product of its edges."""
    chance = rng.uniform(size=graph.edge_index.shape[1])
    if control is BaselineRule.RANDOM:
        return np.maximum(chance, 1e-3)
    ties = 1.0 - 0.01 * chance
    if control is BaselineRule.SHORTEST:
        return 1e-2 * ties
    degree = np.bincount(graph.edge_index[0], minlength=len(graph.nodes))[graph.edge_index[0]]
    return np.asarray(ties * degree / degree.max(initial=1))
