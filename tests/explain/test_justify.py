"""No score without its reason, and no reason that is not in the graph and the score."""

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graph_schema
from kgdx.domain.case import Patient
from kgdx.domain.path import Path
from kgdx.domain.report import Diagnosis
from kgdx.explain.justify import Justifier
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.attribution import Attribution
from kgdx.reasoning.ranking import Ranking
from kgdx.report.messages import text as text_of
from kgdx.report.sentences import sentence as said
from tests.reasoning.tiny import graph, messages, network, query, random_facts, reasoner, silent

WORLD = graph("""
    F2 is_a F1
    F3 is_a F1
    D1 shows F2 0.9
    D1 shows F4 0.5
    D1 NOT shows F5
    D2 shows F3 0.8
    D2 shows F5 0.9
    D3 shows F6 0.9
    D4 shows F6 0.9
    D4 is_a D1
    G1 gene_of D1
    G1 gene_of D3
    F9
""")
CASE = ("F2", "F5", "-F4", "~F3", "F9")
WORDS = tuple(sign + f"F{i}" for i in range(10) for sign in ("", "-", "~"))
COURSE = ("D0 has_clinical_attribute HP:0003577", "D1 has_mode_of_inheritance HP:0001419")


def bare(word: str) -> str:
    return word.lstrip("-~")


def justified(
    snapshot: Snapshot, *case: str, is_silent: bool = False, num_paths: int = 99
) -> tuple[Ranking, dict[str, Diagnosis]]:
    """Diagnoses by CURIE; `is_silent` for networks that say nothing."""
    net = network()
    if is_silent:
        net.readout.data.zero_()
    made = reasoner(snapshot, net=net, said=silent() if is_silent else messages())
    asked = query(snapshot, *case)
    hierarchy = Hierarchy(snapshot)
    justifier = Justifier(made, hierarchy, PathWriter(snapshot, graph_schema.load()))
    ranking = made.rank(asked)
    return ranking, {d.disease: d for d in justifier.diagnoses(asked, ranking, 99, num_paths)}


def walk_of(path: Path) -> list[str]:
    """CURIEs of the stops."""
    ends = [(s.head, s.tail) if s.is_forward else (s.tail, s.head) for s in path.steps]
    assert all(one[1] == two[0] for one, two in itertools.pairwise(ends)), "steps chain"
    return [ends[0][0], *(b for _, b in ends)]


@cache
def random_world() -> Snapshot:
    return graph("\n".join([*random_facts(np.random.default_rng(4), 12, 14), "D1 NOT shows F4"]))


def test_logit_is_prior_and_contributions() -> None:
    ranking, found = justified(WORLD, *CASE)
    for place, diagnosis in enumerate(found.values()):
        assert diagnosis.rank == place + 1
        assert diagnosis.logit == pytest.approx(ranking.prior[place] + ranking.of_findings[place].sum())
        told = [*diagnosis.supports, *diagnosis.contradicts, *diagnosis.unexplained]
        assert len({f.curie for f in told}) == len(told), "each finding is told once"
        untold = len(CASE) - len(told)
        gained = sum(f.contribution for f in told)
        assert gained + ranking.prior[place] == pytest.approx(diagnosis.logit, abs=0.05 * untold + 1e-9)


@pytest.mark.parametrize("case", [("F3", "F5", "F9"), ("F8", "F12", "-F2", "~F1"), ("F13", "~F4")])
def test_paths_exist_chain_start_at_a_finding_and_reach_the_diagnosis(case: tuple[str, ...]) -> None:
    snapshot = random_world()
    edges = set(snapshot.edges["edge_id"].to_pylist())
    _, found = justified(snapshot, *case)
    assert any(diagnosis.paths for diagnosis in found.values())
    for diagnosis in found.values():
        for path in diagnosis.paths:
            assert {step.edge_id for step in path.steps} <= edges
            stops = walk_of(path)
            assert stops[0] in {word.lstrip("-~") for word in case}
            assert stops[-1] == diagnosis.disease


def test_paths_come_largest_first_and_no_more_than_asked_for() -> None:
    _, found = justified(random_world(), "F3", "F5", "-F2", num_paths=2)
    assert max(len(diagnosis.paths) for diagnosis in found.values()) == 2
    for diagnosis in found.values():
        shares = [abs(path.contribution) for path in diagnosis.paths]
        assert shares == sorted(shares, reverse=True)


