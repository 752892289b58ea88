"""Answers of lists and forms: "Fever: none", "cough (+)", "Chills? Denied.", "- fever, + cough".

The word or sign that answers is replaced by a marker that `context_rules.yaml` has rules for. So `no` of
"Hemoptysis: no" denies what stands before it and nothing else.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from kgdx.evidence import lexicon
from kgdx.evidence.words import Sentence

_SIGNS = {"+": "WITH", "-": "WITHOUT", "–": "WITHOUT", "−": "WITHOUT"}
_BRACKETS = {"(": ")", "[": "]", "（": "）"}
_IN_BRACKETS = {"NO": "ABSENT", "YES": "PRESENT", "UNKNOWN": "DOUBTFUL"}
_COLONS = frozenset({":", "=", "?", "|", "：", "？"})
_DASHES = frozenset({"-", "–", "−"})
_QUESTIONS = frozenset({"?", "？"})
# What may follow an answer. A word that is none of these makes "no" the beginning of a statement.
_CLOSES = frozenset({
    ",", ".", ";", ")", "|", "，", "。", "；", "and", "but", "today", "now", "currently", "reported", "noted",
    "at", "since", "for", "on", "x", "times",
})  # fmt: skip
# Said bare, without a mark between finding and answer: "Pleural effusion absent."
_BARE_CLOSES = frozenset({",", ".", ";", "，", "。", "；", "and", "but"})
_NEVER_BARE = frozenset({"n", "y", "是", "有", "无", "否", "false", "true", "reported", "confirmed"})
_TICKS = frozenset({"x", "✓", "✔", "☑", "☒"})
_BOXES = frozenset({"☐", "☑", "☒"})
_YEAR = re.compile(r"(?:19|20)\d\d$")


@cache
def answer_words() -> dict[str, str]:
    """Word -> the marker of its answer."""
    answers = lexicon.read("context_rules.yaml")["answers"]
    return {str(word): marker for marker, words in answers.items() for word in words}


def marked(sentence: Sentence, forms: list[str], places: Sequence[tuple[int, int]]) -> list[str]:
    """The words of a sentence with markers for answers, signs, questions and years.

    Args:
        sentence: its words, for the gaps between them.
        forms: the same words in lower case, and a full stop after the last.
        places: of the mentions, in words.

    Returns:
        As many words as `forms` has.
    """
    told = list(forms)
    ends, starts = {end for _, end in places}, {start for start, _ in places}
    known = answer_words()
    for i, marker in _ticked(forms, starts):
        told[i] = marker
    is_prefixed = _is_prefixed(forms, starts)
    for i, form in enumerate(forms[:-1]):
        if told[i] != form:
            continue
        if form in _QUESTIONS:
            told[i] = "ASK" if _asks_ahead(sentence, i) else "?"
        elif form in known:
            marker = _answer(forms, i, ends, starts, known[form], is_prefixed)
            told[i] = marker or form
            if marker and forms[i - 1] in _QUESTIONS:  # asked and answered
                told[i - 1] = ":"
        elif len(form) == 4 and _YEAR.match(form):
            told[i] = "YEAR"
    return told


def _ticked(forms: list[str], starts: set[int]) -> Iterator[tuple[int, str]]:
    """Boxes before a finding, as in "[x] cough [ ] fever", with their markers; one left open leaves open."""
    for i, form in enumerate(forms):
        if form in _BOXES and i + 1 in starts:
            yield i, "WITH" if form in _TICKS else "UNTICKED"
        elif form == "[" and forms[i + 1 : i + 2] == ["]"] and i + 2 in starts:
            yield i, "UNTICKED"
        elif form == "[" and forms[i + 2 : i + 3] == ["]"] and forms[i + 1] in _TICKS and i + 3 in starts:
            yield i, "WITH"


def _answer(
    forms: list[str], i: int, ends: set[int], starts: set[int], marker: str, is_prefixed: bool
) -> str:
    """The marker of an answering word, or nothing if it answers nothing here."""
    before, after = forms[i - 1] if i else "", forms[i + 1]
    if _BRACKETS.get(before) == after:
        if is_prefixed or (i - 1 not in ends and i + 2 in starts):
            return {"NO": "WITHOUT", "YES": "WITH"}.get(marker, "")
        return _IN_BRACKETS[marker]
    if forms[i] in _SIGNS and i + 1 in starts and (is_prefixed or i not in ends):
        is_sign = before in {"", ",", ";"} and "+" in forms
        return _SIGNS[forms[i]] if is_sign else ""
    if before in _COLONS or (before in _DASHES and i - 1 in ends):
        return marker if after in _CLOSES or _is_next_heading(forms, i + 1, starts) else ""
    is_bare = i in ends and after in _BARE_CLOSES and forms[i] not in _NEVER_BARE
    return marker if is_bare else ""


def _is_prefixed(forms: list[str], starts: set[int]) -> bool:
    """Whether the signs of a sentence stand before the findings, as in "(-) fever (+) cough"."""
    first = next((i for i, form in enumerate(forms) if form in _SIGNS), None)
    if first is None:
        return False
    ahead = first + 2 if first and forms[first - 1] in _BRACKETS else first + 1
    return ahead in starts and not any(start < first for start in starts)


def _is_next_heading(forms: list[str], i: int, starts: set[int]) -> bool:
    """Whether a finding with an answer of its own begins at word `i`: "Fever: no Cough: yes"."""
    return i in starts and any(form in _COLONS for form in forms[i + 1 : i + 5])


def _asks_ahead(sentence: Sentence, i: int) -> bool:
    """Whether a question mark stands before what it asks: "?pneumonia", "effusion ? pneumonia"."""
    is_last = i + 1 == len(sentence)
    is_glued = i > 0 and sentence[i - 1].end == sentence[i].start
    return not is_last and not is_glued
