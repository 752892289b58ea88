"""Phenopackets: findings come in, the diagnosis stays out."""

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from kgdx.domain.errors import CaseError
from kgdx.schemas import CaseIn
from kgdx.schemas.phenopacket import accepted_diseases, case_fields, is_phenopacket, publications

PACKET: dict[str, Any] = {
    "id": "PMID_15266616_100",
    "subject": {"id": "100", "sex": "FEMALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P6Y6M"}}},
    "phenotypicFeatures": [
        {"type": {"id": "HP:0000348", "label": "High forehead"}},
        {"type": {"id": "HP:0000243", "label": "Trigonocephaly"}, "excluded": True},
    ],
    "interpretations": [{"id": "1", "diagnosis": {"disease": {"id": "OMIM:147791"}}}],
    "diseases": [{"term": {"id": "OMIM:147791"}}, {"term": {"id": "OMIM:1"}, "excluded": True}],
    "metaData": {"externalReferences": [{"id": "PMID:15266616"}, {"id": "PMID:2"}]},
    "fieldOfTheFuture": 1,
}


def test_a_packet_becomes_a_case_without_its_diagnosis() -> None:
    assert case_fields(PACKET) == {
        "id": "PMID_15266616_100",
        "findings": [{"id": "HP:0000348", "status": "present"}, {"id": "HP:0000243", "status": "excluded"}],
        "sex": "female",
        "age_years": 6.5,
        "excluded_diseases": ["OMIM:1"],
    }


def test_the_benchmark_may_ask_for_the_answer() -> None:
    assert accepted_diseases(PACKET) == ("OMIM:147791",)
    assert publications(PACKET) == ("PMID:15266616", "PMID:2")


@pytest.mark.parametrize(
    ("time", "years"),
    [
        ({"age": {"iso8601duration": "P3W"}}, 0.0575),
        ({"ageRange": {"start": {"iso8601duration": "P10Y"}, "end": {"iso8601duration": "P20Y"}}}, 15.0),
        ({"age": {"iso8601duration": "P"}}, None),
        ({"age": {"iso8601duration": "ten years"}}, None),
        ({"age": {"iso8601duration": "P1,5Y"}}, 1.5),
        ({"age": {"iso8601duration": "P1Y12M"}}, 2.0),
        ({"gestationalAge": {"weeks": 20}}, 0.0),
        ({"ontologyClass": {"id": "HP:0003577"}}, 0.0),
        ({"ontologyClass": {"id": "HP:0011463"}}, 3.0),
        ({"ontologyClass": {"id": "HP:0000001"}}, None),
        ({"timestamp": "2020-07-01T00:00:00Z"}, None),
        ({}, None),
    ],
)
def test_ages(time: dict[str, Any], years: float | None) -> None:
    age = case_fields({**PACKET, "subject": {"timeAtLastEncounter": time}}).get("age_years")
    assert age == (None if years is None else pytest.approx(years, abs=1e-3))


@pytest.mark.parametrize(
    "broken",
    [
        {"phenotypicFeatures": "HP:1"},
        {"phenotypicFeatures": [{"type": 3}]},
        {"phenotypicFeatures": [], "subject": {"sex": [1]}},
        {"phenotypicFeatures": [{"excluded": "maybe"}]},
    ],
)
def test_a_broken_packet_is_a_case_error_that_quotes_nothing(broken: dict[str, Any]) -> None:
    with pytest.raises(CaseError, match="does not parse as a phenopacket") as caught:
        case_fields(broken, "x.json")
    assert "x.json" in caught.value.where


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (PACKET, True),
        ({"subject": {}, "metaData": {}}, True),
        ({"findings": []}, False),
        ([], False),
        (None, False),
    ],
)
def test_packets_are_told_by_their_keys(payload: object, expected: bool) -> None:
    assert is_phenopacket(payload) is expected


@pytest.mark.realdata
@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_real_packets_are_cases_and_none_leaks_its_diagnosis(data: Path, step: int) -> None:
    num = 0
    with gzip.open(data / "phenopackets" / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, None, step):
            packet = json.loads(line)
            fields = case_fields(packet)
            answers = accepted_diseases(packet)
            assert answers
            assert publications(packet)
            told = json.dumps({key: value for key, value in fields.items() if key != "id"})
            assert not [answer for answer in answers if answer in told]
            if fields["findings"]:
                CaseIn(**fields).to_domain()
            num += 1
    assert num == -(-6095 // step)
