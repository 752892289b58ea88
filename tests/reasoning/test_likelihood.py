"""The base score: what one finding may and may not do to a disease."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.likelihood import LikelihoodSettings, contributions, expected_frequency, matches, priors
from kgdx.reasoning.query import Observation
from tests.reasoning.tiny import graph, random_facts, shrunk

SETTINGS = LikelihoodSettings()
FEVER = """
    F2 is_a F1
    F3 is_a F1
    D1 shows F2 0.9
    D2 shows F3 0.9
    D3 shows F1 0.9
    D4 shows F9 0.9
    D5 shows F9 0.9
    D5 NOT shows F2
"""


def added(snapshot: Snapshot, *seen: Observation) -> dict[str, float]:
    """Disease -> what the observations add to its logit."""
    annotations = Annotations.from_snapshot(snapshot)
    total = contributions(seen, annotations, SETTINGS).sum(axis=0)
    return {snapshot.curies[d]: float(x) for d, x in zip(annotations.candidates, total, strict=True)}


def seen(snapshot: Snapshot, finding: str, weight: float, is_curated_absence: bool = True) -> Observation:
    return Observation(snapshot.index[finding], weight, is_curated_absence)


def test_a_sure_finding_gains_the_log_of_frequency_over_background() -> None:
    snapshot = graph("D1 shows F1 0.8\nD2 shows F1 0.2\nD3 shows F2 1.0\nD4 shows F2 1.0")
    gained = added(snapshot, seen(snapshot, "F1", 40.0))
    background = (shrunk(0.8) + shrunk(0.2)) / 4
    assert gained["D1"] == pytest.approx(np.log(shrunk(0.8) / background), abs=1e-3)
    assert gained["D2"] == pytest.approx(np.log(shrunk(0.2) / background), abs=1e-3)
    assert gained["D3"] == pytest.approx(np.log(0.02), abs=1e-2), "noise, as a share of the background"


def test_a_sure_absence_loses_the_log_of_what_is_left() -> None:
    snapshot = graph("D1 shows F1 0.5\nD2 shows F2 1.0")
    lost = added(snapshot, seen(snapshot, "F1", -40.0, is_curated_absence=False))
    assert lost["D1"] == pytest.approx(np.log(1 - 0.8 * shrunk(0.5)))
    assert lost["D2"] == 0


def test_stated_comes_before_general_before_kindred_before_nothing_before_denied() -> None:
    snapshot = graph(FEVER)
    gained = added(snapshot, seen(snapshot, "F2", 12.0))
    assert gained["D1"] > gained["D3"] > gained["D4"] >= gained["D5"]
    assert gained["D2"] == pytest.approx(gained["D3"]), "a sibling is as far as what it is a kind of"


def test_a_kindred_finding_is_believed_as_far_as_imprecision_says() -> None:
    """F[d, a] b[q] / b[a], of which b[q] falls out of the ratio."""
    snapshot = graph("F2 is_a F1\nD1 shows F2 0.5\nD2 shows F1 0.8\nD3 shows F9\nD4 shows F9")
    gained = added(snapshot, seen(snapshot, "F2", 40.0))
    general = (shrunk(0.5) + shrunk(0.8)) / 4
    assert gained["D2"] == pytest.approx(np.log(0.2 * shrunk(0.8) / general), abs=1e-3)


def test_a_denial_lowers_what_another_source_states() -> None:
    snapshot = graph("D1 shows F1 0.9\nD2 shows F1 0.9\nD2 NOT shows F1\nD3 shows F3 0.5")
    gained = added(snapshot, seen(snapshot, "F1", 12.0))
    assert gained["D2"] < gained["D1"] - 1


def test_denying_the_general_denies_its_kinds() -> None:
    facts = "F2 is_a F1\nD1 shows F2 0.9\nD2 shows F2 0.9\nD3 shows F3 0.5\nD2 NOT shows F1"
    snapshot = graph(facts)
    gained = added(snapshot, seen(snapshot, "F2", 12.0))
    assert gained["D2"] < gained["D1"] - 1


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.floats(0.01, 40))
def test_a_finding_never_lowers_a_disease_against_one_that_has_nothing_of_it(
    seed: int, weight: float
) -> None:
    snapshot = graph("\n".join(["D9 shows F99", *random_facts(np.random.default_rng(seed))]))
    annotations = Annotations.from_snapshot(snapshot)
    for node in map(snapshot.index.__getitem__, ["F0", "F3", "F5", "F8"]):
        gained = contributions((Observation(node, weight, True),), annotations, SETTINGS)[0]
        has_it = annotations.frequency[:, [node]].toarray().ravel() > 0
        everyone = range(len(annotations.candidates))
        seen = (Observation(node, 1.0, False),)
        is_noise = [matches(seen, d, annotations, SETTINGS)[0].ancestor is None for d in everyone]
        if has_it.any():
            assert gained[has_it].min() >= gained[is_noise].max() - 1e-12


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_where_a_frequency_was_read_from_gives_the_frequency(seed: int) -> None:
    # A disease and its finding that have nothing in common with the others.
    strangers = ["F90 is_a F9x", "D90 shows F90 0.9"]
    snapshot = graph("\n".join([*random_facts(np.random.default_rng(seed)), *strangers]))
    annotations = Annotations.from_snapshot(snapshot)
    rate, num_unrelated = annotations.background, 0
    for node in map(snapshot.index.__getitem__, ["F0", "F3", "F5", "F8"]):
        expected, background = expected_frequency(node, annotations, SETTINGS)
        usual = background - SETTINGS.floor
        for position in set(range(len(annotations.candidates))) - set(annotations.denying(node).tolist()):
            shown = annotations.frequency_of(position)
            np.testing.assert_array_equal(shown, annotations.frequency[[position]].toarray()[0])
            kind = matches((Observation(node, 1.0, False),), position, annotations, SETTINGS)[0].ancestor
            if kind is None:
                num_unrelated += 1
                assert expected[position] == pytest.approx(SETTINGS.noise * usual + SETTINGS.floor)
            else:
                assert kind in annotations.ancestors_of(node)
                trust = 1.0 if kind == node else SETTINGS.imprecision
                assert expected[position] == pytest.approx(trust * shown[kind] * min(1.0, usual / rate[kind]))
    assert num_unrelated >= 4


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.floats(-40, -0.01))
def test_an_absence_that_nobody_looked_for_never_raises_a_disease(seed: int, weight: float) -> None:
    snapshot = graph("\n".join(random_facts(np.random.default_rng(seed))))
    annotations = Annotations.from_snapshot(snapshot)
    for node in range(snapshot.num_nodes):
        lost = contributions((Observation(node, weight, False),), annotations, SETTINGS)[0]
        shows = annotations.frequency[:, [node]].toarray().ravel()
        assert (lost <= 0).all()
        assert (lost[shows > 0] < 0).all()
        assert (lost[shows == 0] == 0).all()


def test_what_was_looked_for_speaks_for_the_diseases_that_rarely_show_it() -> None:
    snapshot = graph("D1 shows F1 5/100\nD2 shows F1 100/100\nD3 shows F2")
    gained = added(snapshot, seen(snapshot, "F1", -4.0))
    assert gained["D1"] > gained["D3"] == 0 > gained["D2"]


@settings(max_examples=40)
@given(st.sampled_from([1e3, 1e6, 1e300, -1e3, -1e6, -1e300]))
def test_no_weight_overflows(weight: float) -> None:
    snapshot = graph(FEVER)
    annotations = Annotations.from_snapshot(snapshot)
    for node in range(snapshot.num_nodes):
        assert np.isfinite(contributions((Observation(node, weight, True),), annotations, SETTINGS)).all()


@settings(max_examples=40)
@given(st.floats(-12, 12), st.floats(-12, 12))
def test_more_weight_moves_a_disease_that_shows_the_finding_further(one: float, other: float) -> None:
    snapshot = graph("D1 shows F1 0.9\nD2 shows F2 0.9\nD3 shows F2 0.9")
    low, high = sorted((one, other))
    less, more = (added(snapshot, seen(snapshot, "F1", w, is_curated_absence=False)) for w in (low, high))
    assert more["D1"] - more["D2"] >= less["D1"] - less["D2"] - 1e-12


def test_weight_zero_says_nothing() -> None:
    snapshot = graph(FEVER)
    assert set(added(snapshot, seen(snapshot, "F2", 0.0, is_curated_absence=False)).values()) == {0.0}


def test_what_shows_much_is_less_likely_before_anything_is_seen() -> None:
    snapshot = graph("D1 shows F1\nD2 shows F1\nD2 shows F2\nD2 shows F3")
    one, three = priors(Annotations.from_snapshot(snapshot), SETTINGS)
    assert (one, three) == pytest.approx((-2 * np.log(2), -2 * np.log(4)))
