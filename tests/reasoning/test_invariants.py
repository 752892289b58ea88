"""What must hold of every ranking, whatever the graph and the case."""

from dataclasses import replace
from typing import Protocol

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence
from kgdx.encoders.clip import Clip
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.likelihood import contributions, matches
from kgdx.reasoning.query import MAX_WEIGHT, GraphQuery, Observation, seed
from kgdx.reasoning.ranking import ReasonerSettings
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.bundle import shipped_folder
from kgdx.release.checkpoints import ReasonerCheckpoint
from tests.reasoning.tiny import (
    TEXT_DIM,
    by_name,
    diagnostic,
    graph,
    messages,
    network,
    query,
    random_facts,
    reasoner,
)

# Every candidate is proposed and every walk kept, so that what is cut away plays no part.
WIDE = ReasonerSettings(num_walks=5000, beam=5000)
FACTS = random_facts(np.random.default_rng(3), num_diseases=8, num_findings=10)
WORLD = graph("\n".join(FACTS))
WORDS = tuple(sign + f"F{i}" for i in range(10) for sign in ("", "-", "~"))
SHIPPED = ReasonerCheckpoint.open(shipped_folder() / "reasoner")
cases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique_by=lambda word: word.lstrip("-~"))
seeds = st.integers(0, 2**32)


class Shipped(Protocol):
    """The shipped network, on any graph."""

    def __call__(self, snapshot: Snapshot) -> Reasoner: ...


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    clip = Clip.open(shipped_folder() / "clip")

    def made(snapshot: Snapshot) -> Reasoner:
        return SHIPPED.reasoner(diagnostic(snapshot), clip)

    return made


def query_of(snapshot: Snapshot, *words: str) -> GraphQuery:
    """A case without image and text, as wide as the shipped network wants it."""
    width = SHIPPED.network.settings.text_dim
    return replace(query(snapshot, *words), context=np.zeros(width, np.float32))


def evidence(word: str) -> Evidence:
    polarity, weight = (Polarity.EXCLUDED, -4.0) if word[0] in "-~" else (Polarity.PRESENT, MAX_WEIGHT)
    curie = word.lstrip("-~")
    return Evidence(curie, curie, polarity, weight, CodeOrigin(curie))


@settings(max_examples=8)
@given(cases, st.lists(st.integers(0, 5), max_size=6))
def test_saying_a_thing_twice_changes_nothing(case: list[str], again: list[int]) -> None:
    made, context = reasoner(WORLD), np.zeros(TEXT_DIM, np.float32)
    said = [evidence(word) for word in case]
    repeated = [*said, *(said[i % len(said)] for i in again)]
    once, often = (made.rank(seed(items, WORLD, context)) for items in (said, repeated))
    np.testing.assert_array_equal(once.diseases, often.diseases)
    np.testing.assert_array_equal(once.logit, often.logit)
    np.testing.assert_array_equal(once.probability, often.probability)


@settings(max_examples=6)
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
        np.testing.assert_array_equal(found[i].residual_logit, alone.residual_logit)


@settings(max_examples=6)
@given(cases, st.permutations(range(10)))
def test_nodes_beside_the_point_and_their_numbers_change_nothing(case: list[str], places: list[int]) -> None:
    """New nodes before, between and after the others: all indices move, the ranking stays."""
    strangers = [f"F{'0' * 3}{i}x" for i in places] + ["A", "Ax", "G9x"]
    moved = graph("\n".join([*FACTS, *strangers]))
    assert [WORLD.index[f"F{i}"] for i in range(10)] != [moved.index[f"F{i}"] for i in range(10)]
    before, after = (by_name(s, reasoner(s, WIDE).rank(query(s, *case))) for s in (WORLD, moved))
    assert after == pytest.approx(before, abs=1e-4)


@settings(max_examples=20)
@given(seeds)
def test_a_finding_with_nothing_in_common_speaks_against_and_more_than_against_any_other(seed: int) -> None:
    """The disease shows neither it nor a kind of it, nor anything that is a kind of what it is a kind of."""
    facts = [*random_facts(np.random.default_rng(seed)), "F90 is_a F9x", "D90 shows F90 0.9"]
    snapshot = graph("\n".join(facts))
    annotations, likelihood = Annotations.from_snapshot(snapshot), SHIPPED.likelihood
    for node in annotations.direct.tocoo().col:
        everyone = range(len(annotations.candidates))
        seen = (Observation(int(node), MAX_WEIGHT, True),)
        is_noise = np.array([matches(seen, d, annotations, likelihood)[0].ancestor is None for d in everyone])
        added = contributions(seen, annotations, likelihood)[0]
        assert (added[is_noise] < 0).all()
        assert added[is_noise].max(initial=-np.inf) <= added.min() + 1e-12


