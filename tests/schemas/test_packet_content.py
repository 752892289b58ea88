"""Phenopackets of both versions: nothing of one is lost without a word, and nothing changes its meaning."""

from typing import Any

import pytest

from kgdx.domain.case import CodedFinding, Polarity
from kgdx.domain.errors import CaseError
from kgdx.domain.message import Message
from kgdx.schemas import CaseIn
from kgdx.schemas.phenopacket import case_fields, packet_case

FEVER = {"type": {"id": "HP:0001945", "label": "Fever"}}
META = {"phenopacketSchemaVersion": "2.0.2"}
META_1 = {"phenopacketSchemaVersion": "1.0.0-RC3"}


def packet(*features: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "p", "phenotypicFeatures": list(features or (FEVER,)), "metaData": META, **more}


def warned(payload: dict[str, Any]) -> set[tuple[str, ...]]:
    """Code and texts of each warning."""
    return {
        (w.code.removeprefix("warning."), *map(str, w.values.values())) for w in packet_case(payload).warnings
    }


def onset(iso: str) -> dict[str, Any]:
    return {"age": {"iso8601duration": iso}}


# Version 1


def test_version_1_keeps_its_negations_and_ages() -> None:
    payload = packet(
        FEVER | {"negated": True, "classOfOnset": {"id": "HP:0003577"}},
        {"type": {"id": "HP:0001250"}, "ageOfOnset": {"age": "P2Y"}},
        metaData=META_1,
        subject={
            "id": "1",
            "sex": "MALE",
            "ageAtCollection": {"age": "P14Y6M"},
            "taxonomy": {"id": "NCBITaxon:9606"},
        },
        genes=[{"id": "HGNC:1"}],
    )
    assert case_fields(payload) == {
        "id": "p",
        "findings": [{"id": "HP:0001945", "status": "excluded"}, {"id": "HP:0001250", "status": "present"}],
        "sex": "male",
        "age_years": 14.5,
        "onset_years": 2.0,
    }
    assert warned(payload) == {("file_not_used", "genes", "1")}


@pytest.mark.parametrize("meta", [None, META, META_1])
def test_a_negation_is_never_lost_whatever_version_is_stated(meta: object) -> None:
    payload = packet(FEVER | {"negated": True}, metaData=meta or {})
    assert case_fields(payload)["findings"] == [{"id": "HP:0001945", "status": "excluded"}]


def test_fields_of_both_versions_in_one_file_are_refused() -> None:
    for mixed in (
        packet(FEVER | {"negated": True}, FEVER | {"excluded": False}),
        packet(FEVER | {"excluded": True}, metaData=META_1),
        packet(FEVER | {"negated": True}, subject={"timeAtLastEncounter": onset("P3Y")}),
    ):
        with pytest.raises(CaseError, match="other fields are of version 1"):
            case_fields(mixed)


def test_an_age_range_of_version_1_is_its_middle() -> None:
    ages = {"ageRangeAtCollection": {"start": {"age": "P10Y"}, "end": {"age": "P20Y"}}}
    assert case_fields(packet(subject=ages))["age_years"] == 15.0


# Names and shapes


@pytest.mark.parametrize(
    ("payload", "fact"),
    [
        (packet(FEVER | {"exclude": True}), "phenotypicFeatures[0].exclude: is no known field"),
        (
            packet(FEVER, {"type": {"id": "HP:1", "absent": True}}),
            "phenotypicFeatures[1].type.absent: is no known",
        ),
        (packet(subject={"sexx": "MALE"}), "subject.sexx: is no known field"),
        (packet() | {"phenotypic_features": []}, "phenotypicFeatures: is given in two spellings"),
        (packet(subject={"date_of_birth": "", "dateOfBirth": ""}), "dateOfBirth: is given in two spellings"),
        (packet({"excluded": True}), "phenotypicFeatures[0].type.id: is missing"),
        (packet(FEVER | {"resolution": onset("P1Y")}), "holds no phenotypic feature"),
        (packet(subject={"sex": "NEITHER"}), "does not parse as a phenopacket"),
        (packet(subject={"sex": float("inf")}), "does not parse as a phenopacket"),
        (packet(subject={"sex": [1]}), "does not parse as a phenopacket"),
        (packet(subject={"sex": True}), "does not parse as a phenopacket"),
        (packet(subject={"sex": {}}), "does not parse as a phenopacket"),
        (packet(subject={"timeAtLastEncounter": {"gestationalAge": {"weeks": 1e300}}}), "does not parse"),
        (packet(subject={"timeAtLastEncounter": onset("P131Y")}), "more than 130 years"),
        (packet(subject={"dateOfBirth": "yesterday"}), "does not parse as a phenopacket"),
        ({"proband": 3}, "is no known field"),
        ({"proband": {"phenotypicFeatures": [FEVER | {"excl": True}]}}, "field proband"),
        ({"resourceType": "Patient"}, "is a FHIR resource"),
    ],
)
def test_what_would_change_the_meaning_is_one_error(payload: dict[str, Any], fact: str) -> None:
    with pytest.raises(CaseError) as caught:
        CaseIn.from_payload(payload, "x.json")
    assert fact in str(caught.value)
    assert str(caught.value).startswith("x.json")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("sex", ["female", "Female", "FEMALE", " f ", 1])
