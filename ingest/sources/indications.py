"""Every Cure indication list: which drug treats which disease."""

from collections.abc import Iterator
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.model import Item
from ingest.sources.drug_disease import COLUMNS, statement
from kgdx.domain.errors import SourceError

_OPPOSITE = "contraindications"


def read(path: Path, source: Source) -> Iterator[Item]:
    """One `treats` a row.

    Raises:
        SourceError: if the file cannot be read, lacks a column, or is the list of contraindications, which
            has the same columns and more, and whose pairs must never be taken for treatments.
    """
    for line, row in read_table(path, COLUMNS):
        if _OPPOSITE in row:
            fact = f"it has a column {_OPPOSITE!r}, so it lists contraindications"
            raise SourceError(str(path), fact, "load it with kgdx ingest add contraindications")
        yield statement(f"{path.name}, line {line}", row, "treats", source)
