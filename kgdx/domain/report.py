"""What the engine answers: a differential, treatments, and the reasons of both."""

from dataclasses import dataclass

from kgdx.domain.evidence import Evidence
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus

DISCLAIMER = (
    "kgdx is not a medical device. It is decision support for research and development: it does not "
    "replace the judgement of a clinician and must not be the sole basis of a decision about a patient."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a path, in the direction the path walks it.

    `head relation tail` is the edge as the store holds it; `is_forward` tells whether the path walks it
    from head to tail.
    """

    edge_id: str
    head: str
    head_name: str
    relation: str
    tail: str
    tail_name: str
    is_forward: bool
    source: str
    publications: tuple[str, ...] = ()
    frequency: float | None = None
    negated: bool = False

    @property
    def end_name(self) -> str:
        """Name of the node at which the path arrives by this step."""
        return self.tail_name if self.is_forward else self.head_name


@dataclass(frozen=True, slots=True)
class Path:
    """A walk through the graph that carries part of a score.

    Attributes:
        steps: edges in order, from the evidence to the conclusion; empty where the evidence is itself
            the conclusion.
        contribution: its share of the logit, natural log units; for treatments, of the expected benefit, in
            [0, 1]; 0 for what speaks against one.
        sentence: the path in clinical words.
    """

    steps: tuple[Step, ...]
    contribution: float
    sentence: str

    def __str__(self) -> str:
        return f"{self.sentence} ({self.contribution:+.2f})"


@dataclass(frozen=True, slots=True)
class FindingContribution:
    """What one finding adds to (or takes from) the logit of one diagnosis, all its paths together."""

    curie: str
    name: str
    contribution: float


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
        graph_surplus: what the rest of the graph, left out of the retained subgraph, would have added.
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
    graph_surplus: float = 0.0


@dataclass(frozen=True, slots=True)
class TreatmentConcern:
    """Something of the patient that speaks against a treatment.

    Attributes:
        curie, name: the condition, state, allergy or medication.
        path: from it to the treatment; without a step where it is the treatment itself.
        is_certain: False where it is only suspected that the patient has it; then it is a caution.
    """

    kind: ConcernKind
    severity: Severity
    curie: str
    name: str
    path: Path
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment with what it is for, and all that speaks against it in this patient.

    Attributes:
        expected_benefit: posterior probability of the diagnoses it treats, summed, in [0, 1]; a predicted
            one counts by the confidence of the prediction.
        reasons: sentences: first what it treats, then every concern.
        paths: what it is indicated for, largest benefit first.
        concerns: contraindications first; empty if nothing speaks against it.
        confidence: of the prediction, in [0, 1], if no indication is stated in the graph; else None.
    """

    drug: str
    name: str
    status: TreatmentStatus
    expected_benefit: float
    reasons: tuple[str, ...]
    paths: tuple[Path, ...]
    concerns: tuple[TreatmentConcern, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The answer for one case.

    Attributes:
        release: name and content hash of the bundle that produced it.
        evidence: everything the reasoner believed, in order of appearance.
        differential: ranked candidates, rank 1 first; empty when the engine abstains for want of evidence.
        treatments: recommended, then with caution, then predicted, then contraindicated; within each the most
            beneficial first.
        warnings: what went wrong or is doubtful: unknown terms, unreadable images, weak evidence.
        abstained: why the engine does not commit itself; empty when it does.
    """

    release: str
    evidence: tuple[Evidence, ...]
    differential: tuple[Diagnosis, ...]
    treatments: tuple[Treatment, ...]
    warnings: tuple[str, ...] = ()
    abstained: str = ""
    disclaimer: str = DISCLAIMER
