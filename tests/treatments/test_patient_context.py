"""States of a patient, by condition, sex or age, under whatever identifier the graph has for them."""

import pytest

import graph_schema
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.domain.treatment import ConcernKind
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.patient_context import Precautions, reasons_of
from kgdx.treatments.safety import SafetyGraph

STATES = graph_schema.load().states
FORBIDDEN = {
    "CHEBI:1": "UMLS:C0032961",  # pregnancy
    "CHEBI:2": "kgdx:pregnancy",
    "CHEBI:3": "MESH:D007231",  # infant, newborn
    "CHEBI:4": "MESH:D007223",  # infant
    "CHEBI:5": "UMLS:C0008059",  # child
    "CHEBI:6": "MESH:D000293",  # adolescent
    "CHEBI:7": "MESH:D000368",  # aged
    "CHEBI:8": "MESH:D008297",  # male
    "CHEBI:9": "UMLS:C0006147",  # breast feeding
}


def world() -> Snapshot:
    states = {*FORBIDDEN.values(), "MONDO:1", "MONDO:2"}
    nodes = [Node(curie, "PhenotypicFeature", curie) for curie in states]
    nodes += [Node(curie, "Drug", curie) for curie in FORBIDDEN]
    given = Provenance("infores:test")
    edges = [Edge(drug, "contraindicated_in", state, given) for drug, state in FORBIDDEN.items()]
    edges.append(Edge("MONDO:1", "subclass_of", "kgdx:pregnancy", given))
    return Snapshot.from_tables(node_table(nodes), edge_table(edges))


WORLD = world()


def forbidden(
    *conditions: str, suspected: tuple[str, ...] = (), sex: str = "", age: float | None = None
) -> dict[str, tuple[str, bool]]:
    """Last digit of every drug with a concern -> (kind, whether it is a veto)."""
    hierarchy, at = Hierarchy(WORLD), WORLD.index
    given, maybe = [at[c] for c in conditions], [at[c] for c in suspected]
    patient = Precautions(reasons_of(hierarchy, graph_schema.load(), given, maybe, sex, age))
    safety = SafetyGraph(WORLD)
    climbed = safety.climb_patient(patient)
    found = {drug[-1]: safety.concerns_of(at[drug], climbed) for drug in FORBIDDEN}
    assert all(len(concerns) <= 1 for concerns in found.values()), "one state is one concern"
    return {drug: (c[0].kind.value, c[0].is_veto) for drug, c in found.items() if c}


def test_pregnancy_is_found_under_every_identifier_of_the_graph() -> None:
    both = {"1": ("pregnancy", True), "2": ("pregnancy", True)}
    assert forbidden("kgdx:pregnancy") == forbidden("UMLS:C0032961") == both
    assert forbidden("MONDO:1") == both, "a kind of pregnancy"
    assert forbidden("MONDO:2") == {}


def test_breastfeeding_is_a_state_of_its_own() -> None:
    assert forbidden("UMLS:C0006147") == {"9": ("breastfeeding", True)}


def test_a_suspected_state_cautions_under_every_identifier() -> None:
    assert forbidden(suspected=("kgdx:pregnancy",)) == {
        "1": ("pregnancy", False),
        "2": ("pregnancy", False),
    }


@pytest.mark.parametrize(
    ("age", "drugs"),
    [
        (None, ""),
        (0.0, "345"),
        (27 / 365.25, "345"),
        (29 / 365.25, "45"),
        (1.99, "45"),
        (2, "5"),
        (11.9, "5"),
        (12, "6"),
        (17.99, "6"),
        (18, ""),
        (64.9, ""),
        (65, "7"),
        (130, "7"),
    ],
)
def test_ages(age: float | None, drugs: str) -> None:
    assert forbidden(age=age) == dict.fromkeys(drugs, ("age", True))


def test_sex() -> None:
    assert forbidden(sex="male") == {"8": ("sex", True)}
    assert forbidden(sex="female") == forbidden(sex="") == {}


def test_age_and_condition_say_the_same_once() -> None:
    assert forbidden("MESH:D007231", age=0.01) == dict.fromkeys("345", ("age", True))


def test_the_table_of_states_is_sound() -> None:
    curies = [curie for state in STATES.values() for curie in state.curies]
    assert len(curies) == len(set(curies)), "an identifier stands for one state"
    known = graph_schema.load()
    for name, state in STATES.items():
        assert state.curies[0] == f"kgdx:{name}"
        assert {known.standardize_prefix(c.partition(":")[0]) for c in state.curies} <= set(known.iris)
        assert ConcernKind(state.label)
        is_told = bool(state.sex), state.below_years is not None or state.from_years is not None
        assert is_told == {"sex": (True, False), "age": (False, True)}.get(state.label, (False, False))
