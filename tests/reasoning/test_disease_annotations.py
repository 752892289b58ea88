"""Risk factors are evidence as findings are, and a graph without any is scored as ever."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import graph_schema
from graph_schema import Schema
from kgdx.domain.report import Diagnosis
from kgdx.explain.justify import Justifier
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import UNSTATED_FREQUENCY, Annotations
from kgdx.reasoning.disease_annotations import DiseaseAnnotations
from kgdx.reasoning.likelihood import LikelihoodSettings
from kgdx.reasoning.messages import MessageNetwork, MessageSettings
from kgdx.reasoning.ranking import Ranking, ReasonerSettings
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.checkpoints import ReasonerCheckpoint
from kgdx.report.sentences import sentence as said
from tests.reasoning.tiny import HashEncoder, by_name, diagnostic, graph, network, query, random_facts

WORLD = graph("""
    E2 is_a E1
    E2 predisposes_to D1 0.9
    E1 predisposes_to D2
    E3 NOT predisposes_to D1
    E3 predisposes_to D3
    F7 predisposes_to D3
    D4 predisposes_to D3
    E4 predisposes_to F1
    D1 shows F1
    D2 shows F1
    D3 shows F1
""")


def reasoner(snapshot: Snapshot, schema: Schema | None = None) -> Reasoner:
    torch.manual_seed(0)
    messages = MessageNetwork(MessageSettings()).eval().requires_grad_(False)
    for parameter in messages.parameters():
        parameter.normal_()
    messages.trust.fill_(1.0)
    saved = ReasonerCheckpoint(
        network(), messages, ReasonerSettings(), LikelihoodSettings(), HashEncoder.revision
    )
    return saved.reasoner(diagnostic(snapshot, schema), HashEncoder())


def justified(*case: str) -> tuple[Ranking, dict[str, Diagnosis]]:
    made, asked = reasoner(WORLD), query(WORLD, *case)
    ranking = made.rank(asked)
    justifier = Justifier(made, Hierarchy(WORLD), PathWriter(WORLD, graph_schema.load()))
    return ranking, {d.disease: d for d in justifier.diagnoses(asked, ranking, 9, 99)}


def test_a_risk_factor_is_stated_of_the_disease() -> None:
    stated = DiseaseAnnotations.of(WORLD)
    told = {
        (WORLD.curies[disease], WORLD.curies[finding])
        for disease, finding in zip(stated.disease, stated.finding, strict=True)
        if WORLD.curies[finding] != "F1"
    }
    assert told == {("D1", "E2"), ("D2", "E1"), ("D1", "E3"), ("D3", "E3"), ("D3", "F7")}
    for row, disease, forward in zip(stated.rows, stated.disease, stated.is_forward, strict=True):
        assert (WORLD.tail if forward else WORLD.head)[row] == disease


def test_its_frequency_is_read_as_that_of_a_finding() -> None:
    annotations = Annotations.from_snapshot(WORLD)
    assert [WORLD.curies[d] for d in annotations.candidates] == ["D1", "D2", "D3"]
    shown = annotations.frequency[:, [WORLD.index[e] for e in ("E1", "E2", "E3")]].toarray()
    often = shown[0, 1]
    assert often > UNSTATED_FREQUENCY, "as stated, but for what small counts overstate"
    np.testing.assert_array_equal(shown, [[often, often, 0], [0.6, 0, 0], [0, 0, 0.6]])
    assert annotations.denied.toarray()[:, WORLD.index["E3"]].tolist() == [True, False, False]
    assert annotations.num_findings.tolist() == [2, 2, 3]


def test_a_disease_known_for_nothing_but_a_risk_factor_is_a_candidate() -> None:
    snapshot = graph("D1 shows F1\nE1 predisposes_to D2")
    annotations = Annotations.from_snapshot(snapshot)
    assert [snapshot.curies[d] for d in annotations.candidates] == ["D1", "D2"]


def test_a_present_risk_factor_raises_its_disease_and_an_absent_one_does_not() -> None:
    made = reasoner(WORLD)
    nothing, present, absent = (
        made.propose(query(WORLD, *case)) for case in (("F1",), ("F1", "E3"), ("F1", "~E3"))
    )

    def base(proposal, disease: str) -> float:  # type: ignore[no-untyped-def]
        candidates = made.graph.annotations.candidates[proposal.positions]
        return float(proposal.base[list(candidates).index(WORLD.index[disease])].sum())

    assert base(present, "D3") > base(nothing, "D3") > base(absent, "D3")
    assert base(present, "D1") <= base(present, "D2") < base(nothing, "D2"), "a denial speaks for nothing"


def test_its_path_is_walked_along_the_edge_and_told() -> None:
    _, found = justified("E2", "F1")
    (path,) = (p for p in found["D1"].paths if [s.relation for s in p.steps] == ["predisposes_to"])
    assert path.steps[0].is_forward
    assert (path.steps[0].head, path.steps[0].tail) == ("E2", "D1")
    assert said(path) == "E2 is a risk factor of D1 (in 90% of patients)"
    sentences = {said(p) for p in found["D2"].paths}
    assert "E2 is a kind of E1, which is a risk factor of D2" in sentences


def test_a_denied_risk_factor_is_told_as_denied() -> None:
    _, found = justified("E3", "F1")
    assert "E3 is said not to be a risk factor of D1" in {said(p) for p in found["D1"].paths}


@pytest.mark.parametrize("seed", range(5))
def test_a_graph_without_risk_factors_is_scored_as_ever(seed: int) -> None:
    snapshot = graph("\n".join(random_facts(np.random.default_rng(seed))))
    schema = graph_schema.load()
    silent = replace(schema.relations["predisposes_to"], is_diagnostic=False)
    before = replace(schema, relations={**schema.relations, silent.name: silent})
    asked = query(snapshot, "F1", "-F2", "F3")
    old, new = (reasoner(snapshot, each).rank(asked) for each in (before, schema))
    assert by_name(snapshot, old) == by_name(snapshot, new)
    for name in ("diseases", "probability", "base", "messages", "graph", "residual_logit"):
        np.testing.assert_array_equal(getattr(old, name), getattr(new, name), err_msg=name)
