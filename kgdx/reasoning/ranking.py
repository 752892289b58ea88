"""What ranking a case gives, stage by stage: likelihood ratios, a proposal, the ranking; its settings."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.calibration import Calibration, ConfidenceFeatures
from kgdx.reasoning.case_graph import CaseGraph
from kgdx.reasoning.demographics import PatientFact
from kgdx.reasoning.path_search import Walks


@dataclass(frozen=True, slots=True)
class ReasonerSettings:
    """How a case is ranked.

    Attributes:
        num_met: candidates that the likelihood puts first and best paths look at.
        num_proposed: those of them that are then first, which the retained subgraphs order.
        num_walks: strongest walks that make up a candidate's retained subgraph.
        beam: partial walks followed for each candidate.
        calibration: how sure a first answer is.
    """

    num_met: int = 200
    num_proposed: int = 50
    num_walks: int = 24
    beam: int = 24
    calibration: Calibration = field(default_factory=Calibration)


@dataclass(frozen=True, eq=False)
class Base:
    """The likelihood ratios of one case, before any trust; D candidates, F observations, S facts.

    Attributes:
        prior: (D,) float64 logit before any finding.
        findings: (F, D) float64 log-likelihood ratio of each finding.
        patient_facts: what is known of the patient.
        demographics: (S, D) float64 log-likelihood ratio of each of the facts.
    """

    prior: Floats
    findings: Floats
    patient_facts: tuple[PatientFact, ...]
    demographics: Floats

    @property
    def logit(self) -> Floats:
        """(D,) what orders the candidates by likelihood alone."""
        return np.asarray(self.prior + self.findings.sum(axis=0) + self.demographics.sum(axis=0))


@dataclass(frozen=True, eq=False)
class Shortlist:
    """The candidates of one case that are worth a closer look, best first; K of them, F observations.

    Attributes:
        positions: (K,) int64 positions among the annotations' candidates.
        prior: (K,) float64 logit before any finding.
        base: (K, F) float64 log-likelihood ratio of each finding, as far as it is trusted.
        messages: (K, F) float64 what the best path from each finding adds.
        patient_facts: what is known of the patient, S facts.
        demographics: (K, S) float64 log-likelihood ratio of each fact, as far as it is trusted.
        is_denied: (K, F) bool, the finding is present and a source says that the disease does not show it:
            then nothing is added to the likelihood ratio.
        others: (M,) int64 positions of the other candidates, best first.
        others_logit: (M,) float64 their logits.
    """

    positions: Ints
    prior: Floats
    base: Floats
    messages: Floats
    patient_facts: tuple[PatientFact, ...]
    demographics: Floats
    is_denied: NDArray[np.bool_]
    others: Ints
    others_logit: Floats

    @property
    def logit(self) -> Floats:
        """(K,) what orders the candidates here: prior + base + messages + demographics."""
        of_findings = self.base.sum(axis=1) + self.messages.sum(axis=1)
        return np.asarray(self.prior + of_findings + self.demographics.sum(axis=1))


@dataclass(frozen=True, eq=False)
class Ranking:
    """The candidates of one case, best first; K of them, F observations.

    Attributes:
        diseases: (K,) int64 node indices.
        positions, prior, base, messages, patient_facts, demographics: as in `Shortlist`.
        probability: (K,) float64 calibrated share of the whole candidate list, in [0, 1].
        temperature: by which logits were divided to become probabilities.
        graph: (K, F) float64 what each finding adds through the walks of the retained subgraph.
        residual_logit: (K,) float64 what the rest of the case graph would have added.
        clues: what tells how sure the first answer is.
        walks: of the retained subgraphs; `walks.candidate` counts along K.
        case_graph: in which the walks lie.
        others: (M,) int64 positions of the candidates that were not proposed, best first.
        others_logit: (M,) float64 their logits, without walks.
    """

    diseases: Ints
    positions: Ints
    probability: Floats
    temperature: float
    prior: Floats
    base: Floats
    messages: Floats
    patient_facts: tuple[PatientFact, ...]
    demographics: Floats
    graph: Floats
    residual_logit: Floats
    clues: ConfidenceFeatures
    walks: Walks
    case_graph: CaseGraph
    others: Ints
    others_logit: Floats

    @property
    def logit(self) -> Floats:
        """(K,) the number that orders the candidates: prior + base + messages + demographics + graph."""
        return np.asarray(self.prior + self.of_findings.sum(axis=1) + self.demographics.sum(axis=1))

    @property
    def of_findings(self) -> Floats:
        """(K, F) all that each finding adds."""
        return np.asarray(self.base + self.messages + self.graph)
