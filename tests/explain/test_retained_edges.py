"""The retained subgraph carries the whole score, and what is shown lies in it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import graph_schema
from kgdx.explain.baseline_paths import BaselineRule, baseline_paths
from kgdx.explain.faithfulness import rows_of
from kgdx.explain.justify import Justifier
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.attribution import Attribution
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.subgraph_scorer import SubgraphScorer
from tests.reasoning.tiny import graph, messages, network, query, random_facts, reasoner

FACTS = [
    *random_facts(np.random.default_rng(4), 12, 14),
    "D1 NOT shows F4",
    "D4 NOT shows F5",
    "D4 shows F5 0.4",
    "D2 same_as D13",
    "D13 shows F5 0.7",
    "D13 shows F6 2/3",
    "D3 same_as D14",
    "D3 NOT same_as D5",
    "E1 predisposes_to D3",
]
WORLD = graph("\n".join(FACTS))
MADE = reasoner(WORLD, net=network(), said=messages())
HIERARCHY = Hierarchy(WORLD)
WORDS = (*(sign + f"F{i}" for i in range(10) for sign in ("", "-", "~")), "E1", "-E1")
cases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique_by=lambda word: word.lstrip("-~"))


def asked(case: list[str]) -> tuple[GraphQuery, Ranking, SubgraphScorer]:
    question = query(WORLD, *case)
    ranking = MADE.rank(question)
    return question, ranking, SubgraphScorer.of(MADE, question, ranking)


@settings(max_examples=12, deadline=None)
@given(cases)
def test_on_all_edges_and_on_the_retained_ones_the_logit_is_the_reported_one(case: list[str]) -> None:
    question, ranking, on = asked(case)
    attribution = Attribution(MADE, HIERARCHY, question, ranking)
    for place, reported in enumerate(ranking.logit[:6]):
        whole, retained = on.neighbourhood(place), attribution.rows(place)
        assert set(retained) <= set(whole)
        assert abs(on.logit(place, whole) - reported) < 1e-5
        assert abs(on.retained_logit(place, retained) - reported) < 1e-4


@settings(max_examples=12, deadline=None)
@given(cases)
def test_shown_paths_lie_in_the_retained_subgraph(case: list[str]) -> None:
    question, ranking, _ = asked(case)
    justifier = Justifier(MADE, HIERARCHY, PathWriter(WORLD, graph_schema.load()))
    attribution = Attribution(MADE, HIERARCHY, question, ranking)
    for place, diagnosis in enumerate(justifier.diagnoses(question, ranking, 99, 99)):
        assert set(rows_of(diagnosis.paths, WORLD)) <= set(attribution.rows(place))


def test_without_any_edge_a_present_finding_speaks_against_whoever_showed_it() -> None:
    _, ranking, on = asked(["F4", "F5"])
    nothing = np.zeros(0, dtype=np.int64)
    on_nothing = [on.logit(place, nothing) - ranking.prior[place] for place in range(len(ranking.logit))]
    assert max(on_nothing) < 0
    assert np.allclose(on_nothing, on_nothing[0]), "no candidate is told from another"


def test_control_paths_are_simple_walks_from_a_finding_to_the_disease() -> None:
    question, ranking, _ = asked(["F1", "F2", "F3"])
    graph_of_case, disease = ranking.case_graph, int(ranking.diseases[0])
    findings = np.array([seen.node for seen in question.observations])
    for control in BaselineRule:
        paths = baseline_paths(graph_of_case, findings, disease, control, 5, np.random.default_rng(0))
        assert 1 <= len(paths) <= 5
        lengths = [len(rows) for rows in paths]
        assert max(lengths) <= 4
        if control is BaselineRule.SHORTEST:
            assert lengths == sorted(lengths)
        for rows in paths:
            ends = stops(WORLD, rows, disease)
            assert ends[0] in findings
            assert len(set(ends)) == len(ends)


def stops(snapshot: Snapshot, rows: np.ndarray, disease: int) -> list[int]:
    """Nodes of a walk, from its last edge on backward."""
    nodes = [disease]
    for row in rows[::-1]:
        ends = {int(snapshot.head[row]), int(snapshot.tail[row])}
        assert nodes[-1] in ends, "steps chain"
        nodes.append((ends - {nodes[-1]}).pop())
    return nodes[::-1]
