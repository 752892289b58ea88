"""The safety rules on the starter graph against a pharmacist: no silent miss, hardly a false veto."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import graph_schema
from ingest.starter.build import starter_snapshot
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.patient_context import Precautions, reasons_of
from kgdx.treatments.safety import SafetyGraph

TABLE = Path(__file__).with_name("pharmacist.tsv")
_SEX = {"m": "male", "f": "female"}
_MOST_FALSE_VETOES = 0.02


class Judged(NamedTuple):
    """A row of the table, and what the rules say."""

    row: str
    expected: str
    said: str


class Names:
    """Nodes by name or synonym: drugs and procedures, or conditions."""

    def __init__(self, snapshot: Snapshot, *kinds: str) -> None:
        self._nodes: dict[str, list[int]] = {}
        synonyms = snapshot.nodes["synonyms"].to_pylist()
        for node in range(snapshot.num_nodes):
            if snapshot.kinds[node] in kinds:
                for word in {snapshot.names[node].casefold(), *(s.casefold() for s in synonyms[node])}:
                    self._nodes.setdefault(word, []).append(node)

    def of(self, text: str) -> tuple[int, ...]:
        """One node for each name; a disease before a finding of the same name, as a case is coded."""
        return tuple(self._nodes[name.strip().casefold()][0] for name in text.split(";") if name)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return starter_snapshot()


def _judged(snapshot: Snapshot, kinds: tuple[str, ...]) -> Iterator[Judged]:
    schema, hierarchy, safety = graph_schema.load(), Hierarchy(snapshot), SafetyGraph(snapshot)
    drugs, conditions = Names(snapshot, "Drug", "Procedure"), Names(snapshot, *kinds)
    fallback = Names(snapshot, "Disease", "PhenotypicFeature")
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            sex, years = row["patient"].split()
            try:
                had = conditions.of(row["conditions"])
            except KeyError:
                had = fallback.of(row["conditions"])
            reasons = reasons_of(hierarchy, schema, had, sex=_SEX[sex], age_years=float(years))
            patient = Precautions(reasons, drugs.of(row["allergies"]), drugs.of(row["medications"]))
            (drug,) = drugs.of(row["drug"])
            found = safety.concerns_of(drug, safety.climb_patient(patient))
            said = found[0].severity.value if found else "none"
            yield Judged(" | ".join(row.values()), row["expected"], said)


@pytest.fixture(
    scope="module", params=[("Disease",), ("PhenotypicFeature",)], ids=["coded as disease", "as finding"]
)
def judged(request: pytest.FixtureRequest, snapshot: Snapshot) -> list[Judged]:
    return list(_judged(snapshot, request.param))


def test_the_table_is_large_and_asks_both_ways() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) >= 200
    assert sum(row["expected"] == "none" for row in rows) >= 60
    assert all(row["source"] for row in rows)


def test_nothing_is_missed_in_silence_or_told_as_less_than_it_is(judged: list[Judged]) -> None:
    ranks = {"none": 0, "caution": 1, "contraindicated": 2}
    assert [each for each in judged if ranks[each.said] < ranks[each.expected]] == []


def test_false_vetoes_are_rare(judged: list[Judged]) -> None:
    free = [each for each in judged if each.expected != "contraindicated"]
    false = [each for each in free if each.said == "contraindicated"]
    assert len(false) <= _MOST_FALSE_VETOES * len(free), false


def test_false_cautions_are_rare(judged: list[Judged]) -> None:
    free = [each for each in judged if each.expected == "none"]
    false = [each for each in free if each.said != "none"]
    assert len(false) <= _MOST_FALSE_VETOES * len(free), false
