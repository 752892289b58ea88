"""Ranking: the same for the same case, from retained edges alone, for any graph."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import graph_schema
from graph_schema import Relation, Schema
from kgdx.domain.case import Patient
from kgdx.reasoning.calibration import Calibration
from kgdx.reasoning.forward import Forward
from kgdx.reasoning.likelihood import contributions, priors
from kgdx.reasoning.query import GraphQuery, without_curation
from kgdx.reasoning.ranking import ReasonerSettings
from kgdx.reasoning.reasoner import Reasoner
from kgdx.report.messages import text as text_of
from tests.reasoning.tiny import (
    by_name,
    graph,
    messages,
    network,
    query,
    random_facts,
    reasoner,
    walks_into,
)

WIDE = ReasonerSettings(num_walks=5000, beam=5000)
FACTS = random_facts(np.random.default_rng(7), num_diseases=8, num_findings=10)
WORLD = graph("\n".join(FACTS))
CASE = ("F3", "F5", "-F2", "~F8")
seeds = st.integers(0, 2**32)


def ranked(facts: list[str], *case: str, settings: ReasonerSettings = WIDE) -> dict[str, float]:
    snapshot = graph("\n".join(facts))
    return by_name(snapshot, reasoner(snapshot, settings).rank(query(snapshot, *case)))


def forward_of(made: Reasoner, asked: GraphQuery) -> Forward:
    with torch.no_grad():
        return made.forward(asked, made.graph.annotations.candidates[made.propose(asked).positions])


def nothing_denied(forward: Forward) -> np.ndarray:
    return np.zeros((len(forward.candidates), len(forward.findings)), dtype=bool)


def likelihood(made: Reasoner, asked: GraphQuery) -> np.ndarray:
    """(D,) prior and ratios, as far as they are trusted."""
    present, absent, of_prior, _ = made.messages.trust.double().tolist()
    ratios = contributions(asked.observations, made.graph.annotations, made.likelihood)
    trust = np.array([present if seen.weight > 0 else absent for seen in asked.observations])
    return of_prior * priors(made.graph.annotations, made.likelihood) + trust @ ratios


def test_the_best_comes_first_and_the_parts_add_up() -> None:
    ranking = reasoner(WORLD).rank(query(WORLD, *CASE))
    of_findings = (ranking.base + ranking.messages + ranking.graph).sum(axis=1)
    np.testing.assert_allclose(ranking.logit, ranking.prior + of_findings)
    assert (np.diff(ranking.logit) <= 0).all()
    assert (np.diff(ranking.probability) <= 0).all()
    assert np.abs(ranking.graph).max() > 0.01, "walks say something"
    assert np.abs(ranking.messages).max() > 0.01, "best paths say something"
    np.testing.assert_array_equal(
        ranking.diseases, reasoner(WORLD).graph.annotations.candidates[ranking.positions]
    )


def test_the_same_case_is_ranked_the_same_twice() -> None:
    made, asked = reasoner(WORLD), query(WORLD, *CASE)
    one, two = made.rank(asked), made.rank(asked)
    np.testing.assert_array_equal(one.diseases, two.diseases)
    np.testing.assert_array_equal(one.logit, two.logit)


@pytest.mark.parametrize("order", list(permutations(CASE))[1::5])
def test_the_order_of_findings_changes_nothing(order: tuple[str, ...]) -> None:
    made = reasoner(WORLD, WIDE)
    expected = by_name(WORLD, made.rank(query(WORLD, *CASE)))
    assert by_name(WORLD, made.rank(query(WORLD, *order))) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=8)
@given(st.permutations(range(8)), st.permutations(range(10)))
def test_numbering_the_nodes_otherwise_changes_nothing(diseases: list[int], findings: list[int]) -> None:
    numbers = {f"D{i}": f"D{n}" for i, n in enumerate(diseases)}
    numbers |= {f"F{i}": f"F{n}" for i, n in enumerate(findings)}
    renamed = [" ".join(numbers.get(word, word) for word in fact.split()) for fact in FACTS]
    case = [word[: -len(word.lstrip("-~"))] + numbers[word.lstrip("-~")] for word in CASE]
    # Equivalent diseases may be named by either identifier; without them there is but one name.
    known = [fact for fact in FACTS if "same_as" not in fact]
    expected = {numbers[d]: x for d, x in ranked(known, *CASE).items()}
    found = ranked([fact for fact in renamed if "same_as" not in fact], *case)
    assert found == pytest.approx(expected, abs=1e-4)


@settings(max_examples=15)
@given(seeds)
def test_the_order_of_the_graph_changes_nothing(seed: int) -> None:
    shuffled = list(np.random.default_rng(seed).permutation(FACTS))
    assert ranked(shuffled, *CASE) == ranked(FACTS, *CASE)


def test_an_absence_read_in_a_text_sends_no_walk_and_never_supports() -> None:
    ranking = reasoner(WORLD).rank(query(WORLD, *CASE))
    said, looked_for = CASE.index("~F8"), CASE.index("-F2")
    for added in (ranking.graph, ranking.messages):
        assert (added[:, said] == 0).all()
        assert np.abs(added[:, looked_for]).max() > 0, "a code may"
    assert (ranking.base[:, said] <= 0).all()
    starts = {int(ranking.case_graph.nodes[node]) for node in ranking.walks.start}
    assert WORLD.index["F8"] not in starts
    assert WORLD.index["F2"] in starts


@settings(max_examples=40)
@given(seeds, st.sampled_from(["present", "absent"]))
def test_an_absence_never_raises_and_never_supports(seed: int, what: str) -> None:
    """By default, whatever the networks have learnt: a physician's "no Lisch nodules" speaks for nothing."""
    rng = np.random.default_rng(seed)
    world = graph("\n".join(fact for fact in random_facts(rng, num_diseases=8) if "same_as" not in fact))
    given = [f"F{i}" for i in rng.choice(9, 4, replace=False)]
    made = reasoner(world, net=network(seed=seed % 7), said=messages(seed % 5))
    before, after = (
        made.rank(without_curation(query(world, *words)))
        for words in (given[:2], [*given[:2], *(f"-{word}" for word in given[2:])])
    )
    assert (after.of_findings[:, 2:] <= 0).all()
    was, now = by_name(world, before), by_name(world, after)
    assert all(now[disease] <= was[disease] + 1e-6 for disease in was)
    if what == "present":
        # The same words as findings move the diseases, or the law above would hold of nothing.
        louder = by_name(world, made.rank(query(world, *given)))
        assert louder != was


