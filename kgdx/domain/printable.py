"""Texts from outside, fit to be printed: without what a terminal obeys, and no longer than a reader reads."""

import unicodedata

_OBEYED = ("Cc", "Cs")
_ORDERS_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """A text whose control characters are written as escapes; line ends and tabs stay."""
    if text.isprintable():
        return text
    return "".join(_escaped(letter) for letter in text)


def cut(text: str, most: int) -> str:
    """A text of at most so many characters: of a longer one both ends."""
    if len(text) <= most:
        return text
    half = (most - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def _escaped(letter: str) -> str:
    if letter in "\n\t" or not (letter in _ORDERS_DIRECTION or unicodedata.category(letter) in _OBEYED):
        return letter
    number = ord(letter)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
