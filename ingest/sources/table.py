"""Any table, CSV or TSV, with a mapping file that says which columns make nodes and edges.

What a mapping may say stands in docs/reference/table-mapping.md; `ingest.mapping` checks it.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from ingest.catalogue import Source
from ingest.files import read_lines, refuse_broken_rows
from ingest.mapping import TableMapping
from ingest.mapping_file import read_mapping
from ingest.model import Item
from ingest.table_rows import TableRows
from kgdx.domain.errors import SourceError

_ENDING = ".mapping.yaml"
_MAX_CELL = 1 << 24


def read(path: Path, source: Source) -> Iterator[Item]:
    """One item for every node and edge that the mapping makes of a row.

    Args:
        path: the mapping file, or the table with `<table>.mapping.yaml` beside it.

    Raises:
        SourceError: if the mapping is wrong, or if the table cannot be read, lacks a column or has rows of
            another width than its header.
    """
    table, mapping = _files(path)
    rows = TableRows(mapping, source)
    for line, row in _rows(table, mapping):
        yield from rows.items(f"{table.name}, line {line}", row)


def _files(path: Path) -> tuple[Path, TableMapping]:
    if path.suffix in (".yaml", ".yml"):
        mapping = read_mapping(path)
        if not mapping.file:
            if not path.name.endswith(_ENDING):
                raise SourceError(str(path), "it does not name its table", "write file: followed by its name")
            return path.with_name(path.name.removesuffix(_ENDING)), mapping
        folder = path.parent.resolve()
        if not (folder / mapping.file).resolve().is_relative_to(folder):
            fact = f"its table {mapping.file!r} is outside its folder"
            raise SourceError(str(path), fact, "put the table beside the mapping")
        if not (path.parent / mapping.file).is_file():
            raise SourceError(str(path), f"its table {mapping.file!r} is not there", "correct file:")
        return path.parent / mapping.file, mapping
    beside = path.with_name(path.name + _ENDING)
    if path.is_file() and not beside.is_file():
        raise SourceError(
            str(path), f"no {beside.name} beside it", "write one: see docs/reference/table-mapping.md"
        )
    return path, read_mapping(beside)


def _rows(path: Path, mapping: TableMapping) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by column, with the number of the line each ends on."""
    csv.field_size_limit(_MAX_CELL)
    delimiter = mapping.delimiter or ("," if ".csv" in path.suffixes else "\t")
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    line, is_head, header = 0, True, mapping.columns
    bad = []

    def lines() -> Iterator[str]:
        nonlocal line, is_head
        for number, text in read_lines(path):
            line = number
            is_head = is_head and bool(mapping.comment) and text.startswith(mapping.comment)
            if not is_head:
                yield f"{text}\n"

    try:
        for cells in csv.reader(lines(), delimiter=delimiter, quoting=quoting, strict=True):
            if not header:
                header = tuple(cells)
                _check(path, line, header, mapping.columns_read())
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                bad.append((line, len(cells)))
    except csv.Error as error:
        raise SourceError(f"{path}, line {line}", str(error), "correct the row") from error
    if not header:
        raise SourceError(str(path), "no header in it", "give a table with a header, or name its columns")
    refuse_broken_rows(path, bad, len(header))


def _check(path: Path, line: int, header: Sequence[str], columns: Sequence[str]) -> None:
    for column in columns:
        if header.count(column) != 1:
            fact = f"{'two columns' if column in header else 'no column'} {column!r}"
            raise SourceError(f"{path}, line {line}", fact, "correct the header or the mapping")
