"""Ranking: the whole graph proposes, the retained explanation subgraph decides."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.reasoning.case_graph import CaseGraph, DiagnosticGraph
from kgdx.reasoning.demographics import Demographics, DemographicsSettings, Statement
from kgdx.reasoning.forward import Forward
from kgdx.reasoning.identity import same_disease
from kgdx.reasoning.likelihood import LikelihoodSettings, contributions, priors
from kgdx.reasoning.model import PathNetwork
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.retained import Walks


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
        statements: what is known of the patient, S facts.
        demographics: (K, S) float64 log-likelihood ratio of each fact.
        graph: (K, F) float64 what each finding adds through the retained subgraph.
        surplus: (K,) float64 what the rest of the case graph would have added.
        walks: of the retained subgraphs; `walks.candidate` counts along K.
        case_graph: in which the walks lie.
        others: (M,) int64 positions of the candidates that were not proposed, best base first.
        others_logit: (M,) float64 their logits without the graph.
    """

    diseases: NDArray[np.int64]
    positions: NDArray[np.int64]
    probability: NDArray[np.float64]
    prior: NDArray[np.float64]
    base: NDArray[np.float64]
    statements: tuple[Statement, ...]
    demographics: NDArray[np.float64]
    graph: NDArray[np.float64]
    surplus: NDArray[np.float64]
    walks: Walks
    case_graph: CaseGraph
    others: NDArray[np.int64]
    others_logit: NDArray[np.float64]

    @property
    def logit(self) -> NDArray[np.float64]:
        """(K,) the number that orders the candidates: prior + base + demographics + graph."""
        without_graph = self.prior + self.base.sum(axis=1) + self.demographics.sum(axis=1)
        return np.asarray(without_graph + self.graph.sum(axis=1), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Reasoner:
    """A diagnostic graph with the network that reads it.

    Attributes:
        graph: edges and annotations of one snapshot.
        network: reads the case graph.
        relations: (R, text_dim) float32 embedded texts of `graph.directions`.
        is_merging: whether equivalent diseases are ranked as one.
    """

    graph: DiagnosticGraph
    network: PathNetwork
    relations: Tensor
    settings: ReasonerSettings = field(default_factory=ReasonerSettings)
    likelihood: LikelihoodSettings = field(default_factory=LikelihoodSettings)
    is_merging: bool = True
    demographic: DemographicsSettings = field(default_factory=DemographicsSettings)

    @cached_property
    def same(self) -> NDArray[np.int64]:
        """(D,) number of the disease each candidate stands for; equivalent ones share it."""
        candidates = self.graph.annotations.candidates
        return (
            same_disease(self.graph.snapshot, candidates) if self.is_merging else np.arange(len(candidates))
        )

    @cached_property
    def _priors(self) -> NDArray[np.float64]:
        return priors(self.graph.annotations, self.likelihood)

    @cached_property
    def _demographics(self) -> Demographics:
        return Demographics.from_snapshot(
            self.graph.snapshot, self.graph.annotations.candidates, self.demographic
        )

    @torch.no_grad()
    def rank(self, query: GraphQuery) -> Ranking:
        """Order the candidates for one case; the query must hold at least one observation."""
        base = contributions(query.observations, self.graph.annotations, self.likelihood)
        statements = self._demographics.statements(query.patient)
        logit = self._without_graph(base, statements)
        proposed, others = self._best(logit)
        diseases = self.graph.annotations.candidates[proposed]
        forward = self.forward(query, diseases)
        walks = forward.strongest(self.settings.num_walks, self.settings.beam)
        added = forward.decide(walks)
        final = logit[proposed] + added.sum(axis=1)
        order = np.argsort(-final, kind="stable")
        return Ranking(
            diseases=diseases[order],
            positions=proposed[order],
            probability=self._probability(final, logit[others])[order],
            prior=self._priors[proposed][order],
            base=base[:, proposed].T[order],
            statements=statements,
            demographics=_columns(statements, proposed[order]),
            graph=added[order],
            surplus=(forward.read().double().numpy() - added.sum(axis=1))[order],
            walks=_renumbered(walks, order),
            case_graph=forward.case_graph,
            others=others,
            others_logit=logit[others],
        )

    def propose(self, query: GraphQuery) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Positions of the candidates the base proposes, best first; and (D,) the base logits of all."""
        base = contributions(query.observations, self.graph.annotations, self.likelihood)
        logit = self._without_graph(base, self._demographics.statements(query.patient))
        return self._best(logit)[0], logit

    def forward(self, query: GraphQuery, diseases: NDArray[np.int64]) -> Forward:
        """The network on one case, for some candidates, by node index."""
        return Forward.of(self.network, self.graph, self.relations, query, diseases)

    def _without_graph(
        self, base: NDArray[np.float64], statements: tuple[Statement, ...]
    ) -> NDArray[np.float64]:
        logit = self._priors + base.sum(axis=0)
        return np.asarray(sum((s.contributions for s in statements), logit), dtype=np.float64)

    def _best(self, logit: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The best candidates and the rest, one for each disease however many sources name it."""
        order = np.argsort(-logit, kind="stable")
        _, first = np.unique(self.same[order], return_index=True)
        distinct = order[np.sort(first)]
        return distinct[: self.settings.num_proposed], distinct[self.settings.num_proposed :]

    def _probability(self, proposed: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = np.concatenate([proposed, others]) / self.settings.temperature
        weight = np.exp(scaled - scaled.max())
        return np.asarray(weight[: len(proposed)] / weight.sum(), dtype=np.float64)


def _columns(statements: tuple[Statement, ...], positions: NDArray[np.int64]) -> NDArray[np.float64]:
    """(K, S) what each statement adds to the candidates at these positions."""
    columns = [statement.contributions[positions] for statement in statements]
    return np.stack(columns, axis=1) if columns else np.zeros((len(positions), 0))


def _renumbered(walks: Walks, order: NDArray[np.int64]) -> Walks:
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Walks(place[walks.candidate], walks.start, walks.edges, walks.contribution)
