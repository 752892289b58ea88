"""What a table prints is neither obeyed by a terminal nor computed by a spreadsheet."""

import pytest

from kgdx.cli.cells import guarded, tsv_line
from kgdx.cli.rows import to_csv
from kgdx.domain.errors import BadInputError
from kgdx.domain.printable import cut, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 诊断", "plain é 诊断"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\x00b\x9bc", "a\\x00b\\x9bc"),
        ("right\u202eleft", "right\\u202eleft"),
        ("line\n\ttab", "line\n\ttab"),
    ],
)
def test_control_characters_are_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("cell", "kept"), [("=1+1", "'=1+1"), ("+x", "'+x"), ("@a", "'@a"), ("-0.5", "-0.5"), ("a=1", "a=1")]
)
def test_formulas_are_guarded_and_numbers_stay(cell: str, kept: str) -> None:
    assert guarded(cell) == kept
    assert to_csv([{"name": cell}]) == f"name\r\n{kept}\r\n"


def test_a_line_of_a_table_is_one_line() -> None:
    assert tsv_line(["a\tb\nc", 1, "\x1b"]) == "a b c\t1\t\\x1b\n"


def test_errors_are_cut_and_escaped() -> None:
    error = BadInputError("x" * 5000, "holds \x1b[2J", "mend it")
    assert len(str(error)) < 500
    assert "\x1b" not in str(error)
    assert error.where == "x" * 5000
    assert cut("abc", 3) == "abc"
