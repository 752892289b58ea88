"""Reports into a store by the names of their files."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kgdx.cli.explain import store_reports
from kgdx.domain.errors import BackendUnavailableError, BadInputError
from kgdx.report.exports.record import explanation_of
from kgdx.report.exports.saved import remember
from kgdx.schemas import ReportOut
from kgdx.stores.registry import open_store
from tests.reports import LATER, REPORT


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, report in (("one", REPORT), ("two", LATER)):
        text = ReportOut.of(report).model_dump_json()
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    return [tmp_path / "one.json", tmp_path / "two.json"]


def test_reports_are_written_and_their_cases_printed(
    files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "new" / "store")
    store_reports(files, store, label="case-1")
    wanted = [explanation_of(report, "case-1") for report in (REPORT, LATER)]
    printed = capsys.readouterr()
    assert printed.out.split() == [each.case for each in wanted]
    assert printed.err == f"2 written to {store}\n"
    store_reports(files[:1], store, label="case-1")
    assert capsys.readouterr().err == f"0 written to {store}, 1 there already\n"
    with open_store(store, read_only=True) as opened:
        assert [opened.read_explanation(each.case) for each in wanted] == wanted


def test_words_are_written_only_if_asked(files: list[Path], tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    store_reports(files, store, with_text=True)
    with open_store(store, read_only=True) as opened:
        assert opened.read_explanation(explanation_of(REPORT).case) == explanation_of(REPORT, with_text=True)


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        (
            "case.json",
            b'{"findings": ["HP:0001945"]}',
            r"case\.json, report, field schema_version: is not of schema version",
        ),
        ("notes.txt", b"Patient Zylphe", r"notes\.txt, report: invalid JSON"),
        ("binary", b"\xff\xfe\x00", r"binary, report: invalid JSON"),
        ("missing.json", None, r"missing\.json: cannot be read \(No such file"),
    ],
)
def test_what_is_no_report_is_told_and_nothing_is_written(
    files: list[Path], tmp_path: Path, name: str, content: bytes | None, fact: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=fact) as caught:
        store_reports([*files, tmp_path / name], str(tmp_path / "store"))
    assert "Zylphe" not in str(caught.value)
    assert not (tmp_path / "store").exists()


def test_a_store_that_is_not_there_is_told(files: list[Path]) -> None:
    with pytest.raises(BackendUnavailableError, match="no Neo4j server answers"):
        store_reports(files, "neo4j://127.0.0.1:1")


def test_time_is_kept_in_utc(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    with open_store(tmp_path / "store") as store:
        (case,) = remember(store, [REPORT], written=moment).cases
        assert store.read_explanation(case).written == "2026-10-31T23:30:00+00:00"
        assert remember(store, []).cases == ()
