"""Evidence: a finding, its weight, and where it comes from."""

from dataclasses import dataclass

from kgdx.domain.case import Polarity


@dataclass(frozen=True, slots=True)
class CodeOrigin:
    """The finding was given as a code, written `given` in the case; `is_elicited` as of `CodedFinding`."""

    given: str
    modality: str = "code"
    is_elicited: bool = False


@dataclass(frozen=True, slots=True)
class TextOrigin:
    """The finding was read in a text: `text[start:end] == quote` holds in the original section."""

    section: str
    start: int
    end: int
    quote: str
    modality: str = "text"


@dataclass(frozen=True, slots=True)
class ImageOrigin:
    """The finding was seen in an image.

    Attributes:
        image_id: which image of the case.
        region: (left, top, right, bottom) as shares of width and height, each in [0, 1].
        probability: of the finding by the image alone, in [0, 1].
        spread: the probability one standard deviation below and above, over the phrasings that the image
            was asked with; None where it was not asked by text.
    """

    image_id: str
    region: tuple[float, float, float, float]
    probability: float
    modality: str = "image"
    spread: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Qualifiers:
    """How a finding is described; each part is empty where nobody said it.

    Attributes:
        severity: `borderline`, `minimal`, `mild`, `moderate` or `severe`.
        laterality: the patient's `left` or `right`, or `bilateral`.
        anatomy: places, such as `upper lobe`, in the order of the text.
        size_mm: the first stated size, its dimensions in millimetres in the order of the text.
    """

    severity: str = ""
    laterality: str = ""
    anatomy: tuple[str, ...] = ()
    size_mm: tuple[float, ...] = ()

    def __str__(self) -> str:
        size = " × ".join(f"{length:g}" for length in self.size_mm)
        parts = (self.severity, self.laterality, *self.anatomy, size and f"{size} mm")
        return ", ".join(part for part in parts if part)


Origin = CodeOrigin | TextOrigin | ImageOrigin


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation of one finding.

    Attributes:
        curie: the finding, a node of the graph.
        name: its name, for people.
        polarity: what was observed.
        weight: natural log of P(observation | finding) / P(observation | no finding): positive for what
            is present, negative for what is absent, near 0 for what says little. Unbounded; the encoders
            of evidence stay within [-12, 12].
        origin: where it was observed.
        qualifiers: how it is described.
        factor: what fusion with the other modalities has multiplied the reader's own weight by, in (0, 2).
    """

    curie: str
    name: str
    polarity: Polarity
    weight: float
    origin: Origin
    qualifiers: Qualifiers = Qualifiers()
    factor: float = 1.0
