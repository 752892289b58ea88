"""`kgdx schema` prints what the reference holds."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kgdx.cli.main import app
from kgdx.schemas import ReportOut
from tests.reports import REPORT

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("described", ["case", "report"])
def test_the_reference_holds_what_the_command_prints(described: str) -> None:
    printed = CliRunner().invoke(app, ["schema", described])
    assert printed.exit_code == 0
    kept = (REFERENCE / f"{described}.schema.json").read_text(encoding="utf-8")
    assert printed.stdout == kept


def test_a_report_has_the_keys_of_its_schema_in_order() -> None:
    schema = json.loads((REFERENCE / "report.schema.json").read_text(encoding="utf-8"))
    told = json.loads(ReportOut.of(REPORT).model_dump_json())
    assert list(told) == list(schema["properties"])
    path = told["differential"][0]["paths"][0]
    assert list(path) == list(schema["$defs"]["Path"]["properties"])
