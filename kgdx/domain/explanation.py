"""What is kept of a report: its conclusions and what they rest on, without the words of the case."""

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from kgdx.domain.case import Polarity
from kgdx.domain.path import Step
from kgdx.domain.report import FindingContribution
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """An observation; `section`, `quote` and `image_id` are empty unless words of the case were asked for."""

    finding: str
    name: str
    polarity: Polarity
    weight: float
    modality: str
    section: str = ""
    quote: str = ""
    image_id: str = ""


@dataclass(frozen=True, slots=True)
class KeptPath:
    """A path with its English sentence; attributes as of `kgdx.domain.path.Path`."""

    steps: tuple[Step, ...]
    contribution: float
    sentence: str

    def __str__(self) -> str:
        return f"{self.sentence} ({self.contribution:+.2f})"


@dataclass(frozen=True, slots=True)
class KeptDiagnosis:
    """A candidate of the differential; attributes as of `kgdx.domain.report.Diagnosis`."""

    disease: str
    name: str
    rank: int
    logit: float
    probability: float
    residual_logit: float
    red_flag: str
    supports: tuple[FindingContribution, ...]
    contradicts: tuple[FindingContribution, ...]
    unexplained: tuple[FindingContribution, ...]
    paths: tuple[KeptPath, ...]


@dataclass(frozen=True, slots=True)
class KeptConcern:
    """What speaks against a treatment.

    Attributes:
        reason, name: what the patient has, is or takes; empty where that is age or sex.
        path: from it to the treatment; None where that begins at age or sex.
    """

    kind: ConcernKind
    severity: Severity
    reason: str
    name: str
    is_certain: bool
    path: KeptPath | None


@dataclass(frozen=True, slots=True)
class KeptTreatment:
    """A treatment; attributes as of `kgdx.domain.report.Treatment`."""

    drug: str
    name: str
    status: TreatmentStatus
    expected_benefit: float
    confidence: float | None
    paths: tuple[KeptPath, ...]
    chains: tuple[KeptPath, ...]
    concerns: tuple[KeptConcern, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One report as it is kept.

    Attributes:
        case: names it: a hash of all that is kept but the words of the case.
        label: the caller's own name for the case; empty unless one was asked for.
        release: of the engine that made the report.
        abstained: why the engine did not commit itself; empty when it did.
        written: when it was stored, UTC, ISO 8601; empty before that.
    """

    case: str
    label: str
    release: str
    abstained: str
    evidence: tuple[KeptEvidence, ...]
    diagnoses: tuple[KeptDiagnosis, ...]
    treatments: tuple[KeptTreatment, ...]
    written: str = field(default="", compare=False)


def fingerprint(explanation: Explanation) -> str:
    """Hash of everything in it but when it was written, 16 hexadecimal letters."""
    text = json.dumps(replace(explanation, written=""), default=_parts)
    return sha256(text.encode()).hexdigest()[:16]


def _parts(record: Any) -> list[Any]:
    """Values of a record, in the order of its attributes."""
    return [getattr(record, name) for name in record.__dataclass_fields__]
