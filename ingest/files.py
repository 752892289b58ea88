"""Files of a source, plain or gzipped, with every way of being broken told in one sentence."""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

from kgdx.domain.errors import SourceError

_AGAIN = "download it again"
_GZIP_MAGIC = b"\x1f\x8b"
# Texts of this field are zipped to a tenth; a hundredth is suspicious.
_LEAST_UNZIPPED, _MOST_RATIO = 1 << 27, 100
_STAGE = 1 << 26
_MAX_FIELD = 1 << 24
_MAX_TOLD = 5
# What JSON lets pass and Python does not: a surrogate without its other half, a number of over 4,300 digits.
_NO_VALUE = re.compile(
    r"(?<!\\)\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|[c-fC-F]..(?<!\\u[dD][89abAB]..\\u....))|\d{4301}"
)
_JSON_NAMES: dict[type, str] = {dict: "object", list: "list"}

Document = TypeVar("Document", dict[str, Any], list[Any])

TableRow = tuple[int, dict[str, str]]
"""Line number, and the cells by column name."""


def read_bytes(path: Path) -> bytes:
    """The whole content, unzipped.

    Raises:
        SourceError: if the file is missing, a folder, empty or a broken gzip file.
    """
    with open_bytes(path) as handle:
        content = handle.read()
    if not content.strip():
        raise SourceError(str(path), "the file is empty", _AGAIN)
    return content


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, from 1, without line ends.

    Raises:
        SourceError: as `read_bytes`, or if a line is not UTF-8.
    """
    number = 0
    with open_bytes(path) as handle:
        for number, raw in enumerate(handle, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                fact = f"byte {raw[error.start]:#04x} is not UTF-8"
                raise SourceError(f"{path}, line {number}", fact, "save the file as UTF-8") from error
            yield number, line.rstrip("\r\n")
    if not number:
        raise SourceError(str(path), "the file is empty", _AGAIN)


def read_json(path: Path, kind: type[Document]) -> Document:
    """A whole JSON file whose outermost value is a list or an object.

    Raises:
        SourceError: as `read_bytes`, or if it is no JSON, with the line, or another value.
    """
    content = read_bytes(path)
    try:
        document = _json(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fact = f"byte {content[error.start]:#04x} is not UTF-8"
        raise SourceError(f"{path}, line {line}", fact, "save the file as UTF-8") from error
    if not isinstance(document, kind):
        raise SourceError(f"{path}, line 1", f"not a JSON {_JSON_NAMES[kind]}", "give the file as published")
    return document


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of every line of a JSON Lines file.

    Raises:
        SourceError: as `read_lines`, or if a line is no JSON object.
    """
    for number, line in read_lines(path):
        if not line.strip():
            continue
        document = _json(path, line, number)
        if not isinstance(document, dict):
            raise SourceError(f"{path}, line {number}", "not a JSON object", "write one object a line")
        yield number, document


def _json(path: Path, text: str, first: int = 1) -> Any:
    """The value of a JSON text that begins on that line of a file."""
    try:
        value = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = f"{path}, line {first + error.lineno - 1}"
        raise SourceError(where, f"not JSON ({error.msg})", _AGAIN) from error
    except RecursionError as error:
        raise SourceError(f"{path}, line {first}", "nested too deeply", _AGAIN) from error
    except ValueError as error:
        fault = _NO_VALUE.search(text)
        line = first + text.count("\n", 0, fault.start() if fault else 0)
        is_half = isinstance(error, UnicodeEncodeError)
        fact = "half a character, such as \\ud800" if is_half else "a number of too many digits"
        raise SourceError(f"{path}, line {line}", fact, _AGAIN) from error
    return value


def find_files(folder: Path, pattern: str) -> list[Path]:
    """Files of a folder that fit a pattern, plain or gzipped, by name."""
    return sorted([*folder.glob(pattern), *folder.glob(f"{pattern}.gz")])


def find_file(path: Path, name: str) -> Path:
    """The file of that name in a folder, plain or gzipped.

    Raises:
        SourceError: if it is not there.
    """
    found = find_files(path, name) if path.is_dir() else []
    if not found:
        raise SourceError(str(path), f"no {name} in it", "name the folder that holds it")
    return found[0]


