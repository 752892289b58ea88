"""The how-to for knowledge engineers, typed as it stands, on both stores."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.servers import Server, wipe

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w.]+)`:\s*$")
_BOX = re.compile(r"[│┃|]")
SHOWN_ONLY = {"sh"}


@dataclass
class Terminal:
    """A shell in which the page is typed: its folder, its variables and what was printed last."""

    folder: Path
    graph: str
    variables: dict[str, str] = field(default_factory=dict)
    printed: str = ""

    def type(self, line: str) -> None:
        if line.startswith("GRAPH="):
            return
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.variables[name] = value
            return
        words = shlex.split(line.replace("$GRAPH", self.graph))
        assert words[0] == "kgdx", line
        command = [sys.executable, "-c", "from kgdx.cli.main import main; main()", *words[1:]]
        environment = {**os.environ, **self.variables, "COLUMNS": "200"}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.printed = " ".join(_BOX.sub(" ", done.stdout + done.stderr).split())


# The stores keep one contract: what the page prints of a file is what most readers will see.
@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.slow)])
def terminal(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    graph = "build/own/graph"
    if request.param == "server":
        server: Server = request.getfixturevalue("neo4j_server")
        wipe(server)
        monkeypatch.setenv("KGDX_NEO4J_USER", server.user)
        monkeypatch.setenv("KGDX_NEO4J_PASSWORD", server.password)
        graph = server.uri
    return Terminal(tmp_path, graph)


def test_the_page_is_true(terminal: Terminal, root: Path) -> None:
    page = (root / "docs/how-to/bring-your-own-ontology.md").read_text(encoding="utf-8")
    end, num_commands = 0, 0
    for block in _BLOCK.finditer(page):
        before, (language, text) = page[end : block.start()], block.groups()
        end = block.end()
        named = _FILE.search(before)
        if language == "console":
            for line in text.splitlines():
                terminal.type(line)
                num_commands += line.startswith("kgdx")
        elif language == "text":
            for line in text.splitlines():
                assert " ".join(line.split()) in terminal.printed, f"{line!r} in {terminal.printed!r}"
        elif language not in SHOWN_ONLY:
            assert named, f"a {language} block without the name of its file"
            (terminal.folder / named[1]).write_text(text, encoding="utf-8")
    assert num_commands == page.count("\nkgdx ") >= 12
    assert (terminal.folder / "build/own/kgx/edges.tsv").is_file()
    assert (terminal.folder / "build/own/release/manifest.json").is_file()