@settings(max_examples=20)
@given(seeds)
def test_a_finding_that_a_source_denies_speaks_against_in_the_base(seed: int) -> None:
    snapshot, disease, denied, _ = denying(np.random.default_rng(seed))
    annotations = Annotations.from_snapshot(snapshot)
    position = list(annotations.candidates).index(snapshot.index[disease])
    seen = (Observation(snapshot.index[denied], MAX_WEIGHT, True),)
    assert contributions(seen, annotations, SHIPPED.likelihood)[0, position] < 0


def of_denied(made: Reasoner, asked: GraphQuery, disease: str, denied: str) -> tuple[float, float, float]:
    """All that the last finding of the case adds to the disease; and what of it messages and walks add."""
    ranking, index = made.rank(asked), made.graph.snapshot.index
    assert asked.observations[-1].node == index[denied]
    place = list(ranking.diseases).index(index[disease])
    return (
        float(ranking.of_findings[place, -1]),
        float(ranking.messages[place, -1]),
        float(ranking.graph[place, -1]),
    )


@settings(max_examples=20)
@given(seeds, st.booleans())
def test_nothing_but_a_ratio_that_speaks_against_is_said_of_a_finding_that_a_source_denies(
    seed: int, is_kind: bool
) -> None:
    """Of the finding itself, and of a kind of it; whatever the weights."""
    snapshot, disease, denied, case = denying(np.random.default_rng(seed))
    denied = "F77" if is_kind else denied
    made = reasoner(snapshot, net=network(seed=seed % 7), said=messages(seed % 5))
    total, of_messages, of_walks = of_denied(made, query(snapshot, *case, denied), disease, denied)
    assert of_messages == of_walks == 0
    assert total < 0


@pytest.mark.parametrize("number", range(6))
def test_a_finding_that_a_source_denies_does_not_raise_the_disease(shipped: Shipped, number: int) -> None:
    """All that it adds to the logit, with the shipped networks."""
    snapshot, disease, denied, case = denying(np.random.default_rng(number))
    asked = query_of(snapshot, *case, denied)
    assert of_denied(shipped(snapshot), asked, disease, denied)[0] <= 0


@settings(max_examples=10)
@given(cases, seeds)
def test_what_denies_or_not_is_all_the_same_to_those_who_do_not_deny(case: list[str], seed: int) -> None:
    """The messages to a disease do not hang on whether another disease denies the finding."""
    plain = [fact for fact in FACTS if " same_as " not in fact]
    worlds = graph("\n".join(plain)), graph("\n".join([*plain, "D7 NOT shows F5", "D7 NOT shows F8"]))
    said = []
    for snapshot in worlds:
        ranking = reasoner(snapshot, WIDE, said=messages(seed % 5)).rank(query(snapshot, *case))
        said.append(
            dict(zip(map(snapshot.curies.__getitem__, ranking.diseases), ranking.messages, strict=True))
        )
    for disease in set(said[0]) - {"D7"}:
        np.testing.assert_allclose(said[0][disease], said[1][disease], atol=1e-6)


def denying(rng: np.random.Generator) -> tuple[Snapshot, str, str, tuple[str, ...]]:
    """A graph, a disease of it, a finding that it denies (F77 is a kind of it), and a case without either."""
    facts = random_facts(rng, num_diseases=8, num_findings=12)
    shown = sorted({fact.split()[2] for fact in facts if fact.startswith("D1 shows")})
    denied = str(rng.choice([f"F{i}" for i in range(1, 12) if f"F{i}" not in shown]))
    more = [f"D1 NOT shows {denied}", f"F77 is_a {denied}", "D2 shows F77"]
    return graph("\n".join([*facts, *more])), "D1", denied, tuple(shown)


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, 10))])
def test_scores_are_finite_and_in_order_for_random_cases(part: int) -> None:
    """Five hundred cases of each of ten graphs."""
    rng = np.random.default_rng(part)
    snapshot = graph("\n".join(random_facts(rng, num_diseases=6, num_findings=12)))
    few = ReasonerSettings(num_met=5, num_proposed=4, num_walks=2, beam=2)
    made = reasoner(snapshot, few, network(num_steps=2, seed=part), said=messages(part))
    findings = [snapshot.index[f"F{i}"] for i in range(12)]
    for _ in range(500):
        nodes = rng.choice(findings, rng.integers(1, 9), replace=False)
        weights = rng.normal(0, 6, len(nodes)).clip(-MAX_WEIGHT, MAX_WEIGHT)
        seen = tuple(
            Observation(int(node), float(weight), bool(rng.random() < 0.5))
            for node, weight in zip(nodes, weights, strict=True)
        )
        ranking = made.rank(GraphQuery(seen, rng.normal(size=TEXT_DIM).astype(np.float32)))
        for name in ("logit", "probability", "base", "messages", "graph", "residual_logit", "others_logit"):
            assert np.isfinite(getattr(ranking, name)).all()
        assert (np.diff(ranking.logit) <= 0).all()
        assert 0 < ranking.probability.sum() <= 1 + 1e-9
        assert (np.diff(ranking.probability) <= 0).all()
