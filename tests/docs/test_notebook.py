"""The example notebook runs from its first cell to its last, and is kept without outputs."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from kgdx import Engine
from tests.e2e.shipped import shipped_engine

NOTEBOOK = Path(__file__).parents[2] / "examples" / "explain.ipynb"


def cells() -> list[dict[str, Any]]:
    told = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert told["nbformat"] == 4
    return [cell for cell in told["cells"] if cell["cell_type"] == "code"]


def run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does; returns the value of its last line, where that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, NOTEBOOK.name, "exec"), names)  # noqa: S102, our own notebook
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names)  # noqa: S307, our own notebook


def test_every_cell_runs_and_drawings_show_themselves(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    engine = shipped_engine()  # what `Engine.open()` gives, opened once for all tests
    monkeypatch.setattr(Engine, "open", lambda: engine)
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = [run("".join(cell["source"]), names) for cell in cells()]
    drawings = [value._repr_svg_() for value in shown if hasattr(value, "_repr_svg_")]
    assert len(drawings) == 2
    report = names["report"]
    assert all(report.differential[0].name.split()[0] in drawing for drawing in drawings)
    said = capsys.readouterr().out
    assert said.count(" -> ") == len(report.what_if) > 0
    assert "report.zh.html" in said


def test_no_outputs_are_kept() -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells())
