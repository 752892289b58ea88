"""Every Cure drug list: drugs with the names under which they are sold, and their other identifiers."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.identifiers import identify, kind_of, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node

_COLUMNS = ("curie", "curie_label", "source_ingredients")
_OTHERS = "alternate_ids"
_INGREDIENTS = "combination_therapy_ingredients_curies"
# What chemistry adds to the name by which doctors know an organic drug: its charge, the acid of its salt.
_ADDED = re.compile(
    r"(\(\d*[+-]\)| (hydrochloride|hydrobromide|maleate|mesylate|besylate|tartrate|xinafoate))+$",
    re.IGNORECASE,
)
# Vocabularies of substances. RxNorm and UMLS name forms and packages of a drug, too.
_SUBSTANCES = {
    "CHEBI",
    "CHEMBL.COMPOUND",
    "DRUGBANK",
    "DrugCentral",
    "GTOPDB",
    "HMDB",
    "INCHIKEY",
    "MESH",
    "PUBCHEM.COMPOUND",
    "UNII",
}


def read(path: Path, source: Source) -> Iterator[Item]:
    """One drug a row, `exact_match` to each identifier of the same substance, and `part_of` from ingredients.

    The list found the ingredients by their names, and some are wrong: they are kept, for an allergy to an
    ingredient that goes unnoticed is the worse error.

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
        label = row["curie_label"].strip()
        name = _ADDED.sub("", label)
        names = {label, *(text.strip() for text in row["source_ingredients"].split("|"))}
        drug = Node(curie, "Drug", name, tuple(sorted(names - {"", name})))
        yield Row(where, drug)
        yield from _matches(where, drug, row, source)
        yield from _ingredients(where, drug, row, source)


def _ingredients(where: str, drug: Node, row: Mapping[str, str], source: Source) -> Iterator[Item]:
    """What a combination consists of: `CHEBI:39585~Carbidopa|CHEBI:15765~Levodopa`."""
    for listed in dict.fromkeys(row.get(_INGREDIENTS, "").split("|")):
        text, _, name = listed.strip().partition("~")
        if not text:
            continue
        try:
            part = Node(identify(text), "Drug", name.strip())
        except CurieError:
            yield Rejected(where, f"{reason_against(text)} in {_INGREDIENTS!r}", listed)
            continue
        if kind_of(part.curie, "Drug") != "Drug":
            yield Rejected(where, f"{prefix_of(part.curie)} identifier, not of a drug", part.curie)
        elif part.curie == drug.curie:
            yield Skipped("a drug as its own ingredient")
        else:
            yield Row(where, Edge(part.curie, "part_of", drug.curie, source.provenance("")), (part, drug))


def _matches(where: str, drug: Node, row: Mapping[str, str], source: Source) -> Iterator[Item]:
    text = row.get(_OTHERS, "").strip()
    if not text:
        return
    if "]|" in text:
        yield Skipped("identifiers of several ingredients")
        return
    try:
        listed = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        listed = None
    if not isinstance(listed, list) or not all(isinstance(other, str) for other in listed):
        yield Rejected(where, f"{_OTHERS} is no list", text[:80])
        return
    for other in listed:
        if prefix_of(other) not in _SUBSTANCES:
            yield Skipped("an identifier of a form, a package or another vocabulary")
            continue
        try:
            match = Node(identify(other), "Drug")
        except CurieError:
            yield Rejected(where, reason_against(other), other)
            continue
        if match.curie == drug.curie:
            yield Skipped("the drug's own identifier")
        else:
            yield Row(
                where, Edge(drug.curie, "exact_match", match.curie, source.provenance("")), (drug, match)
            )
