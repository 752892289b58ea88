"""Two diagnoses side by side: what sets their logits apart, to the last bit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.report import Diagnosis, FindingContribution
from kgdx.report.runner_up import LEAST, compare

_contributions = st.dictionaries(st.sampled_from("abcdef"), st.floats(-3, 3), max_size=6)


def _diagnosis(contributions: dict[str, float], logit: float = 0.0) -> Diagnosis:
    told = tuple(FindingContribution(f"HP:{name}", name, value) for name, value in contributions.items())
    return Diagnosis("MONDO:1", "x", 1, logit, 0.5, supports=told)


@given(_contributions, _contributions, st.floats(-3, 3))
def test_either_side_mirrors_the_other(one: dict[str, float], other: dict[str, float], logit: float) -> None:
    first, second = _diagnosis(one), _diagnosis(other, logit)
    there, back = compare(first, second), compare(second, first)
    assert {c.finding for c in there.by_second} == {c.finding for c in back.by_first}
    assert {c.finding for c in there.by_first} == {c.finding for c in back.by_second}
    assert there.rest == pytest.approx(-back.rest)
    assert all(c.difference >= LEAST for c in there.by_second)
    assert all(c.difference <= -LEAST for c in there.by_first)


@given(_contributions, _contributions, st.floats(-3, 3))
def test_differences_and_the_rest_add_up_to_that_of_the_logits(
    one: dict[str, float], other: dict[str, float], logit: float
) -> None:
    found = compare(_diagnosis(one), _diagnosis(other, logit))
    small = sum(
        other.get(name, 0) - one.get(name, 0)
        for name in one.keys() | other.keys()
        if abs(other.get(name, 0) - one.get(name, 0)) < LEAST
    )
    told = sum(contrast.difference for contrast in (*found.by_first, *found.by_second))
    assert told + small + found.rest == pytest.approx(logit, abs=1e-9)


def test_a_diagnosis_explains_nothing_better_than_itself() -> None:
    same = _diagnosis({"a": 1.0})
    found = compare(same, replace(same, disease="MONDO:2"))
    assert found.by_first == found.by_second == ()
    assert found.rest == 0
