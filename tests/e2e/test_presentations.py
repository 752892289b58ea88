"""60 bare presentations: what a textbook puts first, what must not be missed, written before any tuning."""

import csv
from functools import cache
from pathlib import Path

import pytest

from kgdx.engine import Engine
from kgdx.schemas import CaseIn, ReportOut

_ROWS = (Path(__file__).parent / "presentations.tsv").read_text(encoding="utf-8").splitlines()
TABLE = list(csv.DictReader(_ROWS, delimiter="\t"))


@cache
def curies(engine: Engine) -> dict[tuple[bool, str], str]:
    """(is a disease, name) -> CURIE."""
    snapshot = engine.snapshot
    nodes = enumerate(zip(snapshot.kinds == "Disease", snapshot.names, strict=True))
    return {(bool(is_disease), name.casefold()): snapshot.curies[i] for i, (is_disease, name) in nodes}


def diagnosed(
    engine: Engine, age: float | None, sex: str | None, findings: list[str], excluded: tuple[str, ...] = ()
) -> ReportOut:
    named = curies(engine)
    given = [{"id": named[False, name.casefold()]} for name in findings]
    given += [{"id": named[False, name.casefold()], "status": "excluded"} for name in excluded]
    return engine.diagnose(CaseIn(findings=given, age_years=age, sex=sex))


@cache
def answered(engine: Engine) -> list[tuple[dict[str, str], ReportOut]]:
    return [
        (row, diagnosed(engine, float(row["age_years"]), row["sex"], row["findings"].split("|")))
        for row in TABLE
    ]


def place(engine: Engine, row: dict[str, str], report: ReportOut) -> int:
    """From 1, of the first diagnosis that the textbook names, or a kind of one."""
    snapshot = engine.snapshot
    wanted = {snapshot.index[curies(engine)[True, name.casefold()]] for name in row["diagnoses"].split("|")}
    nodes = [snapshot.index[diagnosis.disease] for diagnosis in report.differential]
    return next((i for i, node in enumerate(nodes, 1) if (snapshot.ancestors(node) | {node}) & wanted), 99)


def test_a_diagnosis_of_the_textbook_comes_first(engine: Engine) -> None:
    places = [place(engine, row, report) for row, report in answered(engine)]
    assert len(places) == 60
    assert sum(at == 1 for at in places) >= 0.75 * 60
    assert sum(at <= 5 for at in places) >= 0.95 * 60


def test_what_must_not_be_missed_is_flagged_or_first(engine: Engine) -> None:
    for row, report in answered(engine):
        told = {flag.name for flag in report.red_flags} | {report.differential[0].name}
        assert set(row["must_not_miss"].split("|")) - {""} <= told, row["findings"]


def test_what_rules_out_lowers_materially_and_is_no_risk_factor_nor_the_disease(engine: Engine) -> None:
    risks = {"smoking history", "recent chest trauma", "Hypertension", "known malignancy", "aspiration risk"}
    asked = [(flag, flag.rules_out) for _, report in answered(engine) for flag in report.red_flags]
    told = [(flag, by) for flag, by in asked if by is not None]
    assert len(told) > 0.6 * len(asked)
    for flag, by in told:
        assert by.if_absent.after <= 0.75 * by.if_absent.before
        assert by.name.casefold() != flag.name.casefold()
        assert by.name not in risks


@pytest.mark.parametrize(
    ("complaint", "disease", "finding"),
    [
        (["Pleuritic chest pain", "Dyspnea"], "pneumothorax", "Pneumothorax"),
        (["Dyspnea", "Chest pain"], "pulmonary embolism", "Elevated circulating D-dimer concentration"),
        (["Chest pain"], "acute coronary syndrome", "Increased circulating troponin I concentration"),
        (["Hemoptysis", "Anemia"], "diffuse alveolar hemorrhage", "Bloody bronchoalveolar lavage fluid"),
    ],
)
def test_an_excluding_finding_clears_the_flag_and_lowers_by_the_stated_factor(
    engine: Engine, complaint: list[str], disease: str, finding: str
) -> None:
    before = diagnosed(engine, 62, "male", complaint)
    after = diagnosed(engine, 62, "male", complaint, (finding,))
    assert disease in {flag.name for flag in before.red_flags} | {before.differential[0].name}
    assert disease not in {flag.name for flag in after.red_flags}
    was, now = (
        {diagnosis.name: diagnosis.probability for diagnosis in report.differential}
        for report in (before, after)
    )
    if disease in was:
        assert now.get(disease, 0.0) <= 0.5 * was[disease]


def test_no_pneumothorax_on_the_film_clears_its_flag(engine: Engine) -> None:
    def flags(report: str) -> set[str]:
        findings = [{"id": curies(engine)[False, "chest pain"]}]
        return {flag.name for flag in engine.diagnose(CaseIn(findings=findings, report=report)).red_flags}

    assert "pneumothorax" in flags("Chest radiograph: the heart is of normal size.")
    assert "pneumothorax" not in flags("Chest radiograph: no pneumothorax.")


@pytest.mark.parametrize(("age", "sex"), [(50, "male"), (8, "male"), (70, "male")])
def test_what_a_sex_cannot_have_is_not_proposed(engine: Engine, age: float, sex: str) -> None:
    for findings in (["Pleural effusion", "Ascites"], ["Multiple pulmonary cysts", "Pneumothorax"]):
        names = [each.name for each in diagnosed(engine, age, sex, findings).differential]
        assert not {"Meigs syndrome", "lymphangioleiomyomatosis"} & set(names[:3])


def test_age_changes_what_comes_first(engine: Engine) -> None:
    firsts = [
        diagnosed(engine, age, "female", ["Wheezing", "Rhinorrhea", "Tachypnea", "Crackles"])
        .differential[0]
        .name
        for age in (0.4, 70)
    ]
    assert firsts[0] == "respiratory syncytial virus bronchiolitis" != firsts[1]
    for age in (1, 30, 80):
        assert diagnosed(engine, age, "male", ["Cough", "Fever"]).differential[0].name != "croup"
