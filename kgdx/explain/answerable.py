"""Whether a report can be scored again: read back from a file, it may have been edited by hand."""

from collections.abc import Sequence

import numpy as np

from kgdx.domain.errors import BadInputError
from kgdx.domain.report import QueryContext, Report
from kgdx.reasoning.reasoner import Reasoner

_REMEDY = "give the report as kgdx diagnose --json wrote it"
_OLDEST_YEARS = 130.0
_SEXES = ("", "male", "female")


def check_answerable(report: Report, query_context: QueryContext, reasoner: Reasoner, dim: int) -> None:
    """Hold what a case is asked with against the graph and the encoders.

    Args:
        query_context: of the report.
        dim: width of the vector of an image.

    Raises:
        BadInputError: naming the first thing that cannot be asked.
    """
    snapshot, candidates = reasoner.graph.snapshot, reasoner.graph.annotations.candidates
    if not report.evidence:
        raise BadInputError("report, evidence", "is empty, and there is a differential", _REMEDY)
    named: dict[str, Sequence[str]] = {
        "evidence": [item.curie for item in report.evidence],
        "next_steps": [step.curie for step in report.next_steps],
        "differential": [diagnosis.disease for diagnosis in report.differential],
        **{
            f"query_context.{name}": getattr(query_context, name)
            for name in ("excluded_diseases", "conditions", "suspected", "allergies", "medications")
        },
    }
    for where, curies in named.items():
        unknown = next((curie for curie in curies if curie not in snapshot.index), None)
        if unknown is not None:
            raise BadInputError(f"report, {where}", f"{unknown} is not in the graph", _REMEDY)
    nodes = [snapshot.index[curie] for curie in named["differential"]]
    for node, is_candidate in zip(nodes, np.isin(nodes, candidates), strict=True):
        if not is_candidate:
            fact = f"{snapshot.curies[node]} is no disease that can be ranked"
            raise BadInputError("report, differential", fact, _REMEDY)
    if any(len(vector) != dim for vector in query_context.images):
        raise BadInputError("report, query_context.images", f"not vectors of {dim} numbers", _REMEDY)
    patient = query_context.patient
    ages = [age for age in (patient.age_years, patient.onset_years) if age is not None]
    if patient.sex not in _SEXES or not all(0 <= age <= _OLDEST_YEARS for age in ages):
        raise BadInputError(
            "report, query_context.patient", "is of no known sex, or of no human age", _REMEDY
        )
