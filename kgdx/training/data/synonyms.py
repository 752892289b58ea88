"""Names of the same thing, for the text tower."""

import csv
from pathlib import Path

from kgdx.domain.errors import SourceError
from kgdx.domain.language import language_of


def read_synonyms(path: Path) -> list[tuple[str, ...]]:
    """The English names of every node that has at least two, in file order.

    Args:
        path: KGX nodes.tsv with the columns `name` and `synonym` (`|`-separated).

    Raises:
        SourceError: if the file cannot be read, lacks a column, or no node has two names.
    """
    remedy = "give a KGX nodes.tsv with the columns id, name and synonym"
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"cannot be read ({error})", remedy) from error
    groups = []
    for row in rows:
        names = [row.get("name") or "", *(row.get("synonym") or "").split("|")]
        english = [name.strip() for name in names if name.strip() and not language_of(name.strip())]
        distinct = tuple(dict.fromkeys(name.lower() for name in english))
        if len(distinct) > 1:
            groups.append(distinct)
    if not groups:
        raise SourceError(str(path), "no node has a name and a synonym", remedy)
    return groups