def test_sex_in_any_case(sex: object) -> None:
    assert case_fields(packet(subject={"sex": sex}))["sex"] == "female"


@pytest.mark.parametrize("sex", ["unknown", "UNKNOWN_SEX", "other", "", 0])
def test_no_known_sex_is_none(sex: object) -> None:
    if sex != "":
        assert case_fields(packet(subject={"sex": sex}))["sex"] == ""


def test_both_spellings_of_protobuf_are_read() -> None:
    payload = {"phenotypic_features": [FEVER], "subject": {"time_at_last_encounter": onset("P3Y")}}
    assert case_fields(payload)["age_years"] == 3.0


# Ages


def test_age_is_derived_from_a_birth_date_and_a_date() -> None:
    born = {"dateOfBirth": "1999-06-01T00:00:00Z"}
    at = {"timeAtLastEncounter": {"timestamp": "2020-06-01T00:00:00Z"}}
    assert case_fields(packet(subject=born | at))["age_years"] == pytest.approx(21.0, abs=0.01)
    interval = {"start": "2019-06-01T00:00:00Z", "end": "2021-06-01T00:00:00Z"}
    between = packet(subject=born | {"timeAtLastEncounter": {"interval": interval}})
    assert case_fields(between)["age_years"] == pytest.approx(21.0, abs=0.01)
    assert ("age_estimated", "subject.timeAtLastEncounter") in warned(between)
    with_onset = packet(FEVER | {"onset": {"timestamp": "2009-06-01T00:00:00Z"}}, subject=born | at)
    assert case_fields(with_onset)["onset_years"] == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize(
    ("subject", "warning"),
    [
        ({"dateOfBirth": "1999-06-01T00:00:00Z"}, ("age_not_read", "subject.dateOfBirth")),
        (
            {"timeAtLastEncounter": {"timestamp": "2020-06-01T00:00:00Z"}},
            ("age_not_read", "subject.timeAtLastEncounter"),
        ),
        (
            {
                "dateOfBirth": "2021-06-01T00:00:00Z",
                "timeAtLastEncounter": {"timestamp": "2020-06-01T00:00:00Z"},
            },
            ("age_not_read", "subject.timeAtLastEncounter"),
        ),
        ({"timeAtLastEncounter": onset("forty")}, ("age_not_read", "subject.timeAtLastEncounter")),
        (
            {"timeAtLastEncounter": {"gestationalAge": {"weeks": 20}}},
            ("age_before_birth", "subject.timeAtLastEncounter"),
        ),
        (
            {"timeAtLastEncounter": {"ontologyClass": {"id": "HP:0011463"}}},
            ("age_estimated", "subject.timeAtLastEncounter"),
        ),
    ],
)
def test_an_age_that_is_not_plain_is_told(subject: dict[str, Any], warning: tuple[str, str]) -> None:
    assert warning in warned(packet(subject=subject))


