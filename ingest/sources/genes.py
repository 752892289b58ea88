"""Genes and diseases (`genes_to_phenotype`): which gene is behind which disease.

The file has a row for each finding of each disease; what it says of a gene and a disease repeats.
"""

from collections.abc import Iterator
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_lines, refuse_broken_rows
from ingest.identifiers import identify, reason_against
from ingest.model import Item, Rejected, Row
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node

_NUM_COLUMNS = 9


def read(path: Path, source: Source) -> Iterator[Item]:
    """One `gene_associated_with_condition` a row.

    Raises:
        SourceError: if the file cannot be read, has no rows, or rows with other than 9 columns.
    """
    num_rows, bad = 0, []
    for number, line in read_lines(path):
        if not line or line.startswith("#"):
            continue
        num_rows += 1
        cells = line.split("\t")
        if len(cells) == _NUM_COLUMNS:
            yield _item(f"{path.name}, line {number}", cells[0], cells[1], cells[8], source)
        else:
            bad.append((number, len(cells)))
    refuse_broken_rows(path, bad, _NUM_COLUMNS)
    if not num_rows:
        raise SourceError(str(path), "no row in it", "give genes_to_phenotype of an HPO release")


def _item(where: str, number: str, symbol: str, disease: str, source: Source) -> Item:
    text = number
    try:
        if not number.isdecimal():
            return Rejected(where, "not a gene number", number)
        gene = identify(f"NCBIGene:{number}")
        text = disease
        condition = identify(disease)
    except CurieError:
        return Rejected(where, reason_against(text), text)
    edge = Edge(gene, "gene_associated_with_condition", condition, source.provenance(""))
    return Row(where, edge, (Node(gene, "Gene", symbol.strip()),))