@settings(max_examples=15)
@given(seeds)
def test_what_is_retained_decides_and_nothing_else(seed: int) -> None:
    """Whatever happens to the gates of edges that were not retained, the decision stands."""
    made = reasoner(WORLD, ReasonerSettings())
    forward = forward_of(made, query(WORLD, *CASE))
    walks = forward.strongest(4, 4, nothing_denied(forward))
    decided = forward.decide(walks)
    rng = np.random.default_rng(seed)
    for candidate in range(len(forward.candidates)):
        retained = np.unique(walks.of(candidate).edges)
        gates = torch.from_numpy(rng.random(tuple(forward.gates.shape)).astype(np.float32))
        kept = torch.from_numpy(retained[retained >= 0])
        gates[kept] = forward.gates[kept]
        again = replace(forward, gates=gates).decide(walks)
        np.testing.assert_allclose(again[candidate], decided[candidate], rtol=1e-5, atol=1e-7)


def test_the_decision_is_the_sum_of_all_walks_over_retained_edges() -> None:
    made = reasoner(WORLD, net=network(num_steps=3))
    forward = forward_of(made, query(WORLD, *CASE))
    walks = forward.strongest(3, 3, nothing_denied(forward))
    decided, readout = forward.decide(walks), forward.network.readout.numpy()
    for candidate, goal in enumerate(forward.candidates):
        retained = np.unique(walks.of(candidate).edges)
        retained = retained[retained >= 0]
        edges = list(map(tuple, forward.case_graph.edge_index[:, retained].T.tolist()))
        expected = np.zeros(len(CASE))
        for walk in walks_into(edges, int(goal), 3, simple=False):
            for i in np.flatnonzero(forward.findings == edges[walk[0]][0]):
                gate = forward.gates[retained[list(walk)]].numpy().prod(axis=0)
                expected[i] += (forward.sent[i].numpy() * gate) @ readout[len(walk) - 1]
        np.testing.assert_allclose(decided[candidate], expected, rtol=1e-4, atol=1e-6)


