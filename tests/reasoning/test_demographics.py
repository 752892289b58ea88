"""Sex, age and onset: what is unknown changes nothing, what is known stays within bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.case import Patient
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.demographics import Demographics, DemographicsSettings
from kgdx.reasoning.onset import LAST_AGES, NUM_AGES, ONSETS, age_class, seen_at
from kgdx.report.messages import text as text_of

CONGENITAL, JUVENILE, ADULT, LATE = "HP:0003577", "HP:0003621", "HP:0003581", "HP:0003584"
RECESSIVE, X_RECESSIVE, MEN_ONLY, WOMEN_ONLY = "HP:0000007", "HP:0001419", "HP:0001475", "HP:0034344"
DEATH_IN_INFANCY = "HP:0001522"
BOUNDS = DemographicsSettings().bounds

ages = st.none() | st.floats(0, 130)
patients = st.builds(Patient, st.sampled_from(["", "male", "female"]), ages, ages)
courses = st.lists(
    st.tuples(
        st.sampled_from([f"D{i}" for i in range(4)]),
        st.sampled_from([*ONSETS, *LAST_AGES, RECESSIVE, X_RECESSIVE, MEN_ONLY, WOMEN_ONLY, "HP:0003676"]),
        st.none() | st.floats(0, 1),
        st.none() | st.integers(1, 400),
    ),
    max_size=8,
)


def world(*stated: tuple[str, str, float | None, int | None], matches: tuple[tuple[str, str], ...] = ()):
    """Diseases D0 to D3 and what is stated of their course and inheritance; `-` marks what is denied."""
    where = Provenance("infores:test")
    diseases = [f"D{i}" for i in range(4)]
    edges = [Edge(disease, "has_phenotype", "F", where) for disease in diseases]
    edges += [Edge(a, "exact_match", b, where) for a, b in matches]
    for disease, term, frequency, counted in stated:
        curie = term.lstrip("-")
        # As the reader of annotations has it: what no patient shows is denied.
        negated = term[0] == "-" or frequency == 0
        relation = "has_clinical_attribute"
        if curie in {RECESSIVE, X_RECESSIVE, MEN_ONLY, WOMEN_ONLY}:
            relation = "has_mode_of_inheritance"
        edges.append(Edge(disease, relation, curie, where, negated, frequency, counted))
    ends = {end for edge in edges for end in (edge.head, edge.tail)}
    nodes = [Node(c, "Disease" if c[0] == "D" else "PhenotypicFeature", c) for c in sorted(ends)]
    snapshot = Snapshot.from_tables(node_table(nodes), edge_table(edges))
    return snapshot, np.array([snapshot.index[d] for d in diseases], dtype=np.int64)


def said(patient: Patient, *stated, matches: tuple[tuple[str, str], ...] = ()) -> dict[str, float]:
    """Disease -> all that is said of it."""
    snapshot, candidates = world(*stated, matches=matches)
    facts = Demographics.from_snapshot(snapshot, candidates).facts(patient)
    total = sum((s.contributions for s in facts), np.zeros(len(candidates)))
    return {f"D{i}": float(value) for i, value in enumerate(total)}


ONSET_WORLD = (("D0", CONGENITAL, None, None), ("D1", JUVENILE, None, None), ("D2", LATE, None, None))


@given(courses)
def test_an_unknown_patient_changes_nothing(stated) -> None:
    snapshot, candidates = world(*stated)
    assert Demographics.from_snapshot(snapshot, candidates).facts(Patient()) == ()


@given(patients)
def test_a_graph_that_knows_no_course_says_nothing(patient: Patient) -> None:
    snapshot, candidates = world()
    assert Demographics.from_snapshot(snapshot, candidates).facts(patient) == ()


@given(patients, courses)
def test_every_statement_is_bounded_and_has_an_edge_behind_it(patient: Patient, stated) -> None:
    snapshot, candidates = world(*stated)
    for fact in Demographics.from_snapshot(snapshot, candidates).facts(patient):
        values = fact.contributions
        assert np.isfinite(values).all()
        assert (values >= BOUNDS[0]).all()
        assert (values <= BOUNDS[1]).all()
        assert fact.contributions.any(), "a fact that says nothing is left out"
        for value, row, disease in zip(values, fact.rows, candidates, strict=True):
            assert value == 0 or snapshot.head[row] == disease


@given(courses, st.floats(0, 130))
def test_who_is_younger_than_any_stated_onset_is_never_likelier_ill(stated, years: float) -> None:
    snapshot, candidates = world(*stated)
    made = Demographics.from_snapshot(snapshot, candidates)
    first = np.array([np.flatnonzero(row)[0] if row.any() else NUM_AGES for row in made.onset])
    too_young = age_class(years) < first[made.disease]
    for patient in (Patient(age_years=years), Patient(onset_years=years)):
        for fact in made.facts(patient):
            assert (fact.contributions[too_young] <= 0).all()


def test_age_tells_early_from_late_diseases_and_leaves_the_unknown_alone() -> None:
    child, old = (said(Patient(age_years=years), *ONSET_WORLD) for years in (3, 70))
    assert child["D0"] > 0 > child["D2"]
    assert child["D1"] < 0
    assert old["D2"] > 0 > old["D0"]
    assert child["D3"] == old["D3"] == 0


def test_an_early_onset_remains_possible_later_and_an_onset_told_says_more_than_an_age() -> None:
    grown = said(Patient(age_years=30), *ONSET_WORLD)
    begun = said(Patient(age_years=30, onset_years=30), *ONSET_WORLD)
    assert BOUNDS[0] < begun["D0"] < grown["D0"] < 0
    assert said(Patient(age_years=30, onset_years=0), *ONSET_WORLD)["D0"] > 0


@pytest.mark.parametrize(("few", "many"), [(1, 5), (5, 100)])
def test_the_more_patients_were_counted_the_more_an_onset_says(few: int, many: int) -> None:
    against = [
        said(Patient(age_years=3), *ONSET_WORLD, ("D3", ADULT, 1.0, count))["D3"] for count in (few, many)
    ]
    assert against[1] < against[0] < 0


def test_death_speaks_against_the_grown_and_for_nobody() -> None:
    stated = (("D0", DEATH_IN_INFANCY, 0.7, None), ("D1", DEATH_IN_INFANCY, 0.2, None))
    grown = said(Patient(age_years=20), *stated)
    assert grown["D0"] < grown["D1"] < 0 == grown["D2"]
    assert set(said(Patient(age_years=0.5), *stated).values()) == {0.0}


def test_sex_speaks_by_inheritance() -> None:
    stated = (("D0", X_RECESSIVE, None, None), ("D1", RECESSIVE, None, None), ("D2", WOMEN_ONLY, None, None))
    man, woman = said(Patient("male"), *stated), said(Patient("female"), *stated)
    assert woman["D0"] < 0 < man["D0"]
    assert man["D2"] < 0 < woman["D2"]
    assert man["D1"] == woman["D1"] == man["D3"] == woman["D3"] == 0


def test_two_modes_of_inheritance_say_less_than_one() -> None:
    one = said(Patient("female"), ("D0", X_RECESSIVE, None, None))["D0"]
    two = said(Patient("female"), ("D0", X_RECESSIVE, None, None), ("D0", RECESSIVE, None, None))["D0"]
    assert one < two < 0


def test_what_is_denied_is_not_believed() -> None:
    assert set(said(Patient("female"), ("D0", f"-{X_RECESSIVE}", None, None)).values()) == {0.0}
    assert set(said(Patient(age_years=1), ("D0", LATE, 0.0, 9)).values()) == {0.0}


def test_equivalent_diseases_share_what_is_known_of_one() -> None:
    found = said(Patient("female"), ("D0", X_RECESSIVE, None, None), matches=(("D0", "M"), ("D3", "M")))
    assert found["D3"] == found["D0"] < 0 == found["D1"]


def test_the_facts_are_told_in_words() -> None:
    snapshot, candidates = world(*ONSET_WORLD, ("D0", X_RECESSIVE, None, None))
    made = Demographics.from_snapshot(snapshot, candidates)
    for patient, told in (
        (Patient("male", 34.9), ["age 34 years", "male sex"]),
        (Patient(age_years=1.5), ["age 18 months"]),
        (Patient(age_years=0), ["age 0 days"]),
        (Patient("female", 40, 1 / 12), ["onset at 1 month", "female sex"]),
    ):
        assert [text_of(fact.message) for fact in made.facts(patient)] == told


@given(st.floats(0.1, 50), st.floats(0, 2))
def test_nothing_is_seen_before_it_begins(delay: float, growth: float) -> None:
    seen = seen_at(delay, growth)
    np.testing.assert_allclose(seen.sum(axis=1), 1.0)
    assert (seen >= 0).all()
    assert (np.tril(seen, -1) == 0).all()


@pytest.mark.parametrize(
    ("years", "age"),
    [(0, 0), (0.07, 0), (0.08, 1), (1, 2), (4.9, 2), (5, 3), (16, 4), (40, 5), (60, 6), (130, 6)],
)
def test_ages_fall_into_the_classes_of_hpo(years: float, age: int) -> None:
    assert age_class(years) == age
