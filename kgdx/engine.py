"""The composition root: opens a release and answers cases."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter

from kgdx.batch import answer_many
from kgdx.domain.case import Case, FailedCase
from kgdx.domain.errors import BundleError
from kgdx.domain.message import Message
from kgdx.domain.path import Path as GraphPath
from kgdx.domain.report import Diagnosis, Report
from kgdx.encoders.clip import Clip
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.evidence.extractor import Extraction, Extractor
from kgdx.evidence.image_reader import ImageReader
from kgdx.explain.chains import chained
from kgdx.explain.faithfulness import Verification
from kgdx.explain.justify import Justifier
from kgdx.explain.justify_treatments import treatments
from kgdx.explain.mechanisms import Mechanisms
from kgdx.explain.paths import PathWriter
from kgdx.explain.reopened import ReportReopener
from kgdx.explain.stated import compared
from kgdx.explain.uncertainty import UncertaintyReporter
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.mechanisms.finder import MechanismFinder
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.query import seed
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.bundle import Bundle
from kgdx.release.checkpoints import (
    MechanismCheckpoint,
    ReasonerCheckpoint,
    TreatmentCheckpoint,
    check_concepts,
    open_fusion,
)
from kgdx.report.localised_names import names_in
from kgdx.schemas import CaseIn, ReportOut, Settings
from kgdx.treatments.case_treatments import CaseTreatments, UntreatedDiseases, rivals_of
from kgdx.treatments.predictor import PredictedTreatments
from kgdx.treatments.recommend import TreatmentGraph

logger = logging.getLogger(__name__)

_NUM_PATHS = 8
# Only numpy and torch let go of the interpreter while they work: more threads would gain little.
_NUM_THREADS = 2
NUM_WHAT_IF = 20


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
    _treatments: CaseTreatments = field(repr=False)
    _doubter: UncertaintyReporter = field(repr=False)
    _mechanisms: Mechanisms = field(repr=False)
    _reopener: ReportReopener = field(repr=False)

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
        clip, saved = Clip.open(opened.folder / "clip"), ReasonerCheckpoint.open(opened.folder / "reasoner")
        if saved.text_revision != clip.revision:
            fact = f"its reasoner was trained with text encoder {saved.text_revision}, not {clip.revision}"
            raise BundleError(str(opened.folder), fact, "train it anew with `kgdx train reasoner`")
        fusion = open_fusion(opened.folder / "fusion", clip.revision)
        own_concepts = ConceptEncoder.open(opened.folder / "concepts")
        concepts = ConceptEncoder.open(settings.text_encoder) if settings.text_encoder else own_concepts
        predicting = TreatmentCheckpoint.open(opened.folder / "treatments")
        acting = MechanismCheckpoint.open(opened.folder / "mechanisms")
        for what, revision in (
            ("treatments", predicting.text_revision),
            ("mechanisms", acting.text_revision),
        ):
            check_concepts(opened.folder, what, revision, own_concepts.revision)
        graph = DiagnosticGraph(snapshot, Annotations.from_snapshot(snapshot), schema)
        reasoner = saved.reasoner(graph, clip)
        hierarchy, writer = Hierarchy(snapshot), PathWriter(snapshot, schema)
        stated = TreatmentGraph(snapshot, hierarchy)
        predictor = partial(
            PredictedTreatments.on,
            snapshot,
            schema,
            predicting.network,
            predicting.calibration,
            own_concepts,
        )
        case_treatments = CaseTreatments(stated, UntreatedDiseases(stated, predictor), schema)
        return cls(
            release=opened.release,
            settings=settings,
            snapshot=snapshot,
            reasoner=reasoner,
            _extractor=Extractor(
                snapshot, schema, clip, ImageReader.open(settings, clip), concepts, fusion, settings.link
            ),
            _justifier=Justifier(reasoner, hierarchy, writer),
            _treatments=case_treatments,
            _doubter=UncertaintyReporter.of(reasoner, hierarchy),
            _mechanisms=Mechanisms(
                writer,
                opened.release,
                partial(MechanismFinder.on, snapshot, schema, acting.network, own_concepts),
            ),
            _reopener=ReportReopener(
                opened.release,
                reasoner,
                hierarchy,
                fusion,
                clip,
                writer,
                case_treatments,
                settings.curation,
            ),
        )

    def mechanisms(self, drug: str, disease: str, num_paths: int = 5) -> tuple[GraphPath, ...]:
        """How a drug may act on a disease: the best paths of two to four edges, best first.

        Args:
            drug, disease: CURIEs.

        Returns:
            Paths whose contribution is their share of all paths between the two, in [0, 1], as the network
            weighs them; none where there is no path.

        Raises:
            UnknownCurieError: if one is not in the graph.
            CurieError: if one is no CURIE, or is no drug or no disease.
        """
        return self._mechanisms.paths(drug, disease, num_paths)

    def diagnose(self, case: CaseIn | Case) -> ReportOut:
        """Rank diagnoses and treatments for one case, each with its reasons.

        A code that the graph does not know, or an image of a kind that the model does not, becomes a warning.

        Raises:
            ImageError: if an image of the case cannot be read at all.
        """
        given = _plain(case)
        return self._answer(self._extractor.extract(given), given.case_id)

    def diagnose_many(
        self, cases: Iterable[CaseIn | Case | FailedCase], num_threads: int = _NUM_THREADS
    ) -> Iterator[ReportOut | FailedCase]:
        """Answer cases as they come, in their order; no more than a few are held at a time.

        Reports and images are read in one thread while other cases are ranked in others. A case that fails
        is a `FailedCase` in its place, which names it by its number and its id; the others are answered.

        Args:
            cases: a `FailedCase`, such as `read_cases` gives for a bad file, is passed on.
            num_threads: that rank.
        """
        plain = (case if isinstance(case, FailedCase) else _plain(case) for case in cases)
        yield from answer_many(plain, self._extractor.extract, self._answer, num_threads)

    def what_if(self, report: Report, most: int = NUM_WHAT_IF) -> ReportOut:
        """The same report with the case ranked again under suppositions, each as if diagnosed anew.

        What is kept are the images, sex and age: without a finding means without every statement of it.

        Args:
            report: of this release; also one read back from JSON.
            most: how many suppositions.

        Raises:
            BadInputError: if the report is of another release.
        """
        given = report if isinstance(report, ReportOut) else ReportOut.of(report)
        return replace(given, what_if=self._reopener.what_if(report, most))

    def naming(self, report: ReportOut, language: str) -> ReportOut:
        """The same report with the names that the graph knows in another language, for `to_html`.

        Args:
            language: `zh`.
        """
        return report.naming(language, names_in(self.snapshot, report, language))

    def verify(self, report: Report, diagnoses: Sequence[Diagnosis] | None = None) -> Verification:
        """Score diagnoses of a report again, on its retained subgraph and without the paths it shows.

        Its treatments are weighed again, too; `Verification` says what is not held against anything.

        Args:
            report: of this release; also one read back from JSON.
            diagnoses: of the report; all if left out.

        Raises:
            BadInputError: if the report is of another release.
        """
        return self._reopener.verify(report, report.differential if diagnoses is None else diagnoses)

    def _answer(self, found: Extraction, case_id: str = "") -> ReportOut:
        started = perf_counter()
        ruled_out = self._justifier.hierarchy.kinds_of(
            [self.snapshot.index[curie] for curie in found.excluded_diseases]
        )
        query = seed(
            found.evidence,
            self.snapshot,
            found.context,
            found.patient,
            ruled_out,
            reads_curation=self.settings.curation,
        )
        if not query.observations:
            stated = (Message("warning.stated_alone", {"concept": concept}) for concept in found.stated)
            report = Report(
                release=self.release,
                evidence=found.evidence,
                differential=(),
                treatments=(),
                warnings=(*found.warnings, *stated),
                abstained=(Message("abstained.no_known_finding"),),
                case_id=case_id,
            )
            return ReportOut.of(report).showing(found.texts, found.images)
        ranking = self.reasoner.rank(query)
        differential = self._justifier.diagnoses(query, ranking, self.settings.top, _NUM_PATHS)
        differential = self._doubter.marked(differential, ranking)
        doubts = self._doubter.doubts(query, ranking, found.quotes)
        options = self._treatments.options(
            found.query_context,
            ranking,
            rivals_of(differential, doubts.red_flags),
            is_abstaining=bool(doubts.abstained),
        )
        report = Report(
            release=self.release,
            evidence=found.evidence,
            differential=differential,
            treatments=chained(treatments(options, self._justifier.writer), differential),
            warnings=(*found.warnings, *compared(found.stated, ranking, self._justifier.hierarchy)),
            abstained=doubts.abstained,
            next_steps=doubts.next_steps,
            red_flags=doubts.red_flags,
            disease_pairs=doubts.disease_pairs,
            query_context=found.query_context,
            case_id=case_id,
        )
        logger.debug(
            "answered in %.3f s: %d observations, %d diagnoses, %d treatments",
            perf_counter() - started,
            len(query.observations),
            len(report.differential),
            len(report.treatments),
        )
        return ReportOut.of(report).showing(found.texts, found.images)


def _plain(case: CaseIn | Case) -> Case:
    return case.to_domain() if isinstance(case, CaseIn) else case
