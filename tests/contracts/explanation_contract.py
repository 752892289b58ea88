"""What every store of explanations keeps. Subclass it and give a fixture `store` that yields an empty one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_schema.explanations import explanation_schema
from graph_schema.queries import named_queries
from kgdx.domain.case import Polarity
from kgdx.domain.concept import ConceptRef
from kgdx.domain.errors import QueryError
from kgdx.domain.evidence import Evidence, TextOrigin
from kgdx.domain.message import Message
from kgdx.domain.path import Path, PathKind, Stage, Step
from kgdx.domain.report import Diagnosis, FindingContribution, Report
from kgdx.report.exports.record import explanation_of
from kgdx.report.exports.saved import remember
from kgdx.stores.base import Store
from kgdx.stores.walks import graph_of
from tests.contracts.store_contract import EDGES, NODES, content, put
from tests.reports import ABSTAINED, FLU, LATER, PATIENT, REPORT

FIRST, SECOND = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)

_texts = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=12)
_numbers = st.floats(-20, 20, allow_nan=False)
_curies = st.sampled_from(["HP:1", "HP:2", "MONDO:1", "MONDO:2"])
_steps = st.builds(
    Step,
    _texts,
    _curies,
    _texts,
    st.sampled_from(["has_phenotype", "subclass_of"]),
    _curies,
    _texts,
    st.booleans(),
    _texts,
    publications=st.lists(_texts, max_size=2).map(tuple),
    frequency=st.none() | st.floats(0, 1),
    negated=st.booleans(),
    licence=_texts,
    release=_texts,
)
_starts = st.builds(ConceptRef, _curies, _texts)
_paths = st.lists(_steps, max_size=3).flatmap(
    lambda steps: st.builds(
        Path,
        st.just(tuple(steps)),
        _numbers,
        st.builds(Stage, st.just(PathKind.FINDING), _starts, st.just(len(steps))).map(lambda stage: (stage,)),
    )
)
_evidence = st.builds(
    Evidence,
    _curies,
    _texts,
    st.sampled_from(Polarity),
    _numbers,
    st.builds(TextOrigin, _texts, st.just(0), st.just(1), _texts),
)
_sides = st.lists(st.builds(FindingContribution, _curies, _texts, _numbers), max_size=2).map(tuple)
_diagnoses = st.builds(
    Diagnosis,
    _curies,
    _texts,
    st.integers(1, 9),
    _numbers,
    st.floats(0, 1),
    _sides,
    _sides,
    _sides,
    st.lists(_paths, max_size=3).map(tuple),
)
reports = st.builds(
    Report,
    _texts.filter(str.strip),
    st.lists(_evidence, max_size=3).map(tuple),
    st.lists(_diagnoses, max_size=3).map(tuple),
    st.just(REPORT.treatments),
    abstained=st.sampled_from([(), (Message("abstained.no_known_finding"),)]),
)


def everything(store: Store) -> list[dict[str, Any]]:
    """Every node and every edge in the store, in an order of their own."""
    nodes = [row["n"] for row in store.query("MATCH (n) RETURN n", {})]
    edges = [row["e"] for row in store.query("MATCH ()-[e]->() RETURN e", {})]
    # A server also keeps the locks of its writers.
    return sorted((item for item in (*nodes, *edges) if "taken" not in item), key=repr)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in (*value, *value.values()):
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def says(store: Store, word: str) -> bool:
    """Whether any text in the store holds a word."""
    return any(word.lower() in text.lower() for text in strings(everything(store)))


class ExplanationContract:
    """The laws. `store` is empty at the start of each test."""

    @pytest.fixture
    def store(self) -> Store:
        raise TypeError("a contract of explanations needs a fixture `store`")

    @pytest.fixture
    def fail_after_writing(self) -> Callable[[], None]:
        raise TypeError("a contract of explanations needs a fixture `fail_after_writing`")

    @pytest.mark.parametrize("with_text", [False, True])
    def test_gives_back_what_it_was_given(self, store: Store, with_text: bool) -> None:
        told = (REPORT, LATER, ABSTAINED)
        done = remember(store, told, label="case-1", with_text=with_text, written=FIRST)
        assert done.num_new == len(set(done.cases)) == 3
        for case, report in zip(done.cases, told, strict=True):
            again = store.read_explanation(case)
            assert again == explanation_of(report, "case-1", with_text=with_text)
            assert again.written == "2026-10-01T00:00:00+00:00"

    @settings(
        max_examples=4,
        suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.differing_executors),
    )
    @given(told=st.lists(reports, max_size=3))
    def test_gives_back_any_explanation(self, store: Store, told: list[Report]) -> None:
        done = remember(store, told, label="drawn", with_text=True)
        assert done.num_new == len(set(done.cases))
        for case, report in zip(done.cases, told, strict=True):
            assert store.read_explanation(case) == explanation_of(report, "drawn", with_text=True)
        assert store.forget_explanations(["drawn"]) == done.num_new

    def test_writing_twice_changes_nothing(self, store: Store) -> None:
        done = remember(store, (REPORT, LATER), written=FIRST)
        before = everything(store)
        assert remember(store, (LATER, REPORT, LATER), written=SECOND).num_new == 0
        assert everything(store) == before
        assert store.read_explanation(done.cases[0]).written.startswith("2026-10-01")

    def test_it_tells_nothing_of_the_patient_unless_asked(self, store: Store) -> None:
        bare = remember(store, (REPORT,))
        told = (PATIENT, "77 years", "female", "elderly", "dry cough", "throat", ".dcm")
        assert [word for word in told if says(store, word)] == []
        assert says(store, "Nonproductive cough is a kind of cough")
        assert says(store, "Late onset ←has_clinical_attribute– influenza")
        whole = remember(store, (REPORT,), with_text=True)
        assert whole == replace(bare, num_new=1)
        assert [
            word for word in (PATIENT, "77", "elderly", "dry cough", ".dcm") if not says(store, word)
        ] == []
        assert not says(store, "throat")
        assert remember(store, (REPORT,)).num_new == 1, "the last that is asked for holds"
        assert not says(store, PATIENT)
        assert store.read_explanation(bare.cases[0]) == explanation_of(REPORT)

    def test_all_or_nothing(self, store: Store, fail_after_writing: Callable[[], None]) -> None:
        remember(store, (REPORT,), with_text=True)
        before = everything(store)
        fail_after_writing()
        with pytest.raises(RuntimeError, match="on purpose"):
            remember(store, (LATER, REPORT, ABSTAINED))
        assert everything(store) == before

    def test_the_medical_graph_sees_nothing_of_it(self, store: Store) -> None:
        put(store, "hpoa", NODES, EDGES)
        asked = [
            ("MATCH (n) WHERE n.curie = $curie RETURN n", {"curie": "HP:0001083"}),
            ("MATCH (n {curie: $curie})-[e]-(m) RETURN e.edge_id, m", {"curie": "HP:0001083"}),
            *((named_queries()[name].cypher, {}) for name in ("contents", "loads", "undescribed-terms")),
            (named_queries()["same-as"].cypher, {"curie": FLU}),
        ]
        before = content(store), [list(store.query(*each)) for each in asked]
        remember(store, (REPORT, LATER))
        assert (content(store), [list(store.query(*each)) for each in asked]) == before

    def test_loads_leave_it_alone(self, store: Store) -> None:
        put(store, "hpoa", NODES, EDGES)
        done = remember(store, (REPORT,))
        put(store, "hpoa", (), ())
        assert store.export()[0].num_rows == 0
        assert store.read_explanation(done.cases[0]) == explanation_of(REPORT)

    def test_a_case_that_is_forgotten_leaves_no_trace(self, store: Store) -> None:
        kept = remember(store, (LATER,), label="other")
        before = everything(store)
        gone = remember(store, (REPORT, ABSTAINED), label="case-1", with_text=True)
        assert store.forget_explanations(["case-1"]) == 2
        assert everything(store) == before
        assert store.forget_explanations(gone.cases) == 0
        assert store.forget_explanations(kept.cases) == 1
        assert everything(store) == []

    def test_a_case_that_is_not_there_is_told(self, store: Store) -> None:
        assert store.forget_explanations(["nobody"]) == 0
        with pytest.raises(QueryError, match="no case nobody is stored here: take an id that"):
            store.read_explanation("nobody")

    def test_it_can_be_asked_for_nodes_edges_and_paths(self, store: Store) -> None:
        (case,) = remember(store, (REPORT,)).cases
        walk = "(c:DiagnosedCase)-[:concludes]->(:Diagnosis {rank: 1})-[:rests_on]->(p:Path {position: 1})"
        asked = f"MATCH w = {walk}-[:walks]->(s:Statement) RETURN w"
        rows = list(store.query(f"{asked} ORDER BY s.edge_id", {}))
        nodes, edges = rows[0]["w"]["nodes"], rows[0]["w"]["edges"]
        properties = explanation_schema().kinds["Diagnosis"].properties
        assert (nodes[0]["key"], set(nodes[1])) == (case, {"key", *properties})
        assert (
            nodes[3] | {"edge_id": "e-cough", "publications": ["PMID:1"], "relation": "has_phenotype"}
            == nodes[3]
        )
        ends = {"head": nodes[2]["key"], "tail": nodes[3]["key"]}
        assert edges[2] == {"relation": "walks", **ends, "position": 1, "is_forward": False}
        drawn = graph_of(rows)
        assert len(drawn) == 5
        assert drawn.has_edge(*ends.values())
