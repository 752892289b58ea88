"""Large tab-separated tables, read in columns: blocks of some megabytes, with exact line numbers."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from ingest.files import open_bytes, refuse_broken_rows
from kgdx.domain.errors import SourceError

_BLOCK_BYTES = 1 << 24

TableBlock = tuple[pa.Array, pa.Table]
"""(n,) int64 line numbers, and n rows of text columns."""


def read_columns(path: Path, columns: Sequence[str]) -> Iterator[TableBlock]:
    """Blocks of a tab-separated table whose header has at least these columns; without quotes.

    `#` lines before the header are comments. Memory does not grow with the file.

    Raises:
        SourceError: if the file cannot be read or a column is missing; or, once the end is reached, if rows
            have another number of cells than the header, with their line numbers.
    """
    header: list[str] = []
    bad: list[tuple[int, int]] = []
    for first, block in _blocks(path):
        text = _decoded(path, first, block)
        while not header and text:
            line, _, text = text.partition("\n")
            first += 1
            if not line.startswith("#"):
                header = line.rstrip("\r").split("\t")
                _require(path, header, columns)
        yield from _parsed(first, text, header, bad)
    if not header:
        raise SourceError(str(path), "the file is empty", "download it again")
    refuse_broken_rows(path, bad, len(header))


def _parsed(first: int, text: str, header: Sequence[str], bad: list[tuple[int, int]]) -> Iterator[TableBlock]:
    if not text.strip():
        return
    if _is_plain(text):
        try:
            table = _by_arrow(text, header)
        except pa.ArrowInvalid:
            pass  # a row of another width: line by line tells which
        else:
            yield pa.array(np.arange(first, first + table.num_rows)), table
            return
    numbered = [(first + i, line.rstrip("\r").split("\t")) for i, line in enumerate(text.split("\n"))]
    sound = [(number, cells) for number, cells in numbered if len(cells) == len(header)]
    bad += [(number, len(cells)) for number, cells in numbered if len(cells) != len(header) and any(cells)]
    if sound:
        turned = zip(*(cells for _, cells in sound), strict=True)
        table = pa.table([pa.array(column, pa.string()) for column in turned], names=list(header))
        yield pa.array([number for number, _ in sound], pa.int64()), table


def _by_arrow(text: str, header: Sequence[str]) -> pa.Table:
    return pa_csv.read_csv(
        pa.py_buffer(text.encode()),
        read_options=pa_csv.ReadOptions(column_names=list(header), use_threads=False, block_size=1 << 30),
        parse_options=pa_csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    )


def _is_plain(text: str) -> bool:
    """Whether every line end is one line feed and no line is empty."""
    return "\r" not in text and "\n\n" not in text and not text.startswith("\n")


def _require(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    if missing := [column for column in columns if column not in header]:
        fact = f"no column {', '.join(map(repr, missing))}"
        raise SourceError(str(path), fact, f"give a file whose header has {', '.join(columns)}")
    if repeated := [column for column in header if header.count(column) > 1]:
        raise SourceError(str(path), f"two columns {repeated[0]!r}", "give each column a name of its own")


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Whole lines, without the last line end, and the number of the first."""
    number, rest = 1, b""
    with open_bytes(path) as handle:
        for chunk in chain(iter(lambda: handle.read(_BLOCK_BYTES), b""), (b"",)):
            whole, end, tail = (rest + chunk).rpartition(b"\n") if chunk else (rest, b"", b"")
            rest = tail
            if end or (not chunk and whole):
                yield number, whole
                number += whole.count(b"\n") + 1


def _decoded(path: Path, first: int, block: bytes) -> str:
    try:
        return block.decode("utf-8-sig" if first == 1 else "utf-8")
    except UnicodeDecodeError as error:
        line = first + block.count(b"\n", 0, error.start)
        fact = f"byte {block[error.start]:#04x} is not UTF-8"
        raise SourceError(f"{path}, line {line}", fact, "save the file as UTF-8") from error
