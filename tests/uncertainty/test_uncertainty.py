"""Laws of what the engine says about its own doubt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.clinical import Dangers
from kgdx.graph.hierarchy import Hierarchy
from kgdx.reasoning.likelihood import expected_frequency
from kgdx.uncertainty.abstention import AbstentionReason, AbstentionRule
from kgdx.uncertainty.comorbidity import Combinations
from kgdx.uncertainty.danger_classes import emergencies
from kgdx.uncertainty.frequencies import Frequencies
from kgdx.uncertainty.information import Questions, entropy
from kgdx.uncertainty.next_findings import NextFindings
from kgdx.uncertainty.rare_graph import RareGraph
from kgdx.uncertainty.red_flags import DangerFinder
from tests.reasoning import tiny

_SEEDS = st.integers(0, 2**32 - 1)


def _random(seed: int) -> tuple[tiny.Snapshot, tiny.Reasoner]:
    facts = tiny.random_facts(np.random.default_rng(seed), 8, 14)
    snapshot = tiny.graph("\n".join([*facts, "D4 NOT shows F3"]))
    return snapshot, tiny.reasoner(snapshot)


@settings(max_examples=40)
@given(_SEEDS)
def test_a_gain_lies_between_nothing_and_the_doubt_there_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    questions = Questions(rng.dirichlet(np.full(5, 0.5)), rng.random((5, 7)))
    gains = questions.gains()
    assert (gains >= 0).all()
    assert (gains <= entropy(questions.posterior) + 1e-9).all()
    for i, gain in enumerate(gains):
        chance = questions.chance(i)
        left = chance * entropy(questions.after(i, is_yes=True))
        left += (1 - chance) * entropy(questions.after(i, is_yes=False))
        assert gain == pytest.approx(entropy(questions.posterior) - left, abs=1e-9)


@settings(max_examples=15)
@given(_SEEDS)
def test_frequencies_are_those_of_the_likelihood(seed: int) -> None:
    snapshot, made = _random(seed)
    annotations = made.graph.annotations
    nodes = np.array([i for i, curie in enumerate(snapshot.curies) if curie.startswith("F")])
    positions = np.arange(len(annotations.candidates))
    table = Frequencies(annotations, made.likelihood).expected(nodes, positions)
    for column, node in enumerate(nodes):
        expected, _ = expected_frequency(int(node), annotations, made.likelihood)
        assert table[:, column] == pytest.approx(expected)


@settings(max_examples=15)
@given(_SEEDS)
def test_what_is_known_is_never_asked(seed: int) -> None:
    snapshot, made = _random(seed)
    query = tiny.query(snapshot, "F6", "-F4")
    asked = NextFindings.of(made).consider(query, made.rank(query))
    above = made.graph.annotations.ancestors
    present, absent = snapshot.index["F6"], snapshot.index["F4"]
    for finding in asked.findings:
        assert not above[present, finding]
        assert not above[finding, absent]


@settings(max_examples=10)
@given(_SEEDS)
def test_no_order_changes_what_is_asked(seed: int) -> None:
    facts = [*tiny.random_facts(np.random.default_rng(seed), 8, 14)]
    answers = []
    for lines, given_ in ((facts, ("F6", "-F4")), (facts[::-1], ("-F4", "F6"))):
        snapshot = tiny.graph("\n".join(lines))
        made = tiny.reasoner(snapshot)
        query = tiny.query(snapshot, *given_)
        asked = NextFindings.of(made).consider(query, made.rank(query))
        gains = asked.questions.gains()
        answers.append({snapshot.curies[f]: g for f, g in zip(asked.findings, gains, strict=True)})
    assert answers[0] == pytest.approx(answers[1], abs=1e-5)


def test_the_finding_that_parts_two_equals_is_asked_first() -> None:
    snapshot = tiny.graph(
        "D1 shows F1 0.9\nD2 shows F1 0.9\nD1 shows F2 0.9\nD2 shows F3 0.01\nD3 shows F4 0.9"
    )
    made = tiny.reasoner(snapshot)
    asking = NextFindings.of(made)
    query = tiny.query(snapshot, "F1")
    asked = asking.consider(query, made.rank(query))
    first = asking.best(asked, 3)[0]
    assert snapshot.curies[asked.findings[first]] == "F2"


def test_none_of_the_chosen_is_a_kind_of_another() -> None:
    for seed in range(10):
        snapshot, made = _random(seed)
        query = tiny.query(snapshot, "F5")
        asking = NextFindings.of(made)
        asked = asking.consider(query, made.rank(query))
        chosen = asked.findings[asking.best(asked, 5)]
        related = made.graph.annotations.ancestors[chosen][:, chosen].toarray()
        assert related.sum() == len(chosen)


def test_a_kind_and_a_match_of_an_emergency_are_emergencies() -> None:
    snapshot = tiny.graph("D2 is_a D1\nD3 same_as D2\nD4 close_match D3\nD5 close_match D4\nD1 is_a D6")
    found = emergencies(snapshot, {"D1": "bleeds"})
    assert {snapshot.curies[node] for node in found} == {"D1", "D2", "D3", "D4"}


def _dangerous(facts: str, *given_: str) -> list[str]:
    snapshot = tiny.graph(facts)
    made = tiny.reasoner(snapshot, said=tiny.silent())
    rule = Dangers({"D9": "bleeds"}, {"F9": "shock"}, 0.1)
    finder = DangerFinder(made, Frequencies(made.graph.annotations, made.likelihood), rule=rule)
    query = tiny.query(snapshot, *given_)
    ranking = made.rank(query)
    return [snapshot.curies[ranking.diseases[place]] for place in finder.not_ruled_out(query, ranking)]


def test_a_danger_is_flagged_by_its_class_and_by_its_findings_and_never_the_first() -> None:
    facts = "D1 shows F1 0.9\nD2 shows F1 0.5\nD2 is_a D9\nD3 shows F1 0.4\nD3 shows F9 0.2\nD4 shows F1 0.4"
    assert set(_dangerous(facts, "F1")) <= {"D2", "D3"}
    for seed in range(3):
        assert "D1" not in _dangerous(f"{facts}\nD5 shows F{seed} 0.5", "F1")


def test_a_rare_threat_is_no_danger() -> None:
    facts = "D1 shows F1 0.9\nD3 shows F1 0.8\nD3 shows F9 0.01"
    assert _dangerous(facts, "F1") == []
    assert _dangerous(facts.replace("0.01", "0.5"), "F1") == ["D3"]


_TWO = "\n".join(
    [f"D1 shows F{i} 0.9" for i in range(1, 7)]
    + [f"D2 shows F{i} 0.9" for i in range(11, 17)]
    + [f"D{d} shows F{40 + 2 * d + i} 0.5" for d in range(3, 30) for i in range(2)]
)


def _pairs(*given_: str) -> list[set[str]]:
    snapshot = tiny.graph(_TWO)
    made = tiny.reasoner(snapshot)
    query = tiny.query(snapshot, *given_)
    frequencies = Frequencies(made.graph.annotations, made.likelihood)
    candidates = made.graph.annotations.candidates
    found = Combinations(made, frequencies).pairs(query, made.rank(query))
    return [{snapshot.curies[candidates[p]] for p in (pair.first, pair.second)} for pair in found]


def test_two_diseases_are_proposed_for_the_findings_of_two() -> None:
    both = [f"F{i}" for i in (*range(1, 7), *range(11, 17))]
    assert _pairs(*both)[0] == {"D1", "D2"}
    assert _pairs(*both[::-1]) == _pairs(*both)


def test_no_pair_is_proposed_where_one_disease_explains_all() -> None:
    assert _pairs(*[f"F{i}" for i in range(1, 7)]) == []
    assert _pairs(*[f"F{i}" for i in range(1, 7)], "F11") == []


def judged(facts: str, *given_: str) -> AbstentionReason | None:
    snapshot = tiny.graph(facts)
    made = tiny.reasoner(snapshot)
    query = tiny.query(snapshot, *given_)
    ranking = made.rank(query)
    asked = NextFindings.of(made).consider(query, ranking)
    rare = RareGraph(snapshot, made.demographics.prevalence)
    told = AbstentionRule(snapshot, Hierarchy(snapshot), rare).judge(query, ranking, asked)
    return told.doubt if told else None


def test_twins_cannot_be_told_apart() -> None:
    twins = "D1 shows F1 0.9\nD2 shows F1 0.9\nD3 shows F2 0.9\nD4 shows F3 0.9"
    assert judged(twins, "F1") is AbstentionReason.INDISTINGUISHABLE


def test_what_no_disease_shows_is_said_to_be_unexplained() -> None:
    assert judged("D1 shows F1 0.9\nD2 shows F2 0.9\nF8", "F8") is AbstentionReason.UNEXPLAINED
