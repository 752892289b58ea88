"""From evidence to signed weights: what counts once and what adds up."""

from itertools import permutations

import numpy as np
import pytest

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, Origin, TextOrigin
from kgdx.reasoning.query import MAX_WEIGHT, Observation, seed
from tests.reasoning.tiny import graph

SNAPSHOT = graph("D1 shows F1\nD1 shows F2\nD1 shows F3")
CODE, TEXT = CodeOrigin("F1"), TextOrigin("findings", 0, 1, "x")
IMAGE = ImageOrigin("a.png", (0, 0, 1, 1), 0.9)
NOTHING = np.zeros(5, np.float32)


def evidence(curie: str, weight: float, origin: Origin) -> Evidence:
    polarity = Polarity.PRESENT if weight > 0 else Polarity.EXCLUDED
    return Evidence(curie, curie, polarity, weight, origin)


def seeded(*items: Evidence) -> dict[str, Observation]:
    found = seed(items, SNAPSHOT, NOTHING).observations
    return {SNAPSHOT.curies[seen.node]: seen for seen in found}


def test_two_sentences_are_not_two_observations() -> None:
    found = seeded(evidence("F1", 2.0, TEXT), evidence("F1", 3.0, TEXT), evidence("F1", 1.0, TEXT))
    assert found["F1"].weight == 3.0


def test_text_and_image_are_two_observations() -> None:
    assert seeded(evidence("F1", 2.0, TEXT), evidence("F1", 1.5, IMAGE))["F1"].weight == 3.5
    assert seeded(evidence("F1", 2.0, TEXT), evidence("F1", -1.5, IMAGE))["F1"].weight == 0.5


def test_weights_stay_within_the_bound() -> None:
    assert seeded(evidence("F1", 12.0, CODE), evidence("F1", 12.0, TEXT))["F1"].weight == MAX_WEIGHT
    assert seeded(evidence("F1", -12.0, CODE), evidence("F1", -12.0, TEXT))["F1"].weight == -MAX_WEIGHT


def test_what_cancels_out_or_weighs_nothing_is_no_observation() -> None:
    assert seeded(evidence("F1", 2.0, TEXT), evidence("F1", -2.0, IMAGE), evidence("F2", 0.0, CODE)) == {}


def test_only_a_code_says_that_it_was_looked_for() -> None:
    found = seeded(evidence("F1", -4.0, CODE), evidence("F2", -2.0, TEXT), evidence("F3", -1.0, IMAGE))
    assert {curie: seen.is_actively_excluded for curie, seen in found.items()} == {
        "F1": True,
        "F2": False,
        "F3": False,
    }


def test_an_answer_does_not_say_that_it_was_looked_for() -> None:
    answer = evidence("F1", -4.0, CodeOrigin("F1", is_elicited=True))
    assert not seeded(answer)["F1"].is_actively_excluded


def test_findings_keep_the_order_of_their_first_appearance() -> None:
    found = seeded(evidence("F3", 1.0, TEXT), evidence("F1", 1.0, CODE), evidence("F3", 1.0, IMAGE))
    assert list(found) == ["F3", "F1"]


def test_order_changes_no_weight() -> None:
    items = [
        evidence("F1", 2.0, TEXT),
        evidence("F1", -3.0, IMAGE),
        evidence("F1", 0.7, CODE),
        evidence("F2", -1.0, TEXT),
    ]
    for order in permutations(items):
        weights = {curie: seen.weight for curie, seen in seeded(*order).items()}
        assert weights == pytest.approx({"F1": -0.3, "F2": -1.0})


def test_evidence_that_the_graph_does_not_hold_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        seed([evidence("F99", 1.0, CODE)], SNAPSHOT, NOTHING)