def test_retained_and_surplus_are_what_the_whole_graph_says() -> None:
    made, asked = reasoner(WORLD, ReasonerSettings(num_walks=3, beam=3)), query(WORLD, *CASE)
    ranking = made.rank(asked)
    with torch.no_grad():
        whole = made.forward(asked, ranking.diseases).read().numpy()
    all_walks = ranking.graph.sum(axis=1) + ranking.residual_logit
    np.testing.assert_allclose(all_walks, whole, rtol=1e-4, atol=1e-5)
    assert np.abs(ranking.residual_logit).max() > 1e-3, "there was something to leave out"


def test_retaining_everything_leaves_no_surplus_of_one_step() -> None:
    ranking = reasoner(WORLD, WIDE, network(num_steps=1)).rank(query(WORLD, *CASE))
    assert np.abs(ranking.residual_logit).max() < 1e-5


def test_walks_are_numbered_by_rank_and_reach_their_candidate() -> None:
    ranking = reasoner(WORLD).rank(query(WORLD, *CASE))
    assert len(ranking.walks.candidate)
    for candidate, row in zip(ranking.walks.candidate, ranking.walks.edges, strict=True):
        last = ranking.case_graph.edge_index[1, row[row >= 0][-1]]
        assert ranking.case_graph.nodes[last] == ranking.diseases[candidate]


def test_a_new_disease_and_a_new_finding_are_scored_by_the_same_weights() -> None:
    net = network()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    snapshot = graph("\n".join([*FACTS, "F77 is_a F3", "D77 shows F77 0.9", "D77 is_a D0"]))
    ranking = reasoner(snapshot, net=net).rank(query(snapshot, "F77", "F5"))
    place = list(ranking.diseases).index(snapshot.index["D77"])
    assert ranking.base[place, 0] > 0
    assert abs(ranking.graph[place, 0]) > 1e-4
    assert np.isfinite(ranking.logit).all()
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def with_relation(text: str) -> Schema:
    schema = graph_schema.load()
    new = Relation(
        "preceded_by",
        "biolink:preceded_by",
        "precedes",
        ("Disease",),
        ("Disease", "PhenotypicFeature"),
        False,
        text,
        f"{text}, backwards",
        is_diagnostic=True,
        also=(),
    )
    return replace(schema, relations={**schema.relations, "preceded_by": new})


def test_a_new_relation_is_scored_by_its_meaning() -> None:
    snapshot = graph("D1 shows F1 0.9\nD2 shows F2 0.9\nD2 preceded_by F1")
    net = network()

    def added(schema: Schema) -> float:
        ranking = reasoner(snapshot, net=net, schema=schema).rank(query(snapshot, "F1"))
        return float(ranking.graph[list(ranking.diseases).index(snapshot.index["D2"]), 0])

    assert added(graph_schema.load()) == 0, "unknown to the schema, so not walked"
    first, second = added(with_relation("comes after")), added(with_relation("has nothing to do with"))
    assert abs(first) > 1e-4
    assert first != second


