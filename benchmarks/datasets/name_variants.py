"""Names as others write them: misspelt, in another order, British, inflected. Seeded by the name itself."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256

import numpy as np

_BRITISH = (
    (re.compile(r"(?i)\b(an|leuk|isch|hyperglyc|hypoglyc|uric|ur|bacter|septic|polycyth)emi"), r"\1aemi"),
    (re.compile(r"(?i)hem(?=[aoi])"), "haem"),
    (re.compile(r"(?i)\bedema"), "oedema"),
    (re.compile(r"(?i)edema\b"), "oedema"),
    (re.compile(r"(?i)\besoph"), "oesoph"),
    (re.compile(r"(?i)\bfet(?=al|us)"), "foet"),
    (re.compile(r"(?i)tumor\b"), "tumour"),
    (re.compile(r"(?i)\bcolor"), "colour"),
    (re.compile(r"(?i)\bbehavior"), "behaviour"),
    (re.compile(r"(?i)\bfiber\b"), "fibre"),
    (re.compile(r"(?i)ized\b"), "ised"),
    (re.compile(r"(?i)ization\b"), "isation"),
    (re.compile(r"(?i)\bdiarrhea"), "diarrhoea"),
    (re.compile(r"(?i)\b(orthop|p)edi"), r"\1aedi"),
    (re.compile(r"(?i)\bcesarean"), "caesarean"),
)


def misspelt(name: str) -> str:
    """One letter of the longest word lost, doubled, replaced by the next of the alphabet, or swapped."""
    rng = _rng(name)
    word = max(name.split(), key=len)
    if len(word) < 5:
        return name
    at, harm = int(rng.integers(1, len(word) - 2)), int(rng.integers(4))
    bent = {
        0: word[:at] + word[at + 1 :],
        1: word[:at] + word[at] + word[at:],
        2: word[:at] + chr((ord(word[at].lower()) - 96) % 26 + 97) + word[at + 1 :],
        3: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }[harm]
    return name.replace(word, bent, 1)


def reordered(name: str) -> str:
    """The words turned about: `thickening of skin` for `skin thickening`, else the last word first."""
    words = name.split()
    if len(words) == 2:
        return f"{words[1]} of {words[0]}"
    return " ".join((*words[-1:], *words[:-1]))


def british(name: str) -> str:
    """In British spelling."""
    for pattern, replacement in _BRITISH:
        name = pattern.sub(replacement, name)
    return name


def inflected(name: str) -> str:
    """The last word in the plural, or in the singular if it has a plural's s."""
    if re.search(r"(?<=[^suiaey])s$", name):
        return name[:-1]
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    if re.search(r"(s|x|ch|sh)$", name):
        return name[:-2] + "es" if name.endswith("is") else name + "es"
    return name + "s"


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(sha256(name.encode()).digest()[:8], "big"))


HARMS: Mapping[str, Callable[[str], str]] = {
    "typo": misspelt,
    "word_order": reordered,
    "british": british,
    "inflection": inflected,
}
"""How each harm is called in the results; a name that it leaves alone is not counted."""
