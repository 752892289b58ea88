"""Every Cure contraindication list: in which disease a drug must not be given."""

from collections.abc import Iterator
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.model import Item, Rejected
from ingest.sources.drug_disease import COLUMNS, DISEASE, DRUG, statement

# The list's own check of its first name resolution; where it failed, the final id is often a corrected one.
_RESOLVED, _FIRST = "llm_nameres_correct", "disease id nameres"


def read(path: Path, source: Source) -> Iterator[Item]:
    """One `contraindicated_in` a row, unless the list holds its disease wrongly resolved and did not mend it.

    Rows that it marks as of an allergen or a diagnostic agent are kept: among them are contrast media,
    procaine and eye drops, and leaving out a contraindication is the worse error.

    Raises:
        SourceError: if the file cannot be read or lacks a column.
    """
    for line, row in read_table(path, (*COLUMNS, _RESOLVED, _FIRST)):
        where = f"{path.name}, line {line}"
        if row[_RESOLVED].upper() != "TRUE" and row[DISEASE] == row[_FIRST]:
            yield Rejected(
                where, "name resolution marked wrong by the list itself", f"{row[DRUG]} {row[DISEASE]}"
            )
        else:
            yield statement(where, row, "contraindicated_in", source)
