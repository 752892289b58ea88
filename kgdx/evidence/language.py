"""Whether a text is in a language that is not read.

A denial in another language would be read as a statement, since the names of diseases are alike: a text that
is neither English nor Chinese gives no evidence. Names of findings, diseases and drugs are Latin in every
language and are left out before the rest is judged.
"""

import re
import unicodedata
from collections.abc import Container
from functools import cache
from typing import Any

from kgdx.evidence import lexicon
from kgdx.evidence.spelling import fold

_WORD = re.compile(r"[^\W\d_]+")
_READ_SCRIPTS = frozenset({"LATIN", "CJK"})
_SCRIPTS = {
    "CYRILLIC": "ru",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "ARABIC": "ar",
    "GREEK": "el",
}
_OTHER = "other"
# Of so many words the detector alone is sure; of fewer, a word of English alone tells.
_MANY_WORDS = 6
# Least probability of English: beside words of another language, for several words, and for a single one.
# Chosen on English radiograph reports, of which none is taken for another language (see the tests).
_LEAST_BESIDE_OTHERS, _LEAST, _LEAST_OF_ONE = 0.5, 0.15, 0.05


def other_language(text: str, names: Container[str]) -> str:
    """The language of a text that is neither English nor Chinese, as an ISO 639-1 code.

    Args:
        names: folded words that name findings, diseases or drugs.

    Returns:
        Empty for English, Chinese and what is too short to tell; `other` for an unknown script.
    """
    written = _WORD.findall(_phrases().sub(" ", text))
    is_shouted = len(written) >= _MANY_WORDS and all(map(str.isupper, written))
    # An abbreviation is of no language.
    words = [word.lower() for word in written if is_shouted or word[1:].islower() or len(word) == 1]
    if script := _script(text):
        return script
    left = list(dict.fromkeys(word for word in words if word in _english() or fold(word) not in names))
    ours = sum(word in _english() for word in words)
    theirs = sum(word in _others() for word in words)
    if not left or (len(left) < _MANY_WORDS and ours > theirs):
        return ""
    least = _LEAST_BESIDE_OTHERS if theirs > ours else _LEAST if len(left) > 1 else _LEAST_OF_ONE
    return _judged(" ".join(left), least)


def _judged(text: str, least: float) -> str:
    found = _detector().compute_language_confidence_values(text)
    codes: dict[str, float] = {each.language.iso_code_639_1.name.lower(): each.value for each in found}
    if codes["en"] + codes.pop("la") >= least:
        return ""
    return max((code for code in codes if code != "en"), key=codes.__getitem__)


def _script(text: str) -> str:
    """The language that a script other than ours stands for, where most letters are of one."""
    counts: dict[str, int] = {}
    for letter in filter(str.isalpha, text):
        script = "LATIN" if letter.isascii() else unicodedata.name(letter, "").split()[0]
        counts[script] = counts.get(script, 0) + 1
    kana = counts.get("HIRAGANA", 0) + counts.get("KATAKANA", 0)
    if kana:
        return "ja"
    strange = {script: count for script, count in counts.items() if script not in _READ_SCRIPTS}
    if 2 * sum(strange.values()) <= sum(counts.values()):
        return ""
    return _SCRIPTS.get(max(strange, key=strange.__getitem__), _OTHER)


@cache
def _english() -> frozenset[str]:
    return frozenset(lexicon.read("languages.yaml")["english"])


@cache
def _others() -> frozenset[str]:
    table = lexicon.read("languages.yaml")
    return frozenset(word for words in table["others"].values() for word in words) - set(table["shared"])


@cache
def _phrases() -> re.Pattern[str]:
    return re.compile("|".join(lexicon.read("languages.yaml")["phrases"]), re.IGNORECASE)


@cache
def _detector() -> Any:
    from lingua import IsoCode639_1, LanguageDetectorBuilder  # its models are read as they are needed

    codes = ("en", "la", *lexicon.read("languages.yaml")["others"])
    named = (getattr(IsoCode639_1, code.upper()) for code in codes)
    return LanguageDetectorBuilder.from_iso_codes_639_1(*named).build()
