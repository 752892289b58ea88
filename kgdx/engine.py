"""The composition root: opens a release and answers cases."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from kgdx.bundle import Bundle
from kgdx.domain.case import Case
from kgdx.domain.errors import BundleError
from kgdx.domain.report import Report
from kgdx.encoders.clip import Clip
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.explain.justify import Justifier, treatments
from kgdx.explain.paths import PathWriter
from kgdx.extract import Extraction, Extractor
from kgdx.eyes import Eyes
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.hierarchy import Hierarchy
from kgdx.reasoning.query import seed
from kgdx.reasoning.reasoner import Ranking, Reasoner
from kgdx.reasoning.treatment import Option, TreatmentGraph
from kgdx.snapshot import Snapshot
from kgdx.weights import SavedReasoner, open_fusion
from kgdx.wire import CaseIn, ReportOut, Settings

logger = logging.getLogger(__name__)

_NUM_PATHS = 8
# Below this, the likeliest diagnosis is not likely enough to be named as the answer.
_LEAST_PROBABILITY = 0.2
# A diagnosis less likely than this recommends no treatment.
_LEAST_TREATED = 0.01


@dataclass(frozen=True, eq=False)
class Engine:
    """Answers cases from one release. It opens no connection and writes nothing.

    Attributes:
        release: name and hash of the bundle; every report is stamped with it.
    """

    release: str
    settings: Settings
    snapshot: Snapshot
    reasoner: Reasoner
    _extractor: Extractor = field(repr=False)
    _justifier: Justifier = field(repr=False)
    _treatments: TreatmentGraph = field(repr=False)

    @classmethod
    def open(cls, bundle: Path | str | None = None, settings: Settings | None = None) -> "Engine":
        """Open a release.

        Args:
            bundle: its folder; the setting `bundle`, or the shipped starter release, if left out.

        Raises:
            BundleError: if the folder is no intact bundle.
        """
        settings = settings or Settings()
        chosen = bundle or settings.bundle
        opened = Bundle.open(Path(chosen)) if chosen else Bundle.shipped()
        snapshot, schema = opened.snapshot(), opened.schema()
        clip, saved = Clip.open(opened.folder / "clip"), SavedReasoner.open(opened.folder / "reasoner")
        if saved.text_revision != clip.revision:
            fact = f"its reasoner was trained with text encoder {saved.text_revision}, not {clip.revision}"
            raise BundleError(str(opened.folder), fact, "train it anew with `kgdx train reasoner`")
        fusion = open_fusion(opened.folder / "fusion", clip.revision)
        concepts = ConceptEncoder.open(settings.text_encoder or opened.folder / "concepts")
        graph = DiagnosticGraph(snapshot, Annotations.from_snapshot(snapshot), schema)
        reasoner = saved.reasoner(graph, clip)
        hierarchy = Hierarchy(snapshot)
        return cls(
            release=opened.release,
            settings=settings,
            snapshot=snapshot,
            reasoner=reasoner,
            _extractor=Extractor(
                snapshot, schema, clip, Eyes.open(settings, clip), concepts, fusion, settings.link
            ),
            _justifier=Justifier(reasoner, hierarchy, PathWriter(snapshot, schema)),
            _treatments=TreatmentGraph(snapshot, hierarchy),
        )

    def diagnose(self, case: CaseIn | Case) -> ReportOut:
        """Rank diagnoses and treatments for one case, each with its reasons.

        A code that the graph does not know, or an image of a kind that the model does not, becomes a warning.

        Raises:
            ImageError: if an image of the case cannot be read at all.
        """
        told = case.to_domain() if isinstance(case, CaseIn) else case
        found = self._extractor.extract(told)
        query = seed(found.evidence, self.snapshot, found.context, told.patient)
        if not query.observations:
            nothing = "the case holds no finding that the graph knows: nothing can be said"
            return self._report(found, abstained=nothing)
        ranking = self.reasoner.rank(query)
        differential = self._justifier.diagnoses(query, ranking, self.settings.top, _NUM_PATHS)
        report = Report(
            release=self.release,
            evidence=found.evidence,
            differential=differential,
            treatments=treatments(self._options(found, ranking), self._justifier.writer),
            warnings=found.warnings,
            abstained=_hesitation(differential[0].probability),
        )
        return ReportOut.of(report).showing(found.texts, found.images)

    def _options(self, found: Extraction, ranking: Ranking) -> list[Option]:
        index = self.snapshot.index
        posterior = [
            (int(disease), float(probability))
            for disease, probability in zip(ranking.diseases, ranking.probability, strict=True)
            if probability >= _LEAST_TREATED
        ]
        conditions = [index[curie] for curie in found.conditions]
        return self._treatments.options(posterior, conditions, [index[curie] for curie in found.allergies])

    def _report(self, found: Extraction, abstained: str) -> ReportOut:
        report = Report(self.release, found.evidence, (), (), found.warnings, abstained)
        return ReportOut.of(report).showing(found.texts, found.images)


def _hesitation(probability: float) -> str:
    if probability >= _LEAST_PROBABILITY:
        return ""
    return (
        f"the likeliest diagnosis reaches only {probability:.0%}: the evidence does not single one out; "
        "read the list as what to look into next"
    )
