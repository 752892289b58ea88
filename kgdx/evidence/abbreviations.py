"""Abbreviations that a text defines itself, as in "deep venous thrombosis (DVT)".

The letters of the short form are looked for backwards in the words before the bracket.

Source: Schwartz and Hearst 2003, Pac Symp Biocomput 8:451.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BRACKET = re.compile(r"\(\s*([^()\n]{2,10}?)\s*[);,]")
_MAX_SHORT_WORDS = 2


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form and where the text says what it stands for: `text[start:end]`."""

    short: str
    start: int
    end: int


def abbreviations(text: str) -> Iterator[Abbreviation]:
    """Every abbreviation that a text defines, in order."""
    for found in _BRACKET.finditer(text):
        short = found[1]
        if not _is_short_form(short):
            continue
        end = len(text[: found.start()].rstrip())
        begin = _window(text, end, min(len(short) + 5, 2 * len(short)))
        start = _long_form(short, text, begin, end)
        if start is not None and end - start > len(short):
            yield Abbreviation(short, start, end)


def bracketed(text: str) -> Iterator[Abbreviation]:
    """Every short form in brackets, in order, whatever the words before it; its place is where they end."""
    for found in _BRACKET.finditer(text):
        if _is_short_form(found[1]):
            end = len(text[: found.start()].rstrip())
            yield Abbreviation(found[1], end, end)


def _is_short_form(short: str) -> bool:
    is_coined = any(c.isupper() for c in short) and short[0].isalnum()
    return is_coined and len(short.split()) <= _MAX_SHORT_WORDS


def _window(text: str, end: int, num_words: int) -> int:
    """Where the last words before `end` begin; they do not reach over the end of a sentence or a bracket."""
    cut = max(text.rfind(mark, 0, end) for mark in (". ", "\n", "(", ")", ";", ":")) + 1
    words = list(re.finditer(r"\S+", text[cut:end]))[-num_words:]
    return cut + words[0].start() if words else end


def _long_form(short: str, text: str, begin: int, end: int) -> int | None:
    """Where the long form starts, or None if the letters of the short form are not there in their order."""
    at = end
    for i in range(len(short) - 1, -1, -1):
        letter = short[i].lower()
        if not letter.isalnum():
            continue
        at -= 1
        while at >= begin and (
            text[at].lower() != letter or (i == 0 and at > begin and text[at - 1].isalnum())
        ):
            at -= 1
        if at < begin:
            return None
    return at
