"""Asking a report again: the case it was made of is put to the same release once more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from kgdx.domain.errors import BadInputError
from kgdx.domain.evidence import Evidence
from kgdx.domain.report import Diagnosis, QueryContext, Report
from kgdx.domain.what_if import WhatIf
from kgdx.encoders.base import TextEncoder
from kgdx.evidence.fusion import Fusion
from kgdx.explain.answerable import check_answerable
from kgdx.explain.counterfactual import what_if
from kgdx.explain.faithfulness import Verification, verify
from kgdx.explain.justify_treatments import treatments
from kgdx.explain.paths import PathWriter
from kgdx.explain.verified_treatments import changed_treatments
from kgdx.graph.hierarchy import Hierarchy
from kgdx.reasoning.query import GraphQuery, seed
from kgdx.reasoning.reasoner import Reasoner
from kgdx.treatments.case_treatments import CaseTreatments, rivals_of


@dataclass(frozen=True, eq=False)
class ReportReopener:
    """Asks reports of one release again; also those read back from JSON.

    Attributes:
        reads_curation: as the reports were made.
    """

    release: str
    reasoner: Reasoner
    hierarchy: Hierarchy
    fusion: Fusion
    encoder: TextEncoder
    writer: PathWriter
    case_treatments: CaseTreatments
    reads_curation: bool = False

    def what_if(self, report: Report, most: int) -> tuple[WhatIf, ...]:
        """The case ranked again under suppositions; none where there was nothing to ask.

        Raises:
            BadInputError: if the report is of another release.
        """
        context = self._query_context_of(report)
        if context is None:
            return ()
        return what_if(report, self.reasoner, partial(self._query, context), most)

    def verify(self, report: Report, diagnoses: Sequence[Diagnosis]) -> Verification:
        """Diagnoses of the report scored again.

        Raises:
            BadInputError: if the report is of another release.
        """
        context = self._query_context_of(report)
        if context is None:
            return Verification((), 0, ())
        query = self._query(context, report.evidence)
        verified = verify(report, diagnoses, self.reasoner, self.hierarchy, query)
        options = self.case_treatments.options(
            context,
            self.reasoner.rank(query),
            rivals_of(report.differential, report.red_flags),
            is_abstaining=bool(report.abstained),
        )
        return replace(verified, treatments=changed_treatments(report, treatments(options, self.writer)))

    def _query_context_of(self, report: Report) -> QueryContext | None:
        if report.release != self.release:
            fact = f"was made with release {report.release}, and this is {self.release}"
            raise BadInputError("report", fact, "name its release with --bundle, or diagnose the case again")
        if report.query_context is None:
            if report.differential:
                remedy = "give the report as kgdx diagnose --json wrote it"
                raise BadInputError(
                    "report, query_context", "is missing, and there is a differential", remedy
                )
            return None
        check_answerable(report, report.query_context, self.reasoner, self.encoder.dim)
        return report.query_context

    def _query(self, context: QueryContext, evidence: Sequence[Evidence]) -> GraphQuery:
        images = [np.array(vector, dtype=np.float32) for vector in context.images]
        vector = self.fusion.case_vector(evidence, images, self.encoder)
        snapshot = self.reasoner.graph.snapshot
        out = self.hierarchy.kinds_of([snapshot.index[curie] for curie in context.excluded_diseases])
        return seed(evidence, snapshot, vector, context.patient, out, reads_curation=self.reads_curation)
