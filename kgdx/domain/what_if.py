"""Counterfactuals: the ranking of the case after one change."""

from dataclasses import dataclass
from enum import StrEnum


class Intervention(StrEnum):
    """What is supposed of findings."""

    UNMENTIONED = "unmentioned"
    PRESENT = "present"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class RankedAs:
    """Where a diagnosis would stand.

    Attributes:
        rank: in the whole ranking, from 1.
        probability: calibrated, in [0, 1].
    """

    disease: str
    name: str
    rank: int
    probability: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The case ranked again under one supposition, all else as it is.

    Attributes:
        intervention: findings of the case are supposed never to have been mentioned; one that nobody has
            spoken of is supposed to be present, or absent.
        findings: CURIEs of the findings that this is supposed of together.
        names: of the findings.
        first: what would be the first diagnosis.
        reranked: where the diagnoses of the report would stand, in its order.
        is_turning: the fewest findings that were found without which another diagnosis is first. That no
            single one does was tried with every finding that speaks for the first; of more, those were tried
            first that tell it best from its rivals.
    """

    intervention: Intervention
    findings: tuple[str, ...]
    names: tuple[str, ...]
    first: RankedAs
    reranked: tuple[RankedAs, ...]
    is_turning: bool = False
