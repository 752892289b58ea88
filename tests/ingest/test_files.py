"""Files: every way of being broken is one SourceError that says what, where and what to do."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.files import read_bytes, read_comments, read_lines, read_table
from kgdx.domain.errors import SourceError

Write = Callable[[str, str], Path]


def table(path: Path, delimiter: str = "\t") -> list[tuple[int, dict[str, str]]]:
    return list(read_table(path, ("a", "b"), delimiter))


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz"])
def test_a_table_gives_rows_with_line_numbers(write: Write, name: str) -> None:
    path = write(name, '# note\n# version: 3\na\tb\n1\t"2\n\n3\t4\r\n')
    assert table(path) == [(4, {"a": "1", "b": '"2'}), (6, {"a": "3", "b": "4"})]
    assert read_comments(path) == ["note", "version: 3"]


def test_a_csv_knows_quotes_and_a_byte_order_mark(write: Write) -> None:
    path = write("t.csv", '\ufeffa,b\n"1,5","say ""hi"""\n')
    assert table(path, ",") == [(2, {"a": "1,5", "b": 'say "hi"'})]


def test_rows_of_a_wrong_width_are_told_all_at_once(write: Write) -> None:
    path = write("t.tsv", "a\tb\n1\t2\n1\n1\t2\t3\n")
    with pytest.raises(SourceError) as caught:
        table(path)
    assert str(caught.value) == (
        f"{path}, line 3: 1 columns instead of 2 (and 1 more rows: line 4): "
        "correct the row or download it again; nothing was loaded"
    )


def test_a_missing_column_is_named(write: Write) -> None:
    with pytest.raises(SourceError, match="no column 'b': give a file whose header has a, b"):
        table(write("t.tsv", "a\tc\n1\t2\n"))


def test_broken_files_are_source_errors(tmp_path: Path, write: Write) -> None:
    whole = gzip.compress(b"a\tb\n" + b"1\t2\n" * 5000)
    (tmp_path / "cut.gz").write_bytes(whole[:-20])
    (tmp_path / "bad.gz").write_bytes(whole[:10] + b"\xff\xff\xff" + whole[13:])
    (tmp_path / "latin.tsv").write_bytes("a\tb\nü\t1\n".encode("latin-1"))
    write("empty.tsv", "")
    facts = {
        "missing.tsv": "no such file",
        "cut.gz": "the gzip file is cut off or damaged: download it again",
        "bad.gz": "the gzip file is cut off or damaged",
        "latin.tsv": "line 2: byte 0xfc is not UTF-8",
        "empty.tsv": "the file is empty",
        "": "a folder where a file is expected",
    }
    for name, fact in facts.items():
        with pytest.raises(SourceError, match=fact):
            table(tmp_path / name)
        with pytest.raises(SourceError) as caught:
            list(read_lines(tmp_path / name))
        assert caught.value.where.startswith(str(tmp_path / name))
        if "UTF-8" not in fact:
            with pytest.raises(SourceError, match=fact):
                read_bytes(tmp_path / name)


def test_what_unzips_to_too_much_is_refused_in_stages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.files._LEAST_UNZIPPED", 1 << 20)
    monkeypatch.setattr("ingest.files._STAGE", 1 << 16)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\n" * (1 << 23)))
    with pytest.raises(SourceError, match="unzips to more than"):
        read_bytes(path)
    with pytest.raises(SourceError, match="unzips to more than"):
        list(read_lines(path))
    path.write_bytes(gzip.compress(b"x" * (1 << 18)))
    with pytest.raises(SourceError, match="a line: unzips to more than"):
        list(read_lines(path))
    assert len(read_bytes(path)) == 1 << 18