@pytest.mark.parametrize(
    ("onsets", "years"),
    [
        ([onset("P3Y"), onset("P2Y")], 2.0),
        ([onset("P3Y"), None], None),
        ([{"ontologyClass": {"id": "HP:0003577"}}, None], 0.0),
        ([onset("P50Y")], None),
    ],
)
def test_the_earliest_onset_counts_where_it_is_known_to_be_the_earliest(
    onsets: list[dict[str, Any] | None], years: float | None
) -> None:
    features = [
        {"type": {"id": f"HP:{i}"}} | ({"onset": each} if each else {}) for i, each in enumerate(onsets)
    ]
    payload = packet(*features, subject={"timeAtLastEncounter": onset("P40Y")})
    assert case_fields(payload).get("onset_years") == years
    not_used = ("file_not_used", "phenotypicFeatures.onset", str(sum(each is not None for each in onsets)))
    assert (not_used in warned(payload)) == (years is None)


# What is used, and what is told


def test_resolved_findings_are_not_present_now() -> None:
    payload = packet(FEVER | {"resolution": onset("P3Y")}, {"type": {"id": "HP:0012735"}})
    assert case_fields(payload)["findings"] == [{"id": "HP:0012735", "status": "present"}]
    assert warned(payload) == {("resolved", "HP:0001945")}


def test_drugs_are_medications_unless_they_were_ended() -> None:
    actions = [
        {"treatment": {"agent": {"id": "CHEBI:10033", "label": "warfarin"}}},
        {"treatment": {"agent": {"id": "CHEBI:2"}}, "treatmentTerminationReason": {"id": "NCIT:1"}},
        {"treatment": {"agent": {"label": "something"}}},
        {"procedure": {"code": {"id": "NCIT:2"}}},
        {"radiationTherapy": {"modality": {"id": "NCIT:3"}}},
    ]
    payload = packet(medicalActions=actions)
    assert CaseIn.from_payload(payload).to_domain().medications == ("CHEBI:10033",)
    assert warned(payload) == {
        ("treatment_ended", "CHEBI:2"),
        ("file_not_used", "medicalActions.treatment.agent", "1"),
        ("file_not_used", "medicalActions.procedure", "1"),
        ("file_not_used", "medicalActions.radiationTherapy", "1"),
    }


def test_each_kind_that_is_not_used_is_told_once() -> None:
    payload = packet(
        FEVER | {"severity": {"id": "HP:0012828"}, "modifiers": [{"id": "HP:0031796"}]},
        {"type": {"id": "HP:0012735"}, "severity": {"id": "HP:0012828"}, "description": "at night"},
        biosamples=[{"id": "b"}],
        measurements=[{}, {}],
        files=[],
        fieldOfTheFuture={"a": 1},
        interpretations=[{"id": "i"}],
        diseases=[{"term": {"id": "OMIM:1"}}],
        subject={
            "vitalStatus": {"status": "DECEASED"},
            "karyotypicSex": "XXY",
            "taxonomy": {"id": "NCBITaxon:10090"},
        },
    )
    assert warned(payload) == {
        ("file_not_used", "phenotypicFeatures.severity", "2"),
        ("file_not_used", "phenotypicFeatures.modifiers", "1"),
        ("file_not_used", "phenotypicFeatures.description", "1"),
        ("file_not_used", "biosamples", "1"),
        ("file_not_used", "measurements", "2"),
        ("file_not_used", "fieldOfTheFuture", "1"),
        ("file_not_used", "subject.vitalStatus", "1"),
        ("file_not_used", "subject.karyotypicSex", "1"),
        ("file_not_used", "subject.taxonomy", "1"),
        ("file_diagnosis", "interpretations"),
        ("file_diagnosis", "diseases"),
    }


def test_excluded_diseases_are_read_and_the_diagnosis_is_not() -> None:
    diseases = [{"term": {"id": "OMIM:1"}}, {"term": {"id": "MONDO:2"}, "excluded": True}]
    case = CaseIn.from_payload(packet(diseases=diseases)).to_domain()
    assert case.excluded_diseases == ("MONDO:2",)
    assert "OMIM:1" not in repr(case)
    only_excluded = packet(diseases=diseases[1:])
    assert warned(only_excluded) == set()


def test_a_family_is_the_case_of_its_proband() -> None:
    family = {"id": "f", "proband": packet(), "relatives": [packet(), packet()], "pedigree": {"persons": []}}
    case = CaseIn.from_payload(family).to_domain()
    assert (case.case_id, case.findings) == ("p", (CodedFinding("HP:0001945", Polarity.PRESENT),))
    assert Message("warning.file_not_used", {"field": "relatives", "n": 2}) in case.warnings
    assert Message("warning.file_not_used", {"field": "pedigree", "n": 1}) in case.warnings
