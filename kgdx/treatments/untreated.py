"""Predictions where they are of use: for the likeliest diagnoses that the graph states no treatment of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from kgdx.treatments.predictor import PredictedTreatments, Prediction
from kgdx.treatments.recommend import TreatmentGraph

# Predictions are a hint for what is likely, and each costs as much as a diagnosis.
_NUM_DISEASES, _LEAST_PROBABILITY = 3, 0.2
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
        if self.treatments.num_treated < self.least_treated:
            return {}
        asked = [
            disease
            for disease, probability in posterior[:_NUM_DISEASES]
            if probability >= _LEAST_PROBABILITY and not self.treatments.states_any(disease)
        ]
        found = {disease: self._sure(disease) for disease in asked}
        return {disease: sure for disease, sure in found.items() if sure}

    def _sure(self, disease: int) -> list[Prediction]:
        found = self._predictor.of(disease, _NUM_EACH, num_reasons=_NUM_REASONS)
        return [prediction for prediction in found if prediction.confidence >= _LEAST_CONFIDENCE]

    @cached_property
    def _predictor(self) -> PredictedTreatments:
        return self.open_predictor()
