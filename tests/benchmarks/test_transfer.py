"""Patients of DDXPlus as cases, and the benchmark of transfer on a small made-up release."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets.ddxplus import finding_of, read_patients
from benchmarks.runs import transfer
from benchmarks.scores import mass_within
from ingest.sources.ddxplus import condition_of
from kgdx.domain.case import Polarity
from kgdx.domain.errors import SourceError


def evidence(values: dict[Any, str] | None = None, default: Any = 0, scale: int = 0) -> dict[str, Any]:
    meaning = {value: {"en": text, "fr": text} for value, text in (values or {}).items()}
    possible = list(meaning) or list(range(scale))
    told = {"question_en": "Is it so?", "question_fr": "Est-ce ainsi ?", "is_antecedent": False}
    return {**told, "default_value": default, "possible-values": possible, "value_meaning": meaning}


EVIDENCES = {f"E_{i}": evidence() for i in range(1, 7)} | {
    "E_8": evidence({"V_0": "nowhere", "V_1": "neck"}, "V_0"),
    "E_9": evidence(scale=11),
}
SYMPTOMS = {
    "Flu": ("E_1", "E_2", "E_9"),
    "Cold": ("E_2", "E_3"),
    "Mumps": ("E_4", "E_8"),
    "Gout": ("E_5", "E_6"),
}
PATIENTS = [
    ("Flu", ["E_1", "E_2", "E_9_@_4"]),
    ("Cold", ["E_3", "E_2", "E_8_@_V_0"]),
    ("Mumps", ["E_4", "E_8_@_V_1"]),
    ("Gout", ["E_5", "E_6"]),
]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "ddxplus"
    folder.mkdir()
    conditions = {
        name: {
            "cond-name-fr": name,
            "icd10-id": "J10",
            "severity": 2,
            "symptoms": {code: {} for code in symptoms},
            "antecedents": {},
        }
        for name, symptoms in SYMPTOMS.items()
    }
    (folder / "release_conditions.json").write_text(json.dumps(conditions))
    (folder / "release_evidences.json").write_text(json.dumps(EVIDENCES))
    write_patients(folder / "patients.csv.gz", PATIENTS)
    return tmp_path


def write_patients(path: Path, patients: list[tuple[str, list[str]]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["AGE", "DIFFERENTIAL_DIAGNOSIS", "SEX", "PATHOLOGY", "EVIDENCES", "INITIAL_EVIDENCE"])
        for name, codes in patients:
            rows.writerow([7, [[name, 0.75], ["Gout", 0.25]], "F", name, codes, codes[0]])


@pytest.mark.parametrize(
    ("code", "curie", "polarity"),
    [
        ("E_1", "DDXPLUS:E_1", Polarity.PRESENT),
        ("E_8_@_V_1", "DDXPLUS:E_8.V_1", Polarity.PRESENT),
        ("E_8_@_V_0", "DDXPLUS:E_8", Polarity.EXCLUDED),
        ("E_9_@_4", "DDXPLUS:E_9", Polarity.PRESENT),
        ("E_9_@_0", "DDXPLUS:E_9", Polarity.EXCLUDED),
    ],
)
def test_an_answer_affirms_or_denies(code: str, curie: str, polarity: Polarity) -> None:
    found = finding_of(code, EVIDENCES)
    assert (found.curie, found.polarity) == (curie, polarity)


def test_a_patient_is_a_case_and_what_is_not_listed_is_not_absent(release: Path) -> None:
    folder = release / "ddxplus"
    patients = list(read_patients(folder / "patients.csv.gz", folder / "release_evidences.json"))
    assert [patient.pathology for patient in patients] == [condition_of(name) for name, _ in PATIENTS]
    cold = patients[1]
    assert (cold.case.sex, cold.case.age_years) == ("female", 7)
    assert [f.curie for f in cold.case.findings if f.polarity is Polarity.EXCLUDED] == ["DDXPLUS:E_8"]
    assert cold.differential == {condition_of("Cold"): 0.75, condition_of("Gout"): 0.25}


@pytest.mark.parametrize("codes", [["E_99"], "[E_1", 3])
def test_a_row_that_is_no_patient_is_told(release: Path, codes: Any) -> None:
    folder = release / "ddxplus"
    with gzip.open(folder / "patients.csv.gz", "at", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([7, [], "F", "Flu", codes, ""])
    with pytest.raises(SourceError, match=r"line 6: is no patient of DDXPlus"):
        list(read_patients(folder / "patients.csv.gz", folder / "release_evidences.json"))


def test_ties_share_what_lies_within_the_cut() -> None:
    mass = np.array([0.5, 0.3, 0.2, 0.0])
    assert mass_within(np.array([4.0, 3.0, 2.0, 1.0]), mass, 2) == pytest.approx(0.8)
    assert mass_within(np.array([4.0, 3.0, 3.0, 3.0]), mass, 2) == pytest.approx(0.5 + 0.5 / 3)
    assert mass_within(np.zeros(4), mass, 2) == pytest.approx(0.5)


def test_json_holds_every_method_and_the_audit(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transfer.main(["--data", str(release)])
    told = json.loads(capsys.readouterr().out)
    assert (told["n"], told["candidates"]) == (4, 4)
    assert set(told["baselines"]) == {"naive_lr", "resnik", "base_alone"} == set(told["gain"])
    for method in (told["kgdx"], *told["baselines"].values()):
        for key in ("top1", "top3", "top5", "mrr"):
            low, high = method[f"{key}_ci"]
            assert 0 <= low <= method[key] <= high <= 1
        assert 0 <= method["differential_recall5"] <= told["differential_recall5_best"] <= 1
    assert told["kgdx"]["top1"] == 1, "each lists what only its condition shows"
    assert told["audit"]["graph_made_of"] == ["release_conditions.json", "release_evidences.json"]
    assert told["audit"]["patients_in_graph"] == 0
    assert {"ece", "seconds", "release", "commit", "data_sha256"} <= told.keys()


def test_a_pathology_of_another_release_is_told(release: Path) -> None:
    write_patients(release / "other.csv.gz", [("Scurvy", ["E_1"])])
    with pytest.raises(SourceError, match=r"pathologies that no condition has: .*curvy"):
        transfer.main(["--data", str(release), "--patients", str(release / "other.csv.gz")])
