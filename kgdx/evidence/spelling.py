"""One spelling for a word: British as American, plural as singular, accents and case gone.

The same is done to the vocabulary and to the text, so a rule that bends a word too far does no harm
unless it makes two words one.
"""

import re
import unicodedata
from functools import lru_cache

_MIN_INFLECTED = 4

_PLURALS = (
    (re.compile(r"itides$"), "itis"),
    (re.compile(r"omata$"), "oma"),
    (re.compile(r"thoraces$"), "thorax"),
    (re.compile(r"(?<=[^aeiou])ies$"), "y"),
    (re.compile(r"(?<=.)(ss|sh|ch|x)es$"), r"\1"),
    (re.compile(r"(?<=...)(o|st[ae]|ct[ae])ses$"), r"\1sis"),
    (re.compile(r"(?<=...)ae$"), "a"),
    (re.compile(r"(?<=...[^aeiou])i$"), "us"),
    (re.compile(r"(?<=[^sui])s$"), ""),
)
_BRITISH = (
    (re.compile(r"[ao]e"), "e"),
    (re.compile(r"our(?=(ed|ing|ation|less)?$)"), "or"),
    (re.compile(r"is(?=(e|ed|ing|ation)$)"), "iz"),
    (re.compile(r"ys(?=(e|ed|ing)$)"), "yz"),
    (re.compile(r"(?<=[tb])re$"), "er"),
    (re.compile(r"^sulph"), "sulf"),
    (re.compile(r"^grey"), "gray"),
)


_IRREGULAR_PLURALS = {"feet": "foot", "teeth": "tooth", "testes": "testis"}


# One stem for the noun, the adjective and the participle of a word; the first ending that fits is cut.
_ENDINGS = (
    ("tation", "t"), ("ication", ""), ("ified", "if"), ("ied", "i"), ("ations", "at"), ("osity", ""),
    ("ement", ""), ("ment", ""), ("ence", "en"), ("ency", "en"), ("ent", "en"), ("ing", ""), ("ion", ""),
    ("ous", ""), ("ed", ""), ("y", "i"), ("e", ""),
)  # fmt: skip
_LEAST_STEM = 4
# Forms that no ending tells.
_IRREGULAR = {
    "hemidiaphragm": "diaphragm", "diaphragmatic": "diaphragm", "wide": "widen", "swollen": "swell",
    "reduction": "reduc", "distention": "distend", "distension": "distend", "thick": "thicken",
    "flat": "flatten", "pulmonary": "lung", "tumour": "tumor", "lymphadenopathy": "adenopathi",
    "collapse": "collaps", "painful": "pain", "tender": "tenderness",
}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a folded word: "elevated" and "elevation" have one."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, left in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(left) >= _LEAST_STEM:
            return word[: -len(ending)] + left
    return word


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """The form under which a word is looked up; short words and numbers keep theirs but for case."""
    plain = word if word.isascii() else _without_accents(word)
    folded = plain.lower()
    if folded in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[folded]
    if len(folded) < _MIN_INFLECTED or not folded.isalpha():
        return folded
    for pattern, replacement in _PLURALS:
        folded, count = pattern.subn(replacement, folded)
        if count:
            break
    for pattern, replacement in _BRITISH:
        folded = pattern.sub(replacement, folded)
    return folded


def _without_accents(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
