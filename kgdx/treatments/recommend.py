"""Treatments for a posterior over diagnoses: what helps whom, how likely, and what speaks against it.

Predicted treatments stand beside the stated ones and go through the same safety rules. Nothing is dropped:
what must not be given is kept and shown, last.

To recommend is more than to list. A treatment is recommended if the engine commits itself, if the diseases
that it is directly stated for, in a patient who has what it asks for, are likely enough, and if no dangerous
rival that is not ruled out forbids it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message
from kgdx.domain.treatment import Line, TreatmentStatus
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.indications import Indication, Indications
from kgdx.treatments.patient_context import Precautions, Reason
from kgdx.treatments.predictor import Prediction
from kgdx.treatments.safety import Concern, SafetyGraph
from kgdx.treatments.safety_graph import ClimbedPatient

LEAST_BENEFIT = 0.1
"""A treatment that helps with less probability is listed and not recommended."""

_STATUSES, _LINES = tuple(TreatmentStatus), tuple(Line)


@dataclass(frozen=True, slots=True)
class Option:
    """A treatment with everything that speaks for and against it.

    Attributes:
        indications: largest benefit first.
        concerns: vetoes first; empty if nothing speaks against it.
        rivals: why it waits: dangerous diagnoses that forbid it and are not ruled out.
        doubts: why it is no more than possible; empty where it is indicated well enough.
    """

    treatment: int
    indications: tuple[Indication, ...]
    concerns: tuple[Concern, ...]
    rivals: tuple[Message, ...] = ()
    doubts: tuple[Message, ...] = ()

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
        if self.rivals:
            return TreatmentStatus.HELD_BACK
        if self.doubts:
            return TreatmentStatus.POSSIBLE
        return TreatmentStatus.CAUTION if self.concerns else TreatmentStatus.RECOMMENDED


@dataclass(frozen=True, slots=True)
class Commitment:
    """How far the engine stands by its differential.

    Attributes:
        is_abstaining: whether it does not commit itself.
        rivals: nodes of dangerous diagnoses that are not ruled out.
    """

    is_abstaining: bool = False
    rivals: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class TreatmentGraph:
    """The edges of a snapshot that speak of treatments."""

    snapshot: Snapshot
    hierarchy: Hierarchy

    @cached_property
    def safety(self) -> SafetyGraph:
        """The safety rules on this snapshot."""
        return SafetyGraph(self.snapshot)

    @cached_property
    def indications(self) -> Indications:
        """What the graph states to treat what."""
        return Indications(self.hierarchy)

    def options(
        self,
        posterior: Sequence[tuple[int, float]],
        precautions: Precautions,
        predicted: Mapping[int, Sequence[Prediction]] | None = None,
        commitment: Commitment | None = None,
    ) -> list[Option]:
        """All treatments of some diagnoses by status, then by line, urgency and benefit.

        Args:
            posterior: (disease node, probability in [0, 1]), each disease once.
            predicted: disease node -> predictions for it; what is stated of the disease is not predicted.
            commitment: without one, the engine commits itself and nothing dangerous is left.
        """
        found: dict[int, list[Indication]] = {}
        for disease, probability in posterior:
            stated = self.indications.of(disease, probability)
            for treatment, indication in stated.items():
                found.setdefault(treatment, []).append(indication)
            for guess in (predicted or {}).get(disease, ()):
                if guess.treatment not in stated:
                    told = Indication(disease, probability, guess.reasons, guess.confidence)
                    found.setdefault(guess.treatment, []).append(told)
        patient = self.safety.climb_patient(precautions)
        had = {node for reason, kinds in patient.reasons if reason.is_certain for node in kinds}
        had |= {node for taken in patient.medications for node in taken.kinds}
        options = [
            self._option(treatment, indications, patient, had, commitment or Commitment())
            for treatment, indications in found.items()
        ]
        return sorted(options, key=self._place)

    def vetoes_of(self, treatment: int, conditions: Sequence[int]) -> tuple[Concern, ...]:
        """What forbids a treatment to somebody who has these conditions, given as nodes; often nothing."""
        climbed = self.safety.climb_patient(Precautions(tuple(Reason(node) for node in conditions)))
        return tuple(found for found in self.safety.concerns_of(treatment, climbed) if found.is_veto)

    def _option(
        self,
        treatment: int,
        found: Sequence[Indication],
        patient: ClimbedPatient,
        had: set[int],
        commitment: Commitment,
    ) -> Option:
        indications = tuple(sorted(found, key=lambda item: -item.benefit))
        return Option(
            treatment,
            indications,
            self.safety.concerns_of(treatment, patient),
            tuple(self._rivals(treatment, indications, commitment)),
            tuple(self._doubts(indications, had, commitment)),
        )

    def _rivals(
        self, treatment: int, indications: Sequence[Indication], commitment: Commitment
    ) -> Iterator[Message]:
        for_these = {item.disease for item in indications}
        for rival in commitment.rivals:
            if rival not in for_these and self.vetoes_of(treatment, [rival]):
                yield Message("reservation.rival", {"disease": self._concept(rival)})

    def _doubts(
        self, indications: Sequence[Indication], had: set[int], commitment: Commitment
    ) -> Iterator[Message]:
        if commitment.is_abstaining:
            yield Message("reservation.abstained")
        direct = [item for item in indications if not item.is_indirect and not item.is_predicted]
        met = [item for item in direct if not item.only_if or not had.isdisjoint(item.only_if)]
        if sum(item.benefit for item in met) >= LEAST_BENEFIT:
            return
        for item in direct:
            if item not in met:
                asked = tuple(self._concept(node) for node in item.only_if)
                yield Message(
                    "reservation.only_if", {"any_of": asked, "disease": self._concept(item.disease)}
                )
        if not direct:
            yield Message("reservation.indirect")
        elif sum(item.benefit for item in direct) < LEAST_BENEFIT:
            yield Message("reservation.unlikely", {"probability": LEAST_BENEFIT})

    def _concept(self, node: int) -> ConceptRef:
        return ConceptRef(self.snapshot.curies[node], self.snapshot.names[node])

    def _place(self, option: Option) -> tuple[int, bool, int, bool, float, int, int]:
        """Where an option stands: by status, cautions, line, urgency, benefit and the shortest way."""
        shortest = min((len(way.trail) for item in option.indications for way in item.ways), default=0)
        first = option.indications[0]
        return (
            _STATUSES.index(option.status),
            bool(option.concerns),
            _LINES.index(first.line),
            not first.is_immediate,
            -option.benefit,
            shortest,
            option.treatment,
        )
