"""Every treatment says what it is for and what speaks against it, with paths of the graph."""

import pytest

import graph_schema
from kgdx.domain.path import CONCERN_PATHS
from kgdx.domain.report import Treatment
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus
from kgdx.explain.justify_treatments import treatments
from kgdx.explain.paths import PathWriter
from kgdx.explain.walk import stops
from kgdx.graph.hierarchy import Hierarchy
from kgdx.report.sentences import indications
from kgdx.report.sentences import sentence as said
from kgdx.treatments.patient_context import Precautions, Reason
from kgdx.treatments.predictor import Prediction, WalkReason
from kgdx.treatments.recommend import TreatmentGraph
from tests.reasoning.tiny import graph

PRESCRIPTIONS = """
    T1 treats D1
    T1 treats D2
    T2 treats D1
    T1 is_a T3
    T2 forbidden_in D7
    T4 is_a T3
    T5 interacts_with T2
"""


def treated(
    facts: str,
    *,
    conditions: str = "",
    allergies: str = "",
    medications: str = "",
    guess: tuple[str, float] | None = None,
    is_certain: bool = True,
) -> dict[str, Treatment]:
    """The guess is for D2, by way of D1 and what treats that."""
    snapshot = graph(facts)
    at = snapshot.index
    patient = Precautions(
        tuple(Reason(at[c], is_certain=is_certain) for c in conditions.split()),
        tuple(at[a] for a in allergies.split()),
        tuple(at[m] for m in medications.split()),
    )
    predicted = {}
    if guess:
        rows = [int(row) for row in snapshot.edges_of("treats") if snapshot.tail[row] == at["D2"]]
        ways = tuple(WalkReason(at["D2"], None, ((row, False),), 1 / len(rows)) for row in rows)
        predicted = {at["D2"]: [Prediction(at[guess[0]], guess[1], ways)]}
    options = TreatmentGraph(snapshot, Hierarchy(snapshot)).options(
        [(at["D1"], 0.62), (at["D2"], 0.21)], patient, predicted
    )
    return {t.drug: t for t in treatments(options, PathWriter(snapshot, graph_schema.load()))}


def test_a_treatment_says_what_it_is_for() -> None:
    found = treated(PRESCRIPTIONS)["T1"]
    assert found.status is TreatmentStatus.RECOMMENDED
    assert indications(found.indications) == "Treats D1 (62%), D2 (21%)"
    assert found.expected_benefit == pytest.approx(0.83)
    assert [[stop.curie for stop in stops(path)] for path in found.paths] == [["D1", "T1"], ["D2", "T1"]]
    assert [path.contribution for path in found.paths] == [0.62, 0.21]
    assert (found.concerns, found.confidence) == ((), None)


def test_a_vetoed_treatment_is_shown_with_the_path_that_forbids_it() -> None:
    found = treated(PRESCRIPTIONS, conditions="D7", allergies="T3")
    assert list(found) == ["T1", "T2"], "vetoed both, so by benefit"
    for drug, kind, way, sentence in (
        ("T1", ConcernKind.ALLERGY, ["T3", "T1"], "The patient is allergic to T3, and T1 is one of them"),
        ("T2", ConcernKind.CONDITION, ["D7", "T2"], "T2 must not be given in D7"),
    ):
        vetoed = found[drug]
        (concern,) = vetoed.concerns
        assert vetoed.status is TreatmentStatus.CONTRAINDICATED
        assert (concern.kind, concern.severity) == (kind, Severity.CONTRAINDICATED)
        assert said(concern.path) == sentence
        assert [stop.curie for stop in stops(concern.path)] == way
        assert (concern.curie, concern.path.contribution) == (way[0], 0)
        assert vetoed.paths[0].contribution > 0, "what it is for is still told"


def test_cautions_are_told_with_their_kind() -> None:
    found = treated(PRESCRIPTIONS, allergies="T4", medications="T4 T5")
    told = {(drug, c.kind.value): said(c.path) for drug, t in found.items() for c in t.concerns}
    assert told == {
        ("T1", "cross-reactivity"): (
            "The patient is allergic to T4; T1, which also belongs to T3, may cause the same reaction"
        ),
        ("T1", "duplicate therapy"): "The patient already takes T4; T1 also belongs to T3",
        ("T2", "interaction"): "The patient takes T5, which interacts with T2",
    }
    assert {t.status for t in found.values()} == {TreatmentStatus.CAUTION}


def test_every_kind_of_concern_has_sentences() -> None:
    assert set(CONCERN_PATHS) == set(ConcernKind)
    headings = {heading for heading, _ in graph_schema.load().metapaths}
    assert all(kind.value in headings for kind in CONCERN_PATHS.values())


def test_what_is_only_suspected_is_said_to_be() -> None:
    (concern,) = treated(PRESCRIPTIONS, conditions="D7", is_certain=False)["T2"].concerns
    assert (concern.severity, concern.is_certain) == (Severity.CAUTION, False)
    assert said(concern.path) == "T2 must not be given in D7; D7 is suspected here and not certain"


def test_a_prediction_is_worded_as_one() -> None:
    found = treated(PRESCRIPTIONS + "T6 is_a T7", guess=("T6", 0.4))["T6"]
    assert found.status is TreatmentStatus.PREDICTED
    assert found.confidence == 0.4
    assert indications(found.indications) == "Predicted to treat D2 (21%, confidence of the prediction 40%)"
    assert sum(path.contribution for path in found.paths) == pytest.approx(found.expected_benefit)
    assert found.expected_benefit == pytest.approx(0.21 * 0.4)


def test_what_is_stated_and_what_is_predicted_are_told_apart() -> None:
    found = treated(PRESCRIPTIONS, guess=("T2", 0.5))["T2"]
    assert indications(found.indications) == (
        "Treats D1 (62%); Predicted to treat D2 (21%, confidence of the prediction 50%)"
    )
    assert (found.status, found.confidence) == (TreatmentStatus.RECOMMENDED, None)
