"""Treatments follow the diagnoses; predicted ones stand beside them, and nothing that helps is dropped."""

from collections.abc import Mapping, Sequence

import pytest

from kgdx.domain.treatment import TreatmentStatus
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.patient_context import Precautions, Reason
from kgdx.treatments.predictor import Prediction
from kgdx.treatments.recommend import Option, TreatmentGraph
from tests.reasoning.tiny import graph
from tests.treatments.test_safety import walked


def options(
    snapshot: Snapshot,
    diseases: dict[str, float],
    conditions: str = "",
    medications: str = "",
    predicted: Mapping[str, Sequence[tuple[str, float]]] | None = None,
) -> dict[str, Option]:
    """Treatment -> option, in the order the graph gives them."""
    at = snapshot.index
    found = TreatmentGraph(snapshot, Hierarchy(snapshot)).options(
        [(at[disease], p) for disease, p in diseases.items()],
        Precautions(
            tuple(Reason(at[c]) for c in conditions.split()), (), tuple(at[m] for m in medications.split())
        ),
        {
            at[d]: [Prediction(at[drug], sure, ()) for drug, sure in known]
            for d, known in (predicted or {}).items()
        },
    )
    return {snapshot.curies[option.treatment]: option for option in found}


def test_the_benefit_is_the_probability_of_all_that_it_treats() -> None:
    snapshot = graph("T1 treats D1\nT1 treats D2\nT2 treats D2\nT3 treats D3")
    found = options(snapshot, {"D1": 0.3, "D2": 0.5})
    assert {drug: option.benefit for drug, option in found.items()} == {"T1": 0.8, "T2": 0.5}
    assert list(found) == ["T1", "T2"], "best first"
    assert [i.probability for i in found["T1"].indications] == [0.5, 0.3], "likeliest disease first"


def test_a_benefit_is_never_more_than_certain() -> None:
    snapshot = graph("T1 treats D1\nT1 treats D2")
    assert options(snapshot, {"D1": 0.7, "D2": 0.7})["T1"].benefit == 1.0


def test_treatments_of_a_kind_hold_two_kinds_up_and_no_further() -> None:
    snapshot = graph("""
        D1 is_a D2
        D2 is_a D3
        D3 is_a D4
        D1 same_as D9
        T1 treats D1
        T2 treats D2
        T3 treats D3
        T4 treats D4
        T9 treats D9
        D0 is_a D1
        T0 treats D0
    """)
    found = options(snapshot, {"D1": 0.5})
    assert set(found) == {"T1", "T2", "T3", "T9"}
    assert (
        walked(snapshot, found["T3"].indications[0].ways[0].trail)
        == "D1 subclass_of+ D2 subclass_of+ D3 treats- T3"
    )
    assert list(found)[-1] == "T3", "of equal benefit, the furthest last"


def test_what_does_not_treat_is_no_treatment_and_what_is_not_forbidden_no_veto() -> None:
    snapshot = graph("T1 NOT treats D1\nT2 treats D1\nT2 NOT forbidden_in D2")
    found = options(snapshot, {"D1": 0.5}, conditions="D2")
    assert list(found) == ["T2"]
    assert found["T2"].concerns == ()


def test_a_vetoed_treatment_is_kept_and_comes_last_with_its_benefit() -> None:
    snapshot = graph("T1 treats D1\nT2 treats D2\nT1 forbidden_in D9")
    diseases = {"D1": 0.9, "D2": 0.05}
    free, vetoed = options(snapshot, diseases), options(snapshot, diseases, conditions="D9")
    assert list(free) == ["T1", "T2"]
    assert list(vetoed) == ["T2", "T1"]
    assert vetoed["T1"].benefit == free["T1"].benefit == 0.9
    assert vetoed["T1"].indications == free["T1"].indications


def test_a_diagnosis_is_no_condition_of_the_patient() -> None:
    snapshot = graph("T1 treats D1\nT1 forbidden_in D2\nT1 treats D3")
    found = options(snapshot, {"D1": 0.5, "D2": 0.4})
    assert found["T1"].status is TreatmentStatus.RECOMMENDED


PREDICTED = """
    T1 treats D1
    T2 treats D2
    T3 interacts_with T9
    T4 forbidden_in D9
    T5 interacts_with T9
    T5 treats D1
    T6 is_a T7
"""


def statuses(found: Mapping[str, Option]) -> dict[str, str]:
    return {drug: option.status.value for drug, option in found.items()}


def test_order_is_by_status_and_within_it_by_benefit() -> None:
    guesses = {"D1": [("T3", 0.9), ("T4", 0.9), ("T6", 0.2)], "D2": [("T3", 0.1), ("T1", 0.5)]}
    facts = graph(PREDICTED)
    found = options(facts, {"D1": 0.6, "D2": 0.3}, "D9", "T9", guesses)
    assert statuses(found) == {
        "T1": "recommended",
        "T2": "recommended",
        "T5": "caution",
        "T6": "predicted",
        "T3": "predicted",
        "T4": "contraindicated",
    }
    assert list(found) == list(statuses(found)), "a prediction with a caution comes after one without"


def test_a_prediction_says_so_and_counts_by_its_confidence() -> None:
    snapshot = graph("T1 treats D1\nT2 is_a T3\nD2 is_a D3")
    found = options(snapshot, {"D1": 0.5, "D2": 0.4}, predicted={"D2": [("T2", 0.25), ("T1", 0.5)]})
    only, both = found["T2"], found["T1"]
    assert (only.confidence, only.benefit) == (0.25, pytest.approx(0.1))
    assert only.indications[0].is_predicted
    assert (both.confidence, both.benefit) == (None, pytest.approx(0.7)), "one stated indication is enough"
    assert both.status is TreatmentStatus.RECOMMENDED
    assert [item.is_predicted for item in both.indications] == [False, True]


def test_what_is_stated_is_not_predicted() -> None:
    snapshot = graph("T1 treats D1")
    found = options(snapshot, {"D1": 0.5}, predicted={"D1": [("T1", 0.9)]})
    assert [item.confidence for item in found["T1"].indications] == [None]


def test_a_prediction_goes_through_the_same_rules() -> None:
    stated = graph("T1 treats D1\nT1 is_a T2\nT2 forbidden_in D8\nD9 is_a D8")
    guessed = graph("T1 is_a T2\nT2 forbidden_in D8\nD9 is_a D8\nD1")
    known = options(stated, {"D1": 0.5}, "D9")["T1"]
    guess = options(guessed, {"D1": 0.5}, "D9", predicted={"D1": [("T1", 0.8)]})["T1"]
    assert known.status is guess.status is TreatmentStatus.CONTRAINDICATED
    assert guess.confidence == 0.8, "and is still marked as a prediction"
    assert [walked(guessed, c.trail) for c in guess.concerns] == [
        walked(stated, c.trail) for c in known.concerns
    ]


def test_vetoes_of_asks_for_one_treatment() -> None:
    snapshot = graph("T1 is_a T2\nT2 forbidden_in D8\nD9 is_a D8\nT3 treats D9")
    at, found = snapshot.index, TreatmentGraph(snapshot, Hierarchy(snapshot))
    (veto,) = found.vetoes_of(at["T1"], [at["D9"]])
    assert walked(snapshot, veto.trail) == "D9 subclass_of+ D8 contraindicated_in- T2 subclass_of- T1"
    assert found.vetoes_of(at["T3"], [at["D9"]]) == ()
