"""What the docs say can be done, is done."""

import re
import runpy
import shlex
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
import typer

from kgdx import Engine
from kgdx.cli.main import app
from tests.e2e.shipped import shipped_engine

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks" / "README.md"]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)\)")


def blocks(language: str) -> list[tuple[Path, str]]:
    found = ((page, match) for page in PAGES for match in _BLOCK.findall(page.read_text(encoding="utf-8")))
    return [(page, code) for page, (name, code) in found if name == language]


@pytest.fixture
def opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Engine.open()` gives the release that all tests share."""
    engine = shipped_engine()
    monkeypatch.setattr(Engine, "open", lambda: engine)


def test_python_blocks_run(opened_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    codes = [code for _, code in blocks("python")]
    assert codes
    exec("\n".join(codes), {"__name__": "__main__"})  # noqa: S102, our own pages
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_examples_run(opened_once: None, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "worked_score.py"), run_name="__main__")
    parts = [float(line.split()[0]) for line in capsys.readouterr().out.splitlines()[1:]]
    assert len(parts) > 2
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=0.1)


def commands() -> list[str]:
    lines = [line for _, code in blocks("console") for line in code.splitlines()]
    return [line for line in lines if line.startswith("kgdx ")]


@cache
def whole_command() -> click.Command:
    """All commands, with those of other packages."""
    whole = typer.Typer()
    whole.registered_groups, whole.registered_commands = list(app.registered_groups), app.registered_commands
    for extra in entry_points(group="kgdx.commands"):
        whole.add_typer(extra.load(), name=extra.name)
    command: click.Command = typer.main.get_command(whole)
    return command


@pytest.mark.parametrize("line", commands())
def test_commands_exist(line: str) -> None:
    command = whole_command()
    words = shlex.split(line, comments=True)[1:]
    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, f"no command {words[0]} in {line}"
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-") and len(word) > 1} <= known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
