"""Treatments that the graph does not state, predicted for a disease from walks, each with its reasons.

A prediction is a hint for research, never an indication: it is what treats diseases that lie near in the
graph, or acts on the same genes. How sure it is was fitted on diseases whose treatments had been hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from graph_schema import Schema
from kgdx.encoders.base import TextEncoder
from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.graph import TreatmentWalks
from kgdx.treatments.model import TreatmentNetwork, relation_vectors
from kgdx.treatments.reasons import WalkFinder
from kgdx.treatments.scores import Asked, scores
from kgdx.treatments.similar_diseases import KinNames

_BATCH = 32


@dataclass(frozen=True, slots=True)
class TreatmentCalibration:
    """From scores to the probability that a source lists the treatment.

    Attributes:
        offset, weight_score, weight_share: of the constant, of ln(score), and of ln(score / sum of all scores
            of the disease).
    """

    offset: float = -2.0
    weight_score: float = 0.0
    weight_share: float = 1.0

    def confidence(self, scored: NDArray[np.float64]) -> NDArray[np.float64]:
        """(T, B) in (0, 1), of (T, B) scores; each column holds all treatments of a disease."""
        floor = np.finfo(np.float32).tiny
        score = np.log(np.maximum(scored, floor))
        share = score - np.log(np.maximum(scored.sum(axis=0), floor))
        logit = self.offset + self.weight_score * score + self.weight_share * share
        return np.where(scored > 0, expit(logit), 0.0)


@dataclass(frozen=True, slots=True)
class WalkReason:
    """A walk that speaks for a prediction.

    Attributes:
        start: node index at which the trail starts: the disease asked for, or one of like name.
        likeness: of the two names, at most 1; None where the trail starts at the disease itself.
        trail: from `start` to the treatment.
        share: of the score, in (0, 1].
    """

    start: int
    likeness: float | None
    trail: EdgePath
    share: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A treatment that no source states for the disease.

    Attributes:
        treatment: node index.
        confidence: calibrated probability that it is one, in [0, 1].
        reasons: strongest first; the shares of all walks would sum to 1.
    """

    treatment: int
    confidence: float
    reasons: tuple[WalkReason, ...]


@dataclass(frozen=True, eq=False)
class PredictedTreatments:
    """Predicts treatments on one snapshot.

    Attributes:
        relations: (R, 3 text_dim) float32, `relation_vectors` of `walks.texts`.
    """

    walks: TreatmentWalks
    network: TreatmentNetwork
    calibration: TreatmentCalibration
    relations: Tensor
    kin: KinNames

    @classmethod
    def on(
        cls,
        snapshot: Snapshot,
        schema: Schema,
        network: TreatmentNetwork,
        calibration: TreatmentCalibration,
        encoder: TextEncoder,
    ) -> "PredictedTreatments":
        """Put a trained network onto a snapshot.

        Args:
            encoder: the one that the network was trained with; embeds relations and names of diseases.
        """
        walks = TreatmentWalks(snapshot, schema)
        relations = relation_vectors(walks.texts, encoder)
        return cls(walks, network, calibration, relations, KinNames(walks, encoder))

    def of(
        self, disease: int, num: int = 5, *, num_reasons: int = 3, exclude_known: bool = True
    ) -> list[Prediction]:
        """The likeliest treatments of a disease, surest first.

        Whether the graph states any already is looked at for `exclude_known` alone: ask for a disease that
        has none.

        Args:
            disease: node index.
            exclude_known: leave out what the graph says treats it, or what it is exactly matched to.
        """
        group = int(self.walks.group[disease])
        asked = self.ask([group])
        scored = self._scored(asked)[:, 0]
        confidence = self.calibration.confidence(scored[:, None])[:, 0]
        if exclude_known:
            known = self.walks.known[group].indices
            scored = np.where(np.isin(self.walks.treatments, known), 0.0, scored)
        finder = WalkFinder(self.network, self.relations, asked)
        best = np.argsort(-scored, kind="stable")[:num]
        return [
            Prediction(
                self.node_of(int(self.walks.treatments[i])),
                float(confidence[i]),
                self._reasons(finder, disease, int(self.walks.treatments[i]), float(scored[i]), num_reasons),
            )
            for i in best
            if scored[i] > 0
        ]

    def scores(self, groups: Sequence[int]) -> NDArray[np.float64]:
        """(T, D) not negative: every treatment of `walks.treatments` for some diseases, by group."""
        parts = [groups[i : i + _BATCH] for i in range(0, len(groups), _BATCH)]
        empty = np.zeros((len(self.walks.treatments), 0))
        return np.concatenate([empty, *(self._scored(self.ask(part)) for part in parts)], axis=1)

    def ask(self, groups: Sequence[int]) -> Asked:
        """One question, about some diseases, by group; each once."""
        num = self.network.settings.num_kin
        return Asked(
            self.walks, np.asarray(groups, np.int64), tuple(self.kin.of(int(group), num) for group in groups)
        )

    def node_of(self, group: int) -> int:
        """The node that stands for a treatment: the one most edges name as a treatment, then the first."""
        members = self.walks.members(group)
        return int(members[np.argmax(self._named[members])])

    @cached_property
    def _named(self) -> NDArray[np.int64]:
        rows = self.walks.snapshot.edges_of("treats")
        return np.bincount(self.walks.snapshot.head[rows], minlength=self.walks.snapshot.num_nodes)

    def _scored(self, asked: Asked) -> NDArray[np.float64]:
        with torch.no_grad():
            return scores(self.network, self.relations, asked).numpy().astype(np.float64)

    def _reasons(
        self, finder: WalkFinder, disease: int, treatment: int, score: float, num: int
    ) -> tuple[WalkReason, ...]:
        with torch.no_grad():
            found = finder.strongest(treatment, num)
        kin = finder.asked.kin[0]
        likeness = dict(zip(kin.groups.tolist(), kin.likeness.tolist(), strict=True))
        group = int(finder.asked.groups[0])
        reasons = []
        for walk in found:
            start = disease if walk.start == group else int(self.walks.members(walk.start)[0])
            trail = self._hierarchy.joined(start, walk.edges, self.node_of(treatment))
            alike = None if walk.start == group else float(likeness[walk.start])
            reasons.append(WalkReason(start, alike, trail, min(1.0, walk.value / score)))
        return tuple(reasons)

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return Hierarchy(self.walks.snapshot)