def read_comments(path: Path) -> list[str]:
    """The `#` lines at the head of a file, without the mark."""
    comments = []
    for _, line in read_lines(path):
        if not line.startswith("#"):
            break
        comments.append(line[1:].strip())
    return comments


def read_table(
    path: Path, columns: Sequence[str], delimiter: str = "\t", may_be_short: bool = False
) -> Iterator[TableRow]:
    """Rows of a table whose header has at least these columns; `#` lines before it are comments.

    Tab-separated files know no quotes; others do, and know no comments.

    Args:
        may_be_short: a row may leave out its last cells; they are empty then.

    Raises:
        SourceError: as `read_lines`; if a column is missing; or, once the end is reached, if rows have
            another number of cells than the header, with their line numbers.
    """
    cells = _cells(path, delimiter)
    _, header = next(cells, (0, []))
    missing = [column for column in columns if column not in header]
    if missing:
        fact = f"no column {', '.join(map(repr, missing))}"
        raise SourceError(str(path), fact, f"give a file whose header has {', '.join(columns)}")
    bad = []
    for line, row in cells:
        if may_be_short and len(row) < len(header):
            row += [""] * (len(header) - len(row))
        if len(row) == len(header):
            yield line, dict(zip(header, row, strict=True))
        else:
            bad.append((line, len(row)))
    refuse_broken_rows(path, bad, len(header))


def refuse_broken_rows(path: Path, bad: Sequence[tuple[int, int]], num_columns: int) -> None:
    """Fail if there are rows of a wrong width, given as (line, number of cells)."""
    if not bad:
        return
    line, width = bad[0]
    others = ", ".join(str(number) for number, _ in bad[1:_MAX_TOLD])
    more = (
        f" (and {len(bad) - 1} more rows: line {others}{', …' if len(bad) > _MAX_TOLD else ''})"
        if others
        else ""
    )
    fact = f"{width} columns instead of {num_columns}{more}"
    raise SourceError(f"{path}, line {line}", fact, f"correct the row or {_AGAIN}; nothing was loaded")


def _cells(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_MAX_FIELD)
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    num_comments = len(read_comments(path)) if delimiter == "\t" else 0
    lines = (line for number, line in read_lines(path) if number > num_comments)
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num + num_comments, row
    except csv.Error as error:
        where = f"{path}, line {reader.line_num + num_comments}"
        raise SourceError(where, str(error), f"correct the row or {_AGAIN}") from error


class _Bounded(gzip.GzipFile):
    """A gzip file of which no more than so many bytes are unzipped.

    Raises:
        SourceError: once there are more.
    """

    def __init__(self, raw: IO[bytes], most: int) -> None:
        super().__init__(fileobj=raw, mode="rb")
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        """As of a file; all that is left is read in stages."""
        if size is not None and size >= 0:
            return self._counted(super().read(size))
        parts = []
        while part := self._counted(super().read(_STAGE)):
            parts.append(part)
        return b"".join(parts)

    def readline(self, size: int | None = -1) -> bytes:
        """As of a file; a line is no longer than a stage."""
        line = super().readline(_STAGE if size is None or size < 0 else size)
        if len(line) == _STAGE and not line.endswith(b"\n"):
            raise _too_much("a line", _STAGE)
        return self._counted(line)

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def _counted(self, part: bytes) -> bytes:
        if self.tell() > self._most:
            raise _too_much("the file", self._most)
        return part


def _too_much(what: str, most: int) -> SourceError:
    return SourceError(what, f"unzips to more than {most >> 20:,} MB", "unzip it, and look what it is")


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The file to read from, unzipped on the way.

    Raises:
        SourceError: also for what goes wrong while it is read.
    """
    if path.is_dir():
        raise SourceError(str(path), "a folder where a file is expected", "name the file itself")
    try:
        with path.open("rb") as raw:
            is_zipped = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if not is_zipped:
                yield raw
                return
            size = path.stat().st_size
            with _Bounded(raw, max(_LEAST_UNZIPPED, size * _MOST_RATIO)) as unzipped:
                # GzipFile reads bytes just as a plain file does; the stubs do not say so.
                yield unzipped  # type: ignore[misc]
    except FileNotFoundError as error:
        raise SourceError(str(path), "no such file", "check the path") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(str(path), "the gzip file is cut off or damaged", _AGAIN) from error
    except OSError as error:
        raise SourceError(
            str(path), error.strerror or str(error), "check the path and its permissions"
        ) from error
