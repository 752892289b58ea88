"""A path of the graph that carries part of a score: its edges, and what is needed to say it in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message
from kgdx.domain.treatment import ConcernKind


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a path, in the direction the path walks it.

    `head relation tail` is the edge as the store holds it; `is_forward` tells whether the path walks it
    from head to tail. `licence` and `release` are the source's, empty where it states none.
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
    licence: str = ""
    release: str = ""

    @property
    def direction(self) -> tuple[str, bool]:
        """The relation, and whether it is walked from head to tail."""
        return self.relation, self.is_forward

    @property
    def end_name(self) -> str:
        """Name of the node at which the path arrives by this step."""
        return self.tail_name if self.is_forward else self.head_name


class PathKind(StrEnum):
    """What a path justifies; each has its patterns in `graph_schema/metapaths.yaml` under this heading."""

    FINDING = "findings"
    DEMOGRAPHICS = "demographics"
    TREATMENT = "treatments"
    PREDICTION = "predictions"
    VETO = "vetoes"
    AGE = "age"
    SEX = "sex"
    ALLERGY = "allergies"
    CROSS_REACTION = "cross_reactions"
    INTERACTION = "interactions"
    DUPLICATE = "duplicates"
    MECHANISM = "mechanisms"


CONCERN_PATHS: Mapping[ConcernKind, PathKind] = {
    ConcernKind.CONDITION: PathKind.VETO,
    ConcernKind.PREGNANCY: PathKind.VETO,
    ConcernKind.BREASTFEEDING: PathKind.VETO,
    ConcernKind.AGE: PathKind.AGE,
    ConcernKind.SEX: PathKind.SEX,
    ConcernKind.ALLERGY: PathKind.ALLERGY,
    ConcernKind.CROSS_REACTIVITY: PathKind.CROSS_REACTION,
    ConcernKind.INTERACTION: PathKind.INTERACTION,
    ConcernKind.DUPLICATE: PathKind.DUPLICATE,
}
"""What the path of a concern justifies."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stretch of a path says, to be put in words by `kgdx.report.sentences`.

    Attributes:
        start: the node at which it starts.
        num_steps: how many steps of the path it takes; 0 where the start is itself the conclusion.
        is_excluded: the finding at the start was looked for and not found.
        patient_fact: what is known of the patient, for demographics; else None.
        named_like: for a prediction that starts at a disease of like name, the diagnosis it is made for.
        is_certain: False where it is only suspected that the patient has what it starts at.
        verbs: for each step, how a relation of the user's own reads in the direction walked, and an empty
            text for a relation of kgdx; empty where all are of kgdx.
        quotes: for a mechanism, the words of the sources for its steps, where they have any.
    """

    kind: PathKind
    start: ConceptRef
    num_steps: int
    is_excluded: bool = False
    patient_fact: Message | None = None
    named_like: ConceptRef | None = None
    is_certain: bool = True
    verbs: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """A walk through the graph that carries part of a score.

    Attributes:
        steps: edges in order, from the evidence to the conclusion; empty where the evidence is itself
            the conclusion.
        contribution: its share of the logit, natural log units; for treatments, of the expected benefit, in
            [0, 1]; 0 for what speaks against one; for mechanisms, of all that the paths between a drug and a
            disease are worth together, in [0, 1].
        stages: what it says, stretch by stretch; two where it leads from a finding over a diagnosis to a
            treatment, else one.
    """

    steps: tuple[Step, ...]
    contribution: float
    stages: tuple[Stage, ...] = ()

    @property
    def num_hops(self) -> int:
        """Its length: a climb over several kinds is one hop, and to be called otherwise is none."""
        return sum(1 for _ in groupby(s.direction for s in self.steps if s.relation != "exact_match"))
