"""Words and sentences of clinical text, with exact places in the original.

Reports are telegraphic: lists without full stops, `XXXX` where a name was removed, lines broken by a
printer. The rules here keep a negation with what it negates and away from the next statement. Chinese has no
spaces: each of its characters is a word here.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_LETTERS = rf"[^\W_{_HAN}]"
_WORD = re.compile(rf"[{_HAN}]|{_LETTERS}+?(?=n['’]t\b)|n['’]t\b|{_LETTERS}+|[^\w\s]|_")
_INNER_HYPHEN = re.compile(r"(?<=\S)[-‐‑–](?=\S)")
_HAN_STOPS = frozenset("。！？；")
_ABBREVIATIONS = frozenset({
    "approx", "ca", "cf", "dept", "dr", "eg", "esp", "etc", "fig", "ft", "hosp", "ie", "incl", "lt",
    "max", "min", "mr", "mrs", "ms", "no", "nos", "pt", "pts", "resp", "rt", "st", "vs",
})  # fmt: skip
# A line that ends with one of these runs on into the next line.
_OPEN_ENDS = frozenset({
    "a", "an", "and", "any", "are", "as", "at", "by", "for", "from", "has", "have", "in", "into",
    "is", "no", "nor", "not", "of", "on", "or", "over", "that", "the", "to", "was", "were", "which",
    "with", "within", "without", ",", "(", "/", "&", "-",
})  # fmt: skip
# A line that begins with one of these continues the line before.
_OPEN_STARTS = frozenset({"of", "or", "and", "nor", "to", "for", "in", "on", "at", "by", "which", "that"})
_UNITS = frozenset({"cm", "mm", "ml"})
_ITEM_MARKS = frozenset({".", ")"})
# Alone after a colon or a question mark they are the whole answer; what follows is another statement.
_ANSWERS = frozenset({"no", "none", "yes", "nil", "negative", "positive", "denies", "denied", "unknown"})
_BULLETS = frozenset("-–—*•·+>")
# Printed lines shorter than this were broken by the writer, not by the page.
_PAGE_WIDTH = 50
# A line of a form has no longer label.
_MAX_LABEL = 4
# A list that goes on for longer is cut, so that no input takes quadratic time.
_MAX_WORDS = 600


class Word(NamedTuple):
    """A word or a mark: `text[start:end]` of the section it stands in."""

    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether it is made of letters or digits, and is no mark."""
        return self.text[0].isalnum()


Sentence = tuple[Word, ...]


def is_han(word: str) -> bool:
    """Whether a word begins with a Chinese character."""
    return "\u3400" <= word[0] <= "\u9fff" or "\uf900" <= word[0] <= "\ufaff"


def marks_in_chinese(sentence: Sentence, forms: list[str]) -> list[str]:
    """Forms of a sentence with the comma of Chinese for one of English beside a Chinese character."""
    if all(word.text.isascii() for word in sentence):
        return forms
    beside = [is_han(word.text) for word in sentence]
    return [
        "，" if form == "," and (any(beside[max(0, i - 1) : i + 2])) else form for i, form in enumerate(forms)
    ]


def words_of(text: str) -> Sentence:
    """Every word and mark of a text, in order; white space belongs to none."""
    return tuple(Word(m[0], m.start(), m.end()) for m in _WORD.finditer(text))


def sentences(text: str) -> Iterator[Sentence]:
    """Cut a text into statements; no word is lost and none occurs twice."""
    words = words_of(text)
    begin = 0
    for i in range(1, len(words) + 1):
        if i == len(words) or i - begin >= _MAX_WORDS or _is_cut(text, words, begin, i):
            yield words[begin:i]
            begin = i


def _is_cut(text: str, words: Sentence, begin: int, i: int) -> bool:
    """Whether the statement that began at word `begin` ends before word `i`."""
    last, following = words[i - 1], words[i]
    gap = text[last.end : following.start]
    # Most words: what follows cuts only at marks, new lines, numbers and capitals.
    if gap == " " and last.is_name and following.text[0].islower():
        return False
    if last.text in _HAN_STOPS:
        return True
    if _is_next_item(words, begin, i):
        return True
    if "\n" in gap or "\r" in gap:
        return _is_line_cut(text, words, i, gap)
    if _is_heading(words, i):
        return True
    if last.text in "!?":
        return bool(gap) and not _is_answer(words, i)
    if last.text == ";":
        return not any(word.text == ":" for word in words[begin:i])
    return last.text == "." and i >= 2 and _is_full_stop(words, begin, i, bool(gap))


