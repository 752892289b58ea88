"""Whether the treatments of a report come out as it says when the case is weighed again."""

from collections.abc import Sequence

from kgdx.domain.report import Report, Treatment
from kgdx.explain.faithfulness import TOLERANCE


def changed_treatments(report: Report, again: Sequence[Treatment]) -> tuple[str, ...]:
    """CURIEs of the treatments that differ, those of the report first.

    Args:
        again: the treatments of the same case, weighed anew.
    """
    anew = {treatment.drug: treatment for treatment in again}
    reported = {treatment.drug for treatment in report.treatments}
    changed = [told.drug for told in report.treatments if not _is_same(told, anew.get(told.drug))]
    return (*changed, *(drug for drug in anew if drug not in reported))


def _is_same(told: Treatment, again: Treatment | None) -> bool:
    if again is None or told.status is not again.status:
        return False
    concerns, indications = (
        [{(c.kind, c.severity, c.curie, c.is_certain) for c in each.concerns} for each in (told, again)],
        [{i.disease: (i.probability, i.confidence) for i in each.indications} for each in (told, again)],
    )
    if concerns[0] != concerns[1] or indications[0].keys() != indications[1].keys():
        return False
    amounts = [(told.expected_benefit, again.expected_benefit), (told.confidence, again.confidence)]
    for disease, stated in indications[0].items():
        amounts += zip(stated, indications[1][disease], strict=True)
    return all(_is_near(one, other) for one, other in amounts)


def _is_near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < TOLERANCE
