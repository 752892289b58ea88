"""What speaks against a treatment: every rule, its path, and that more of a patient never looks safer."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.patient_context import Precautions, Reason
from kgdx.treatments.predictor import Prediction
from kgdx.treatments.recommend import Option, TreatmentGraph
from kgdx.treatments.safety import Concern, SafetyGraph
from kgdx.treatments.safety_graph import EFFECT_GROUPS
from tests.reasoning.tiny import graph

CLASSES = """
    T1 is_a T2
    T2 is_a T3
    D5 is_a D6
    T4
"""


def walked(snapshot: Snapshot, trail: EdgePath) -> str:
    """`D1 treats- T1` for a walk against the edge, `D1 subclass_of+ D2` for one along it."""
    stops = []
    for row, forward in trail:
        ends = snapshot.curies[snapshot.head[row]], snapshot.curies[snapshot.tail[row]]
        begin, end = ends if forward else ends[::-1]
        assert not stops or stops[-1] == begin, "steps chain"
        stops += [*([] if stops else [begin]), f"{snapshot.relations[row]}{'-+'[forward]}", end]
    return " ".join(stops)


def concerns(
    facts: str, drug: str, conditions: str = "", allergies: str = "", medications: str = ""
) -> list[tuple[str, str, str, str]]:
    """(kind, severity, reason, walk) of every concern; `~D1` is a condition that is only suspected."""
    snapshot = graph(facts)
    at = snapshot.index
    patient = Precautions(
        tuple(Reason(at[c.lstrip("~")], is_certain=c[0] != "~") for c in conditions.split()),
        tuple(at[a] for a in allergies.split()),
        tuple(at[m] for m in medications.split()),
    )
    safety = SafetyGraph(snapshot)
    found: Sequence[Concern] = safety.concerns_of(at[drug], safety.climb_patient(patient))
    assert all(not c.trail or _ends_at(snapshot, c.trail) == drug for c in found)
    return [
        (c.kind.value, c.severity.value, snapshot.curies[c.reason], walked(snapshot, c.trail)) for c in found
    ]


def _ends_at(snapshot: Snapshot, trail: EdgePath) -> str:
    row, forward = trail[-1]
    return snapshot.curies[(snapshot.tail if forward else snapshot.head)[row]]


# Conditions


def test_a_veto_of_the_class_reaches_its_members_and_the_kinds_of_the_condition() -> None:
    facts = CLASSES + "T3 forbidden_in D6"
    walk = "D5 subclass_of+ D6 contraindicated_in- T3 subclass_of- T2 subclass_of- T1"
    assert concerns(facts, "T1", "D5") == [("condition", "contraindicated", "D5", walk)]
    assert concerns(facts, "T4", "D5") == []


def test_a_veto_does_not_climb_from_the_member_to_its_class_or_from_the_state_to_its_kinds() -> None:
    facts = "T1 is_a T2\nT1 forbidden_in D5\nT2 forbidden_in D7\nD7 is_a D5"
    assert concerns(facts, "T2", "D5") == []


def test_the_shortest_of_several_prohibitions_is_told() -> None:
    found = concerns(CLASSES + "T3 forbidden_in D6\nT1 forbidden_in D5", "T1", "D5")
    assert [walk for *_, walk in found] == ["D5 contraindicated_in- T1"]


@pytest.mark.parametrize(
    ("facts", "walk"),
    [
        ("T1 same_as T2\nT2 forbidden_in D1", "D1 contraindicated_in- T2 exact_match- T1"),
        ("T2 same_as T1\nT2 forbidden_in D1", "D1 contraindicated_in- T2 exact_match+ T1"),
        ("T1 close_match T2\nT2 forbidden_in D1", "D1 contraindicated_in- T2 close_match- T1"),
        ("T2 part_of T1\nT2 forbidden_in D1", "D1 contraindicated_in- T2 part_of+ T1"),
        ("D1 same_as D2\nT1 forbidden_in D2", "D1 exact_match+ D2 contraindicated_in- T1"),
    ],
)
def test_the_same_another_form_and_an_ingredient_are_forbidden_too(facts: str, walk: str) -> None:
    assert concerns(facts, "T1", "D1") == [("condition", "contraindicated", "D1", walk)]


@pytest.mark.parametrize(
    "facts",
    [
        "T1 part_of T2\nT2 forbidden_in D1",
        "T1 NOT forbidden_in D1",
        "T1 NOT is_a T2\nT2 forbidden_in D1",
        "D1 NOT same_as D2\nT1 forbidden_in D2",
        "D1 close_match D2\nT1 forbidden_in D2",
    ],
)
def test_what_does_not_forbid(facts: str) -> None:
    assert concerns(facts, "T1", "D1") == []


def test_what_is_only_suspected_cautions() -> None:
    found = concerns("T1 forbidden_in D1", "T1", "~D1")
    assert found == [("condition", "caution", "D1", "D1 contraindicated_in- T1")]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ("T1 cautioned_in D1", ("caution", "D1 cautioned_in- T1")),
        (
            "T1 cautioned_in D1\nT1 is_a T2\nT2 forbidden_in D1",
            ("contraindicated", "D1 contraindicated_in- T2 subclass_of- T1"),
        ),
        (
            "T1 cautioned_in D1\nD1 is_a D2\nT1 forbidden_in D2",
            ("contraindicated", "D1 subclass_of+ D2 contraindicated_in- T1"),
        ),
    ],
)
def test_of_a_caution_and_a_veto_the_worse_is_told(facts: str, said: tuple[str, str]) -> None:
    assert [(severity, walk) for _, severity, _, walk in concerns(facts, "T1", "D1")] == [said]


def test_a_disease_counts_as_the_finding_of_the_same_name_and_back() -> None:
    names = {"D1": "renal failure", "F1": "Renal Failure", "F2": "renal insufficiency", "F3": "F3"}
    snapshot = graph(
        "D2 is_a D1\nF1 is_a F2\nT1 forbidden_in F2\nT2 forbidden_in D1\nF3",
        name_of=lambda c: names.get(c, c),
    )
    safety, at = SafetyGraph(snapshot), snapshot.index

    def told(drug: str, condition: str) -> list[tuple[str, str]]:
        patient = Precautions((Reason(at[condition]),))
        found = safety.concerns_of(at[drug], safety.climb_patient(patient))
        return [(snapshot.curies[c.reason], walked(snapshot, c.trail)) for c in found]

    way = "F1 subclass_of+ F2 contraindicated_in- T1"
    assert told("T1", "D2") == [("F1", way)], "a kind of the disease"
    assert told("T2", "F1") == [("D1", "D1 contraindicated_in- T2")]
    assert told("T1", "F3") == []


def test_chronic_kidney_disease_is_renal_insufficiency_in_any_graph() -> None:
    given = Provenance("infores:test")
    nodes = [
        Node("MONDO:0005300", "Disease", "chronic kidney disease"),
        Node("HP:0000083", "PhenotypicFeature", "Renal insufficiency"),
        Node("CHEBI:1", "Drug", "x"),
    ]
    edges = [Edge("CHEBI:1", "contraindicated_in", "HP:0000083", given)]
    snapshot = Snapshot.from_tables(node_table(nodes), edge_table(edges))
    safety, at = SafetyGraph(snapshot), snapshot.index
    patient = safety.climb_patient(Precautions((Reason(at["MONDO:0005300"]),)))
    (only,) = safety.concerns_of(at["CHEBI:1"], patient)
    assert only.is_veto


# Allergies


def test_an_allergy_to_the_class_reaches_its_members() -> None:
    walk = "T3 subclass_of- T2 subclass_of- T1"
    assert concerns(CLASSES, "T1", allergies="T3") == [("allergy", "contraindicated", "T3", walk)]
    assert concerns(CLASSES, "T4", allergies="T3") == []


def test_an_allergy_to_the_drug_itself_needs_no_step() -> None:
    assert concerns(CLASSES, "T1", allergies="T1") == [("allergy", "contraindicated", "T1", "")]


@pytest.mark.parametrize(
    ("facts", "walk"),
    [
        ("T1 same_as T2", "T2 exact_match- T1"),
        ("T2 close_match T1", "T2 close_match+ T1"),
        ("T2 part_of T1", "T2 part_of+ T1"),
        ("T1 part_of T2", "T2 part_of- T1"),
        ("T2 is_a T1", "T2 subclass_of+ T1"),
        ("T3 is_a T2\nT3 part_of T1", "T2 subclass_of- T3 part_of+ T1"),
    ],
)
def test_an_allergy_to_the_same_to_a_member_or_to_an_ingredient_forbids(facts: str, walk: str) -> None:
    assert concerns(facts, "T1", allergies="T2") == [("allergy", "contraindicated", "T2", walk)]


def test_relatives_may_cross_react_as_far_as_two_kinds_up() -> None:
    family = "T1 is_a T5\nT2 is_a T5\nT5 is_a T6\nT7 is_a T6\nT3 is_a T7\nT6 is_a T8\nT4 is_a T8"
    near, far = concerns(family, "T1", allergies="T2"), concerns(family, "T1", allergies="T3")
    assert near == [("cross-reactivity", "caution", "T2", "T2 subclass_of+ T5 subclass_of- T1")]
    walk = "T3 subclass_of+ T7 subclass_of+ T6 subclass_of- T5 subclass_of- T1"
    assert far == [("cross-reactivity", "caution", "T3", walk)]
    assert concerns(family, "T1", allergies="T4") == [], "three kinds up is no kinship"


RELATIVES = "T1 is_a T5\nT2 is_a T5\nT5 is_a T6\nT3 is_a T6"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (
            "T5 similar_to T5 as severity: contraindicated",
            ("contraindicated", "T2 subclass_of+ T5 similar_to- T5 subclass_of- T1"),
        ),
        (
            "T1 similar_to T2 as severity: caution\nT5 similar_to T5 as severity: contraindicated",
            ("caution", "T2 similar_to- T1"),
        ),
        ("T1 similar_to T2", ("caution", "T2 subclass_of+ T5 subclass_of- T1")),
    ],
)
def test_the_nearest_statement_on_relatives_weighs_an_allergy(stated: str, said: tuple[str, str]) -> None:
    (found,) = concerns(f"{RELATIVES}\n{stated}", "T1", allergies="T2")
    assert found[0] == "cross-reactivity"
    assert found[1] == said[0]
    assert found[3].replace("+", "-") == said[1].replace("+", "-")


def test_a_group_by_an_effect_is_no_kinship() -> None:
    given = Provenance("infores:test")
    curies = ["CHEBI:1", "CHEBI:2", "kgdx:qt", EFFECT_GROUPS]
    edges = [
        Edge("CHEBI:1", "subclass_of", "kgdx:qt", given),
        Edge("CHEBI:2", "subclass_of", "kgdx:qt", given),
        Edge("kgdx:qt", "subclass_of", EFFECT_GROUPS, given),
        Edge("kgdx:qt", "interacts_with", "kgdx:qt", given),
    ]
    snapshot = Snapshot.from_tables(node_table(Node(c, "Drug", c) for c in curies), edge_table(edges))
    safety, at = SafetyGraph(snapshot), snapshot.index
    patient = safety.climb_patient(Precautions((), (at["CHEBI:2"],), (at["CHEBI:2"],)))
    found = safety.concerns_of(at["CHEBI:1"], patient)
    assert [concern.kind for concern in found] == [ConcernKind.INTERACTION]


# Medications


def test_drugs_of_a_graph_interact_both_ways_and_by_class() -> None:
    facts = "T1 is_a T2\nT4 is_a T3\nT3 interacts_with T2\nT5 interacts_with G1\nT1 interacts_with G1"
    walk = "T4 subclass_of+ T3 interacts_with+ T2 subclass_of- T1"
    assert concerns(facts, "T1", medications="T4") == [("interaction", "caution", "T4", walk)]
    back = "T1 subclass_of+ T2 interacts_with- T3 subclass_of- T4"
    assert concerns(facts, "T4", medications="T1") == [("interaction", "caution", "T1", back)]
    assert concerns(facts, "T1", medications="T5") == [], "a shared target is no stated interaction"


def test_only_the_word_of_the_source_makes_an_interaction_a_veto() -> None:
    facts = "T1 interacts_with T2 as raises the level of\nT1 interacts_with T2 as Contraindicated combination"
    found = concerns(facts, "T1", medications="T2")
    assert found == [("interaction", "contraindicated", "T2", "T2 interacts_with- T1")]


def test_what_resembles_does_not_interact() -> None:
    assert concerns("T1 similar_to T2\nT1 NOT interacts_with T2", "T1", medications="T2") == []


@pytest.mark.parametrize(
    ("facts", "walk"),
    [
        ("T1 is_a T9\nT2", None),
        ("T1 same_as T2", "T2 exact_match- T1"),
        ("T1 close_match T2", "T2 close_match- T1"),
        ("T1 is_a T2", "T2 subclass_of- T1"),
        ("T2 is_a T1", "T2 subclass_of+ T1"),
        ("T2 part_of T1", "T2 part_of+ T1"),
        ("T1 is_a T3\nT2 is_a T3", "T2 subclass_of+ T3 subclass_of- T1"),
        ("T1 is_a T3\nT3 is_a T4\nT2 is_a T4", None),
    ],
)
def test_what_the_patient_takes_already_is_said(facts: str, walk: str | None) -> None:
    expected = [("duplicate therapy", "caution", "T2", walk)] if walk else []
    assert concerns(facts, "T1", medications="T2") == expected


def test_taking_the_very_drug_is_a_duplicate_and_no_interaction() -> None:
    found = concerns("T1 interacts_with T1\nT1 is_a T2", "T1", medications="T1")
    assert found == [("duplicate therapy", "caution", "T1", "")]


def test_every_reason_is_told_vetoes_first() -> None:
    facts = CLASSES + "T1 forbidden_in D5\nT2 forbidden_in D2\nT4 interacts_with T1"
    found = concerns(facts, "T1", "D5 ~D2", "T3 T1", "T4")
    assert [(severity, reason) for _, severity, reason, _ in found] == [
        ("contraindicated", "D5"),
        ("contraindicated", "T3"),
        ("contraindicated", "T1"),
        ("caution", "D2"),
        ("caution", "T4"),
    ]


# Laws, on graphs drawn at random

_DRUGS, _DISEASES = [f"T{i}" for i in range(6)], [f"D{i}" for i in range(5)]
_FACTS = st.one_of(
    st.tuples(st.sampled_from(_DRUGS), st.just("treats"), st.sampled_from(_DISEASES)),
    st.tuples(
        st.sampled_from(_DRUGS), st.sampled_from(["forbidden_in", "cautioned_in"]), st.sampled_from(_DISEASES)
    ),
    st.tuples(
        st.sampled_from(_DRUGS),
        st.sampled_from(["is_a", "same_as", "close_match", "part_of", "interacts_with", "similar_to"]),
        st.sampled_from(_DRUGS),
    ),
    st.tuples(st.sampled_from(_DISEASES), st.sampled_from(["is_a", "same_as"]), st.sampled_from(_DISEASES)),
)
_WORLDS = st.lists(_FACTS, max_size=25).map(
    lambda facts: graph("\n".join([*_DRUGS, *_DISEASES, *(" ".join(fact) for fact in facts)]))
)
_PARTS = st.lists(st.tuples(st.sampled_from("CSAM"), st.integers(0, 4)), max_size=6)
_ORDER = list(TreatmentStatus)


def _options(snapshot: Snapshot, parts: Sequence[tuple[str, int]]) -> dict[int, Option]:
    def at(letter: str, wanted: str) -> tuple[int, ...]:
        return tuple(snapshot.index[f"{letter}{i}"] for part, i in parts if part == wanted)

    reasons = [Reason(node) for node in at("D", "C")]
    reasons += [Reason(node, is_certain=False) for node in at("D", "S")]
    patient = Precautions(tuple(reasons), at("T", "A"), at("T", "M"))
    posterior = [(snapshot.index[disease], 0.2) for disease in _DISEASES]
    guess = Prediction(snapshot.index["T0"], 0.5, ())
    found = TreatmentGraph(snapshot, Hierarchy(snapshot)).options(
        posterior, patient, {snapshot.index["D0"]: [guess]}
    )
    return {option.treatment: option for option in found}


@settings(max_examples=40)
@given(_WORLDS, _PARTS)
def test_nothing_that_helps_is_ever_dropped(snapshot: Snapshot, parts: list[tuple[str, int]]) -> None:
    free, bound = _options(snapshot, []), _options(snapshot, parts)
    assert free.keys() == bound.keys()
    assert all(free[drug].indications == bound[drug].indications for drug in free)
    treating = {int(snapshot.head[row]) for row in snapshot.edges_of("treats")}
    assert treating | {snapshot.index["T0"]} == bound.keys()
    for option in bound.values():
        is_forbidden = any(c.severity is Severity.CONTRAINDICATED for c in option.concerns)
        assert is_forbidden == (option.status is TreatmentStatus.CONTRAINDICATED)
        assert not (option.status is TreatmentStatus.RECOMMENDED and option.concerns)


@settings(max_examples=40)
@given(_WORLDS, _PARTS, st.tuples(st.sampled_from("CSAM"), st.integers(0, 4)))
def test_more_of_a_patient_never_looks_safer(
    snapshot: Snapshot, parts: list[tuple[str, int]], more: tuple[str, int]
) -> None:
    before, after = _options(snapshot, parts), _options(snapshot, [*parts, more])
    for drug, option in before.items():
        assert _ORDER.index(after[drug].status) >= _ORDER.index(option.status)
        assert set(option.concerns) <= set(after[drug].concerns)


# Two drugs of one class, which graphs drawn at random hardly ever hold beside an allergy to one of them.
_RELATED = graph("\n".join([*_DRUGS, *_DISEASES, "T0 is_a T5", "T1 is_a T5", "T0 treats D0"]))


def test_related_drugs_may_cross_react() -> None:
    (concern,) = _options(_RELATED, [("A", 1)])[_RELATED.index["T0"]].concerns
    assert concern.kind is ConcernKind.CROSS_REACTIVITY


@settings(max_examples=40)
@example(_RELATED, [("A", 1)])
@given(_WORLDS, _PARTS)
def test_every_concern_walks_from_its_reason_to_the_drug(
    snapshot: Snapshot, parts: list[tuple[str, int]]
) -> None:
    for drug, option in _options(snapshot, parts).items():
        for concern in option.concerns:
            walk = walked(snapshot, concern.trail).split()
            ends = (walk[0], walk[-1]) if walk else (snapshot.curies[drug],) * 2
            assert ends == (snapshot.curies[concern.reason], snapshot.curies[drug])
            if concern.kind is ConcernKind.CROSS_REACTIVITY:
                assert concern.severity is Severity.CAUTION