def test_one_disease_under_several_identifiers_is_proposed_once() -> None:
    snapshot = graph(
        "\n".join([*FACTS, "D9 shows F3 1.0", "D9 same_as D2", "D4 same_as D44", "D44 same_as D5"])
    )
    for num_proposed in (3, 50):
        made = reasoner(snapshot, ReasonerSettings(num_proposed=num_proposed))
        ranking = made.rank(query(snapshot, *CASE))
        everyone = [*ranking.positions, *ranking.others]
        assert len(ranking.positions) == min(num_proposed, 9 - 3)
        numbers = made.same[everyone]
        assert len(set(numbers)) == len(numbers) == len(set(made.same))
        logit = likelihood(made, query(snapshot, *CASE))
        best = [logit[made.same == number].max() for number in numbers]
        np.testing.assert_allclose(logit[everyone], best), "the likeliest identifier speaks for all"


@pytest.mark.parametrize("bias", [-1.5, 1.5])
def test_calibration_changes_probabilities_but_no_order(bias: float) -> None:
    calibration = Calibration((0.1, 0.0, 0.0, 0.0), bias)
    plain = reasoner(WORLD).rank(query(WORLD, *CASE))
    scaled = reasoner(WORLD, ReasonerSettings(calibration=calibration)).rank(query(WORLD, *CASE))
    np.testing.assert_array_equal(plain.diseases, scaled.diseases)
    np.testing.assert_array_equal(plain.logit, scaled.logit)
    assert plain.clues == scaled.clues
    assert scaled.probability[0] == pytest.approx(calibration.probability(scaled.clues), abs=1e-6)
    ratio = np.diff(np.log(scaled.probability)) / np.diff(scaled.logit)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6), "one temperature for all"


@pytest.mark.parametrize("num_proposed", [1, 3, 50])
def test_probabilities_are_shares_of_all_candidates(num_proposed: int) -> None:
    ranking = reasoner(WORLD, ReasonerSettings(num_proposed=num_proposed)).rank(query(WORLD, *CASE))
    total = ranking.probability.sum()
    assert ((ranking.probability >= 0) & (ranking.probability <= 1)).all()
    assert total <= 1 + 1e-9
    assert (total == pytest.approx(1)) == (len(ranking.others) == 0)


@pytest.mark.parametrize("weight", [1e3, 1e6])
def test_huge_weights_do_not_overflow(weight: float) -> None:
    ranking = reasoner(WORLD).rank(query(WORLD, "F3", "F5", weight=weight))
    for part in (ranking.logit, ranking.probability, ranking.residual_logit):
        assert np.isfinite(part).all()


@pytest.mark.parametrize("part", ["graph", "messages"])
def test_what_weighs_next_to_nothing_says_next_to_nothing_and_more_weight_says_more(part: str) -> None:
    made = reasoner(WORLD)
    rankings = [made.rank(query(WORLD, "F3", weight=weight)) for weight in (1e-6, 0.5, 3.0, 12.0)]
    said = [np.abs(getattr(ranking, part)).max() for ranking in rankings]
    assert said[0] < 1e-5
    assert said == sorted(set(said))
    assert np.abs(rankings[0].base).max() < 1e-5


def test_a_finding_that_no_disease_shows_is_borne() -> None:
    snapshot = graph("\n".join([*FACTS, "F99"]))
    ranking = reasoner(snapshot).rank(query(snapshot, "F99"))
    assert np.isfinite(ranking.logit).all()
    assert (ranking.graph == 0).all()
    assert (ranking.messages == 0).all()
    assert len(ranking.walks.candidate) == 0


COURSE = ("D0 has_clinical_attribute HP:0003577", "D1 has_clinical_attribute HP:0003584")
AGED = graph("\n".join([*FACTS, *COURSE, "D2 has_mode_of_inheritance HP:0001419"]))


