"""Treatments follow the diagnoses; predicted ones stand beside them, and nothing that helps is dropped."""

from collections.abc import Mapping, Sequence

import pytest

from kgdx.domain.message import Message
from kgdx.domain.treatment import Line, TreatmentStatus
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.report.messages import text
from kgdx.treatments.indications import INDIRECT_SHARE
from kgdx.treatments.patient_context import Precautions, Reason
from kgdx.treatments.predictor import Prediction
from kgdx.treatments.recommend import Commitment, Option, TreatmentGraph
from tests.reasoning.tiny import graph
from tests.treatments.test_safety import walked


def options(
    snapshot: Snapshot,
    diseases: dict[str, float],
    conditions: str = "",
    medications: str = "",
    predicted: Mapping[str, Sequence[tuple[str, float]]] | None = None,
    rivals: str = "",
    *,
    abstains: bool = False,
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
        Commitment(abstains, tuple(at[rival] for rival in rivals.split())),
    )
    return {snapshot.curies[option.treatment]: option for option in found}


def codes(messages: Sequence[Message]) -> list[str]:
    return [message.code for message in messages]


def test_the_benefit_is_the_probability_of_all_that_it_treats() -> None:
    snapshot = graph("T1 treats D1\nT1 treats D2\nT2 treats D2\nT3 treats D3")
    found = options(snapshot, {"D1": 0.3, "D2": 0.5})
    assert {drug: option.benefit for drug, option in found.items()} == {"T1": 0.8, "T2": 0.5}
    assert list(found) == ["T1", "T2"], "best first"
    assert [i.probability for i in found["T1"].indications] == [0.5, 0.3], "likeliest disease first"


def test_a_benefit_is_never_more_than_certain() -> None:
    snapshot = graph("T1 treats D1\nT1 treats D2")
    assert options(snapshot, {"D1": 0.7, "D2": 0.7})["T1"].benefit == 1.0


def test_a_disease_without_statements_of_its_own_inherits_over_one_step() -> None:
    snapshot = graph("""
        D1 is_a D2
        D2 is_a D3
        D1 same_as D9
        D0 is_a D1
        T2 treats D2
        T3 treats D3
        T0 treats D0
    """)
    found = options(snapshot, {"D1": 0.5})
    assert set(found) == {"T2"}
    (only,) = found["T2"].indications
    assert walked(snapshot, only.ways[0].trail) == "D1 subclass_of+ D2 treats- T2"
    assert only.is_indirect
    assert found["T2"].benefit == pytest.approx(0.5 * INDIRECT_SHARE)
    assert found["T2"].status is TreatmentStatus.POSSIBLE
    assert codes(found["T2"].doubts) == ["reservation.indirect"]


@pytest.mark.parametrize("own", ["T1 treats D1", "T1 treats D9"])
def test_a_disease_with_statements_of_its_own_inherits_none(own: str) -> None:
    found = options(graph(f"D1 is_a D2\nD1 same_as D9\nT2 treats D2\n{own}"), {"D1": 0.5})
    assert statuses(found) == {"T1": "recommended"}


def test_nothing_is_inherited_from_a_disease_of_many_kinds() -> None:
    def inherited(num_kinds: int) -> set[str]:
        kinds = "\n".join(f"D{i} is_a D900" for i in range(num_kinds))
        return set(options(graph(f"{kinds}\nT1 treats D900"), {"D0": 0.5}))

    assert inherited(19) == {"T1"}
    assert inherited(20) == set()


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


LINES = """
    T1 treats D1 as line: adjunct
    T2 treats D1
    T3 treats D1 as line: first
    T4 treats D1 as line: second; urgency: immediate
    T5 treats D1 as line: first; urgency: immediate
    T6 treats D1 as line: of somebody else
"""


def test_order_is_by_line_and_urgency_and_never_by_name() -> None:
    found = options(graph(LINES), {"D1": 0.5})
    assert list(found) == ["T5", "T3", "T2", "T6", "T4", "T1"]
    first = found["T5"].indications[0]
    assert (first.line, first.is_immediate) == (Line.FIRST, True)


def test_what_helps_hardly_anybody_is_not_recommended() -> None:
    facts = graph("T1 treats D1\nT2 treats D2\nT1 treats D3")
    found = options(facts, {"D1": 0.06, "D2": 0.09, "D3": 0.05})
    assert statuses(found) == {"T1": "recommended", "T2": "possible"}
    assert codes(found["T2"].doubts) == ["reservation.unlikely"]


def test_nothing_is_recommended_while_the_engine_abstains() -> None:
    found = options(graph("T1 treats D1\nT2 treats D1\nT2 forbidden_in D9"), {"D1": 0.9}, "D9", abstains=True)
    assert statuses(found) == {"T1": "possible", "T2": "contraindicated"}
    assert codes(found["T1"].doubts) == ["reservation.abstained"]


ASKS = """
    T1 treats D1 as only_if: F1|F2
    T2 treats D1 as only_if: T8
    F1
    F3 is_a F2
    T9 is_a T8
"""


def test_a_treatment_waits_for_what_it_asks_of_the_patient() -> None:
    facts = graph(ASKS)
    without = options(facts, {"D1": 0.5})
    assert statuses(without) == {"T1": "possible", "T2": "possible"}
    (asked,) = without["T1"].doubts
    assert text(asked) == "in D1 only with F1 or F2, which is not known here"
    assert statuses(options(facts, {"D1": 0.5}, conditions="F3")) == {"T1": "recommended", "T2": "possible"}
    assert statuses(options(facts, {"D1": 0.5}, medications="T9")) == {"T2": "recommended", "T1": "possible"}


def test_what_a_dangerous_rival_forbids_is_held_back_until_it_is_ruled_out() -> None:
    facts = graph("T1 treats D1\nT2 treats D1\nT1 is_a T3\nT3 forbidden_in D8\nD9 is_a D8\nT1 treats D7")
    found = options(facts, {"D1": 0.5, "D9": 0.02}, rivals="D9")
    assert statuses(found) == {"T2": "recommended", "T1": "held back"}
    assert [text(why) for why in found["T1"].rivals] == ["forbidden in D9, which must be ruled out first"]
    assert statuses(options(facts, {"D1": 0.5, "D9": 0.02})) == {"T1": "recommended", "T2": "recommended"}


def test_a_rival_does_not_hold_back_its_own_treatment() -> None:
    facts = graph("T1 treats D1\nT1 treats D2\nT1 forbidden_in D2\nT1 cautioned_in D3")
    assert statuses(options(facts, {"D1": 0.5, "D2": 0.1}, rivals="D2")) == {"T1": "recommended"}
    assert statuses(options(facts, {"D1": 0.5}, rivals="D3")) == {"T1": "recommended"}, "a caution does not"
