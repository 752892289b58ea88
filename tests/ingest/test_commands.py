"""`kgdx ingest`: what each command prints, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest.cli import app
from kgdx.domain.errors import SourceError
from tests.ingest.tiny import HPO, hpoa_row

Run = Callable[..., Any]
Write = Callable[[str, str], Path]
_TERM = "[Term]\nid: MONDO:{}\nname: a\nis_a: MONDO:{}\n\n"
CYCLE = "format-version: 1.2\n\n" + _TERM.format(1, 2) + _TERM.format(2, 1)


@pytest.fixture
def run() -> Run:
    def run(*words: object) -> Any:
        done = CliRunner().invoke(app, [str(word) for word in words])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


@pytest.fixture
def graph(run: Run, write: Write, tmp_path: Path) -> Path:
    """HPO and two releases of its annotations, loaded one after the other."""
    path = tmp_path / "commands" / "graph"
    run("add", "hpo", "--from", write("hp.json", HPO), "--store", path)
    for diseases in (("OMIM:1", "OMIM:2"), ("OMIM:1", "OMIM:3")):
        rows = "\n".join(hpoa_row(disease) for disease in diseases)
        run("add", "hpoa", "--from", write("p.hpoa", rows), "--store", path)
    return path


def test_history_tells_the_newest_load_first(run: Run, graph: Path) -> None:
    loads = json.loads(run("history", "--store", graph, "--json").stdout)
    assert [load["source"] for load in loads] == ["hpoa", "hpoa", "hpo"]
    assert (loads[0]["num_edges_added"], loads[0]["num_edges_removed"]) == (1, 1)
    shown = run("history", "--store", graph).stdout
    assert "+1 -1 ~0" in shown
    assert "2023-01-27" in shown


def test_list_tells_what_is_loaded(run: Run, graph: Path) -> None:
    lines = run("list", "--store", graph, "--json").stdout.splitlines()
    held = {entry["name"]: entry for entry in map(json.loads, lines)}
    assert (held["hpoa"]["num_nodes"], held["hpoa"]["num_edges"]) == (2, 2)
    assert held["hpo"]["release"] == "2023-01-27"
    assert held["mondo"]["num_edges"] == 0


def test_diff_of_what_is_loaded_is_empty(run: Run, graph: Path, write: Write) -> None:
    rows = "\n".join(hpoa_row(disease) for disease in ("OMIM:3", "OMIM:1"))
    done = run("diff", "hpoa", "--from", write("again.hpoa", rows), "--store", graph)
    assert "nothing would change" in done.stdout + done.stderr


def test_audit_of_a_source_writes_nothing_and_ends_with_3_if_strict(run: Run, write: Write) -> None:
    path = write("cycle.obo", CYCLE)
    before = sorted(path.parent.iterdir())
    done = run("audit", "ontology", "--from", path, "--json")
    assert [(f["level"], f["code"]) for f in json.loads(done.stdout)] == [("error", "is-a-cycle")]
    assert done.exit_code == 0
    assert run("audit", "ontology", "--from", path, "--strict").exit_code == 3
    assert sorted(path.parent.iterdir()) == before


@pytest.mark.parametrize("words", [(), ("hpo", "--store", "x")])
def test_audit_wants_a_source_or_a_store(run: Run, words: tuple[str, ...]) -> None:
    assert run("audit", *words).exit_code == 2


def test_what_is_removed_is_gone_and_can_be_removed_once(run: Run, graph: Path) -> None:
    assert "edges removed" in run("remove", "hpoa", "--store", graph).stderr
    with pytest.raises(SourceError, match="not in this graph"):
        run("remove", "hpoa", "--store", graph)


def test_an_export_that_cannot_be_written_says_so(run: Run, graph: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(SourceError, match="name another folder"):
        run("export", "--store", graph, "--to", tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_an_export_is_two_files(run: Run, graph: Path, tmp_path: Path) -> None:
    done = run("export", "--store", graph, "--to", tmp_path / "out")
    assert [Path(line).name for line in done.stdout.split()] == ["nodes.tsv", "edges.tsv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["edges.tsv", "nodes.tsv"]