def test_what_is_known_of_the_patient_adds_up_in_the_logit() -> None:
    made, asked = reasoner(AGED, WIDE), query(AGED, *CASE)
    plain = made.rank(asked)
    ranking = made.rank(replace(asked, patient=Patient("female", 3.0)))
    assert [text_of(fact.message) for fact in ranking.patient_facts] == ["age 3 years", "female sex"]
    added = dict(
        zip((AGED.curies[d] for d in ranking.diseases), ranking.demographics.sum(axis=1), strict=True)
    )
    assert added["D0"] > 0 > added["D1"]
    assert added["D2"] < 0 == added["D4"]
    before, after = by_name(AGED, plain), by_name(AGED, ranking)
    assert after == pytest.approx({disease: x + added[disease] for disease, x in before.items()}, abs=1e-4)
    proposal = made.propose(replace(asked, patient=Patient("female", 3.0)))
    proposed = dict(zip(proposal.positions.tolist(), proposal.logit, strict=True))
    without_walks = [proposed[position] for position in ranking.positions.tolist()]
    np.testing.assert_allclose(without_walks, ranking.logit - ranking.graph.sum(axis=1))


def test_without_a_patient_course_and_inheritance_change_nothing() -> None:
    asked = query(AGED, *CASE)
    ranking, plain = reasoner(AGED).rank(asked), reasoner(WORLD).rank(query(WORLD, *CASE))
    assert ranking.demographics.shape == (len(ranking.diseases), 0)
    assert by_name(AGED, ranking) == pytest.approx(by_name(WORLD, plain), abs=1e-4)
    parts = ranking.prior + ranking.of_findings.sum(axis=1)
    np.testing.assert_array_equal(ranking.logit, parts)


def test_ratios_are_added_as_far_as_they_are_trusted() -> None:
    made, asked = reasoner(WORLD), query(WORLD, *CASE)
    proposal, trust = made.propose(asked), made.messages.trust.double().tolist()
    ratios = contributions(asked.observations, made.graph.annotations, made.likelihood).T[proposal.positions]
    for i, word in enumerate(CASE):
        trusted = trust[1 if word[0] in "-~" else 0]
        np.testing.assert_allclose(proposal.base[:, i], trusted * ratios[:, i])


@settings(max_examples=20)
@given(seeds, st.integers(1, 8), st.integers(1, 8))
def test_the_others_come_best_first_and_never_before_who_was_proposed(
    seed: int, num_met: int, num_proposed: int
) -> None:
    few = ReasonerSettings(num_met=num_met, num_proposed=num_proposed)
    made = reasoner(WORLD, few, said=messages(seed % 20))
    ranking = made.rank(query(WORLD, *CASE))
    everyone = [*ranking.positions, *ranking.others]
    assert len(everyone) == len(set(everyone)) == len(set(made.same))
    assert len(ranking.positions) == min(num_met, num_proposed, len(everyone))
    assert (np.diff(np.concatenate([ranking.logit, ranking.others_logit])) <= 0).all()
    assert (np.diff(made.propose(query(WORLD, *CASE)).others_logit) <= 0).all()


@settings(max_examples=20)
@given(seeds, st.integers(1, 8))
def test_a_plain_absence_keeps_no_disease_from_being_looked_at(seed: int, num_met: int) -> None:
    """It lowers a disease among those looked at; a curated one counts from the start."""
    made = reasoner(WORLD, ReasonerSettings(num_met=num_met), said=messages(seed % 20))
    present = [word for word in CASE if word[0] not in "-~"]
    asked, without = without_curation(query(WORLD, *CASE)), query(WORLD, *present)
    first, same = (made.shortlisted(each, made.base(each)) for each in (asked, without))
    np.testing.assert_array_equal(first, same)
    assert (made.base(asked).findings[len(present) :] <= 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_whoever_else_is_proposed_changes_no_message_and_no_ratio(seed: int) -> None:
    asked = query(WORLD, *CASE)
    few = reasoner(WORLD, ReasonerSettings(num_proposed=3), said=messages(seed)).propose(asked)
    all_of_them = reasoner(WORLD, said=messages(seed)).propose(asked)
    place = [all_of_them.positions.tolist().index(position) for position in few.positions]
    np.testing.assert_allclose(few.messages, all_of_them.messages[place], atol=1e-6)
    np.testing.assert_array_equal(few.base, all_of_them.base[place])
