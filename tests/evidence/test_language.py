"""Texts in languages that are not read."""

from functools import cache
from pathlib import Path

import pytest

from benchmarks.datasets import indiana
from kgdx.domain.case import Patient, ReportText
from kgdx.evidence.language import other_language
from kgdx.evidence.text_reader import TextReader
from kgdx.release.bundle import Bundle

OTHERS = [
    ("Ausschluss Pneumothorax", "de"),
    ("Kein Hinweis auf Pleuraerguss.", "de"),
    ("Keine Pneumonie, kein Erguss.", "de"),
    ("Patient mit Dyspnoe und Fieber", "de"),
    ("geen pneumothorax, geen emfyseem", "nl"),
    ("Absence de pneumothorax", "fr"),
    ("Pas d'épanchement pleural", "fr"),
    ("No se observa neumotórax", "es"),
    ("El paciente presenta disnea y fiebre", "es"),
    ("Assenza di pneumotorace", "it"),
    ("Não há consolidação", "pt"),
    ("нет пневмоторакса", "ru"),
    ("胸水なし", "ja"),
]
READ = [
    "Pneumothorax?",
    "No pneumothorax.",
    "RUL consolidation",
    "Fever, cough denied.",
    "Arachnodactyly, ectopia lentis, pectus excavatum",
    "Calcinosis cutis, Raynaud phenomenon, sclerodactyly",
    "Eyes PERRLA, EOMI.",
    "Penicillin - anaphylaxis",
    "SpO2 84% on room air, BP 82/44, HR 128, RR 32, T 39.2",
    "左侧气胸，右肺上叶结节。",
    "双肺纹理增多 (CT)",
    "",
    "12.5",
]


@cache
def _reader() -> TextReader:
    return TextReader(Bundle.shipped().snapshot())


@pytest.mark.parametrize(("text", "language"), OTHERS)
def test_another_language_is_recognised_and_gives_no_evidence(text: str, language: str) -> None:
    reading = _reader().read((ReportText("report", text),), Patient())
    assert reading.evidence == ()
    assert reading.diseases == ()
    assert [warning.code for warning in reading.warnings] == ["warning.other_language"]
    names = _reader().names
    assert (other_language(text, names) == language) or language in {"es", "pt"}


@pytest.mark.parametrize("text", READ)
def test_english_and_chinese_are_read(text: str) -> None:
    assert other_language(text, _reader().names) == ""


@pytest.mark.realdata
def test_no_english_report_is_taken_for_another_language(data: Path) -> None:
    reports = indiana.read_reports(data / "iu_xray" / "reports.tar.gz")
    texts = [part.text for report in reports for part in report.texts]
    assert len(texts) > 1000
    assert [text for text in texts if other_language(text, _reader().names)] == []
