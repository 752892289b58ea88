"""Treatments of one case: of its likely diagnoses, weighed against what is known of the patient."""

from dataclasses import dataclass

from graph_schema import Schema
from kgdx.evidence.extractor import Extraction
from kgdx.reasoning.ranking import Ranking
from kgdx.treatments.patient_context import Precautions, reasons_of
from kgdx.treatments.recommend import Option, TreatmentGraph
from kgdx.treatments.untreated import UntreatedDiseases

# A diagnosis less likely than this recommends no treatment.
_LEAST_PROBABILITY = 0.01


@dataclass(frozen=True, eq=False)
class CaseTreatments:
    """Treatments that a graph states, and predictions where it states none."""

    graph: TreatmentGraph
    untreated: UntreatedDiseases
    schema: Schema

    def options(self, found: Extraction, ranking: Ranking) -> list[Option]:
        """As `TreatmentGraph.options`, for all diagnoses that are not too unlikely."""
        posterior = [
            (disease, probability)
            for disease, probability in zip(
                ranking.diseases.tolist(), ranking.probability.tolist(), strict=True
            )
            if probability >= _LEAST_PROBABILITY
        ]
        predictions = self.untreated.predictions(posterior)
        return self.graph.options(posterior, self._precautions(found), predictions)

    def _precautions(self, found: Extraction) -> Precautions:
        """What the safety rules ask about. The diagnoses themselves are no conditions of the patient."""
        conditions, suspected, allergies, medications = (
            tuple(self.graph.snapshot.index[curie] for curie in curies)
            for curies in (found.conditions, found.suspected, found.allergies, found.medications)
        )
        sex, age_years = found.patient.sex, found.patient.age_years
        reasons = reasons_of(self.graph.hierarchy, self.schema, conditions, suspected, sex, age_years)
        return Precautions(reasons, allergies, medications)
