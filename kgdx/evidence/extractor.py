"""From a case to evidence: codes, texts and images, each read by its own reader."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from graph_schema import Schema
from kgdx.domain.case import Case, CaseImage, Patient, Polarity, ReportText
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import Evidence, TextOrigin
from kgdx.domain.message import Message
from kgdx.domain.report import QueryContext
from kgdx.encoders.clip import Clip
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.encoders.link_calibration import LinkCalibration
from kgdx.evidence.codes import code_evidence, lookup
from kgdx.evidence.contradictions import contradictions
from kgdx.evidence.fusion import Fusion
from kgdx.evidence.image_evidence import outside_domain
from kgdx.evidence.image_reader import ImageReader
from kgdx.graph.kinds import DISEASE_KINDS, FINDING_KINDS
from kgdx.graph.snapshot import Snapshot
from kgdx.imaging.overlay import ShownImage
from kgdx.imaging.prepare import Preprocessing

if TYPE_CHECKING:
    from kgdx.evidence.text import DiseaseMention
    from kgdx.evidence.text_reader import TextReader

logger = logging.getLogger(__name__)

# A finding read in a report counts as a condition if it is 20 times as likely to be there as before.
_LEAST_SURE = 3.0


@dataclass(frozen=True, eq=False)
class Extraction:
    """What was read from one case: all that later stages need.

    Attributes:
        patient: sex, age and onset.
        evidence: findings with their final weights, codes first, then texts, then images.
        conditions: CURIEs of what else the patient has, and of findings that are surely present; they veto
            treatments.
        suspected: CURIEs of findings that may be present, or once were; they caution against treatments.
        allergies, medications: CURIEs of drugs and drug classes.
        stated: diseases that the texts say the patient has; no evidence for themselves.
        excluded_diseases: CURIEs of diseases that were ruled out.
        image_vectors: (dim,) float32 each, what images add to the vector of the case.
        context: (dim,) float32 fused vector of the case, from its evidence and its images.
        warnings: what could not be read, and why.
        texts: sections as given, to be shown with the evidence marked.
        images: pixels and heat maps, to be shown.
    """

    patient: Patient
    evidence: tuple[Evidence, ...]
    conditions: tuple[str, ...]
    suspected: tuple[str, ...]
    allergies: tuple[str, ...]
    medications: tuple[str, ...]
    stated: tuple[ConceptRef, ...]
    excluded_diseases: tuple[str, ...]
    image_vectors: tuple[NDArray[np.float32], ...]
    context: NDArray[np.float32]
    warnings: tuple[Message, ...]
    texts: tuple[ReportText, ...]
    images: tuple[ShownImage, ...]

    @property
    def query_context(self) -> QueryContext:
        """What is asked beside the evidence, as the report keeps it."""
        images = tuple(tuple(vector.tolist()) for vector in self.image_vectors)
        return QueryContext(
            self.patient,
            images,
            excluded_diseases=self.excluded_diseases,
            conditions=self.conditions,
            suspected=self.suspected,
            allergies=self.allergies,
            medications=self.medications,
        )

    @property
    def quotes(self) -> list[str]:
        """Words of the texts that were read as a finding."""
        return [item.origin.quote for item in self.evidence if isinstance(item.origin, TextOrigin)]


@dataclass(frozen=True, eq=False)
class _Seen:
    """What all images of a case show; `subthreshold_scores` are those of the strongest image."""

    evidence: list[Evidence] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    shown: list[ShownImage] = field(default_factory=list)
    warnings: list[Message] = field(default_factory=list)
    subthreshold_scores: dict[str, float] = field(default_factory=dict)

    def lean(self, subthreshold_scores: Mapping[str, float]) -> None:
        """Hear one more image."""
        for curie, weight in subthreshold_scores.items():
            known = self.subthreshold_scores.get(curie, 0.0)
            self.subthreshold_scores[curie] = max(known, weight, key=lambda each: (abs(each), each))


@dataclass(frozen=True, slots=True)
class _Codes:
    """What a list of codes stands for, each once, and what must be said of it."""

    curies: tuple[str, ...]
    warnings: tuple[Message, ...]


@dataclass(frozen=True, eq=False)
class Extractor:
    """Reads cases against one graph."""

    snapshot: Snapshot
    schema: Schema
    clip: Clip
    eyes: ImageReader
    concepts: ConceptEncoder
    fusion: Fusion
    link: bool = False
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    def extract(self, case: Case) -> Extraction:
        """Read a case. A code the graph does not know becomes a warning.

        Raises:
            ImageError: if an image cannot be read; an answer without it might be taken for one with it.
        """
        coded, warnings = code_evidence(case.findings, self.snapshot, self.schema)
        evidence = list(coded)
        found = self._text_reader.read(case.texts, case.patient) if case.texts else None
        if found:
            evidence += found.evidence
        seen = self._see(case)
        evidence += seen.evidence
        weighed = self.fusion.weigh(evidence, seen.subthreshold_scores)
        listed = {
            "conditions": case.conditions,
            "allergies": case.allergies,
            "medications": case.medications,
            "excluded_diseases": case.excluded_diseases,
        }
        known = {where: self._lookup(codes, where) for where, codes in listed.items()}
        diseases = found.diseases if found else ()
        conditions = [*known["conditions"].curies, *(m.curie for m in diseases if _is_had(m))]
        logger.debug(
            "read %d codes, %d texts, %d images: %d statements",
            len(case.findings),
            len(case.texts),
            len(case.images),
            len(weighed),
        )
        present = [e for e in weighed if e.polarity is Polarity.PRESENT]
        conditions += [e.curie for e in present if _is_sure(e)]
        return Extraction(
            patient=case.patient,
            evidence=weighed,
            conditions=tuple(dict.fromkeys(conditions)),
            suspected=_each_once(
                tuple(e.curie for e in present if e.curie not in conditions), found.past if found else ()
            ),
            allergies=_each_once(known["allergies"].curies, found.allergies if found else ()),
            medications=_each_once(known["medications"].curies, found.medications if found else ()),
            stated=found.stated if found else (),
            excluded_diseases=known["excluded_diseases"].curies,
            image_vectors=tuple(seen.vectors),
            context=self.fusion.case_vector(weighed, seen.vectors, self.clip),
            warnings=(
                *case.warnings,
                *warnings,
                *(warning for codes in known.values() for warning in codes.warnings),
                *(found.warnings if found else ()),
                *(self._ruled_out(curie) for curie in known["excluded_diseases"].curies),
                *seen.warnings,
                *contradictions(weighed, self.snapshot),
            ),
            texts=case.texts,
            images=tuple(seen.shown),
        )

    @cached_property
    def _text_reader(self) -> "TextReader":
        from kgdx.evidence.linking import Linker
        from kgdx.evidence.text_reader import TextReader  # imports spaCy

        # Nobody has measured how sure the links of an encoder without calibration are: it links nothing.
        calibration = self.concepts.calibration or LinkCalibration.never()
        findings, diseases = (
            Linker.from_snapshot(self.snapshot, self.concepts, calibration, kinds, finds_phrases=self.link)
            for kinds in (FINDING_KINDS, DISEASE_KINDS)
        )
        return TextReader(self.snapshot, (findings, diseases))

    def _see(self, case: Case) -> _Seen:
        seen = _Seen()
        for image in case.images:
            of_image = []
            for image_id, pixels, doubts in self._slices(image):
                seen.warnings.extend(
                    Message("warning.image", {"image": image_id, "doubt": doubt}) for doubt in doubts
                )
                sight = self.eyes.look(pixels, image_id)
                known = [e for e in sight.evidence if e.curie in self.snapshot.index]
                if len(known) < len(sight.evidence):
                    logger.info("%d image findings are not in the graph", len(sight.evidence) - len(known))
                seen.evidence.extend(known)
                seen.warnings.extend(sight.warnings)
                seen.lean(sight.subthreshold_scores)
                # The case's vector lives in the space of the release's own model, whatever else looked at it.
                vector = self.clip.encode_images([pixels])[0]
                if not outside_domain(vector, self.clip.findings.domain, self.clip):
                    of_image.append(vector)
                maps = tuple(m for m in sight.heat_maps if m.curie in self.snapshot.index)
                seen.shown.append(ShownImage(image_id, pixels, maps))
            if of_image:
                # One vector a volume: its slices are one image of the patient, not three.
                mean = np.mean(of_image, axis=0)
                seen.vectors.append(mean / np.linalg.norm(mean))
        return seen

    def _slices(self, image: CaseImage) -> Iterator[tuple[str, NDArray[np.float32], tuple[Message, ...]]]:
        """(id, pixels, warnings); the slices of a volume are images of their own, such as `ct#12`."""
        from kgdx.imaging.read import read_images  # imports pydicom and nibabel

        for read in read_images(image.path, self.preprocessing):
            number = "" if read.number is None else f"#{read.number}"
            yield f"{image.image_id}{number}", read.pixels, read.warnings

    def _ruled_out(self, curie: str) -> Message:
        name = self.snapshot.names[self.snapshot.index[curie]]
        return Message("warning.disease_excluded", {"curie": curie, "concept": ConceptRef(curie, name)})

    def _lookup(self, codes: tuple[str, ...], where: str) -> _Codes:
        found = [lookup(code, self.snapshot, self.schema, where) for code in codes]
        return _Codes(
            tuple({r.curie: None for r in found if r.curie}),
            tuple(r.warning for r in found if r.warning),
        )


def _each_once(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(curie for group in groups for curie in group))


def _is_had(mention: "DiseaseMention") -> bool:
    """The patient has or had the disease: reason enough not to give what is forbidden in it."""
    from kgdx.evidence.assertion import Setting

    return mention.polarity is Polarity.PRESENT and mention.setting in {Setting.NOW, Setting.HISTORICAL}


def _is_sure(evidence: Evidence) -> bool:
    """Whether a present finding is sure enough to forbid a treatment: an image alone never is."""
    return evidence.origin.modality != "image" and evidence.weight >= _LEAST_SURE
