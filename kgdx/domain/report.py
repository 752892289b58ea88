"""What the engine answers: a differential, treatments, and the reasons of both."""

from dataclasses import dataclass
from enum import StrEnum

from kgdx.domain.case import Patient
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import Evidence
from kgdx.domain.message import Message
from kgdx.domain.path import Path
from kgdx.domain.treatment import ConcernKind, Line, Severity, TreatmentStatus
from kgdx.domain.what_if import WhatIf

DISCLAIMER = (
    "kgdx is not a medical device. It is decision support for research and development: it does not "
    "replace the judgement of a clinician and must not be the sole basis of a decision about a patient."
)


@dataclass(frozen=True, slots=True)
class FindingContribution:
    """What one finding adds to (or takes from) the logit of one diagnosis, all its paths together.

    Attributes:
        is_excluded: the finding was looked for and not found.
        patient_fact: what is known of the patient, where that counts through this node; else None.
    """

    curie: str
    name: str
    contribution: float
    is_excluded: bool = False
    patient_fact: Message | None = None


@dataclass(frozen=True, slots=True)
class DiseaseGroup:
    """Candidates that are kinds of one candidate, and that one: one answer, told more or less finely.

    Attributes:
        curie, name: of the most general one.
        probability: of all together, in [0, 1].
        members: all of them, likeliest first.
    """

    curie: str
    name: str
    probability: float
    members: tuple[ConceptRef, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A candidate of the differential.

    Attributes:
        logit: log-posterior up to a constant, unbounded; the sum of the prior and of all contributions
            on the retained subgraph.
        probability: calibrated, in [0, 1].
        supports: findings with a positive contribution, largest first.
        contradicts: findings with a negative contribution, most negative first.
        unexplained: findings of the case that this diagnosis has no path to.
        paths: the paths that carried the score, largest share first.
        residual_logit: what the rest of the graph, left out of the retained subgraph, would have added.
        red_flag: why it must not be missed; None where it is not dangerous by the stated rule.
        group: the candidates that it is one answer with; None where it stands alone.
        equivalents: CURIEs of the same disease in other vocabularies.
    """

    disease: str
    name: str
    rank: int
    logit: float
    probability: float
    supports: tuple[FindingContribution, ...] = ()
    contradicts: tuple[FindingContribution, ...] = ()
    unexplained: tuple[FindingContribution, ...] = ()
    paths: tuple[Path, ...] = ()
    residual_logit: float = 0.0
    red_flag: Message | None = None
    group: DiseaseGroup | None = None
    equivalents: tuple[str, ...] = ()

    @property
    def is_red_flag(self) -> bool:
        """Whether it must not be missed."""
        return self.red_flag is not None

    @property
    def full_graph_logit(self) -> float:
        """What the logit would be had the whole graph been walked, not the retained subgraph alone."""
        return self.logit + self.residual_logit


class AssessmentModality(StrEnum):
    """What it takes to know of a finding."""

    EXAMINATION = "examination"
    LABORATORY = "laboratory"
    IMAGING = "imaging"
    RECORDING = "recording"
    BIOPSY = "biopsy"


@dataclass(frozen=True, slots=True)
class ProbabilityChange:
    """How the probability of one diagnosis would move, each in [0, 1]."""

    disease: str
    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class NextFinding:
    """A finding that nobody has spoken of and whose presence or absence would tell much.

    Attributes:
        kind: history and examination, laboratory, imaging, a recording such as ECG or EEG, or a biopsy.
        gain_bits: by how much the doubt among the diagnoses falls on average once it was looked for, in bits;
            for a diagnosis to be ruled out, the doubt about that one alone.
        probability: of finding it, in [0, 1].
        if_present, if_absent: the diagnosis that rises most in either event; or the one to be ruled out.
    """

    curie: str
    name: str
    kind: AssessmentModality
    gain_bits: float
    probability: float
    if_present: ProbabilityChange
    if_absent: ProbabilityChange


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A dangerous diagnosis, not the first of the differential, that the evidence does not rule out.

    Attributes:
        rank: in the whole ranking, from 1.
        why: what makes it dangerous.
        rules_out: what would settle best whether it is there; None if the graph knows nothing that would.
    """

    disease: str
    name: str
    rank: int
    probability: float
    why: Message
    rules_out: NextFinding | None = None


@dataclass(frozen=True, slots=True)
class DiseasePair:
    """Two diseases that together explain what no single one does.

    Attributes:
        first, second: the diseases; the first is the better one by itself.
        factor: Bayes factor over the best single disease, after the prior of a second disease; above 1.
        by_first, by_second: findings that only the one, or only the other, explains.
        by_both, by_none: findings that both explain, or neither.
    """

    first: ConceptRef
    second: ConceptRef
    factor: float
    by_first: tuple[ConceptRef, ...]
    by_second: tuple[ConceptRef, ...]
    by_both: tuple[ConceptRef, ...] = ()
    by_none: tuple[ConceptRef, ...] = ()


@dataclass(frozen=True, slots=True)
class TreatmentConcern:
    """Something of the patient that speaks against a treatment.

    Attributes:
        curie, name: the condition, state, allergy or medication.
        path: from it to the treatment; without a step where it is the treatment itself.
        is_certain: False where it is only suspected that the patient has it; then it is a caution.
        mechanism: what happens, where a safety table says it; else None.
        advice: what to do about it, where a safety table says it; else None.
    """

    kind: ConcernKind
    severity: Severity
    curie: str
    name: str
    path: Path
    is_certain: bool = True
    mechanism: Message | None = None
    advice: Message | None = None


@dataclass(frozen=True, slots=True)
class TreatedDiagnosis:
    """A diagnosis that a treatment is for.

    Attributes:
        probability: of the diagnosis, in [0, 1].
        confidence: of the prediction that it is treated, in [0, 1]; None where the graph states it.
        line: the place of the treatment among those of the disease, as far as that is stated.
        is_immediate: whether the treatment must not wait.
        is_indirect: whether the graph states it of a wider disease alone; it then counts by the share of such
            statements that hold.
    """

    disease: str
    name: str
    probability: float
    confidence: float | None = None
    line: Line = Line.UNSTATED
    is_immediate: bool = False
    is_indirect: bool = False


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment with what it is for, and all that speaks against it in this patient.

    Attributes:
        expected_benefit: posterior probability of the diagnoses it treats, summed, in [0, 1]; a predicted
            one counts by the confidence of the prediction.
        indications: the diagnoses that it treats or is predicted to, largest benefit first.
        paths: what it is indicated for, largest benefit first.
        chains: paths of two stages, from a finding over a diagnosis to the treatment, the largest share of
            the benefit first.
        concerns: contraindications first; empty if nothing speaks against it.
        confidence: of the prediction, in [0, 1], if no indication is stated in the graph; else None.
        reservations: why it is not recommended though the graph states that it treats, such as a dangerous
            diagnosis to be ruled out first.
    """

    drug: str
    name: str
    status: TreatmentStatus
    expected_benefit: float
    indications: tuple[TreatedDiagnosis, ...]
    paths: tuple[Path, ...]
    concerns: tuple[TreatmentConcern, ...] = ()
    confidence: float | None = None
    chains: tuple[Path, ...] = ()
    reservations: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryContext:
    """What the reasoner was asked beside the evidence; with both, a report can be scored again.

    Attributes:
        images: for each image, the (C,) vector that it adds to the vector of the case; see
            `kgdx.evidence.fusion`.
        excluded_diseases: CURIEs of diseases that were ruled out; neither they nor kinds of them are ranked.
    """

    patient: Patient
    images: tuple[tuple[float, ...], ...] = ()
    excluded_diseases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The answer for one case.

    Attributes:
        release: name and content hash of the bundle that produced it.
        evidence: everything the reasoner believed, in order of appearance.
        differential: ranked candidates, rank 1 first; empty when the engine abstains for want of evidence.
        treatments: recommended, then with caution, possible, held back, predicted and contraindicated; within
            each by line, urgency and benefit.
        warnings: what went wrong or is doubtful: unknown terms, unreadable images, weak evidence.
        abstained: why the engine does not commit itself, clause by clause; empty when it does.
        next_steps: what to look for next, most telling first.
        red_flags: dangerous diagnoses below the first that are not ruled out, likeliest first.
        disease_pairs: pairs of diseases, where no single one explains the findings.
        what_if: the case ranked again under suppositions; empty where nobody asked for it.
        query_context: None where there was nothing to ask.
        case_id: the caller's own label of the case; empty if there is none.
    """

    release: str
    evidence: tuple[Evidence, ...]
    differential: tuple[Diagnosis, ...]
    treatments: tuple[Treatment, ...]
    warnings: tuple[Message, ...] = ()
    abstained: tuple[Message, ...] = ()
    disclaimer: str = DISCLAIMER
    next_steps: tuple[NextFinding, ...] = ()
    red_flags: tuple[RedFlag, ...] = ()
    disease_pairs: tuple[DiseasePair, ...] = ()
    what_if: tuple[WhatIf, ...] = ()
    query_context: QueryContext | None = None
    case_id: str = ""