def _is_next_item(words: Sentence, begin: int, i: int) -> bool:
    """Whether word `i` numbers an item of a list: "1.No effusion.2.Consolidation", "1) cough 2) fever"."""
    number = _item_number(words, i)
    if number is None:
        return False
    known = (_item_number(words, k) for k in range(begin, min(begin + 4, i)))
    return number - 1 in known or (number > 1 and words[i - 1].text == "." and words[i - 2].text.isalpha())


def _item_number(words: Sentence, i: int) -> int | None:
    """The number of the item that begins at word `i`; None if none does."""
    if i + 2 >= len(words) or words[i + 1].text not in _ITEM_MARKS or not words[i].text.isdecimal():
        return None
    is_number = len(words[i].text) <= 2 and words[i].end == words[i + 1].start and words[i + 2].is_name
    return int(words[i].text) if is_number and not words[i + 2].text[0].isdigit() else None


def _is_answer(words: Sentence, i: int) -> bool:
    """Whether word `i` is a whole answer, as in "Fever? No."."""
    is_last = i + 1 == len(words) or not words[i + 1].is_name
    return words[i].text.lower() in _ANSWERS and is_last


def _is_full_stop(words: Sentence, begin: int, i: int, has_gap: bool) -> bool:
    before, following = words[i - 2], words[i]
    if is_han(before.text) and is_han(following.text):
        return True
    if not has_gap:
        return (
            len(before.text) > 2
            and before.text.isalpha()
            and following.text.isalpha()
            and len(following.text) > 1
        )
    is_list_number = before.text.isdigit() and i - 2 == begin
    is_initial = len(before.text) == 1 and before.text.isalpha()
    # "no" ends a sentence as well as it abbreviates "number": only a digit tells.
    is_number_sign = before.text.lower() in {"no", "nos"} and not following.text.isdigit()
    is_unit = before.text.lower() in _UNITS and following.text.islower()
    return not (is_list_number or is_initial or is_unit) and (
        before.text.lower() not in _ABBREVIATIONS or is_number_sign
    )


def _is_line_cut(text: str, words: Sentence, i: int, gap: str) -> bool:
    last, following = words[i - 1], words[i]
    if len(re.findall(r"\r\n|\n|\r", gap)) > 1 or following.text in _BULLETS or last.text in ".;!?":
        return True
    if i + 1 < len(words) and following.text.isdigit() and words[i + 1].text in {".", ")"}:
        return True
    if i >= 2 and words[i - 2].text in ":=?" and last.text.lower() in _ANSWERS:
        return True
    if last.text.lower() in _OPEN_ENDS or following.text in _OPEN_STARTS:
        return last.text.lower() == "no" and _is_list_answer(text, words, i)
    line_start = max(text.rfind("\n", 0, last.start), text.rfind("\r", 0, last.start)) + 1
    return last.end - line_start < _PAGE_WIDTH or _is_heading(words, i)


def _is_list_answer(text: str, words: Sentence, i: int) -> bool:
    """Whether the "no" before word `i` answers its line: "Cough<tab>No", and the next line begins anew."""
    line_start = max(text.rfind("\n", 0, words[i - 1].start), text.rfind("\r", 0, words[i - 1].start)) + 1
    line = text[line_start : words[i - 1].start].split()
    is_short = 0 < len(line) <= _MAX_LABEL and line[-1].lower() not in _OPEN_ENDS
    return is_short and words[i].text[0].isupper() and words[i].text.lower() != "evidence"


def _is_heading(words: Sentence, i: int) -> bool:
    """Whether word `i` begins a heading in capitals, as in `IMPRESSION:`."""
    if words[i - 1].text.isupper() or len(words[i].text) < 4:
        return False
    end = i
    while end < min(i + 4, len(words)) and words[end].text.isalpha() and words[end].text.isupper():
        end += 1
    return i < end < len(words) and words[end].text == ":"


def joined(sentence: Sentence) -> Iterator[Word]:
    """The words without the hyphens inside them, so that `low-set` and `low set` are one."""
    for i, word in enumerate(sentence):
        is_inside = (
            0 < i < len(sentence) - 1
            and sentence[i - 1].end == word.start
            and word.end == sentence[i + 1].start
        )
        if not (is_inside and word.text in "-‐‑–"):
            yield word


def joined_forms(text: str) -> list[str]:
    """The texts of `joined(words_of(text))`, faster."""
    return _WORD.findall(_INNER_HYPHEN.sub(" ", text))
