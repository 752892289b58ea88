"""From evidence to signed weights: what counts once and what adds up."""

from itertools import permutations

import numpy as np
import pytest

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, Origin, TextOrigin
from kgdx.reasoning.query import MAX_WEIGHT, Observation, seed, without_curation
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


def test_an_absence_is_curated_only_where_curation_is_read_and_a_code_says_it() -> None:
    said = [evidence("F1", -4.0, CODE), evidence("F2", -2.0, TEXT), evidence("F3", -1.0, IMAGE)]
    for reads_curation in (False, True):
        query = seed(said, SNAPSHOT, NOTHING, reads_curation=reads_curation)
        curated = [SNAPSHOT.curies[obs.node] for obs in query.observations if obs.is_curated_absence]
        assert curated == (["F1"] if reads_curation else [])
        assert not any(obs.is_curated_absence for obs in without_curation(query).observations)


def test_of_a_finding_and_its_kind_the_more_precise_one_counts() -> None:
    world = graph("F2 is_a F1\nF3 is_a F2\nD1 shows F3")
    general, precise = evidence("F1", 12.0, CODE), evidence("F3", 12.0, CODE)
    for said, kept in (
        ((general, precise), ["F3"]),
        ((evidence("F1", 12.0, CODE), evidence("F3", 0.7, TEXT)), ["F1", "F3"]),
        ((evidence("F1", -4.0, CODE), evidence("F3", -4.0, CODE)), ["F1", "F3"]),
    ):
        found = seed(said, world, NOTHING).observations
        assert [world.curies[obs.node] for obs in found] == kept


def test_what_one_modality_states_both_ways_is_not_counted() -> None:
    assert seeded(evidence("F1", 12.0, CODE), evidence("F1", -4.0, CODE)) == {}
    assert seeded(evidence("F1", 12.0, CODE), evidence("F1", -4.0, TEXT))["F1"].weight == 8.0


def test_an_answer_does_not_say_that_it_was_looked_for() -> None:
    answer = evidence("F1", -4.0, CodeOrigin("F1", is_elicited=True))
    assert not seed([answer], SNAPSHOT, NOTHING, reads_curation=True).observations[0].is_curated_absence


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
