"""What is inherited is counted right where it is stated as well."""

from benchmarks.measures.inherited_treatments import measure_inherited
from tests.reasoning.tiny import graph


def test_inherited_treatments_are_held_against_what_is_stated() -> None:
    found = measure_inherited(
        graph("""
            D1 is_a D2
            D2 is_a D3
            T1 treats D1
            T1 treats D2
            T2 treats D2
            T3 treats D3
            T1 treats D3
        """)
    )
    # D1 would inherit T1 (right) and T2 from D2, then T3 from D3; D2 would inherit T1 (right) and T3.
    assert found["steps_1"] == {"n": 4, "precision": 0.5}
    assert found["steps_2"] == {"n": 1, "precision": 0.0}
    assert found["kinds_20"] == {"n": 4, "precision": 0.5}


def test_the_same_disease_under_another_identifier_is_no_step() -> None:
    found = measure_inherited(graph("D1 same_as D9\nD1 is_a D2\nT1 treats D9\nT1 treats D2\nT2 treats D1"))
    assert found["steps_1"] == {"n": 2, "precision": 1.0}
