"""Human Disease Ontology: terms, hierarchy, and cross-references, which mean nearly the same."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import find_file, find_files, read_table
from ingest.identifiers import identify, kind_of, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node

_TERMS, _XREFS = "HumanDO.tsv", "allXREFinDO.tsv"
# How the ontology spells the vocabularies that others spell otherwise.
_SPELLINGS = {"UMLS_CUI": "UMLS", "NCI": "NCIT"}


def read(path: Path, source: Source) -> Iterator[Item]:
    """Diseases, `subclass_of` (by the parent's label, as the table has it) and `close_match`.

    Args:
        path: folder with `HumanDO.tsv` and, if there, `allXREFinDO.tsv`.

    Raises:
        SourceError: if there is no table of terms, or a file cannot be read.
    """
    terms = find_file(path, _TERMS)
    columns = ("id", "label", "subClassOf")
    by_label = {}
    for line, row in read_table(terms, columns):
        cells = _unquoted(row)
        where = f"{terms.name}, line {line}"
        by_label[cells["label"]] = cells["id"]
        yield _term(where, cells)
    for line, row in read_table(terms, columns):
        yield _parent(f"{terms.name}, line {line}", _unquoted(row), by_label, source)
    for file in find_files(path, _XREFS)[:1]:
        for line, row in read_table(file, ("id", "label", "xref")):
            yield _match(f"{file.name}, line {line}", _unquoted(row), source)


def _term(where: str, row: Mapping[str, str]) -> Item:
    try:
        curie = identify(row["id"])
    except CurieError:
        return Rejected(where, reason_against(row["id"]), row["id"])
    return Row(where, Node(curie, "Disease", row["label"], is_obsolete=row["label"].startswith("obsolete ")))


def _parent(where: str, row: Mapping[str, str], by_label: Mapping[str, str], source: Source) -> Item:
    label = row["subClassOf"]
    if not label:
        return Skipped("a term without a parent")
    if label not in by_label:
        return Rejected(where, "a parent that is no term", label)
    try:
        ends = identify(row["id"]), identify(by_label[label])
    except CurieError:
        return Rejected(where, "a parent or child with a malformed identifier", row["id"])
    return Row(where, Edge(ends[0], "subclass_of", ends[1], source.provenance("")))


def _match(where: str, row: Mapping[str, str], source: Source) -> Item:
    prefix, _, local = row["xref"].partition(":")
    prefix = "SCTID" if prefix.startswith("SNOMEDCT_US") else _SPELLINGS.get(prefix, prefix)
    text = row["id"]
    try:
        disease = identify(text)
        text = f"{prefix}:{local}"
        match = identify(text)
    except CurieError:
        return Rejected(where, reason_against(text), row["xref"])
    ends = Node(disease, "Disease", row["label"]), Node(match, kind_of(match, "Disease"))
    return Row(where, Edge(disease, "close_match", match, source.provenance("")), ends)


def _unquoted(row: Mapping[str, str]) -> dict[str, str]:
    return {name: cell.strip().strip('"').strip() for name, cell in row.items()}
