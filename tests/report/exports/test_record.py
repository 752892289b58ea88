"""What is kept of a report says all that it rests on, and of the patient nothing that is not asked for."""

import json
from dataclasses import asdict, replace

import pytest

from kgdx.domain.case import Patient
from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message
from kgdx.domain.path import Path, PathKind, Stage
from kgdx.domain.report import QueryContext, Report
from kgdx.report.exports.record import explanation_of
from kgdx.report.sentences import sentence
from tests.reports import DRY, INFLUENZA, NO_RASH, ONSET, PATIENT, REPORT

START = ConceptRef("HP:0003584", "Late onset")


def text_of(report: Report, *, with_text: bool) -> str:
    return json.dumps(asdict(explanation_of(report, "case-1", with_text=with_text)))


def test_of_the_patient_nothing_is_kept_unless_asked() -> None:
    told = (PATIENT, "77 years", "dry cough", ".dcm", "history", "lderly")
    bare, whole = (text_of(REPORT, with_text=wanted) for wanted in (False, True))
    assert [word for word in told if word in bare] == []
    assert [word for word in told if word not in whole] == []


def test_never_kept_are_the_codes_as_written_and_what_was_asked_beside() -> None:
    whole = text_of(REPORT, with_text=True)
    assert "throat" not in whole
    assert f"{PATIENT}:fever" not in whole
    asked = replace(
        REPORT,
        query_context=QueryContext(Patient("male", 3.0), ()),
        warnings=(Message("abstained.no_known_finding"),),
    )
    assert explanation_of(asked) == explanation_of(REPORT)


def test_every_statement_that_a_diagnosis_rests_on_is_kept(report: Report) -> None:
    kept = explanation_of(report)
    for diagnosis, given in zip(kept.diagnoses, report.differential, strict=True):
        assert [(path.steps, path.contribution) for path in diagnosis.paths] == [
            (path.steps, path.contribution) for path in given.paths
        ]
        assert (diagnosis.logit, diagnosis.rank) == (given.logit, given.rank)
    assert [[path.steps for path in t.paths] for t in kept.treatments] == [
        [path.steps for path in t.paths] for t in report.treatments
    ]
    assert [len(treatment.concerns) for treatment in kept.treatments] == [
        len(treatment.concerns) for treatment in report.treatments
    ]


def test_a_sentence_stays_where_a_finding_begins_its_path() -> None:
    kept = explanation_of(REPORT).diagnoses[0]
    told = [path.sentence for path in kept.paths]
    assert told[1] == sentence(INFLUENZA.paths[1])
    assert told[2] == "Late onset ←has_clinical_attribute– influenza"


@pytest.mark.parametrize("steps", [(), (ONSET,), (DRY,), (NO_RASH,)])
def test_a_sentence_goes_where_something_else_does(steps: tuple[object, ...]) -> None:
    stage = Stage(
        PathKind.DEMOGRAPHICS, START, len(steps), patient_fact=Message("patient.age", {"age": PATIENT})
    )
    path = Path(steps, 1.0, (stage,))  # type: ignore[arg-type]
    report = replace(REPORT, evidence=(), differential=(replace(INFLUENZA, paths=(path,)),))
    assert PATIENT not in text_of(report, with_text=False)


def test_a_case_is_named_by_what_is_kept() -> None:
    case = explanation_of(REPORT).case
    assert explanation_of(REPORT, with_text=True).case == case
    assert explanation_of(REPORT, "case-1").case != case
    assert explanation_of(replace(REPORT, release="R9")).case != case
    assert explanation_of(replace(REPORT, treatments=())).case != case


def test_texts_are_one_line_that_every_format_can_hold() -> None:
    spoilt = replace(INFLUENZA, name="in\x00flu\nenza\x1b\ud800")
    assert explanation_of(replace(REPORT, differential=(spoilt,))).diagnoses[0].name == "influ enza"
