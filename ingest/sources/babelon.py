"""Translations of an ontology's names (Babelon), as synonyms with a language tag."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.identifiers import identify, kind_of, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Node

_COLUMNS = ("translation_language", "subject_id", "predicate_id", "translation_value", "translation_status")
_NAMES = {"rdfs:label", "oboInOwl:hasExactSynonym"}
_DONE = {"OFFICIAL", "CANDIDATE"}
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def read(path: Path, source: Source) -> Iterator[Item]:  # noqa: ARG001 -- every reader is called alike
    """A synonym such as `胸腔积液@zh` a row, for names that are translated.

    Raises:
        SourceError: if the file cannot be read or lacks a column.
    """
    for line, row in read_table(path, _COLUMNS):
        yield _item(f"{path.name}, line {line}", row)


def _item(where: str, row: Mapping[str, str]) -> Item:
    text, language = row["translation_value"].strip(), row["translation_language"].strip()
    if row["predicate_id"] not in _NAMES:
        return Skipped("not a name")
    if row["translation_status"] not in _DONE or not text:
        return Skipped("not translated")
    if not _TAG.fullmatch(language):
        return Rejected(where, "not a language tag", language)
    try:
        curie = identify(row["subject_id"])
    except CurieError:
        return Rejected(where, reason_against(row["subject_id"]), row["subject_id"])
    kind = kind_of(curie, "")
    if not kind:
        return Rejected(where, "the prefix does not tell the kind", curie)
    return Row(where, Node(curie, kind, synonyms=(f"{text}@{language}",)))
