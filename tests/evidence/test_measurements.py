"""Vital signs and laboratory values of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.case import Patient, Polarity
from kgdx.evidence.measurement_table import converted, quantities, unit_patterns
from kgdx.evidence.measurements import measured_in, unnamed_in

_ADULT = Patient()

PRESENT = [
    ("SpO2 84% on room air", "HP:0012418"),
    ("oxygen saturation was 88 percent", "HP:0012418"),
    ("sats 82 % RA", "HP:0012418"),
    ("SpO2 85% on 4 L", "HP:0012418"),
    ("BP 82/44", "HP:0002615"),
    ("blood pressure of 150/95 mmHg", "HP:0000822"),
    ("BP 128/95", "HP:0000822"),
    ("HR 128", "HP:0001649"),
    ("heart rate of 45/min", "HP:0001662"),
    ("RR 32", "HP:0002789"),
    ("T 39.2", "HP:0001945"),
    ("Temp 38,5 °C", "HP:0001945"),
    ("temperature of 102.4 F", "HP:0001945"),
    ("T 34.1 C", "HP:0002045"),
    ("creatinine 4.1 mg/dL", "HP:0003259"),
    ("creatinine 350 µmol/L", "HP:0003259"),
    ("Creatinine: 2.1", "HP:0003259"),
    ("eGFR 12", "HP:0000083"),
    ("eGFR <15 mL/min/1.73m2", "HP:0000083"),
    ("CrCl 22 mL/min", "HP:0000083"),
    ("QTc 520 ms", "HP:0005184"),
    ("QTc is 470", "HP:0005184"),
    ("Troponin elevated", "HP:0410173"),
    ("troponin 85 ng/L (ref 0-14)", "HP:0410173"),
    ("elevated serum troponin", "HP:0410173"),
    ("D-dimer elevated", "HP:0033106"),
    ("D-dimer 1,250 ng/mL", "HP:0033106"),
    ("D-dimer 2.3 mg/L", "HP:0033106"),
    ("Na 128", "HP:0002902"),
    ("sodium 152 mEq/L", "HP:0003228"),
    ("K 5.9", "HP:0002153"),
    ("potassium 2.9 mmol/L", "HP:0002900"),
    ("potassium 5.3 mmol/L (H)", "HP:0002153"),
    ("Hb 7.2 g/dL", "HP:0001903"),
    ("haemoglobin 85 g/L", "HP:0001903"),
    ("WBC 15.2", "HP:0001974"),
    ("WBC 15,200/uL", "HP:0001974"),
    ("WBC 15.2 x10^9/L", "HP:0001974"),
    ("WBC 2.1 K/uL", "HP:0001882"),
    ("plt 90", "HP:0001873"),
    ("CRP 120 mg/L", "HP:0011227"),
    ("raised CRP", "HP:0011227"),
    ("lactate 4.5", "HP:0002151"),
    ("pH 7.21", "HP:0032368"),
    ("PaCO2 68 mmHg", "HP:0012416"),
    ("PaO2 6.5 kPa", "HP:0012418"),
    ("NT-proBNP 5400 pg/mL", "HP:0031185"),
    ("glucose 48 mg/dL", "HP:0001943"),
    ("Ca 13.2 mg/dL", "HP:0003072"),
]
EXCLUDED = [
    ("SpO2 98% on air", "HP:0012418"),
    ("temp 36.8C", "HP:0001945"),
    ("HR 72 bpm", "HP:0001649"),
    ("BP 118/76", "HP:0000822"),
    ("creatinine 0.9 mg/dL", "HP:0003259"),
    ("eGFR >60 mL/min/1.73m2", "HP:0000083"),
    ("D-dimer negative", "HP:0033106"),
    ("D-dimer <500 ng/mL", "HP:0033106"),
    ("The troponin was not elevated", "HP:0410173"),
    ("troponin <0.01 ng/mL (ref 0-0.04)", "HP:0410173"),
    ("lactate within normal limits", "HP:0002151"),
]
SILENT = [
    "target SpO2 88-92%",
    "SpO2 96% on 4 L",
    "pleural fluid glucose 40 mg/dL",
    "urine sodium 20 mmol/L",
    "creatinine kinase 900 U/L",
    "pulse 2+",
    "Fracture of T 12",
    "T4 N0 M0",
    "SpO2 92%",
    "keep K > 4.0",
    "Last year her creatinine was 4.1 mg/dL",
    "creatinine 4.1 mg/dL two weeks ago",
    "baseline creatinine 2.1 mg/dL",
]
UNREAD = [
    ("CRP 120", "no_unit"),
    ("calcium 2.2", "no_unit"),
    ("creatinine 4.1 furlongs/L", "unknown_unit"),
    ("SpO2 840%", "not_plausible"),
    ("LDH 600 U/L", "no_limit"),
]


def _said(text: str, patient: Patient = _ADULT) -> dict[str, Polarity]:
    """The first CURIE of each finding and what is said of it."""
    return {found[0]: polarity for each in measured_in(text, patient) for found, polarity in each.findings}


@pytest.mark.parametrize(("text", "finding"), PRESENT)
def test_a_value_beyond_its_limit_is_the_finding(text: str, finding: str) -> None:
    assert _said(text)[finding] is Polarity.PRESENT


@pytest.mark.parametrize(("text", "finding"), EXCLUDED)
def test_a_value_within_its_limits_denies_the_finding(text: str, finding: str) -> None:
    assert _said(text)[finding] is Polarity.EXCLUDED


@pytest.mark.parametrize("text", SILENT)
def test_what_is_no_value_of_the_patient_or_lies_between_says_nothing(text: str) -> None:
    assert [each.findings or each.unread for each in measured_in(text, _ADULT) if each.findings] == []


@pytest.mark.parametrize(("text", "why"), UNREAD)
def test_what_cannot_be_judged_says_why(text: str, why: str) -> None:
    assert [each.unread for each in measured_in(text, _ADULT)] == [why]


def test_limits_depend_on_age_and_sex() -> None:
    infant, child = Patient(age_years=0.5), Patient(age_years=8)
    assert _said("HR 150", infant)["HP:0001649"] is Polarity.EXCLUDED
    assert _said("HR 150", child)["HP:0001649"] is Polarity.PRESENT
    assert "HP:0002615" not in _said("BP 82/44", Patient(age_years=3))
    assert _said("creatinine 1.2 mg/dL", Patient(sex="female"))["HP:0003259"] is Polarity.PRESENT
    assert _said("creatinine 1.2 mg/dL", Patient(sex="male"))["HP:0003259"] is Polarity.EXCLUDED
    assert _said("D-dimer 700 ng/mL", Patient(age_years=80))["HP:0033106"] is Polarity.EXCLUDED


def test_a_grave_value_is_the_graver_finding_as_well() -> None:
    assert _said("eGFR 12")["kgdx:severe-renal-insufficiency"] is Polarity.PRESENT
    assert "kgdx:severe-renal-insufficiency" not in _said("eGFR 45")
    assert "kgdx:severe-renal-insufficiency" not in _said("eGFR >20")
    assert "kgdx:severe-renal-insufficiency" in _said("eGFR <15")


def test_several_values_have_a_quote_each() -> None:
    text = "SpO2 84% on room air, BP 82/44, HR 128, RR 32, T 39.2"
    quotes = [text[each.start : each.end] for each in measured_in(text, _ADULT)]
    assert quotes == ["SpO2 84%", "BP 82/44", "HR 128", "RR 32", "T 39.2"]


def test_a_laboratory_value_of_an_unknown_name_is_told() -> None:
    text = "Ferritin 1200 ng/mL, WBC 15.2 x10^9/L, aspirin 75 mg"
    read = list(measured_in(text, _ADULT))
    assert [text[each.start : each.end] for each in unnamed_in(text, read)] == ["Ferritin 1200 ng/mL"]


def test_the_table_is_whole() -> None:
    for quantity in quantities().values():
        sides = [side for side in (quantity.low, quantity.high) if side]
        assert sides
        assert quantity.second == "" or quantity.second in quantities()
        for unit, (least, most) in quantity.units.items():
            assert least < most
            written = "/min" if unit == "1/min" else "/uL" if unit == "1/uL" else unit
            assert unit == "" or unit_patterns()[unit].fullmatch(written), unit
            assert converted(most, unit, quantity) > converted(least, unit, quantity)


@given(st.floats(min_value=20, max_value=900, allow_nan=False))
def test_micromoles_and_milligrams_of_creatinine_agree(value: float) -> None:
    in_mass = value * 113.12 / 10_000
    quantity = quantities()["creatinine"]
    assert converted(value, "umol/L", quantity) == pytest.approx(in_mass)


@given(st.text(alphabet="SpO2BPHRT 0123456789.,/%<>()-creatinine mg/dL\n", max_size=80))
def test_no_text_fails_and_places_lie_in_it(text: str) -> None:
    for each in measured_in(text, _ADULT):
        assert 0 <= each.start < each.end <= len(text)
