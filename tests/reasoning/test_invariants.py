"""What must hold of every ranking, whatever the graph and the case."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kgdx.bundle import shipped_folder
from kgdx.domain.case import CodedFinding, Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.likelihood import contributions, expected_frequency, priors
from kgdx.reasoning.query import MAX_WEIGHT, GraphQuery, Observation, seed
from kgdx.reasoning.reasoner import Reasoner, ReasonerSettings
from kgdx.snapshot import Snapshot
from kgdx.weights import SavedReasoner
from tests.reasoning.tiny import TEXT_DIM, by_name, graph, query, random_facts, reasoner

# Every candidate is proposed and every walk kept, so that what is cut away plays no part.
WIDE = ReasonerSettings(num_walks=5000, beam=5000)
FACTS = random_facts(np.random.default_rng(3), num_diseases=8, num_findings=10)
WORLD = graph("\n".join(FACTS))
WORDS = tuple(sign + f"F{i}" for i in range(10) for sign in ("", "-", "~"))
SHIPPED = SavedReasoner.open(shipped_folder() / "reasoner")
cases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique_by=lambda word: word.lstrip("-~"))
seeds = st.integers(0, 2**32)


def evidence(word: str) -> Evidence:
    polarity, weight = (Polarity.ABSENT, -4.0) if word[0] in "-~" else (Polarity.PRESENT, MAX_WEIGHT)
    curie = word.lstrip("-~")
    return Evidence(curie, curie, polarity, weight, CodeOrigin(curie))


@settings(max_examples=15)
@given(cases, st.lists(st.integers(0, 5), max_size=6))
def test_saying_a_thing_twice_changes_nothing(case: list[str], again: list[int]) -> None:
    made, context = reasoner(WORLD), np.zeros(TEXT_DIM, np.float32)
    said = [evidence(word) for word in case]
    repeated = [*said, *(said[i % len(said)] for i in again)]
    once, often = (made.rank(seed(items, WORLD, context)) for items in (said, repeated))
    np.testing.assert_array_equal(once.diseases, often.diseases)
    np.testing.assert_array_equal(once.logit, often.logit)
    np.testing.assert_array_equal(once.probability, often.probability)


@settings(max_examples=10)
@given(st.lists(cases, min_size=2, max_size=5), seeds)
def test_the_cases_before_and_after_change_nothing(batch: list[list[str]], seed: int) -> None:
    """Whoever is ranked in whatever order by one reasoner: each as if alone."""
    together = reasoner(WORLD)
    order = np.random.default_rng(seed).permutation(len(batch))
    found = {int(i): together.rank(query(WORLD, *batch[i])) for i in order}
    for i, case in enumerate(batch):
        alone = reasoner(WORLD).rank(query(WORLD, *case))
        np.testing.assert_array_equal(found[i].diseases, alone.diseases)
        np.testing.assert_array_equal(found[i].logit, alone.logit)
        np.testing.assert_array_equal(found[i].surplus, alone.surplus)


@settings(max_examples=10)
@given(cases, st.permutations(range(10)))
def test_nodes_beside_the_point_and_their_numbers_change_nothing(case: list[str], places: list[int]) -> None:
    """New nodes before, between and after the others: all indices move, the ranking stays."""
    strangers = [f"F{'0' * 3}{i}x" for i in places] + ["A", "Ax", "G9x"]
    moved = graph("\n".join([*FACTS, *strangers]))
    assert [WORLD.index[f"F{i}"] for i in range(10)] != [moved.index[f"F{i}"] for i in range(10)]
    before, after = (by_name(s, reasoner(s, WIDE).rank(query(s, *case))) for s in (WORLD, moved))
    assert after == pytest.approx(before, abs=1e-4)


def never_shown(snapshot: Snapshot, node: int) -> set[int]:
    """Positions of the candidates for which the base knows no reason to show the finding."""
    annotations = Annotations.from_snapshot(snapshot)
    _, via, _ = expected_frequency(node, annotations, SHIPPED.likelihood)
    denied = annotations.denied[:, annotations.ancestors_of(node)].sum(axis=1)
    return set(np.flatnonzero((via < 0) | (np.asarray(denied).ravel() > 0)).tolist())
