"""Treatments for a posterior over diagnoses: what helps whom, how likely, and what speaks against it.

A treatment of a disease is one of it, of what it is the same as, or of what it is closely a kind of.
Predicted treatments stand beside the stated ones and go through the same safety rules. Nothing is dropped:
what must not be given is kept and shown, last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kgdx.domain.treatment import TreatmentStatus
from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.patient_context import Precautions, Reason
from kgdx.treatments.predictor import Prediction, WalkReason
from kgdx.treatments.safety import Concern, SafetyGraph
from kgdx.treatments.safety_graph import grouped

# What treats "infection" treats this infection only in a manner of speaking: do not climb far.
_MAX_KINDS = 2
_ORDER = tuple(TreatmentStatus)


@dataclass(frozen=True, slots=True)
class Indication:
    """A disease that a treatment is for.

    Attributes:
        disease: node index.
        probability: of the disease, in [0, 1].
        ways: from the disease to the treatment, strongest first: one if it is stated, any number if it is
            predicted.
        confidence: of a prediction, in [0, 1]; None if the graph states that it treats the disease.
    """

    disease: int
    probability: float
    ways: tuple[WalkReason, ...]
    confidence: float | None = None

    @property
    def is_predicted(self) -> bool:
        """Whether no edge states it."""
        return self.confidence is not None

    @property
    def benefit(self) -> float:
        """Probability that the patient has the disease and the treatment is for it, in [0, 1]."""
        return self.probability * (1.0 if self.confidence is None else self.confidence)


@dataclass(frozen=True, slots=True)
class Option:
    """A treatment with everything that speaks for and against it.

    Attributes:
        treatment: node index.
        indications: largest benefit first.
        concerns: vetoes first; empty if nothing speaks against it.
    """

    treatment: int
    indications: tuple[Indication, ...]
    concerns: tuple[Concern, ...]

    @property
    def benefit(self) -> float:
        """Summed over all it is indicated for, in [0, 1]."""
        return min(1.0, sum(item.benefit for item in self.indications))

    @property
    def confidence(self) -> float | None:
        """Of the surest prediction, in [0, 1]; None if the graph states any of the indications."""
        stated = [item.confidence for item in self.indications if item.confidence is not None]
        return max(stated) if len(stated) == len(self.indications) else None

    @property
    def status(self) -> TreatmentStatus:
        """The worst of what is said of it; a prediction with a caution is still a prediction."""
        if any(concern.is_veto for concern in self.concerns):
            return TreatmentStatus.CONTRAINDICATED
        if self.confidence is not None:
            return TreatmentStatus.PREDICTED
        return TreatmentStatus.CAUTION if self.concerns else TreatmentStatus.RECOMMENDED


@dataclass(frozen=True, eq=False)
class TreatmentGraph:
    """The edges of a snapshot that speak of treatments."""

    snapshot: Snapshot
    hierarchy: Hierarchy

    @cached_property
    def safety(self) -> SafetyGraph:
        """The safety rules on this snapshot."""
        return SafetyGraph(self.snapshot)

    def options(
        self,
        posterior: Sequence[tuple[int, float]],
        precautions: Precautions,
        predicted: Mapping[int, Sequence[Prediction]] | None = None,
    ) -> list[Option]:
        """All treatments of some diagnoses in the order of their status, in each the most beneficial first.

        Args:
            posterior: (disease node, probability in [0, 1]), each disease once.
            predicted: disease node -> predictions for it; what is stated of the disease is not predicted.
        """
        indications: dict[int, list[Indication]] = {}
        for disease, probability in posterior:
            stated = self._treatments_of(disease)
            for treatment, trail in stated.items():
                found = Indication(disease, probability, (WalkReason(disease, None, trail, 1.0),))
                indications.setdefault(treatment, []).append(found)
            for guess in (predicted or {}).get(disease, ()):
                if guess.treatment not in stated:
                    found = Indication(disease, probability, guess.reasons, guess.confidence)
                    indications.setdefault(guess.treatment, []).append(found)
        climbed = self.safety.climb_patient(precautions)
        options = [
            Option(
                treatment,
                tuple(sorted(found, key=lambda item: -item.benefit)),
                self.safety.concerns_of(treatment, climbed),
            )
            for treatment, found in indications.items()
        ]
        return sorted(options, key=self._place)

    def vetoes_of(self, treatment: int, conditions: Sequence[int]) -> tuple[Concern, ...]:
        """What forbids a treatment to somebody who has these conditions, given as nodes; often nothing."""
        climbed = self.safety.climb_patient(Precautions(tuple(Reason(node) for node in conditions)))
        return tuple(found for found in self.safety.concerns_of(treatment, climbed) if found.is_veto)

    @property
    def num_treated(self) -> int:
        """How many diseases the graph states a treatment of."""
        return len(self._treating)

    def states_any(self, disease: int) -> bool:
        """Whether the graph states a treatment of a disease, by the rule of `options`."""
        return bool(self._treatments_of(disease))

    @cached_property
    def _treating(self) -> Mapping[int, list[int]]:
        """Disease -> rows of the edges that treat it."""
        return grouped(self.snapshot, "treats", self.snapshot.tail)

    def _treatments_of(self, disease: int) -> dict[int, EdgePath]:
        found: dict[int, EdgePath] = {}
        for node, trail in self.hierarchy.ancestors_with_paths(disease, _MAX_KINDS).items():
            for row in self._treating.get(node, ()):
                found.setdefault(int(self.snapshot.head[row]), (*trail, (row, False)))
        return found

    def _place(self, option: Option) -> tuple[int, bool, float, int, str, int]:
        """Where an option stands: by status, cautions, benefit, the shortest way, and at last its name."""
        shortest = min((len(way.trail) for item in option.indications for way in item.ways), default=0)
        name = self.snapshot.names[option.treatment]
        place = _ORDER.index(option.status)
        return place, bool(option.concerns), -option.benefit, shortest, name, option.treatment
