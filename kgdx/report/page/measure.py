"""How wide a text will be, estimated, since an SVG neither measures nor wraps its own text."""

import re
import unicodedata

# Shares of an em in DejaVu Sans, the widest of the usual system fonts: in any other the text has room left.
_SHARES = dict.fromkeys("ijlI.,;:'|! ·", 0.32) | dict.fromkeys('ftr()[]{}/\\-"', 0.42)
_SHARES |= dict.fromkeys("mwMW@%—…→←", 0.98)
_WORDS = re.compile(r" ?(?:[^ /–-]+[/–-]*|[/–-]+)")
_LOWER, _UPPER, _FULL = 0.63, 0.72, 1.0


def text_width(text: str, size: float) -> float:
    """Width in pixels of one line in a sans-serif of `size` pixels; rather too wide than too narrow."""
    return size * sum(_share_of_em(letter) for letter in text)


def _share_of_em(letter: str) -> float:
    if letter in _SHARES:
        return _SHARES[letter]
    if unicodedata.east_asian_width(letter) in "WF":
        return _FULL
    return _UPPER if letter.isupper() else _LOWER


def wrap(text: str, size: float, max_width: float, max_lines: int) -> tuple[str, ...]:
    """Break a text into lines at blanks and after hyphens, and elsewhere only where a word is too long.

    What does not fit into `max_lines` ends in an ellipsis; the caller puts the whole into a title.
    """
    lines: list[str] = []
    for word in _WORDS.findall(" ".join(text.split())):
        if lines and text_width(lines[-1] + word, size) <= max_width:
            lines[-1] += word
        else:
            lines.extend(_pieces(word.lstrip(), size, max_width))
    if len(lines) <= max_lines:
        return tuple(lines)
    return (*lines[: max_lines - 1], _shortened(lines[max_lines - 1], size, max_width))


def _pieces(word: str, size: float, max_width: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter, size) > max_width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _shortened(line: str, size: float, max_width: float) -> str:
    while line and text_width(f"{line}…", size) > max_width:
        line = line[:-1]
    return f"{line.rstrip()}…"
