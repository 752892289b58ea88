"""Treatments follow the diagnoses; what must not be given is kept, last, with the reason."""

from kgdx.reasoning.hierarchy import Hierarchy, Trail
from kgdx.reasoning.treatment import Option, TreatmentGraph
from kgdx.snapshot import Snapshot
from tests.reasoning.tiny import graph

CLASSES = """
    T1 is_a T2
    T2 is_a T3
    T1 treats D1
    T4 treats D1
    T5 treats D2
    D5 is_a D6
"""


def options(
    snapshot: Snapshot, diseases: dict[str, float], conditions: str = "", allergies: str = ""
) -> dict[str, Option]:
    """Treatment -> option, in the order the graph gives them."""
    at = snapshot.index
    found = TreatmentGraph(snapshot, Hierarchy(snapshot)).options(
        [(at[disease], p) for disease, p in diseases.items()],
        [at[c] for c in conditions.split()],
        [at[a] for a in allergies.split()],
    )
    return {snapshot.curies[option.treatment]: option for option in found}


def walked(snapshot: Snapshot, trail: Trail) -> str:
    """`D1 treats- T1` for a walk against the edge, `D1 subclass_of+ D2` for one along it."""
    stops = []
    for row, forward in trail:
        ends = snapshot.curies[snapshot.head[row]], snapshot.curies[snapshot.tail[row]]
        begin, end = ends if forward else ends[::-1]
        assert not stops or stops[-1] == begin, "steps chain"
        stops += [*([] if stops else [begin]), f"{snapshot.relations[row]}{'-+'[forward]}", end]
    return " ".join(stops)


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
        walked(snapshot, found["T3"].indications[0].trail) == "D1 subclass_of+ D2 subclass_of+ D3 treats- T3"
    )
    assert list(found)[-1] == "T3", "of equal benefit, the furthest last"


def test_what_does_not_treat_is_no_treatment_and_what_is_not_forbidden_no_veto() -> None:
    snapshot = graph("T1 NOT treats D1\nT2 treats D1\nT2 NOT forbidden_in D2")
    found = options(snapshot, {"D1": 0.5}, conditions="D2")
    assert list(found) == ["T2"]
    assert found["T2"].vetoes == ()


def test_a_veto_of_the_class_reaches_its_members() -> None:
    snapshot = graph(CLASSES + "T3 forbidden_in D6")
    found = options(snapshot, {"D1": 0.9}, conditions="D5")
    (veto,) = found["T1"].vetoes
    assert (snapshot.curies[veto.reason], veto.is_allergy) == ("D5", False)
    assert walked(snapshot, veto.trail) == (
        "D5 subclass_of+ D6 contraindicated_in- T3 subclass_of- T2 subclass_of- T1"
    )
    assert found["T4"].vetoes == ()


def test_a_veto_does_not_climb_from_the_member_to_its_class_or_from_the_state_to_its_kinds() -> None:
    snapshot = graph("T1 is_a T2\nT2 treats D1\nT1 forbidden_in D5\nT2 forbidden_in D7\nD7 is_a D5")
    assert options(snapshot, {"D1": 0.9}, conditions="D5")["T2"].vetoes == ()


def test_the_shortest_of_several_prohibitions_is_told() -> None:
    snapshot = graph(CLASSES + "T3 forbidden_in D6\nT1 forbidden_in D5")
    (veto,) = options(snapshot, {"D1": 0.9}, conditions="D5")["T1"].vetoes
    assert walked(snapshot, veto.trail) == "D5 contraindicated_in- T1"


def test_an_allergy_to_the_class_reaches_its_members() -> None:
    snapshot = graph(CLASSES)
    found = options(snapshot, {"D1": 0.9}, allergies="T3")
    (veto,) = found["T1"].vetoes
    assert (snapshot.curies[veto.reason], veto.is_allergy) == ("T3", True)
    assert walked(snapshot, veto.trail) == "T3 subclass_of- T2 subclass_of- T1"
    assert found["T4"].vetoes == ()


def test_an_allergy_to_a_member_forbids_its_class_but_not_its_sibling() -> None:
    snapshot = graph("T1 is_a T2\nT3 is_a T2\nT2 treats D1\nT3 treats D1")
    found = options(snapshot, {"D1": 0.9}, allergies="T1")
    assert walked(snapshot, found["T2"].vetoes[0].trail) == "T1 subclass_of+ T2"
    assert found["T3"].vetoes == ()


def test_an_allergy_to_the_drug_itself_needs_no_step() -> None:
    snapshot = graph(CLASSES)
    (veto,) = options(snapshot, {"D1": 0.9}, allergies="T1")["T1"].vetoes
    assert (veto.trail, veto.is_allergy) == ((), True)


def test_every_reason_is_told() -> None:
    snapshot = graph(CLASSES + "T1 forbidden_in D5\nT2 forbidden_in D2")
    vetoes = options(snapshot, {"D1": 0.9}, "D5 D2", "T3 T1")["T1"].vetoes
    assert [(snapshot.curies[v.reason], v.is_allergy) for v in vetoes] == [
        ("D5", False),
        ("D2", False),
        ("T3", True),
        ("T1", True),
    ]


def test_a_vetoed_treatment_is_kept_and_comes_last_with_its_benefit() -> None:
    snapshot = graph("T1 treats D1\nT2 treats D2\nT1 forbidden_in D9")
    diseases = {"D1": 0.9, "D2": 0.05}
    free, vetoed = options(snapshot, diseases), options(snapshot, diseases, conditions="D9")
    assert list(free) == ["T1", "T2"]
    assert list(vetoed) == ["T2", "T1"]
    assert vetoed["T1"].benefit == free["T1"].benefit == 0.9
    assert vetoed["T1"].indications == free["T1"].indications
