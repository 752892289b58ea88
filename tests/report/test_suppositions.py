"""What suppositions tell: ranges that hold what they were made of, and a table that hides nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.report import Report
from kgdx.domain.what_if import Intervention, RankedAs, WhatIf
from kgdx.report.suppositions import probability_range, suppositions

_NOTHING = Report("r", (), (), ())
_probabilities = st.floats(0, 1)


def _left_out(curie: str, probability: float, **more: object) -> WhatIf:
    standing = RankedAs("MONDO:1", "A", 1, probability)
    values = {"intervention": Intervention.UNMENTIONED, "findings": (curie,), "names": (curie,), **more}
    return WhatIf(first=standing, reranked=(standing,), **values)  # type: ignore[arg-type]


@given(st.lists(_probabilities, min_size=1, max_size=9))
def test_the_range_is_that_of_single_findings_left_out(probabilities: list[float]) -> None:
    singles = tuple(_left_out(f"HP:{i}", value) for i, value in enumerate(probabilities))
    others = (
        _left_out("HP:98", 2.0, intervention=Intervention.PRESENT),
        _left_out("HP:99", -1.0, intervention=Intervention.EXCLUDED),
        _left_out("HP:97", 3.0, findings=("HP:1", "HP:2"), names=("a", "b")),
    )
    report = replace(_NOTHING, what_if=(*others, *singles))
    assert probability_range(report, "MONDO:1") == (min(probabilities), max(probabilities))
    assert probability_range(report, "MONDO:2") is None


def test_no_range_where_nothing_was_supposed(report: Report) -> None:
    assert probability_range(report, report.differential[0].disease) is None
    assert suppositions(report) == ()


def test_every_supposition_is_a_row_and_what_turns_comes_first(rich: Report) -> None:
    rows = suppositions(rich)
    assert sorted(map(str, rich.what_if)) == sorted(str(row.what_if) for row in rows)
    assert rows[0].what_if.is_turning
    leader = rich.differential[0].disease
    for row in rows:
        assert row.first is not None
        assert row.first.disease == leader
        assert row.is_overturned == (row.what_if.first.disease != leader) == (row.first.rank != 1)
    left_out = [
        row.first.probability
        for row in rows[1:]
        if row.what_if.intervention is Intervention.UNMENTIONED and row.first
    ]
    assert left_out == sorted(left_out)


def test_a_first_diagnosis_that_was_not_ranked_again_is_told_as_such(rich: Report) -> None:
    other = RankedAs("MONDO:9", "Another", 1, 0.4)
    row = suppositions(replace(rich, what_if=(replace(rich.what_if[0], first=other, reranked=()),)))[0]
    assert row.first is None
    assert row.is_overturned
