"""Every Cure drug list: drugs with the names under which they are sold."""

from collections.abc import Iterator
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.identifiers import identify, kind_of, reason_against
from ingest.model import Item, Rejected, Row
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Node

_COLUMNS = ("curie", "curie_label", "source_ingredients")


def read(path: Path, source: Source) -> Iterator[Item]:  # noqa: ARG001 -- every reader is called alike
    """One drug a row.

    Raises:
        SourceError: if the file cannot be read or lacks a column.
    """
    for line, row in read_table(path, _COLUMNS, delimiter=","):
        where = f"{path.name}, line {line}"
        try:
            curie = identify(row["curie"])
        except CurieError:
            yield Rejected(where, reason_against(row["curie"]), row["curie"])
            continue
        if kind_of(curie, "Drug") != "Drug":
            yield Rejected(where, f"{prefix_of(curie)} identifier, not of a drug", curie)
            continue
        name = row["curie_label"].strip()
        names = {text.strip() for text in row["source_ingredients"].split("|")}
        yield Row(where, Node(curie, "Drug", name, tuple(sorted(names - {"", name}))))
