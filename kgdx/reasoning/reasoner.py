"""Ranking: the whole graph proposes, the retained explanation subgraph decides."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graph_schema.clinical import must_not_miss
from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.groups import same_disease
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.best_paths import BestPaths
from kgdx.reasoning.calibration import ConfidenceFeatures, softmax, temperature
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.demographics import Demographics, DemographicsSettings
from kgdx.reasoning.exclusions import Exclusions
from kgdx.reasoning.forward import Forward
from kgdx.reasoning.likelihood import LikelihoodSettings, contributions, priors
from kgdx.reasoning.messages import MessageNetwork
from kgdx.reasoning.path_network import PathNetwork
from kgdx.reasoning.path_search import Walks
from kgdx.reasoning.query import GraphQuery, certainty
from kgdx.reasoning.ranking import Base, Ranking, ReasonerSettings, Shortlist

# Beyond all that findings can add up to.
_RULED_OUT_LOGIT = -1e4


@dataclass(frozen=True, eq=False)
class Reasoner:
    """A diagnostic graph with the networks that read it.

    Attributes:
        graph: edges and annotations of one snapshot.
        network: walks over the case graph.
        messages: reads best paths.
        relations: (R, text_dim) float32 embedded texts of `graph.directions`.
        is_merging: whether equivalent diseases are ranked as one.
    """

    graph: DiagnosticGraph
    network: PathNetwork
    messages: MessageNetwork
    relations: Tensor
    settings: ReasonerSettings = field(default_factory=ReasonerSettings)
    likelihood: LikelihoodSettings = field(default_factory=LikelihoodSettings)
    is_merging: bool = True
    demographic: DemographicsSettings = field(default_factory=DemographicsSettings)

    @cached_property
    def same(self) -> Ints:
        """(D,) number of the disease each candidate stands for; equivalent ones share it."""
        candidates = self.graph.annotations.candidates
        return (
            same_disease(self.graph.snapshot, candidates) if self.is_merging else np.arange(len(candidates))
        )

    @cached_property
    def best_paths(self) -> BestPaths:
        """What is stated of the candidates, ready to be matched."""
        return BestPaths.of(self.graph.annotations)

    @property
    def trust(self) -> float:
        """By which the likelihood ratio of a present finding is multiplied."""
        return float(self.messages.trust[0].detach())

    @cached_property
    def _priors(self) -> Floats:
        return priors(self.graph.annotations, self.likelihood)

    @cached_property
    def demographics(self) -> Demographics:
        """What sex, age and onset say of the candidates."""
        return Demographics.from_snapshot(
            self.graph.snapshot, self.graph.annotations.candidates, self.demographic
        )

    @cached_property
    def exclusions(self) -> Exclusions:
        """What the absence of a finding takes from a disease that it excludes."""
        return Exclusions.of(must_not_miss(), self.graph.snapshot.index)

    @torch.no_grad()
    def rank(self, query: GraphQuery) -> Ranking:
        """Order the candidates for one case; the query must hold at least one observation."""
        return self.decide(query, self.propose(query))

    @torch.no_grad()
    def decide(self, query: GraphQuery, proposal: Shortlist) -> Ranking:
        """Order what was proposed for a case by its retained subgraphs."""
        diseases = self.graph.annotations.candidates[proposal.positions]
        forward = self.forward(query, diseases)
        walks = forward.strongest(self.settings.num_walks, self.settings.beam, proposal.is_denied)
        added = np.where(proposal.is_denied, 0.0, forward.decide(walks))
        # Added up as `Ranking.logit` does, to the last bit.
        of_findings = proposal.base + proposal.messages + added
        final = proposal.prior + of_findings.sum(axis=1) + proposal.demographics.sum(axis=1)
        order = np.argsort(-final, kind="stable")
        first = order[0]
        # Who was not proposed is not likelier than who was, whatever the walks took away.
        others_logit = np.minimum(proposal.others_logit, final.min())
        logits = np.concatenate([final[order], others_logit])
        is_present = np.array([obs.weight > 0 for obs in query.observations])
        speaks_for = of_findings[first][is_present] > 0
        # An absence leaves this clue as it is, or losing support could make the first answer surer.
        evidence = float(of_findings[first][is_present].sum() + proposal.demographics[first].sum())
        clues = ConfidenceFeatures.of(logits, evidence, float(speaks_for.mean()) if len(speaks_for) else 0.0)
        divisor = temperature(logits, self.settings.calibration.probability(clues))
        return Ranking(
            diseases=diseases[order],
            positions=proposal.positions[order],
            probability=softmax(logits, divisor)[: len(order)],
            temperature=divisor,
            prior=proposal.prior[order],
            base=proposal.base[order],
            messages=proposal.messages[order],
            patient_facts=proposal.patient_facts,
            demographics=proposal.demographics[order],
            graph=added[order],
            residual_logit=(forward.read().double().numpy() - added.sum(axis=1))[order],
            clues=clues,
            walks=_renumbered(walks, order),
            case_graph=forward.case_graph,
            others=proposal.others,
            others_logit=others_logit,
        )

    def propose(self, query: GraphQuery) -> Shortlist:
        """The candidates that likelihood and best paths put first."""
        base = self.base(query)
        shortlisted, rest = np.split(self._distinct(query, base), [self.settings.num_met])
        trusted = self.trusted(query, base)
        logit = trusted.logit
        is_denied = denied(query, self.graph.annotations, shortlisted)
        messages, breadth = (
            self.match_scores(query, self.best_paths, shortlisted),
            self._breadth(query, shortlisted),
        )
        messages[is_denied] = 0.0
        added = breadth + messages.sum(axis=1)
        order = np.argsort(-(logit[shortlisted] + added), kind="stable")
        first, others = np.split(order, [self.settings.num_proposed])
        # Who is not shortlisted is taken to gain what those at the end of the shortlist gain.
        usual = added[len(added) // 2 :].mean()
        others_logit = np.concatenate([(logit[shortlisted] + added)[others], logit[rest] + usual])
        after = np.argsort(-others_logit, kind="stable")
        return Shortlist(
            positions=shortlisted[first],
            prior=trusted.prior[shortlisted[first]] + breadth[first],
            base=trusted.findings[:, shortlisted[first]].T,
            messages=messages[first],
            patient_facts=base.patient_facts,
            demographics=trusted.demographics[:, shortlisted[first]].T,
            is_denied=is_denied[first],
            others=np.concatenate([shortlisted[others], rest])[after],
            others_logit=others_logit[after],
        )

    def forward(self, query: GraphQuery, diseases: Ints) -> Forward:
        """The walks of one case, for some candidates, by node index."""
        return Forward.of(self.network, self.graph, self.relations, query, diseases)

    def base(self, query: GraphQuery) -> Base:
        """The likelihood ratios of all candidates for one case."""
        patient_facts = self.demographics.facts(query.patient)
        size = len(self.graph.annotations.candidates)
        ratios = np.array([fact.contributions for fact in patient_facts]).reshape(len(patient_facts), size)
        findings = contributions(query.observations, self.graph.annotations, self.likelihood)
        is_out = np.isin(self.graph.annotations.candidates, list(query.ruled_out))
        prior = np.where(is_out, _RULED_OUT_LOGIT, self._priors)
        return Base(prior, findings, patient_facts, ratios)

    def trusted(self, query: GraphQuery, base: Base) -> Base:
        """The likelihood ratios of a case, as far as they are trusted."""
        _, _, of_prior, of_facts = self.messages.trust.double().tolist()
        of_findings = self.llr_scale(query)[:, None]
        of_fact = np.array([1.0 if fact.is_prior else of_facts for fact in base.patient_facts])[:, None]
        everyone = np.arange(len(self.graph.annotations.candidates))
        findings = self.exclusions.lowered(
            base.findings * of_findings, query.observations, self.graph.annotations, everyone
        )
        return Base(
            base.prior * of_prior,
            findings,
            base.patient_facts,
            base.demographics * of_fact,
        )

    def llr_scale(self, query: GraphQuery) -> Floats:
        """(F,) by which the likelihood ratios of the findings are multiplied."""
        present, absent, *_ = self.messages.trust.double().tolist()
        return np.array([present if obs.weight > 0 else absent for obs in query.observations])

    def shortlisted(self, query: GraphQuery, base: Base) -> Ints:
        """Positions of the candidates that are looked at closely, best first, one for each disease."""
        return self._distinct(query, base)[: self.settings.num_met]

    def _distinct(self, query: GraphQuery, base: Base) -> Ints:
        """All candidates by likelihood, one for each disease however many sources name it.

        What is plainly absent plays no part here. Its ratio is not yet discounted, and what is annotated to a
        disease is often absent: it would keep diseases from ever being looked at.
        """
        is_read = [obs.weight > 0 or obs.is_curated_absence for obs in query.observations]
        logit = base.prior + base.findings[is_read].sum(axis=0) + base.demographics.sum(axis=0)
        order = np.argsort(-logit, kind="stable")
        _, first = np.unique(self.same[order], return_index=True)
        return np.asarray(order[np.sort(first)])

    @torch.no_grad()
    def match_scores(self, query: GraphQuery, best_paths: BestPaths, positions: Ints) -> Floats:
        """(K, F) what the best paths from the findings to some candidates say; what is denied not left out.

        Args:
            positions: (K,) among the candidates of `best_paths`.
        """
        pairs = best_paths.features(query.observations, positions)
        is_present = torch.tensor([obs.weight > 0 for obs in query.observations])
        scores = self.messages(torch.from_numpy(pairs), is_present).T * certainty(query.observations)
        return np.asarray(scores.double().numpy())

    @torch.no_grad()
    def _breadth(self, query: GraphQuery, positions: Ints) -> Floats:
        """(K,) what the number of findings says, of the case and of the candidates."""
        diseases = torch.from_numpy(self.best_paths.diseases[positions])
        num_present = sum(obs.weight > 0 for obs in query.observations)
        num_curated = sum(obs.weight < 0 and obs.is_curated_absence for obs in query.observations)
        breadth = self.messages.prior(diseases, num_present, num_curated)
        return np.asarray(breadth.double().numpy())


def denied(query: GraphQuery, annotations: Annotations, positions: Ints) -> NDArray[np.bool_]:
    """(K, F) whether a finding is present and denied of a candidate, by position among the annotations'."""
    columns = [
        np.isin(positions, annotations.denying(obs.node)) & (obs.weight > 0) for obs in query.observations
    ]
    return np.stack(columns, axis=1)


def _renumbered(walks: Walks, order: Ints) -> Walks:
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Walks(place[walks.candidate], walks.start, walks.edges, walks.contribution)
