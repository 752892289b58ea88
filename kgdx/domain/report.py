"""What the engine answers: a differential, treatments, and the reasons of both."""

from dataclasses import dataclass
from enum import StrEnum

from kgdx.domain.evidence import Evidence

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
        contribution: its share of the logit, natural log units; for treatments, of the posterior
            probability it carries, in [0, 1]; 0 for a veto.
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


class TreatmentStatus(StrEnum):
    """What the graph says of a treatment in this patient."""

    RECOMMENDED = "recommended"
    CONTRAINDICATED = "contraindicated"


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment with its indication and, if there is one, the path that vetoes it.

    Attributes:
        expected_benefit: posterior probability of the diagnoses it treats, summed, in [0, 1].
        reasons: sentences: first what it treats, then every veto.
        paths: indication paths first, then veto paths.
    """

    drug: str
    name: str
    status: TreatmentStatus
    expected_benefit: float
    reasons: tuple[str, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The answer for one case.

    Attributes:
        release: name and content hash of the bundle that produced it.
        evidence: everything the reasoner believed, in order of appearance.
        differential: ranked candidates, rank 1 first; empty when the engine abstains for want of evidence.
        treatments: recommended first.
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
