"""The question put to the graph: findings with signed weights, and the vector of the case."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.domain.case import Patient, Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence
from kgdx.evidence.contradictions import contradicted, implied
from kgdx.evidence.fusion import strongest
from kgdx.graph.kinds import FINDING_KINDS
from kgdx.graph.snapshot import Snapshot

# A code is as sure as anything gets; beyond e^12 a likelihood ratio no longer changes any ranking.
MAX_WEIGHT = 12.0


@dataclass(frozen=True, slots=True)
class Observation:
    """One finding of the case, all its evidence together.

    Attributes:
        node: node index of the finding.
        weight: natural log of P(observations | finding) / P(observations | no finding), in
            [-MAX_WEIGHT, MAX_WEIGHT].
        is_curated_absence: the table of a published cohort records that the finding is not there. Its columns
            are what the disease shows, so that the record itself speaks for the disease (ascertainment bias).
            False unless curation is read, for exposures, which everyone is asked about, and for findings
            that were elicited by the engine or a checklist.
    """

    node: int
    weight: float
    is_curated_absence: bool


@dataclass(frozen=True, eq=False)
class GraphQuery:
    """What the reasoner is asked.

    Attributes:
        observations: one a finding, in order of first appearance.
        context: (C,) float32 fused vector of image and text; zeros where there is neither.
        patient: sex, age and onset.
        ruled_out: node indices of diseases that are not to be ranked.
    """

    observations: tuple[Observation, ...]
    context: NDArray[np.float32]
    patient: Patient = field(default_factory=Patient)
    ruled_out: frozenset[int] = frozenset()


def seed(
    evidence: Sequence[Evidence],
    snapshot: Snapshot,
    context: NDArray[np.float32],
    patient: Patient | None = None,
    ruled_out: frozenset[int] = frozenset(),
    *,
    reads_curation: bool = False,
) -> GraphQuery:
    """Place the evidence on the graph.

    Within one modality the strongest statement of a finding counts once; across modalities weights add: what
    they know of each other is in the final weights, see `kgdx.evidence.fusion`. What one modality states both
    ways is not counted, and of a finding and a kind of it the more precise one.

    Args:
        reads_curation: take excluded codes as curated absences, as in a published cohort; a physician's "no
            Lisch nodules" is none, and then an absence never speaks for a disease.
    """
    weights: dict[str, float] = {}
    unbelievable = contradicted(evidence)
    for (curie, modality), weight in strongest(evidence).items():
        if (curie, modality) not in unbelievable:
            weights[curie] = weights.get(curie, 0.0) + weight
    for general in implied(weights, snapshot):
        del weights[general]
    curated = {
        item.curie
        for item in evidence
        if reads_curation
        and isinstance(item.origin, CodeOrigin)
        and item.polarity is Polarity.EXCLUDED
        and not item.origin.is_elicited
        and snapshot.kinds[snapshot.index[item.curie]] in FINDING_KINDS
    }
    observations = tuple(
        Observation(snapshot.index[curie], float(np.clip(weight, -MAX_WEIGHT, MAX_WEIGHT)), curie in curated)
        for curie, weight in weights.items()
        if weight != 0.0
    )
    return GraphQuery(observations, context, patient or Patient(), ruled_out)


def without_curation(query: GraphQuery) -> GraphQuery:
    """The query as a physician means it: no absence speaks for a disease; the same one if none did."""
    if not any(obs.is_curated_absence and obs.weight < 0 for obs in query.observations):
        return query
    plain = tuple(replace(obs, is_curated_absence=False) for obs in query.observations)
    return replace(query, observations=plain)


def certainty(observations: Sequence[Observation]) -> Tensor:
    """(F,) float32 in [0, 1], how much of what the networks say of a finding is let through.

    At even prior odds, an observation of weight w leaves the finding tanh(w / 2) likelier than its opposite.
    An absence says nothing unless it is curated: what the networks add for one could speak for a disease.
    """
    let_through = [obs.weight > 0 or obs.is_curated_absence for obs in observations]
    weights = torch.tensor([abs(obs.weight) for obs in observations])
    return torch.tanh(weights / 2) * torch.tensor(let_through)
