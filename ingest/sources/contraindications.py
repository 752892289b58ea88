"""Every Cure contraindication list: in which disease a drug must not be given."""

from collections.abc import Iterator
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.model import Item, Rejected
from ingest.sources.drug_disease import COLUMNS, DISEASE, DRUG, statement

_RESOLVED = "llm_nameres_correct"
_REASONS = {"is_allergen": "an allergen, not a drug", "is_diagnostic_agent": "a diagnostic agent, not a drug"}


def read(path: Path, source: Source) -> Iterator[Item]:
    """One `contraindicated_in` a row whose disease the list itself holds to be resolved rightly.

    Raises:
        SourceError: if the file cannot be read or lacks a column.
    """
    for line, row in read_table(path, (*COLUMNS, _RESOLVED, *_REASONS)):
        where = f"{path.name}, line {line}"
        reason = next((why for column, why in _REASONS.items() if row[column].upper() == "TRUE"), "")
        if row[_RESOLVED].upper() != "TRUE":
            reason = "name resolution marked wrong by the list itself"
        if reason:
            yield Rejected(where, reason, f"{row[DRUG]} {row[DISEASE]}")
        else:
            yield statement(where, row, "contraindicated_in", source)
