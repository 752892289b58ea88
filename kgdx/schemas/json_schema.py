"""JSON Schema of what users hand in and get back."""

from typing import Any

from pydantic import TypeAdapter

from kgdx.domain.report import Report
from kgdx.schemas.case import CaseIn
from kgdx.schemas.report import SCHEMA_VERSION

_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def case_schema() -> dict[str, Any]:
    """Of a case in JSON."""
    return _DIALECT | CaseIn.model_json_schema()


def report_schema() -> dict[str, Any]:
    """Of a report as `ReportOut.model_dump_json` writes it."""
    schema = TypeAdapter(Report).json_schema(mode="serialization")
    version = {"const": SCHEMA_VERSION, "title": "Schema Version", "type": "string"}
    schema["properties"] = {"schema_version": version, **schema["properties"]}
    schema["required"] = ["schema_version", *schema["required"]]
    told = {"title": "Sentence", "type": "string", "readOnly": True}
    schema["$defs"]["Path"]["properties"]["sentence"] = told
    return _DIALECT | schema
