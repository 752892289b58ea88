"""Reports remembered in a store: as nodes and edges that named queries ask about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from kgdx.domain.report import Report
from kgdx.report.exports.record import explanation_of
from kgdx.stores.base import ExplanationStore


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was written.

    Attributes:
        cases: the id of each report's case, in the order of the reports.
        num_new: how many of them the store did not hold as they are.
    """

    cases: tuple[str, ...]
    num_new: int


def remember(
    store: ExplanationStore,
    reports: Iterable[Report],
    *,
    label: str = "",
    with_text: bool = False,
    written: datetime | None = None,
) -> Remembered:
    """Write the explanations of reports, all or nothing; what is there already is left alone.

    The embedded store writes its whole file anew: give it many reports at once, and best a file of their own.
    Reports of which the same is kept are one case, unless they are labelled.

    Args:
        label: your own name for the case of these reports, by which it is found again; it is kept as it is,
            so it must not name a person.
        with_text: keep quotes, sections and image ids of the case, and what is said of age and sex, as well.
        written: when; now if left out.
    """
    explanations = [explanation_of(report, label, with_text=with_text) for report in reports]
    moment = (written or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    num_new = store.write_explanations(explanations, moment)
    return Remembered(tuple(each.case for each in explanations), num_new)


__all__ = ["Remembered", "remember"]
