"""Patients of DDXPlus as cases, with their pathology and the differential that their makers give.

A patient lists what was answered. What is not listed was not asked or not said, and is not absent.
"""

import ast
import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.sources.ddxplus import condition_of, identifier_of
from kgdx.domain.case import Case, CodedFinding, Polarity
from kgdx.domain.errors import CurieError, SourceError
from kgdx.schemas import CaseIn

CONDITIONS, EVIDENCES = "release_conditions.json", "release_evidences.json"
_SEXES = {"M": "male", "F": "female"}
_NO_VALUE = "NA"
# As the authors publish the columns, and as the copy with other names has them.
_COLUMNS = {
    "age": ("AGE", "age"),
    "sex": ("SEX", "sex"),
    "pathology": ("PATHOLOGY", "diagnosis"),
    "evidences": ("EVIDENCES", "features"),
    "differential": ("DIFFERENTIAL_DIAGNOSIS", "top5_diagnoses"),
}


@dataclass(frozen=True, slots=True)
class Patient:
    """A synthetic patient.

    Attributes:
        pathology: CURIE of the condition the patient was made from.
        differential: CURIE of a condition -> its probability, in (0, 1].
    """

    case: Case
    pathology: str
    differential: Mapping[str, float]


def read_patients(path: Path, evidences: Path) -> Iterator[Patient]:
    """Every patient of a table.

    Args:
        path: CSV, or gzip of it, with the columns of DDXPlus.
        evidences: `release_evidences.json`, which says what answer of a question denies it.

    Raises:
        SourceError: if a file cannot be read, or a row is no patient of DDXPlus.
    """
    remedy = "give the files of DDXPlus as they are published"
    try:
        asked = json.loads(evidences.read_text(encoding="utf-8"))
        opening = gzip.open if path.suffix == ".gz" else open
        with opening(path, "rt", encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            columns = {name: _column(name, rows.fieldnames or ()) for name in _COLUMNS}
            for number, row in enumerate(rows, 2):
                where = f"{path}, line {number}"
                try:
                    yield _patient({name: row[column] for name, column in columns.items()}, asked)
                except (ValueError, SyntaxError, TypeError, KeyError, AttributeError, CurieError) as error:
                    raise SourceError(where, "is no patient of DDXPlus", remedy) from error
    except (OSError, EOFError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(str(path), f"cannot be read ({type(error).__name__})", remedy) from error


def finding_of(code: str, evidences: Mapping[str, Any]) -> CodedFinding:
    """What an answer says: `E_66` is present, `E_54_@_V_179` too.

    The default of a question, and NA, says that there is nothing of it: absent. A number on a scale is no
    finding of its own; one that is not the default affirms the question.

    Raises:
        KeyError: if the question is not listed.
    """
    question, _, value = code.partition("_@_")
    entry = evidences[question]
    if not value:
        return CodedFinding(identifier_of(question))
    meaning = entry["value_meaning"].get(value, {}).get("en")
    if value == str(entry["default_value"]) or meaning == _NO_VALUE:
        return CodedFinding(identifier_of(question), Polarity.EXCLUDED)
    return CodedFinding(identifier_of(code if meaning is not None else question))


def _column(name: str, present: Any) -> str:
    found = next((column for column in _COLUMNS[name] if column in present), None)
    if found is None:
        raise ValueError(f"no column {name}")
    return found


def _patient(row: Mapping[str, str], evidences: Mapping[str, Any]) -> Patient:
    findings = [finding_of(code, evidences) for code in ast.literal_eval(row["evidences"])]
    case = CaseIn(
        findings=[{"id": finding.curie, "status": finding.polarity.value} for finding in findings],
        sex=_SEXES.get(row["sex"], ""),
        age_years=float(row["age"]),
    )
    differential = {condition_of(str(name)): float(p) for name, p in ast.literal_eval(row["differential"])}
    return Patient(case.to_domain(), condition_of(row["pathology"]), differential)
