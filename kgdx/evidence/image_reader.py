"""What looks at the images of a case: an image-text model asked by prompts, and trained heads."""

from collections.abc import Mapping
from dataclasses import dataclass

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import Evidence
from kgdx.domain.message import Message
from kgdx.encoders.base import ImageEncoder, ImageTextEncoder
from kgdx.encoders.classifier import Classifier
from kgdx.encoders.clip import Clip
from kgdx.encoders.finding_set import FindingSet, read_findings
from kgdx.encoders.registry import open_encoder
from kgdx.evidence.head_evidence import head_evidence
from kgdx.evidence.image_evidence import heat_along, image_answers, text_direction
from kgdx.imaging.image import Pixels
from kgdx.imaging.overlay import HeatMap
from kgdx.settings import Settings


@dataclass(frozen=True, eq=False)
class ImageFindings:
    """What was seen in one image, strongest first; a warning tells why something gave nothing.

    Attributes:
        subthreshold_scores: CURIE -> weight of every finding asked for by text, the undecided ones too.
    """

    evidence: tuple[Evidence, ...]
    heat_maps: tuple[HeatMap, ...]
    warnings: tuple[Message, ...]
    subthreshold_scores: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class ImageReader:
    """Looks at images.

    Attributes:
        encoder: asked by text.
        findings: what it is asked, calibrated for it; None if nobody calibrated it: then it is not asked.
        classifiers: asked first; a prompt is not asked for a finding that one of them has answered.
    """

    encoder: ImageTextEncoder
    findings: FindingSet | None
    classifiers: tuple[Classifier, ...] = ()

    @classmethod
    def open(cls, settings: Settings, own: Clip) -> "ImageReader":
        """The release's own model, or what the settings name.

        Raises:
            BundleError: if a model cannot be opened, or findings or a head belong to another one.
        """
        encoder = open_encoder(settings.encoder) if settings.encoder else own
        findings = encoder.findings if isinstance(encoder, Clip) else None
        if settings.findings is not None:
            findings = read_findings(settings.findings, encoder.revision)
        classifiers = tuple(Classifier.open(folder, encoder) for folder in settings.classifiers)
        return cls(encoder, findings, classifiers)

    def look(self, image: Pixels, image_id: str) -> ImageFindings:
        """Look for everything that is known.

        Args:
            image: (H, W) float32 in [0, 1], dense is bright.
            image_id: under which the report speaks of it.
        """
        evidence: list[Evidence] = []
        maps: list[HeatMap] = []
        warnings: list[Message] = []
        answered: set[str] = set()
        for classifier in self.classifiers:
            head, encoder = classifier.head, classifier.encoder
            found, complaints = head_evidence(image, image_id, encoder, head)
            evidence += found
            warnings += complaints
            places = {label.curie: i for i, label in enumerate(head.labels)}
            maps += [m for e in found for m in _maps(e, image, head.direction(places[e.curie]), encoder)]
            if not complaints:
                answered |= set(places)
        found, complaints, subthreshold_scores = self._ask(image, image_id, answered)
        evidence += found
        warnings += complaints
        maps += [m for e in found for m in _maps(e, image, self._direction(e.curie), self.encoder)]
        ordered = sorted(evidence, key=lambda item: (-abs(item.weight), item.curie))
        return ImageFindings(tuple(ordered), tuple(maps), tuple(warnings), subthreshold_scores)

    def _ask(
        self, image: Pixels, image_id: str, answered: set[str]
    ) -> tuple[list[Evidence], list[Message], dict[str, float]]:
        if self.findings is None:
            values = {"image": image_id, "encoder": self.encoder.revision}
            return [], [Message("warning.uncalibrated", values)], {}
        asked = tuple(f for f in self.findings.findings if f.curie not in answered)
        findings = FindingSet(asked, self.findings.domain)
        return image_answers(image, image_id, self.encoder, self.encoder, findings)

    def _direction(self, curie: str) -> Pixels:
        findings = self.findings.findings if self.findings is not None else ()
        finding = next(f for f in findings if f.curie == curie)
        return text_direction(finding.prompts[:1], finding.absent_prompts, self.encoder)


def _maps(item: Evidence, image: Pixels, direction: Pixels, encoder: ImageEncoder) -> list[HeatMap]:
    """The heat map of what is present; none where the tower tells nothing of places."""
    if item.polarity is not Polarity.PRESENT:
        return []
    values = heat_along(image, direction, encoder)
    return [HeatMap(item.curie, item.name, values)] if values.any() else []
