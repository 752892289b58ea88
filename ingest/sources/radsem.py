"""Radiology semantic rows: which imaging finding is seen in which pathology, known by name alone.

The rows cite nobody, so they are no assertions of knowledge: good to fill gaps, never a reference.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest.catalogue import Source
from ingest.files import find_files, read_json
from ingest.identifiers import mint
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node

_FINDINGS, _GROUPS, _SIGNS = "imaging_findings.json", "differential_groups.json", "imaging_signs.json"
# Punctuation does not count in an identifier, and "> 10 HU" is not "< 10 HU".
_IN_WORDS = str.maketrans(
    {">": " over ", "<": " under ", "≥": " from ", "≤": " to ", "↑": " raised ", "↓": " lowered "}
)


def read(path: Path, source: Source) -> Iterator[Item]:
    """`has_phenotype` from each pathology to each finding, presentation or sign it is listed with.

    Where a row is in its file is told by its number, from 1, since JSON of this shape has no lines.

    Args:
        path: folder with one or more of the three files.

    Raises:
        SourceError: if there is none of them, or one cannot be read.
    """
    found = {name: files[0] for name in (_FINDINGS, _GROUPS, _SIGNS) if (files := find_files(path, name))}
    if not found:
        raise SourceError(str(path), f"no {_FINDINGS} in it", "name the folder of the radiology dictionary")
    for name, file in found.items():
        rows = read_json(file, dict).values() if name == _SIGNS else read_json(file, list)
        for number, row in enumerate(rows, 1):
            where = f"{file.name}, row {number}"
            if not isinstance(row, dict):
                yield Rejected(where, "not an object", str(row)[:80])
            elif name == _FINDINGS:
                yield _statement(where, row.get("pathology_name"), row, "name", source)
            elif name == _GROUPS:
                yield from _each(where, row, "differentials", "presentation", source)
            else:
                yield from _each(where, row, "differential", "name", source)


def _each(where: str, row: Mapping[str, Any], diseases: str, name: str, source: Source) -> Iterator[Item]:
    listed = row.get(diseases, [])
    if not isinstance(listed, list):
        yield Rejected(where, "not a list", str(listed)[:80])
        return
    if not listed:
        yield Skipped("no differential")
    for disease in listed:
        # Where a group tells how likely each disease is, they are objects.
        named = disease.get("name") if isinstance(disease, dict) else disease
        yield _statement(where, named, row, name, source)


def _statement(where: str, disease: Any, row: Mapping[str, Any], name: str, source: Source) -> Item:
    finding, modality = row.get(name), row.get("modality", [])
    if not isinstance(disease, str) or not isinstance(finding, str):
        return Rejected(where, "no name", str(row)[:80])
    modalities = [modality] if isinstance(modality, str) else modality
    if not isinstance(modalities, list) or not all(isinstance(text, str) for text in modalities):
        return Rejected(where, "not a modality", str(modality)[:80])
    try:
        head, tail = _term("Disease", "d", disease), _term("ImagingFinding", "f", finding)
    except CurieError:
        return Rejected(where, "no name", f"{disease} {finding}"[:80])
    seen_on = ", ".join(filter(None, (text.strip() for text in modalities)))
    words = f"seen on {seen_on}" if seen_on else ""
    edge = Edge(head.curie, "has_phenotype", tail.curie, source.provenance(""), original_predicate=words)
    return Row(where, edge, (head, tail))


def _term(kind: str, letter: str, name: str) -> Node:
    """A disease or a finding; the letter keeps one apart from the other."""
    if not name.strip():
        raise CurieError("term", "no name", "write one")
    return Node(mint("RADSEM", f"{letter}-{name.strip().translate(_IN_WORDS)}"), kind, name.strip())