def test_likelihood_best_path_and_walk_share_a_path() -> None:
    """Where all take the same edges the path is shown once, with the sum."""
    ranking, found = justified(WORLD, "F2")
    place = next(i for i, d in enumerate(found) if d == "D1")
    (direct,) = [path for path in found["D1"].paths if walk_of(path) == ["F2", "D1"]]
    walks = ranking.walks.of(place)
    (mine,) = [
        float(share)
        for row, share in zip(walks.edges, walks.contribution, strict=True)
        if (row >= 0).sum() == 1
    ]
    said = ranking.base[place, 0] + ranking.messages[place, 0]
    assert direct.contribution == pytest.approx(said + mine, abs=1e-5)
    assert min(abs(mine), abs(ranking.messages[place, 0])) > 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_what_a_text_denies_never_supports(seed: int) -> None:
    snapshot = graph("\n".join(random_facts(np.random.default_rng(seed), 10, 12)))
    _, found = justified(snapshot, "F3", *(f"~F{i}" for i in range(4, 12)))
    said = set()
    for diagnosis in found.values():
        assert {f.curie for f in diagnosis.supports} <= {"F3"}
        assert {f.curie for f in diagnosis.unexplained} <= {"F3"}
        said |= {item for item in diagnosis.contradicts if item.curie != "F3"}
    assert said
    assert all(item.is_excluded for item in said)


def test_the_reasons_of_each_disease() -> None:
    _, found = justified(WORLD, *CASE, is_silent=True)
    first = found["D1"]
    assert [(f.name, f.is_excluded) for f in first.supports] == [("F2", False), ("F4", True)], (
        "F4 was looked for, and is often not there"
    )
    assert [f.name for f in first.contradicts] == ["F5"], "its source denies F5"
    assert [f.name for f in first.unexplained] == ["F9"], "no disease shows F9"
    sentences = [said(path) for path in first.paths]
    assert "F2 is seen in D1 (in 90% of patients)" in sentences
    assert "F5 is said not to be seen in D1" in sentences
    assert "F4 is seen in D1 (in 50% of patients), but is absent here" in sentences


def test_a_disease_without_any_of_it_leaves_all_present_findings_unexplained() -> None:
    _, found = justified(WORLD, *CASE, is_silent=True)
    stranger = found["D3"]
    assert {f.curie for f in stranger.unexplained} == {"F2", "F5", "F9"}
    assert stranger.supports == ()
    assert stranger.paths == ()


def test_a_sibling_is_explained_over_what_both_are_kinds_of() -> None:
    facts = "F2 is_a F1\nF3 is_a F1\nD1 shows F2 0.9\n" + "\n".join(
        f"D{i} shows F7 0.9" for i in range(2, 30)
    )
    _, found = justified(graph(facts), "F3", is_silent=True)
    (path,) = found["D1"].paths
    assert walk_of(path) == ["F3", "F1", "F2", "D1"]
    assert said(path) == "F3 resembles F2, seen in D1 (in 90% of patients): both are kinds of F1"
    assert path.contribution > 0


