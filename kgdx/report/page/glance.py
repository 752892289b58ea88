"""What stands on the first screen of the page."""

from collections.abc import Mapping
from dataclasses import dataclass

from kgdx.domain.message import Message
from kgdx.domain.report import Report, Treatment

# Treatments shown of each status, in the order of the report; the others are in the details.
MOST_AT_A_GLANCE = {"recommended": 4, "caution": 3, "held back": 2, "contraindicated": 4}


@dataclass(frozen=True, slots=True)
class Danger:
    """A diagnosis that must not be missed.

    Attributes:
        rules_out: name of the finding that rules it out best; empty where the graph knows none.
    """

    name: str
    probability: float
    why: Message
    rules_out: str = ""


def dangers(report: Report) -> tuple[Danger, ...]:
    """The first diagnosis if it is dangerous, then the red flags."""
    first = tuple(
        Danger(each.name, each.probability, each.red_flag)
        for each in report.differential[:1]
        if each.red_flag
    )
    flagged = (
        Danger(flag.name, flag.probability, flag.why, flag.rules_out.name if flag.rules_out else "")
        for flag in report.red_flags
    )
    return (*first, *flagged)


def treatments_by_status(report: Report) -> Mapping[str, list[Treatment]]:
    """Status -> treatments, each in the order of the report."""
    found: dict[str, list[Treatment]] = {}
    for treatment in report.treatments:
        found.setdefault(treatment.status.value, []).append(treatment)
    return found
