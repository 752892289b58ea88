"""`kgdx diagnose` of many cases: an answer or an error for each, in order, and nothing ends the rest."""

import io
import json
import stat
import sys
from pathlib import Path

import pytest

from kgdx.engine import Engine
from kgdx.schemas import ReportOut
from tests.cli.test_cli import Kgdx, assert_told, kgdx, opened

__all__ = ["kgdx", "opened"]

LINES = '{"id": "a", "findings": ["HP:0001945"]}\nnonsense\n{"id": "=c", "findings": ["HP:0012735"]}\n'


def rows(path: Path) -> list[dict[str, str]]:
    head, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files: a good case, one that is none, and JSON Lines with a bad one among them."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.json").write_text('{"id": "g", "findings": ["HP:0001945"]}')
    (tmp_path / "in" / "bad.json").write_text('{"id": "b", "findings": 3}')
    (tmp_path / "in" / "lines.jsonl").write_text(LINES)
    return tmp_path / "in"


def test_a_folder_gives_a_report_a_case_and_a_summary(
    kgdx: Kgdx, opened: Engine, folder: Path, tmp_path: Path
) -> None:
    said = kgdx("diagnose", folder, "--out", tmp_path / "out")
    assert said.code == 3, "some failed"
    assert said.out == f"{tmp_path / 'out' / 'summary.tsv'}\n"
    assert "5 cases: " in said.err
    assert "2 failed" in said.err
    found = rows(tmp_path / "out" / "summary.tsv")
    assert [(row["case_id"], row["state"] == "failed", row["report"]) for row in found] == [
        ("b", True, ""),
        ("g", False, "good.json"),
        ("a", False, "lines-1.json"),
        ("", True, ""),
        ("'=c", False, "lines-3.json"),
    ]
    assert "findings should be a valid list" in found[0]["error"]
    assert all(row["disease"] for row in found if row["report"])
    for path in (tmp_path / "out").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ReportOut.from_file(tmp_path / "out" / "good.json").case_id == "g"


@pytest.mark.parametrize("is_piped", [True, False])
def test_json_lines_in_and_out(
    kgdx: Kgdx, opened: Engine, folder: Path, is_piped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES.encode())))
    said = kgdx("diagnose", "-" if is_piped else folder / "lines.jsonl")
    assert said.code == 3
    first, bad, last = map(json.loads, said.out.splitlines())
    assert (first["case_id"], bad["case_id"], last["case_id"]) == ("a", "", "=c")
    assert bad["error"].keys() == {"where", "fact", "remedy"}
    assert "line 2" in bad["source"]
    assert first["differential"][0]["probability"] > 0


def test_one_case_on_standard_input_is_as_a_file(
    kgdx: Kgdx, opened: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "x", "findings": ["HP:0001945"]}'))
    )
    said = kgdx("diagnose", "-", "--json")
    assert said.code == 0
    assert json.loads(said.out)["case_id"] == "x"


def test_several_files_of_one_name_do_not_overwrite_each_other(
    kgdx: Kgdx, opened: Engine, tmp_path: Path
) -> None:
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "case.json")
        files[-1].write_text(json.dumps({"id": name, "findings": ["HP:0001945"]}))
    assert kgdx("diagnose", *files, "--out", tmp_path / "out").code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"case.json", "case~2.json", "summary.tsv"}


def test_what_only_one_case_can_have_is_told(
    kgdx: Kgdx, opened: Engine, folder: Path, tmp_path: Path
) -> None:
    assert_told(kgdx("diagnose", folder, "--html", tmp_path / "a.html"), 3, "a page shows one case")
    assert_told(kgdx("diagnose", "--finding", "HP:0001945", "--out", tmp_path / "o"), 3, "--out")
    (tmp_path / "file").touch()
    said = kgdx("diagnose", folder, "--out", tmp_path / "file")
    assert (said.code, "Traceback" in said.err) == (3, False)


def test_flags_say_all_that_a_case_can(kgdx: Kgdx, opened: Engine) -> None:
    words = ["--finding", "HP:0001945", "--excluded", "HP:0012735", "--elicited", "HP:0012735"]
    words += ["--sex", "female", "--age", 40, "--onset", 39.5, "--excluded-disease", "MONDO:0005249"]
    said = kgdx("diagnose", *words, "--json")
    assert said.code == 0
    report = json.loads(said.out)
    asked = {item["curie"]: item["origin"]["is_elicited"] for item in report["evidence"]}
    assert asked == {"HP:0001945": False, "HP:0012735": True}
    assert report["query_context"]["patient"] == {"sex": "female", "age_years": 40.0, "onset_years": 39.5}
    assert report["query_context"]["excluded_diseases"] == ["MONDO:0005249"]


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["--elicited", "HP:0012735"], "is not among the codes"),
        (["--sex", "neither"], "sex"),
        (["--age", -1], "age_years"),
        (["--age", "nan"], "age_years"),
        (["--age", 3, "--onset", 10], "onset_years"),
    ],
)
def test_flags_that_cannot_be_are_told(kgdx: Kgdx, opened: Engine, words: list[object], fact: str) -> None:
    assert_told(kgdx("diagnose", "--finding", "HP:0001945", *words), 3, fact)


def test_debug_logs_steps_and_nothing_of_the_case(kgdx: Kgdx, opened: Engine) -> None:
    text = "Zylphe has pleural effusion."
    said = kgdx("--debug", "diagnose", "--text", text, "--finding", "HP:0001945", "--json")
    assert said.code == 0
    assert "kgdx.engine answered in" in said.err
    logged = [line for line in said.err.splitlines() if " kgdx." in line]
    assert len(logged) >= 2
    assert not any(word in line for line in logged for word in ("Zylphe", "effusion", "HP:0001945"))
    assert "kgdx.engine" not in kgdx("diagnose", "--finding", "HP:0001945", "--json").err
