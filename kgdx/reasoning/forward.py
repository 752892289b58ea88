"""The path network on one case: the whole case graph, and each candidate's retained part of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.reasoning.case_graph import CaseGraph, DiagnosticGraph
from kgdx.reasoning.path_network import PathNetwork
from kgdx.reasoning.path_search import PathSearch, Walks
from kgdx.reasoning.query import GraphQuery, Observation, certainty


@dataclass(frozen=True, eq=False)
class Forward:
    """One case, gates and boundaries computed; K candidates, F findings, C channels.

    Attributes:
        candidates: (K,) int64 local nodes of the case graph.
        findings: (F,) int64 local nodes.
        gates: (E, C) float32.
        sent: (F, C) float32, what each finding sends out.
    """

    network: PathNetwork
    case_graph: CaseGraph
    candidates: NDArray[np.int64]
    findings: NDArray[np.int64]
    gates: Tensor
    sent: Tensor

    @classmethod
    def of(
        cls,
        network: PathNetwork,
        graph: DiagnosticGraph,
        relations: Tensor,
        query: GraphQuery,
        diseases: NDArray[np.int64],
    ) -> "Forward":
        """Cut the case graph and compute gates and boundaries.

        Args:
            relations: (R, text_dim) float32 embedded texts of `graph.directions`.
            diseases: (K,) int64 node indices.
        """
        findings = np.array([obs.node for obs in query.observations], dtype=np.int64)
        case_graph = graph.cut(findings, diseases)
        context = torch.from_numpy(query.context)
        gates = network.gates(
            relations,
            torch.from_numpy(case_graph.direction),
            torch.from_numpy(case_graph.features),
            torch.from_numpy(case_graph.norm),
            context,
        )
        sent = network.boundaries(_features(query.observations, graph), context)
        sent = sent * certainty(query.observations).unsqueeze(1)
        return cls(network, case_graph, case_graph.local(diseases), case_graph.local(findings), gates, sent)

    def seen_over(self, rows: NDArray[np.int64], rank: int) -> "Forward":
        """One candidate as it would be reached over some edges alone, degrees as they are.

        Args:
            rows: of the snapshot's edge table.
            rank: of the candidate.
        """
        is_there = torch.from_numpy(np.isin(self.case_graph.edge_rows, rows))
        return replace(
            self, candidates=self.candidates[[rank]], gates=self.gates * is_there.unsqueeze(1).float()
        )

    def read(self) -> Tensor:
        """(K,) float32 logits of the whole case graph."""
        walks = self.network.walk(self._start(), self._edge_index(), self.gates)
        return self.network.read(walks, torch.from_numpy(self.candidates))

    def strongest(self, num_walks: int, beam: int, is_denied: NDArray[np.bool_]) -> Walks:
        """The strongest walks into each candidate; see `PathSearch.strongest`.

        Args:
            is_denied: (K, F), findings whose walks into a candidate are left out.
        """
        start = self._start()
        search = PathSearch(
            self.case_graph.edge_index,
            self.gates.numpy(),
            start.numpy(),
            self.network.walk(start.abs(), self._edge_index(), self.gates).numpy(),
            self.network.readout.numpy(),
        )
        walks = search.strongest(self.candidates, num_walks, beam)
        is_left_out = np.zeros((len(self.candidates), len(self.case_graph.nodes)), dtype=bool)
        is_left_out[:, self.findings] = is_denied
        return walks.take(~is_left_out[walks.candidate, walks.start])

    def decide(self, walks: Walks) -> NDArray[np.float64]:
        """Run the network again, on the retained edges of each candidate alone, finding by finding.

        Returns:
            (K, F) float64 what each finding adds to each candidate.
        """
        size, num_edges = len(self.case_graph.nodes), len(self.gates)
        owner, edge = np.repeat(walks.candidate, walks.edges.shape[1]), walks.edges.ravel()
        retained = np.unique(owner[edge >= 0] * num_edges + edge[edge >= 0])
        owner, edge = retained // num_edges, retained % num_edges
        # Each candidate gets nodes of its own, so that one run serves them all without mixing.
        ends = owner * size + self.case_graph.edge_index[:, edge]
        goals = np.arange(len(self.candidates)) * size + self.candidates
        nodes = np.unique(np.concatenate([ends.ravel(), goals]))
        start = torch.zeros(len(nodes), *self.sent.shape)
        for i, finding in enumerate(self.findings):
            start[torch.from_numpy(np.flatnonzero(nodes % size == finding)), i] = self.sent[i]
        edge_index = torch.from_numpy(np.searchsorted(nodes, ends))
        gates = self.gates[torch.from_numpy(edge)].unsqueeze(1)
        # What has arrived at other nodes need not be kept.
        here, at_goals, state = torch.from_numpy(np.searchsorted(nodes, goals)), [], start
        for _ in range(self.network.settings.num_steps):
            state = self.network.step(state, edge_index, gates)
            at_goals.append(state[here])
        arrived = torch.stack(at_goals)
        added: NDArray[np.float64] = (
            torch.einsum("lkfc,lc->kf", arrived, self.network.readout).double().numpy()
        )
        return added

    def _start(self) -> Tensor:
        start = torch.zeros(len(self.case_graph.nodes), self.sent.shape[1])
        return start.index_add(0, torch.from_numpy(self.findings), self.sent)

    def _edge_index(self) -> Tensor:
        return torch.from_numpy(self.case_graph.edge_index)


def _features(observations: Sequence[Observation], graph: DiagnosticGraph) -> Tensor:
    """(F, NUM_FINDING_FEATURES) float32 in [0, 1]: is present, is absent, information content."""
    scale = np.log(graph.annotations.num_counted + 1.0)
    rows = [
        (
            float(obs.weight > 0),
            float(obs.weight < 0),
            graph.annotations.information[obs.node] / scale,
        )
        for obs in observations
    ]
    return torch.tensor(rows, dtype=torch.float32)
