"""How common a disease is: the most particular statement holds, and what never occurs is never first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.case import Patient
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.demographics import Demographics
from kgdx.reasoning.onset import ONSETS
from kgdx.reasoning.prevalence import CLASSES, NONE

SOURCE = Provenance("infores:test")
INFANT, CHILD, PEDIATRIC, ADULT, LATE = "HP:0003593", "HP:0011463", "HP:0410280", "HP:0003581", "HP:0003584"


def prior(patient: Patient, *stated: tuple[str, str, str, str]) -> dict[str, float]:
    """Disease -> what its prevalence adds; of (disease, class, onset, sex)."""
    edges = [Edge(disease, "has_phenotype", "F", SOURCE) for disease in ("D1", "D2")]
    edges += [
        Edge(d, "has_clinical_attribute", f"kgdx:prevalence-{name}", SOURCE, onset=onset, sex=sex)
        for d, name, onset, sex in stated
    ]
    ends = sorted({end for edge in edges for end in (edge.head, edge.tail)})
    nodes = [Node(c, "Disease" if c[0] == "D" else "PhenotypicFeature", c) for c in ends]
    snapshot = Snapshot.from_tables(node_table(nodes), edge_table(edges))
    candidates = np.array([snapshot.index["D1"], snapshot.index["D2"]])
    known = Demographics.from_snapshot(snapshot, candidates)
    priors = [fact for fact in known.facts(patient) if fact.is_prior]
    if stated and not priors:
        # What adds nothing to anybody is no fact: both are of the class in the middle.
        assert not known.prevalence.contributions(patient)[0].any()
        return {"D1": 0.0, "D2": 0.0}
    assert len(priors) == (len(stated) > 0)
    return dict(zip(("D1", "D2"), priors[0].contributions.tolist(), strict=True)) if priors else {}


@pytest.mark.parametrize(
    ("patient", "of_d1"),
    [
        (Patient(), 2),
        (Patient("female", 30.0), 2),
        (Patient("male"), 1),
        (Patient("male", 70.0), 1),
        (Patient("female", 70.0), 3),
        (Patient("", 3.0), 0),
        (Patient("", 10.0), -2),
        (Patient("", 0.01), -2),
    ],
)
def test_the_most_particular_statement_holds(patient: Patient, of_d1: int) -> None:
    stated = [
        ("D1", "common", "", ""),
        ("D1", "uncommon", "", "male"),
        ("D1", "uncommon", LATE, "male"),
        ("D1", "very-common", LATE, ""),
        ("D1", "ultra-rare", PEDIATRIC, ""),
        ("D1", "rare", CHILD, ""),
    ]
    found = prior(patient, *stated)
    assert found["D1"] == of_d1
    assert found["D2"] == -1, "a graph that knows prevalence and states none means a rare disease"


def test_what_does_not_occur_in_a_sex_is_not_made_likely_by_an_age() -> None:
    stated = [("D1", "none", "", "male"), ("D1", "very-common", INFANT, "")]
    assert prior(Patient("male", 0.5), *stated)["D1"] <= -10
    assert prior(Patient("female", 0.5), *stated)["D1"] == 3


@given(
    st.builds(Patient, st.sampled_from(["", "male", "female"]), st.none() | st.floats(0, 110)),
    st.lists(
        st.tuples(
            st.sampled_from(["D1", "D2"]),
            st.sampled_from([name.removeprefix("kgdx:prevalence-") for name in (*CLASSES, NONE)]),
            st.sampled_from(["", *ONSETS]),
            st.sampled_from(["", "male", "female"]),
        ),
        max_size=6,
        unique=True,
    ),
)
def test_priors_are_finite_and_do_not_depend_on_the_order(
    patient: Patient, stated: list[tuple[str, str, str, str]]
) -> None:
    found = prior(patient, *stated)
    assert all(-10 <= value <= 3 for value in found.values())
    once = {(d, onset, sex) for d, _, onset, sex in stated}
    if len(once) == len(stated):
        assert prior(patient, *stated[::-1]) == found
