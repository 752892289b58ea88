"""What a text gives beside its findings, through the engine."""

from functools import cache

import pytest

from kgdx import Engine
from kgdx.domain.case import Case, Polarity, ReportText
from kgdx.report.messages import text as said
from kgdx.schemas import ReportOut


@cache
def _engine() -> Engine:
    return Engine.open()


def _diagnosed(text: str) -> ReportOut:
    return _engine().diagnose(Case(texts=(ReportText("report", text),)))


def test_vital_signs_are_evidence_with_their_words() -> None:
    report = _diagnosed("SpO2 84% on room air, BP 82/44, HR 128, RR 32, T 39.2")
    present = {e.name: e.origin.quote for e in report.evidence if e.polarity is Polarity.PRESENT}  # type: ignore[union-attr]
    assert present == {
        "Hypoxemia": "SpO2 84%",
        "Hypotension": "BP 82/44",
        "Tachycardia": "HR 128",
        "Tachypnea": "RR 32",
        "Fever": "T 39.2",
    }


@pytest.mark.parametrize("text", ["Troponin elevated", "elevated troponin", "D-dimer elevated"])
def test_a_value_and_its_name_are_one_statement(text: str) -> None:
    assert [e.polarity for e in _diagnosed(text).evidence] == [Polarity.PRESENT]


@pytest.mark.parametrize(
    "text",
    ["call if T > 38.5", "Last year her creatinine was 4.1 mg/dL. No fever now.", "History of SpO2 84%"],
)
def test_a_value_of_another_time_is_no_evidence(text: str) -> None:
    assert [e for e in _diagnosed(text).evidence if e.polarity is Polarity.PRESENT] == []


@pytest.mark.parametrize("text", ["Penicillin - anaphylaxis", "PCN allergy", "Allergies: penicillin."])
def test_an_allergy_in_the_text_vetoes_the_drug(text: str) -> None:
    report = _diagnosed(f"Lobar consolidation, fever, productive cough. {text}")
    statuses = {option.drug: option.status.value for option in report.treatments}
    assert statuses["CHEBI:2676"] == "contraindicated"
    assert any(warning.code.startswith("warning.allergy_read") for warning in report.warnings)


def test_a_stated_diagnosis_is_told_and_not_used() -> None:
    alone = _diagnosed("Chest pain.")
    report = _diagnosed("Chest pain. CT angiogram: acute bilateral pulmonary embolism.")
    assert [d.disease for d in report.differential] == [d.disease for d in alone.differential]
    told = [said(w) for w in report.warnings if w.code.startswith("warning.stated")]
    assert len(told) == 1
    assert "pulmonary embolism" in told[0]


def test_a_stated_diagnosis_is_told_where_nothing_can_be_ranked() -> None:
    report = _diagnosed("CT angiogram: acute bilateral pulmonary embolism.")
    assert [w.code for w in report.warnings] == ["warning.stated_alone"]


def test_a_denied_diagnosis_is_not_told_as_stated() -> None:
    report = _diagnosed("Chest pain. No pulmonary embolism. Mother had a pulmonary embolism.")
    assert not [w for w in report.warnings if w.code.startswith("warning.stated")]


def test_what_was_not_used_is_listed() -> None:
    report = _diagnosed("Fever. Ferritin 1200 ng/mL. CRP 120. Allergies: Kefloxin. Medications: zorblax.")
    told = [said(w) for w in report.warnings]
    for quote in ("Ferritin 1200 ng/mL", "CRP 120", "Kefloxin", "zorblax"):
        assert any(quote in warning for warning in told)
