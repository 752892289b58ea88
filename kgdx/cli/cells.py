"""Cells of tables that people open in a spreadsheet or print on a terminal."""

from collections.abc import Iterable

from kgdx.domain.printable import printable

# What a spreadsheet takes for a formula, if a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """A text that no spreadsheet computes; a number stays one."""
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def tsv_line(cells: Iterable[object]) -> str:
    """One line of a tab-separated table."""
    texts = (" ".join(printable(str(cell)).split()) for cell in cells)
    return "\t".join(map(guarded, texts)) + "\n"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
