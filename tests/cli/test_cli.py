"""The command line: stdout is data, stderr is talk, and every error of ours is one line and an exit code."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import kgdx as kgdx_package
from ingest.load import load
from kgdx import __version__
from kgdx.cli import main as cli
from kgdx.engine import Engine
from kgdx.release.bundle import Bundle
from kgdx.stores.embedded import EmbeddedStore
from tests.e2e.shipped import shipped_engine
from tests.ingest.tiny import HPO, hpoa_row

HPOA_HEAD = (
    "#description: test\n#version: 2023-01-27\n"
    "database_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\tfrequency\tsex\tmodifier\t"
    "aspect\tbiocuration"
)


class Said(NamedTuple):
    code: int
    out: str
    err: str


Kgdx = Callable[..., Said]


@pytest.fixture
def kgdx(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kgdx:
    """Run a command as the installed script does, in this process."""
    monkeypatch.setenv("COLUMNS", "400")

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["kgdx", *map(str, words)])
        capsys.readouterr()
        code: object = 0
        try:
            cli.run()
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        assert isinstance(code, int)
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The shipped engine, without opening it anew for every command."""
    engine = shipped_engine()
    monkeypatch.setattr(Engine, "open", lambda *_: engine)
    return engine


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store with four terms and one disease."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "hp.json").write_text(HPO)
    (folder / "phenotype.hpoa").write_text(f"{HPOA_HEAD}\n{hpoa_row(frequency='3/4')}\n")
    with EmbeddedStore.open(folder / "graph") as opened:
        load("hpo", folder / "hp.json", opened)
        load("hpoa", folder / "phenotype.hpoa", opened)
    return folder / "graph"


def assert_told(said: Said, code: int, *words: str) -> None:
    """One line on stderr: what was wrong, where, and what to do; no traceback; nothing on stdout."""
    assert said.code == code, said
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if line.strip()]
    assert len(lines) == 1, said.err
    assert lines[0].startswith("error: ")
    assert lines[0].count(": ") >= 2, "what, where and what to do"
    assert "Traceback" not in said.err
    for word in words:
        assert word in lines[0]


# What is loaded when


def python(code: str) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("command", ["--help", "--version", "ingest --help", "query --help"])
def test_help_loads_nothing_heavy(command: str) -> None:
    python(f"""
import sys
from kgdx.cli import main as cli
sys.argv = ["kgdx", *{command.split()!r}]
try:
    cli.run()
except SystemExit as end:
    assert not end.code, end.code
heavy = {{"torch", "pandas", "spacy", "numpy", "pyarrow", "open_clip", "ladybug", "scipy"}} & set(sys.modules)
assert not heavy, heavy
""")


def test_importing_kgdx_loads_no_torch() -> None:
    python("import kgdx, sys; assert 'torch' not in sys.modules and 'numpy' not in sys.modules")


def test_the_names_of_the_package_are_all_there() -> None:
    assert all(hasattr(kgdx_package, name) for name in kgdx_package.__all__)
    assert {"Case", "Engine"} <= set(kgdx_package.__all__)
    assert kgdx_package.Engine is Engine


# Usage


def test_version(kgdx: Kgdx) -> None:
    assert kgdx("--version") == Said(0, f"kgdx {__version__}\n", "")


@pytest.mark.parametrize(
    "words", [["nonsense"], ["diagnose", "--nonsense"], ["build"], ["query", "--limit", 0]]
)
def test_wrong_usage_is_exit_2(kgdx: Kgdx, words: list[object]) -> None:
    said = kgdx(*words)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err


# Cases


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"[1, 2]", "is a JSON list"),
        (b'"flu"', "is a JSON string"),
        (b"{}", "holds no finding"),
        (b'{"findings": [], "report": "  "}', "holds no finding"),
        (b'{"patient": {"name": "x"}}', "is no known field"),
        (b'{"findings": "HP:0001945"}', "findings"),
        (b'{"findings": [{"id": "HP:0001945", "status": "maybe"}]}', "findings[0].status"),
        (b'{"findings": ["HP:0001945"', "line 1, column"),
        (b"\xff\xfe\x00", "UTF-8"),
        (gzip.compress(b"{}", mtime=0), "UTF-8"),
        (b"", "is not JSON"),
    ],
)
def test_a_bad_case_is_told(kgdx: Kgdx, tmp_path: Path, content: bytes, fact: str) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(content)
    assert_told(kgdx("diagnose", path), 3, str(path), fact)


def test_a_case_that_is_not_there_is_told(kgdx: Kgdx, tmp_path: Path) -> None:
    assert_told(kgdx("diagnose", tmp_path / "nowhere.json"), 3, "nowhere.json", "no such file")
    assert_told(kgdx("diagnose", tmp_path), 3, "is a folder")


