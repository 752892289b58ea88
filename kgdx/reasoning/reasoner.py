"""Ranking: the whole graph proposes, the retained explanation subgraph decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.reasoning.case_graph import CaseGraph, DiagnosticGraph
from kgdx.reasoning.identity import same_disease
from kgdx.reasoning.likelihood import LikelihoodSettings, contributions, priors
from kgdx.reasoning.model import PathNetwork
from kgdx.reasoning.query import MAX_WEIGHT, GraphQuery, Observation
from kgdx.reasoning.retained import Walks, WalkSearch


@dataclass(frozen=True, slots=True)
class ReasonerSettings:
    """How a case is ranked.

    Attributes:
        num_proposed: candidates that the base proposes and the retained subgraphs order.
        num_walks: strongest walks that make up a candidate's retained subgraph.
        beam: partial walks followed for each candidate.
        temperature: divides logits before they become probabilities.
    """

    num_proposed: int = 50
    num_walks: int = 24
    beam: int = 24
    temperature: float = 1.0


@dataclass(frozen=True, eq=False)
class Ranking:
    """The candidates of one case, best first; K of them, F observations.

    Attributes:
        diseases: (K,) int64 node indices.
        positions: (K,) int64 positions among the annotations' candidates.
        probability: (K,) float64 calibrated share of the whole candidate list, in [0, 1].
        prior: (K,) float64 logit before any finding.
        base: (K, F) float64 log-likelihood ratio of each finding.
        graph: (K, F) float64 what each finding adds through the retained subgraph.
        surplus: (K,) float64 what the rest of the case graph would have added.
        walks: of the retained subgraphs; `walks.candidate` counts along K.
        case_graph: in which the walks lie.
        others: (M,) int64 positions of the candidates that were not proposed, best base first.
    """

    diseases: NDArray[np.int64]
    positions: NDArray[np.int64]
    probability: NDArray[np.float64]
    prior: NDArray[np.float64]
    base: NDArray[np.float64]
    graph: NDArray[np.float64]
    surplus: NDArray[np.float64]
    walks: Walks
    case_graph: CaseGraph
    others: NDArray[np.int64]

    @property
    def logit(self) -> NDArray[np.float64]:
        """(K,) the number that orders the candidates: prior + base + graph."""
        return np.asarray(self.prior + self.base.sum(axis=1) + self.graph.sum(axis=1), dtype=np.float64)


@dataclass(eq=False)
class Reasoner:
    """A diagnostic graph with the network that reads it.

    Attributes:
        graph: edges and annotations of one snapshot.
        network: trained weights, or None to rank by the base alone.
        relations: (R, text_dim) float32 embedded texts of `graph.directions`.
    """

    graph: DiagnosticGraph
    network: PathNetwork | None
    relations: Tensor
    settings: ReasonerSettings = field(default_factory=ReasonerSettings)
    likelihood: LikelihoodSettings = field(default_factory=LikelihoodSettings)

    def __post_init__(self) -> None:
        annotations = self.graph.annotations
        self._priors = priors(annotations, self.likelihood)
        self._same = same_disease(self.graph.snapshot, annotations.candidates)

    def rank(self, query: GraphQuery) -> Ranking:
        """Order the candidates for one case; the query must hold at least one observation."""
        annotations = self.graph.annotations
        base = contributions(query.observations, annotations, self.likelihood)
        logit = self._priors + base.sum(axis=0)
        proposed, others = self._propose(logit)
        diseases = annotations.candidates[proposed]
        findings = np.array([seen.node for seen in query.observations], dtype=np.int64)
        case_graph = self.graph.cut(findings, diseases)
        graph, surplus, walks = self._read_graph(query, case_graph, diseases)
        final = logit[proposed] + graph.sum(axis=1)
        order = np.argsort(-final, kind="stable")
        return Ranking(
            diseases=diseases[order],
            positions=proposed[order],
            probability=self._probability(final, logit[others])[order],
            prior=self._priors[proposed][order],
            base=base[:, proposed].T[order],
            graph=graph[order],
            surplus=surplus[order],
            walks=_renumbered(walks, order),
            case_graph=case_graph,
            others=others,
        )

    def _propose(self, logit: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The best candidates by base, one for each disease however many sources name it."""
        order = np.argsort(-logit, kind="stable")
        _, first = np.unique(self._same[order], return_index=True)
        distinct = order[np.sort(first)]
        return distinct[: self.settings.num_proposed], distinct[self.settings.num_proposed :]

    @torch.no_grad()
    def _read_graph(
        self, query: GraphQuery, case_graph: CaseGraph, diseases: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], Walks]:
        if self.network is None:
            return _nothing(len(diseases), len(query.observations))
        network = self.network
        context = torch.from_numpy(query.context)
        gates = network.gates(
            self.relations,
            torch.from_numpy(case_graph.direction),
            torch.from_numpy(case_graph.features),
            torch.from_numpy(case_graph.norm),
            context,
        )
        sent = network.boundaries(finding_features(query.observations, self.graph), context)
        sent = sent * may_speak(query.observations).unsqueeze(1)
        nodes = case_graph.local(np.array([seen.node for seen in query.observations]))
        start = torch.zeros(len(case_graph.nodes), sent.shape[1]).index_add(0, torch.from_numpy(nodes), sent)
        edge_index = torch.from_numpy(case_graph.edge_index)
        candidates = case_graph.local(diseases)
        full = network.read(network.walk(start, edge_index, gates), torch.from_numpy(candidates))
        search = WalkSearch(
            case_graph.edge_index,
            gates.numpy(),
            start.numpy(),
            network.walk(start.abs(), edge_index, gates).numpy(),
            network.readout.numpy(),
        )
        walks = search.strongest(candidates, self.settings.num_walks, self.settings.beam)
        graph = self._decide(walks, case_graph, candidates, gates, nodes, sent)
        return graph, full.double().numpy() - graph.sum(axis=1), walks

    def _decide(
        self,
        walks: Walks,
        case_graph: CaseGraph,
        candidates: NDArray[np.int64],
        gates: Tensor,
        findings: NDArray[np.int64],
        sent: Tensor,
    ) -> NDArray[np.float64]:
        """Run the network again, on the retained edges of each candidate alone, finding by finding."""
        assert self.network is not None  # noqa: S101 - narrowed by the only caller
        size = len(case_graph.nodes)
        owner = np.repeat(walks.candidate, walks.edges.shape[1])
        edge = walks.edges.ravel()
        retained = np.unique(owner[edge >= 0] * len(gates) + edge[edge >= 0])
        owner, edge = retained // len(gates), retained % len(gates)
        ends = owner * size + case_graph.edge_index[:, edge]
        goals = np.arange(len(candidates)) * size + candidates
        keys = np.unique(np.concatenate([ends.ravel(), goals]))
        start = torch.zeros(len(keys), len(findings), sent.shape[1])
        for i, node in enumerate(findings):
            start[torch.from_numpy(np.flatnonzero(keys % size == node)), i] = sent[i]
        edge_index = torch.from_numpy(np.searchsorted(keys, ends))
        sums = self.network.walk(start, edge_index, gates[torch.from_numpy(edge)].unsqueeze(1))
        read = torch.einsum("lkfc,lc->kf", sums[1:, np.searchsorted(keys, goals)], self.network.readout)
        return read.double().numpy()

    def _probability(self, proposed: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = np.concatenate([proposed, others]) / self.settings.temperature
        weight = np.exp(scaled - scaled.max())
        return np.asarray(weight[: len(proposed)] / weight.sum(), dtype=np.float64)


def finding_features(observations: Sequence[Observation], graph: DiagnosticGraph) -> Tensor:
    """(F, NUM_FINDING_FEATURES) float32: present, absent, strength in [0, 1], information content in [0, 1]."""
    scale = np.log(len(graph.annotations.candidates) + 1.0)
    rows = [
        (
            float(seen.weight > 0),
            float(seen.weight < 0),
            abs(seen.weight) / MAX_WEIGHT,
            graph.annotations.information[seen.node] / scale,
        )
        for seen in observations
    ]
    return torch.tensor(rows, dtype=torch.float32)


def may_speak(observations: Sequence[Observation]) -> Tensor:
    """(F,) float32, 1 where a finding may send walks through the graph, else 0.

    What a text or an image denies does not: the network learned from findings that were looked for, and
    what it adds for an absence could speak for a disease.
    """
    return torch.tensor([float(seen.weight > 0 or seen.is_looked_for) for seen in observations])


def _nothing(
    num_candidates: int, num_findings: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], Walks]:
    none = np.zeros(0, dtype=np.int64)
    walks = Walks(none, none, np.zeros((0, 1), dtype=np.int64), np.zeros(0, dtype=np.float32))
    return np.zeros((num_candidates, num_findings)), np.zeros(num_candidates), walks


def _renumbered(walks: Walks, order: NDArray[np.int64]) -> Walks:
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Walks(place[walks.candidate], walks.start, walks.edges, walks.contribution)
