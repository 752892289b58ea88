"""`kgdx schema case|report`: the JSON Schema of a case or a report."""

from enum import StrEnum
from typing import Annotated

import typer


class Described(StrEnum):
    """What has a JSON Schema."""

    CASE = "case"
    REPORT = "report"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(schema)


def schema(
    described: Annotated[Described, typer.Argument(metavar="case|report", help="What to describe.")],
) -> None:
    """Print the JSON Schema of a case or a report."""
    import json

    from kgdx.schemas.json_schema import case_schema, report_schema

    chosen = case_schema() if described is Described.CASE else report_schema()
    typer.echo(json.dumps(chosen, indent=2, ensure_ascii=False))
