"""A case: what is known of one patient at one time. It holds no name and no identifier of a person."""

from dataclasses import dataclass
from enum import StrEnum

from kgdx.domain.message import Message
from kgdx.domain.printable import printable


class Polarity(StrEnum):
    """What the case says of a finding. A finding that no one mentions has no polarity at all."""

    PRESENT = "present"
    EXCLUDED = "excluded"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class CodedFinding:
    """A finding given by its code, with the status somebody recorded.

    Attributes:
        is_elicited: recorded because a report, a checklist or a protocol asked for it, not because somebody
            suspected something: then it says nothing that it was looked for at all.
    """

    curie: str
    polarity: Polarity = Polarity.PRESENT
    is_elicited: bool = False


@dataclass(frozen=True, slots=True)
class CaseImage:
    """An image of the case: a path on disk, and an id under which the report speaks of it."""

    image_id: str
    path: str


@dataclass(frozen=True, slots=True)
class ReportText:
    """A text of the case under the name of its section, such as `findings` or `history`."""

    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Patient:
    """Who the patient is, as far as that tells one disease from another.

    Attributes:
        sex: `male`, `female` or empty.
        age_years: age when the findings were there, or None.
        onset_years: age at the first sign of the disease, or None; 0 for what was there at birth.
    """

    sex: str = ""
    age_years: float | None = None
    onset_years: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the engine is told.

    Attributes:
        case_id: the caller's own label; never interpreted, never logged.
        findings: coded findings with status.
        texts: sections of the report, in reading order.
        images: images of the case.
        conditions: CURIEs of known comorbidities and states (such as pregnancy); they veto treatments.
        allergies: CURIEs of drugs or drug classes.
        medications: CURIEs of drugs the patient takes.
        excluded_diseases: CURIEs of diseases that were ruled out; neither they nor kinds of them are ranked.
        sex, age_years, onset_years: as of `Patient`.
        warnings: what was not used, or read with a doubt, on the way to this case.
    """

    case_id: str = ""
    findings: tuple[CodedFinding, ...] = ()
    texts: tuple[ReportText, ...] = ()
    images: tuple[CaseImage, ...] = ()
    conditions: tuple[str, ...] = ()
    allergies: tuple[str, ...] = ()
    medications: tuple[str, ...] = ()
    sex: str = ""
    age_years: float | None = None
    onset_years: float | None = None
    excluded_diseases: tuple[str, ...] = ()
    warnings: tuple[Message, ...] = ()

    @property
    def patient(self) -> Patient:
        """Sex, age and onset."""
        return Patient(self.sex, self.age_years, self.onset_years)


@dataclass(frozen=True, slots=True)
class FailedCase:
    """Stands in a batch for a case that could not be read or answered.

    Attributes:
        case_id: the caller's own label, where it is known.
        where, fact, remedy: place, what is wrong, and what to do; they quote nothing of a text.
    """

    case_id: str
    where: str
    fact: str
    remedy: str

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.fact}: {self.remedy}")
