"""Treatments of one case: of its likely diagnoses, weighed against what is known of the patient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from graph_schema import Schema
from kgdx.domain.report import Diagnosis, QueryContext, RedFlag
from kgdx.reasoning.ranking import Ranking
from kgdx.treatments.patient_context import Precautions, reasons_of
from kgdx.treatments.predictor import PredictedTreatments, Prediction
from kgdx.treatments.recommend import Commitment, Option, TreatmentGraph

# A diagnosis less likely than this lists no treatment.
_LEAST_PROBABILITY = 0.01
# A dangerous diagnosis less likely than this is flagged and holds nothing back: a chest pain has several.
_LEAST_RIVAL = 0.002
# Predictions are a hint for what is likely, and each costs as much as a diagnosis.
_NUM_PREDICTED_FOR, _LEAST_PREDICTED_FOR = 3, 0.2
_NUM_EACH, _NUM_REASONS = 5, 3
# What is less sure is wrong in more than four of five cases.
_LEAST_CONFIDENCE = 0.2
# Confidence was fitted where 1,384 diseases have treatments: among a handful the nearest one is not near, and
# comes out first all the same.
_LEAST_TREATED = 500


@dataclass(frozen=True, eq=False)
class UntreatedDiseases:
    """Asks for predictions, and only where nothing is stated.

    Attributes:
        open_predictor: makes the predictor, which takes seconds on a large graph; called once, when it is
            first needed.
        least_treated: a graph that states treatments of fewer diseases predicts none.
    """

    treatments: TreatmentGraph
    open_predictor: Callable[[], PredictedTreatments]
    least_treated: int = _LEAST_TREATED

    def predictions(self, posterior: Sequence[tuple[int, float]]) -> dict[int, list[Prediction]]:
        """Disease node -> what is predicted for it, surest first; diseases without a prediction are left out.

        Args:
            posterior: (disease node, probability in [0, 1]), likeliest first.
        """
        if self.treatments.indications.num_treated < self.least_treated:
            return {}
        asked = [
            disease
            for disease, probability in posterior[:_NUM_PREDICTED_FOR]
            if probability >= _LEAST_PREDICTED_FOR and not self.treatments.indications.states_any(disease)
        ]
        found = {disease: self._sure(disease) for disease in asked}
        return {disease: sure for disease, sure in found.items() if sure}

    def _sure(self, disease: int) -> list[Prediction]:
        found = self._predictor.of(disease, _NUM_EACH, num_reasons=_NUM_REASONS)
        return [prediction for prediction in found if prediction.confidence >= _LEAST_CONFIDENCE]

    @cached_property
    def _predictor(self) -> PredictedTreatments:
        return self.open_predictor()


@dataclass(frozen=True, eq=False)
class CaseTreatments:
    """Treatments that a graph states, and predictions where it states none."""

    graph: TreatmentGraph
    untreated: UntreatedDiseases
    schema: Schema

    def options(
        self,
        context: QueryContext,
        ranking: Ranking,
        rivals: Sequence[str] = (),
        *,
        is_abstaining: bool = False,
    ) -> list[Option]:
        """As `TreatmentGraph.options`, for all diagnoses that are not too unlikely.

        Args:
            rivals: CURIEs of dangerous diagnoses that are not ruled out.
            is_abstaining: whether the engine does not commit itself to the ranking.
        """
        posterior = [
            (disease, probability)
            for disease, probability in zip(
                ranking.diseases.tolist(), ranking.probability.tolist(), strict=True
            )
            if probability >= _LEAST_PROBABILITY
        ]
        predictions = self.untreated.predictions(posterior)
        index = self.graph.snapshot.index
        commitment = Commitment(is_abstaining, tuple(index[curie] for curie in rivals))
        return self.graph.options(posterior, self._precautions(context), predictions, commitment)

    def _precautions(self, context: QueryContext) -> Precautions:
        """What the safety rules ask about. The diagnoses themselves are no conditions of the patient."""
        conditions, suspected, allergies, medications = (
            tuple(self.graph.snapshot.index[curie] for curie in curies)
            for curies in (context.conditions, context.suspected, context.allergies, context.medications)
        )
        sex, age_years = context.patient.sex, context.patient.age_years
        reasons = reasons_of(self.graph.hierarchy, self.schema, conditions, suspected, sex, age_years)
        return Precautions(reasons, allergies, medications)


def rivals_of(differential: Sequence[Diagnosis], red_flags: Sequence[RedFlag]) -> list[str]:
    """CURIEs of the dangerous diagnoses that are likely enough to hold back what is forbidden in them."""
    first = [each.disease for each in differential[:1] if each.is_red_flag]
    return [*first, *(flag.disease for flag in red_flags if flag.probability >= _LEAST_RIVAL)]