def test_no_case_at_all_is_told(kgdx: Kgdx) -> None:
    assert_told(kgdx("diagnose"), 3, "holds no finding")


def test_a_file_and_flags_together_are_told(kgdx: Kgdx, root: Path) -> None:
    case = root / "examples" / "cases" / "effusion.json"
    assert_told(kgdx("diagnose", case, "--finding", "HP:0001945"), 3, "together with flags")


def test_a_text_named_as_an_image_is_told(kgdx: Kgdx, opened: Engine, tmp_path: Path) -> None:
    path = tmp_path / "chest.png"
    path.write_text("no image at all")
    assert_told(kgdx("diagnose", "--image", path), 3, "chest.png", "no image")


@pytest.mark.parametrize("make", [None, Path.mkdir, Path.touch])
def test_a_bundle_that_is_none_is_told(
    kgdx: Kgdx, tmp_path: Path, make: Callable[[Path], None] | None
) -> None:
    folder = tmp_path / "bundle"
    if make is not None:
        make(folder)
    said = kgdx("diagnose", "--finding", "HP:0001945", "--bundle", folder)
    assert_told(said, 3, str(folder), "is no bundle", "kgdx build")


# Diagnosis


def test_a_diagnosis_as_json(kgdx: Kgdx, opened: Engine) -> None:
    said = kgdx(
        *("diagnose", "--finding", "HP:0001945", "--finding", "HP:0033771", "--excluded", "HP:0012764"),
        *("--text", "Left pleural effusion.", "--allergy", "kgdx:penicillins", "--json"),
    )
    assert said.code == 0
    report = json.loads(said.out)
    assert report["release"] == opened.release
    given = {(e["curie"], e["polarity"]) for e in report["evidence"]}
    assert given >= {
        ("HP:0001945", "present"),
        ("HP:0012764", "excluded"),
        ("HP:0002202", "present"),
    }
    statuses = {t["status"] for t in report["treatments"]}
    assert {"recommended", "caution", "contraindicated"} <= statuses


def test_medications_are_heard(kgdx: Kgdx, opened: Engine) -> None:
    told = [*("diagnose", "--text", "Fever and consolidation."), *("--medication", "CHEBI:10033"), "--json"]
    report = json.loads(kgdx(*told).out)
    concerns = [concern for t in report["treatments"] for concern in t["concerns"]]
    assert {(c["kind"], c["curie"]) for c in concerns} == {("interaction", "CHEBI:10033")}


def test_unknown_and_obsolete_codes_are_warnings(kgdx: Kgdx, opened: Engine) -> None:
    obsolete = next(iter(opened.snapshot.replaced_by), None)
    codes = ["HP:0001945", "HP:9999999", "nonsense", *([obsolete] if obsolete else [])]
    words = [word for code in codes for word in ("--finding", code)]
    said = kgdx("diagnose", *words, "--condition", "MONDO:9999999", "--json")
    assert said.code == 0
    report = json.loads(said.out)
    assert report["differential"]
    for code in (*codes[1:], "MONDO:9999999"):
        assert any(code in warning["sentence"] for warning in report["warnings"])


def test_a_diagnosis_for_people_and_as_a_page(kgdx: Kgdx, opened: Engine, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    said = kgdx("diagnose", "--text", "Fever and pleural effusion.", "--html", page)
    assert said.code == 0
    assert "not a medical device" in said.out.casefold()
    assert str(page) in said.err
    assert "Pleural effusion" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("tag", "expected"), [("en", "en"), ("zh", "zh"), ("zh-CN", "zh")])
def test_a_page_is_in_the_language_that_was_asked_for(
    kgdx: Kgdx, opened: Engine, tmp_path: Path, tag: str, expected: str
) -> None:
    page = tmp_path / "report.html"
    asked = ("diagnose", "--finding", "HP:0001945", "--what-if", "0", "--html", page, "--language", tag)
    assert kgdx(*asked).code == 0
    text = page.read_text(encoding="utf-8")
    assert f'<html lang="{expected}"' in text
    assert ("诊断" in text) == (expected == "zh")


