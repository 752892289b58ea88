"""The ddxplus reader: evidences with their values, conditions, and identifiers from patients' codes."""

import ast
import csv
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ingest.sources.ddxplus import condition_of, identifier_of
from kgdx.domain.errors import SourceError
from tests.ingest.reading import edges_in, nodes_in, taken


def evidence(question: str = "Pain?", is_antecedent: Any = False, **more: Any) -> dict[str, Any]:
    given = {"question_en": question, "question_fr": "Douleur ?", "is_antecedent": is_antecedent}
    return {**given, "default_value": 0, "possible-values": [], "value_meaning": {}, **more}


def valued(default: str = "V_0") -> dict[str, Any]:
    meaning = {"V_0": {"fr": "non", "en": "nowhere"}, "V_1": {"fr": "cou", "en": "neck"}}
    return evidence(**{"default_value": default, "possible-values": ["V_0", "V_1"], "value_meaning": meaning})


FLU = {
    "cond-name-fr": "Grippe",
    "icd10-id": "j10, J11.1",
    "severity": 2,
    "symptoms": {"E_1": {}, "E_2": {}},
    "antecedents": {"E_3": {}},
}
EVIDENCES = {"E_1": evidence(), "E_2": valued(), "E_3": evidence("Smoker?", True)}


def put(folder: Path, conditions: Any = None, evidences: Any = None) -> Path:
    (folder / "release_conditions.json").write_text(
        json.dumps({"Flu": FLU} if conditions is None else conditions)
    )
    (folder / "release_evidences.json").write_text(json.dumps(EVIDENCES if evidences is None else evidences))
    return folder


def test_symptoms_are_shown_and_antecedents_predispose(tmp_path: Path) -> None:
    batch = taken("ddxplus", put(tmp_path))
    flu = condition_of("Flu")
    assert edges_in(batch, "has_phenotype") == {(flu, "DDXPLUS:E_1"), (flu, "DDXPLUS:E_2")}
    assert edges_in(batch, "predisposes_to") == {("DDXPLUS:E_3", flu)}
    assert edges_in(batch, "close_match") == {(flu, "ICD10CM:J10"), (flu, "ICD10CM:J11.1")}
    nodes = nodes_in(batch)
    assert (nodes[flu].name, nodes[flu].kind, nodes[flu].synonyms) == ("Flu", "Disease", ("Grippe@fr",))
    assert nodes[flu].definition.startswith("Severity 2")
    assert (nodes["DDXPLUS:E_1"].name, nodes["DDXPLUS:E_1"].synonyms) == ("Pain?", ("Douleur ?@fr",))
    assert nodes["DDXPLUS:E_3"].kind == "Exposure"


def test_a_value_is_a_kind_of_its_evidence_unless_it_denies(tmp_path: Path) -> None:
    batch = taken("ddxplus", put(tmp_path))
    neck = identifier_of("E_2_@_V_1")
    assert edges_in(batch, "subclass_of") == {(neck, identifier_of("E_2"))}
    assert nodes_in(batch)[neck].name == "Pain? neck"
    assert nodes_in(batch)[neck].synonyms == ("cou@fr",)
    assert identifier_of("E_2_@_V_0") not in nodes_in(batch)
    assert batch.skipped == {"an answer that denies": 1}


def test_numbers_on_a_scale_are_no_values(tmp_path: Path) -> None:
    scale = evidence(**{"possible-values": [0, 1, 2]})
    assert taken("ddxplus", put(tmp_path, {}, {"E_1": scale})).skipped == {"a number on a scale": 3}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (evidence(is_antecedent="false"), "not an evidence of DDXPlus"),
        (evidence(question=3), "not an evidence of DDXPlus"),
        (evidence(**{"possible-values": "V_1"}), "not an evidence of DDXPlus"),
        (evidence(**{"possible-values": ["V_9"]}), "a value without a meaning"),
        ([], "not an evidence of DDXPlus"),
    ],
)
def test_a_broken_evidence_is_rejected(tmp_path: Path, broken: Any, reason: str) -> None:
    assert taken("ddxplus", put(tmp_path, {}, {"E_1": broken})).rejected == {reason: 1}


def test_a_broken_condition_is_rejected(tmp_path: Path) -> None:
    conditions = {
        "A": {**FLU, "severity": "high"},
        "B": {**FLU, "symptoms": {"E_9": {}}},
        "C": {**FLU, "icd10-id": "J 10"},
    }
    assert taken("ddxplus", put(tmp_path, conditions)).rejected == {
        "not a condition of DDXPlus": 1,
        "an evidence that is not listed": 1,
        "malformed CURIE": 1,
    }


def test_patients_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_bytes(b"\xff")
    assert taken("ddxplus", put(tmp_path)).num_written > 0


def test_both_files_are_needed(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "release_evidences.json").unlink()
    with pytest.raises(SourceError, match=r"no release_evidences\.json in it"):
        taken("ddxplus", tmp_path)


@pytest.mark.realdata
def test_the_real_conditions_and_evidences_come_out(data: Path) -> None:
    conditions = json.loads((data / "ddxplus/release_conditions.json").read_text(encoding="utf-8"))
    evidences = json.loads((data / "ddxplus/release_evidences.json").read_text(encoding="utf-8"))
    before = {code for code, entry in evidences.items() if entry["is_antecedent"]}
    asked = [
        (name, code)
        for name, entry in conditions.items()
        for code in entry["symptoms"] | entry["antecedents"]
    ]
    values = [(code, value) for code, entry in evidences.items() for value in entry["possible-values"]]
    denying = {(code, entry["default_value"]) for code, entry in evidences.items() if entry["value_meaning"]}
    kept = [pair for pair in values if isinstance(pair[1], str) and pair not in denying]
    batch = taken("ddxplus", data / "ddxplus")
    assert (len(conditions), len(evidences)) == (49, 223)
    assert batch.rejected == {}
    assert len(edges_in(batch, "predisposes_to")) == len({pair for pair in asked if pair[1] in before})
    assert len(edges_in(batch, "has_phenotype")) == len({pair for pair in asked if pair[1] not in before})
    assert len(edges_in(batch, "subclass_of")) == len(kept)
    codes = [code for entry in conditions.values() for code in re.split(r",\s*", entry["icd10-id"])]
    assert len(edges_in(batch, "close_match")) == len(codes) == 50
    described = [node for node in batch.nodes if node.name]
    assert len(described) == len(conditions) + len(evidences) + len(kept)
    assert batch.skipped.total() == len(values) - len(kept)


@pytest.mark.realdata
def test_every_finding_of_a_real_patient_is_in_the_graph(data: Path) -> None:
    nodes = nodes_in(taken("ddxplus", data / "ddxplus"))
    with gzip.open(data / "ddxplus/patients.csv.gz", "rt", encoding="utf-8", newline="") as file:
        patients = list(csv.DictReader(file))
    codes = {code for patient in patients for code in ast.literal_eval(patient["features"])}
    missing = {code for code in codes if identifier_of(code) not in nodes}
    denying = {"V_10", "V_11", "V_123"}
    assert {code for code in missing if not code.partition("_@_")[2].isdecimal()} == {
        code for code in codes if code.partition("_@_")[2] in denying
    }
    assert {condition_of(patient["diagnosis"]) for patient in patients} <= nodes.keys()
