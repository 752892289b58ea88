"""Imaging finding models: a list of chest findings, and the Gamuts of radiology as JSON Lines."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest.catalogue import Source
from ingest.files import find_files, read_json_lines, read_table
from ingest.identifiers import identify, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node

_CHEST = "cxr_findings.csv"
_COLUMNS = ("id", "name", "parent_id", "synonyms", "oifm_id")
_KINDS = {"finding": "ImagingFinding", "diagnosis": "Disease"}


def read(path: Path, source: Source) -> Iterator[Item]:
    """Findings and diagnoses with synonyms and definitions; of the chest list also hierarchy and matches.

    An entry of the Gamuts stands in the list of every organ system it belongs to, sometimes as a finding in
    one and as a diagnosis in another; it is then of both kinds.
    Several rows of the chest list share one finding model, so that link is a `close_match`.

    Args:
        path: folder with `cxr_findings.csv`, or `gamuts_jsonl/*.jsonl`, or both.

    Raises:
        SourceError: if there is neither, or a file cannot be read.
    """
    chest, gamuts = find_files(path, _CHEST), find_files(path, "gamuts_jsonl/*.jsonl")
    if not chest and not gamuts:
        raise SourceError(str(path), f"neither {_CHEST} nor gamuts_jsonl in it", "name the folder")
    for file in chest[:1]:
        for line, row in read_table(file, _COLUMNS, ",", may_be_short=True):
            yield from _finding(f"{file.name}, line {line}", row, source)
    for file in gamuts:
        for line, document in read_json_lines(file):
            yield _gamut(f"{file.name}, line {line}", document)


def _finding(where: str, row: Mapping[str, str], source: Source) -> Iterator[Item]:
    try:
        curie = identify(f"CXRFINDING:{row['id'].strip()}")
    except CurieError:
        yield Rejected(where, "not an identifier of a finding", row["id"])
        return
    name = row["name"].strip()
    synonyms = {text.strip() for text in row["synonyms"].split(",")} - {"", name}
    yield Row(where, Node(curie, "ImagingFinding", name, tuple(sorted(synonyms))))
    for cell, relation, text in (
        ("parent_id", "subclass_of", f"CXRFINDING:{row['parent_id'].strip()}"),
        ("oifm_id", "close_match", f"OIFM:{row['oifm_id'].strip().removeprefix('OIFM_')}"),
    ):
        if not row[cell].strip():
            yield Skipped(f"no {cell}")
            continue
        try:
            yield Row(where, Edge(curie, relation, identify(text), source.provenance("")))
        except CurieError:
            yield Rejected(where, reason_against(text), row[cell])


def _gamut(where: str, document: Mapping[str, Any]) -> Item:
    texts = [document.get(key) for key in ("gamuts_id", "name", "description", "category")]
    synonyms = document.get("synonyms", [])
    if not isinstance(synonyms, list) or not all(isinstance(text, str) for text in (*texts, *synonyms)):
        return Rejected(where, "not a finding of the Gamuts", str(document)[:80])
    number, name, definition, category = (str(text).strip() for text in texts)
    if category not in _KINDS:
        return Rejected(where, "neither a finding nor a diagnosis", category)
    try:
        curie = identify(f"GAMUTS:{number}")
    except CurieError:
        return Rejected(where, "not an identifier of the Gamuts", number)
    others = {text.strip() for text in synonyms} - {"", name}
    return Row(where, Node(curie, _KINDS[category], name, tuple(sorted(others)), definition))