def test_a_language_without_a_page_is_told(kgdx: Kgdx, opened: Engine, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    said = kgdx("diagnose", "--finding", "HP:0001945", "--html", page, "--language", "fr")
    assert_told(said, 3, "no page in 'fr'", "choose one of en, zh")
    assert not page.exists()


def test_a_page_that_cannot_be_written_is_told(kgdx: Kgdx, opened: Engine, tmp_path: Path) -> None:
    said = kgdx("diagnose", "--finding", "HP:0001945", "--json", "--html", tmp_path / "no" / "report.html")
    assert said.code == 3
    assert "Traceback" not in said.err
    assert "report.html" in said.err


def test_the_demo_goes_the_whole_way(kgdx: Kgdx, opened: Engine, tmp_path: Path) -> None:
    said = kgdx("demo", "--html", tmp_path / "demo.html")
    assert said.code == 0
    assert "Amoxicillin" in said.out
    assert "data:image/" in (tmp_path / "demo.html").read_text(encoding="utf-8")


# Sources


def test_a_truncated_gzip_is_told(kgdx: Kgdx, tmp_path: Path) -> None:
    path = tmp_path / "hp.json.gz"
    path.write_bytes(gzip.compress(HPO.encode())[:-20])
    said = kgdx("ingest", "add", "hpo", "--from", path, "--store", tmp_path / "graph")
    assert_told(said, 3, "hp.json.gz")


def test_a_row_with_a_column_too_few_is_told(kgdx: Kgdx, tmp_path: Path) -> None:
    path = tmp_path / "phenotype.hpoa"
    row = "\t".join(hpoa_row().split("\t")[:9])
    path.write_text(f"{HPOA_HEAD}\n{row}\n")
    said = kgdx("ingest", "add", "hpoa", "--from", path, "--store", tmp_path / "graph")
    assert_told(said, 3, "phenotype.hpoa", "4")


def test_a_source_that_is_not_there_is_told(kgdx: Kgdx, tmp_path: Path) -> None:
    said = kgdx("ingest", "add", "hpo", "--from", tmp_path / "nowhere.json", "--store", tmp_path / "graph")
    assert_told(said, 3, "nowhere.json")
    assert_told(kgdx("ingest", "add", "nonsense", "--store", tmp_path / "other"), 3, "nonsense")
    assert not (tmp_path / "other").exists()


# Queries


def test_the_queries_are_listed(kgdx: Kgdx) -> None:
    said = kgdx("query")
    assert said.code == 0
    assert "findings-of-disease" in said.out
    assert "CURIE of the disease" in said.out


def test_a_named_query_and_cypher_of_ones_own(kgdx: Kgdx, store: Path) -> None:
    named = kgdx("query", "findings-of-disease", "--store", store, "-p", "disease=OMIM:1", "--json")
    assert named.code == 0
    (row,) = json.loads(named.out)
    assert (row["finding"], row["frequency"], row["negated"]) == ("HP:0002202", 0.75, False)
    count = kgdx("query", "MATCH (n) RETURN count(n.curie) AS num", "--store", store, "--json")
    assert json.loads(count.out) == [{"num": 5}]
    table = kgdx("query", "findings-of-disease", "--store", store, "-p", "disease=OMIM:1")
    assert "Pleural effusion" in table.out


def test_rows_beyond_the_limit_are_told(kgdx: Kgdx, store: Path) -> None:
    said = kgdx("query", "MATCH (n) RETURN n.curie AS c", "--store", store, "--json", "--limit", 2)
    assert len(json.loads(said.out)) == 2
    assert "only the first 2 rows" in said.err


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["nonsense"], "there is no query 'nonsense'"),
        (["findings-of-disease"], "-p disease="),
        (["findings-of-disease", "-p", "illness=OMIM:1"], "-p disease="),
        (["findings-of-disease", "-p", "disease"], "is not NAME=VALUE"),
        (["findings-of-disease", "-p", "=OMIM:1"], "is not NAME=VALUE"),
        (["MATCH (n) RETURN"], ""),
        (["MATCH (n) DELETE n"], ""),
        (["MATCH (n) RETURN n.curie = $who"], ""),
    ],
)
def test_a_bad_query_is_told(kgdx: Kgdx, store: Path, words: list[str], fact: str) -> None:
    assert_told(kgdx("query", *words, "--store", store), 3, fact)


def test_a_query_without_a_store_is_told(kgdx: Kgdx) -> None:
    assert_told(kgdx("query", "findings-of-disease"), 3, "--store")


def test_a_store_that_is_not_there_is_exit_4(kgdx: Kgdx, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert_told(kgdx("query", "MATCH (n) RETURN n", "--store", missing), 4, "nowhere", "kgdx ingest add")
    assert_told(kgdx("build", "--store", missing, "--out", tmp_path / "out"), 4, "nowhere")
    assert not (tmp_path / "out").exists()


# Releases


def test_build_writes_a_bundle(kgdx: Kgdx, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = kgdx("build", "--store", store, "--out", out)
    assert said.code == 0
    opened = Bundle.open(out)
    assert said.out == f"{opened.release}\n"
    assert opened.snapshot().num_nodes == 5
    assert "5 nodes" in said.err


def test_build_overwrites_nothing_that_is_no_bundle(kgdx: Kgdx, store: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert_told(kgdx("build", "--store", store, "--out", tmp_path), 3, "is in the way", "--out")