def test_the_commonest_kind_of_a_general_finding_is_named() -> None:
    facts = "F2 is_a F1\nF3 is_a F1\nD1 shows F2 0.2\nD1 shows F3 0.7\nD2 shows F9\nD3 shows F9"
    _, found = justified(graph(facts), "F1", is_silent=True)
    assert [walk_of(path) for path in found["D1"].paths] == [["F1", "F3", "D1"]]


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique_by=bare))
def test_shares_add_up_to_the_logit_less_the_prior(seed: int, case: list[str]) -> None:
    """Whatever the graph, the weights, the case and the patient; what is not told is too little to tell."""
    rng = np.random.default_rng(seed)
    facts = [*random_facts(rng, num_findings=10), "D0 NOT shows F3", "D4 NOT shows F7", *COURSE]
    snapshot = graph("\n".join(facts))
    made = reasoner(snapshot, net=network(seed=seed % 5), said=messages(seed % 7))
    patient = Patient("male" if seed % 2 else "female", float(rng.integers(0, 80)))
    asked = replace(query(snapshot, *case), patient=patient)
    ranking = made.rank(asked)
    justifier = Justifier(made, Hierarchy(snapshot), PathWriter(snapshot, graph_schema.load()))
    for place, diagnosis in enumerate(justifier.diagnoses(asked, ranking, 99, 99)):
        told = [*diagnosis.supports, *diagnosis.contradicts, *diagnosis.unexplained]
        num_shares = len(case) + len(ranking.patient_facts)
        gained = sum(share.contribution for share in told)
        untold = 0.05 * (num_shares - len(told)) + 1e-9
        assert diagnosis.logit - ranking.prior[place] == pytest.approx(gained, abs=untold)
        assert len(told) <= num_shares
        assert all(share.contribution > 0 for share in diagnosis.supports)
        assert all(share.contribution < 0 for share in diagnosis.contradicts)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_every_message_has_a_path_and_no_path_is_without_a_message(seed: int) -> None:
    snapshot = graph("\n".join(random_facts(np.random.default_rng(seed), 8, 12)))
    made, asked = (
        reasoner(snapshot, said=messages(seed % 7)),
        query(snapshot, "F0", "F4", "-F7", "~F9", "F11"),
    )
    ranking = made.rank(asked)
    attribution = Attribution(made, Hierarchy(snapshot), asked, ranking)
    for place in range(len(ranking.positions)):
        said = ranking.messages[place]
        trails = attribution.message_paths(place)
        assert [trail is not None for trail in trails] == [bool(message) for message in said]
        for seen, trail in zip(asked.observations, trails, strict=True):
            ends = [seen.node]
            for row, is_forward in trail or ():
                start, end = int(snapshot.head[row]), int(snapshot.tail[row])
                assert ends[-1] == (start if is_forward else end)
                ends.append(end if is_forward else start)
            assert trail is None or ends[-1] == int(ranking.diseases[place])


def test_a_message_over_another_identifier_shows_it() -> None:
    snapshot = graph("D1 shows F1 0.9\nD1 same_as D2\nD2 shows F2 0.4\nD3 shows F3\nD4 shows F3")
    loud = messages()
    loud.present[-1].weight.data.mul_(50.0)
    made, asked = replace(reasoner(snapshot, said=loud), is_merging=False), query(snapshot, "F2")
    justifier = Justifier(made, Hierarchy(snapshot), PathWriter(snapshot, graph_schema.load()))
    found = {d.disease: d for d in justifier.diagnoses(asked, made.rank(asked), 99, 99)}
    (path,) = [path for path in found["D1"].paths if walk_of(path) == ["F2", "D2", "D1"]]
    assert said(path) == "F2 is seen in D2 (in 40% of patients), which is D1 under another identifier"


AGED = graph("""
    D1 shows F1 0.9
    D2 shows F1 0.9
    D3 shows F1 0.9
    D4 shows F1 0.9
    D4 same_as D3
    D1 has_clinical_attribute HP:0003577 0.8
    D2 has_clinical_attribute HP:0003584
    D3 has_mode_of_inheritance HP:0001419
""")


def test_what_is_known_of_the_patient_is_told_with_its_path() -> None:
    made = replace(reasoner(AGED), is_merging=False)
    asked = replace(query(AGED, "F1"), patient=Patient("female", 3.4))
    justifier = Justifier(made, Hierarchy(AGED), PathWriter(AGED, graph_schema.load()))
    found = {d.disease: d for d in justifier.diagnoses(asked, made.rank(asked), 99, 99)}
    told = {
        (d.disease, text_of(f.patient_fact), f.curie, f.contribution > 0)
        for d in found.values()
        for f in (*d.supports, *d.contradicts)
        if f.patient_fact is not None
    }
    assert told == {
        ("D1", "age 3 years", "HP:0003577", True),
        ("D2", "age 3 years", "HP:0003584", False),
        ("D3", "female sex", "HP:0001419", False),
        ("D4", "female sex", "HP:0001419", False),
    }
    paths = {d.disease: [p for p in d.paths if p.steps[0].tail.startswith("HP:")] for d in found.values()}
    assert all(len(of_one) == 1 for of_one in paths.values())
    assert [s.relation for s in paths["D4"][0].steps] == ["has_mode_of_inheritance", "exact_match"]
    assert walk_of(paths["D4"][0]) == ["HP:0001419", "D3", "D4"]
    assert said(paths["D1"][0]) == "Age 3 years; D1 is known with HP:0003577 (in 80% of patients)"
    assert said(paths["D4"][0]).startswith("Female sex; D3, which is D4 under another identifier")
    for diagnosis in found.values():
        shares = {f.curie: f.contribution for f in (*diagnosis.supports, *diagnosis.contradicts)}
        (path,) = paths[diagnosis.disease]
        assert path.contribution == shares[path.steps[0].tail]
