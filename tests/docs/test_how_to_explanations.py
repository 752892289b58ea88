"""The how-to for analysts, typed as it stands."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kgdx.cli.main import app
from kgdx.engine import Engine
from tests.e2e.shipped import shipped_engine

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CUT = "…"


@pytest.fixture
def folder(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page is typed. The release is opened once, whatever number of cases is diagnosed."""
    (tmp_path / "examples").symlink_to(root / "examples")
    monkeypatch.chdir(tmp_path)
    engine = shipped_engine()
    monkeypatch.setattr(Engine, "open", lambda *_: engine)
    return tmp_path


def typed(line: str) -> str:
    """What a line prints; `> FILE` at its end is that of a shell."""
    words = shlex.split(line)[1:]
    target = words[-1] if words[-2] == ">" else ""
    done = CliRunner().invoke(app, words[:-2] if target else words)
    assert done.exit_code == 0, f"{line}\n{done.output}"
    if target:
        Path(target).write_text(done.stdout, encoding="utf-8")
    return done.stdout


def test_the_page_is_true(folder: Path, root: Path) -> None:
    page = (root / "docs/how-to/ask-about-explanations.md").read_text(encoding="utf-8")
    printed, num_commands, num_answers = "", 0, 0
    for language, text in _BLOCK.findall(page):
        for line in text.splitlines():
            if language == "console":
                printed, num_commands = typed(line), num_commands + 1
            elif language == "text":
                shown = ".*".join(map(re.escape, line.split(_CUT)))
                found = re.search(f"^{shown}\r?$", printed, re.MULTILINE)
                assert found, f"{line!r} in {printed!r}"
                num_answers += 1
    assert num_commands == page.count("\nkgdx ") >= 11
    assert num_answers >= 13
    assert printed.startswith("<graphml")
