"""Every named question about stored explanations has the same, expected answer on both stores."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from graph_schema.queries import named_queries
from kgdx.report.exports.record import explanation_of
from kgdx.report.exports.saved import remember
from kgdx.stores.base import Store
from kgdx.stores.embedded import EmbeddedStore
from tests.reports import ABSTAINED, COLD, DRUG, DRUGS, FLU, HPOA, LATER, REPORT
from tests.servers import Server, open_store, wipe

LABEL = "case-1"
OCTOBER, NOVEMBER = "2026-10-01T00:00:00+00:00", "2026-11-01T00:00:00+00:00"
ONE, TWO = explanation_of(REPORT, LABEL).case, explanation_of(LATER, LABEL).case


def fill(store: Store) -> None:
    remember(store, (REPORT,), label=LABEL, written=datetime(2026, 10, 1, tzinfo=UTC))
    remember(store, (LATER, ABSTAINED), label=LABEL, written=datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with EmbeddedStore.open(tmp_path_factory.mktemp("explanations") / "graph") as store:
        fill(store)
        yield store


@pytest.fixture(scope="module")
def server(neo4j_server: Server) -> Iterator[Store]:
    wipe(neo4j_server)
    with open_store(neo4j_server) as store:
        fill(store)
        yield store


@pytest.fixture(params=["embedded", "server"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


# Name -> parameters, and the rows: their columns in the order of the query.
ANSWERS: dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]] = {
    "against-conclusions": (
        {},
        [
            ("HP:0000988", "Skin rash", "contradicts", FLU, "influenza", 1, -0.25),
            ("HP:0031246", "Nonproductive cough", "unexplained", COLD, "common cold", 1, 0.0),
        ],
    ),
    "cases-with-diagnosis": (
        {"disease": FLU},
        [
            (ONE, LABEL, "R1", 1, 0.625, "Fever is seen in influenza (in 90% of patients)", 1.5),
            (TWO, LABEL, "R2", 2, 0.375, "Fever is seen in influenza (in 90% of patients)", 1.5),
        ],
    ),
    "conclusions-on-edge": (
        {"edge": "e-fever", "since": "2026-10-15"},
        [(TWO, LABEL, NOVEMBER, "R2", 2, FLU, "influenza", 0.375, 1.5)],
    ),
    "edges-behind-conclusions": (
        {},
        [
            ("e-fever", "influenza", "has_phenotype", "Fever", HPOA, 1, 1.5),
            ("e-cough", "influenza", "has_phenotype", "Cough", HPOA, 1, 0.75),
            ("e-dry", "Nonproductive cough", "subclass_of", "Cough", "infores:hpo", 1, 0.75),
            ("e-cold", "common cold", "has_phenotype", "Fever", "infores:mondo", 1, 0.5),
            ("e-onset", "influenza", "has_clinical_attribute", "Late onset", HPOA, 1, 0.5),
            ("e-no-rash", "influenza", "has_phenotype", "Skin rash", HPOA, 1, -0.25),
        ],
    ),
    "publications-behind-conclusions": ({}, [("PMID:1", 1, 2), ("PMID:2", 1, 1)]),
    "releases-compared": (
        {"label": LABEL, "before": "R1", "after": "R2"},
        [(COLD, "common cold", 2, 1, 0.25, 0.5), (FLU, "influenza", 1, 2, 0.625, 0.375)],
    ),
    "sources-behind-conclusions": (
        {},
        [
            ("infores:hpo", "CC0-1.0", "2026-01", 2, 2, 1),
            (HPOA, "CC0-1.0", "2026-01", 2, 2, 4),
            ("infores:mondo", "", "", 2, 2, 1),
            (DRUGS, "CC0-1.0", "2026-01", 1, 1, 1),
        ],
    ),
    "treatments-on-source": (
        {"source": "infores:list"},
        [(ONE, LABEL, DRUG, "oseltamivir", "contraindicated", 0, 1)],
    ),
    "without-source": (
        {"source": HPOA},
        sorted(
            [
                (ONE, LABEL, FLU, "influenza", 1, 2, 2.5),
                (ONE, LABEL, COLD, "common cold", 2, 1, 0.0),
                (TWO, LABEL, FLU, "influenza", 2, 2, 2.5),
            ],
            key=lambda row: (row[0], row[4]),
        ),
    ),
}


def ask(store: Store, name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in store.query(named_queries()[name].cypher, parameters)]


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_named_question_is_answered(store: Store, name: str) -> None:
    parameters, expected = ANSWERS[name]
    assert set(parameters) == set(named_queries()[name].parameters)
    assert named_queries()[name].purpose
    assert ask(store, name, parameters) == expected


def test_every_question_about_explanations_is_asked_here() -> None:
    about = {name for name, query in named_queries().items() if "DiagnosedCase" in query.cypher}
    assert about == set(ANSWERS)


def test_a_longer_time_holds_more(store: Store) -> None:
    rows = ask(store, "conclusions-on-edge", {"edge": "e-fever", "since": "2026-10-01"})
    assert [row[2] for row in rows] == [NOVEMBER, OCTOBER]


def test_a_treatment_rests_on_what_treats_and_not_on_what_age_forbids(store: Store) -> None:
    ((*_, reasons, concerns),) = ask(store, "treatments-on-source", {"source": DRUGS})
    assert (reasons, concerns) == (1, 0)


@pytest.mark.parametrize("name", ["without-source", "treatments-on-source"])
def test_a_source_that_nothing_rests_on_changes_nothing(store: Store, name: str) -> None:
    assert ask(store, name, {"source": "infores:nobody"}) == []
