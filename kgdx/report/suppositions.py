"""What the suppositions of a report tell of its diagnoses: how far a probability moves, and who is first."""

from dataclasses import dataclass

from kgdx.domain.report import Report
from kgdx.domain.what_if import Intervention, RankedAs, WhatIf


@dataclass(frozen=True, slots=True)
class Supposition:
    """One row of the what-if table.

    Attributes:
        first: where the first diagnosis of the report would stand; None if it was not ranked again.
        is_overturned: whether another diagnosis would be first.
    """

    what_if: WhatIf
    first: RankedAs | None
    is_overturned: bool


def probability_range(report: Report, disease: str) -> tuple[float, float] | None:
    """Lowest and highest probability of a diagnosis when a finding is left out, each in [0, 1].

    Those left out are the findings that the report supposes unmentioned, one at a time.
    None where the report holds no such supposition, or none that speaks of this diagnosis.
    """
    found = [
        standing.probability
        for item in report.what_if
        if item.intervention is Intervention.UNMENTIONED and len(item.findings) == 1
        for standing in (item.first, *item.reranked)
        if standing.disease == disease
    ]
    as_it_is = [diagnosis.probability for diagnosis in report.differential if diagnosis.disease == disease]
    return (min(*found, *as_it_is), max(*found, *as_it_is)) if found else None


def num_left_out(report: Report) -> int:
    """How many findings the report supposes unmentioned, one at a time."""
    return sum(
        what.intervention is Intervention.UNMENTIONED and len(what.findings) == 1 for what in report.what_if
    )


def suppositions(report: Report) -> tuple[Supposition, ...]:
    """Rows of the table: what turns the first place, then what lowers the first diagnosis most.

    What is supposed of one finding stays together: its presence, then its absence.
    """
    if not report.differential:
        return ()
    leader = report.differential[0].disease
    rows = [_row(item, leader) for item in report.what_if]
    left_out = [row for row in rows if row.what_if.intervention is Intervention.UNMENTIONED]
    left_out.sort(key=lambda row: (not row.what_if.is_turning, row.first.probability if row.first else 0.0))
    return (*left_out, *(row for row in rows if row.what_if.intervention is not Intervention.UNMENTIONED))


def _row(item: WhatIf, leader: str) -> Supposition:
    standing = next((each for each in (item.first, *item.reranked) if each.disease == leader), None)
    return Supposition(item, standing, item.first.disease != leader)
