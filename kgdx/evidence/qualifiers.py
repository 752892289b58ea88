"""How a sentence describes a finding it names: how much, on which side, where, how large.

A describing word right before a finding is the finding's own; any other belongs to the last finding before
it. So "small left effusion and basilar atelectasis" and "a nodule is seen in the right upper lobe" come out
as they are meant.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from kgdx.domain.evidence import Qualifiers
from kgdx.evidence import lexicon
from kgdx.evidence.mentions import Mention
from kgdx.evidence.phrases import PhraseTable
from kgdx.evidence.spelling import fold
from kgdx.evidence.words import Sentence, marks_in_chinese, words_of

_SLOTS = ("severity", "laterality", "anatomy")
_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_UNIT = r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?|毫米|厘米)"
_SIZE = re.compile(
    rf"((?:{_NUMBER}\s?{_UNIT}?\s?[x×*]\s?){{0,2}}{_NUMBER})[\s-]?({_UNIT})(?![a-z])", re.IGNORECASE
)
# "R chest pain"; small letters are no sides.
_SIDE_LETTERS = {"R": "right", "L": "left"}
_PREPOSITIONS = frozenset({"in", "on", "at", "within", "involving", "along", "of"})
_PARTS = frozenset({",", ";", "and", "with", "but"})
_COUPLINGS = frozenset({"and", "or", "to", "及", "和"})
_MM = {"m": 1.0, "c": 10.0, "毫": 1.0, "厘": 10.0}


@dataclass(frozen=True, slots=True)
class _Described:
    """One describing expression: `value` of `slot`, in words `start` to `end` of the sentence."""

    slot: str
    value: str | tuple[float, ...]
    start: int
    end: int


def qualifiers(text: str, sentence: Sentence, mentions: Sequence[Mention]) -> tuple[Qualifiers, ...]:
    """What is said of each mention beyond its name.

    Args:
        text: the whole text that `sentence` counts its offsets in.
        mentions: in order, none overlapping another.

    Returns:
        One value for every mention, in the same order.
    """
    if not mentions:
        return ()
    starts = [word.start for word in sentence]
    places = [(bisect_right(starts, m.start) - 1, bisect_right(starts, m.end - 1)) for m in mentions]
    forms = marks_in_chinese(sentence, [fold(word.text) for word in sentence])
    own: list[list[_Described]] = [[] for _ in mentions]
    forms = [_side_letter(sentence, i) or form for i, form in enumerate(forms)]
    described = [said for said in _words(forms) if not _is_of_organ(forms, said)]
    described += _sizes(text, sentence, starts)
    # "moderate right and small left effusions": what only couples describing words parts nothing.
    coupled = {i for said in described for i in range(said.start, said.end)} | {
        i for i, form in enumerate(forms) if form in _COUPLINGS
    }
    for said in described:
        owner = _owner(forms, places, said, coupled)
        if owner is not None and not _is_in_name(mentions[owner], said):
            own[owner].append(said)
    return tuple(_gathered(items) for items in own)


def _side_letter(sentence: Sentence, i: int) -> str:
    """The side that a capital letter stands for, as in "R chest pain"; not in "L spine" and "B/L"."""
    is_part = i > 0 and sentence[i - 1].text == "/"
    is_spine = i + 1 < len(sentence) and sentence[i + 1].text.lower() in {"spine", "-"}
    return "" if is_part or is_spine else _SIDE_LETTERS.get(sentence[i].text, "")


def _is_of_organ(forms: list[str], said: _Described) -> bool:
    """Whether a side belongs to the name of an organ, as in "left ventricular function"."""
    is_side = said.slot == "laterality" and said.end < len(forms)
    return is_side and forms[said.end] in _organs_with_side()


def _is_in_name(mention: Mention, said: _Described) -> bool:
    """Whether a side is part of the finding's own name: right ventricular dilatation is on no side."""
    name = {fold(word) for word in mention.name.split()}
    return said.slot == "laterality" and said.value in name & {"left", "right"}


def _gathered(items: list[_Described]) -> Qualifiers:
    found: dict[str, list[str | tuple[float, ...]]] = {}
    for item in sorted(items, key=lambda item: item.start):
        found.setdefault(item.slot, []).append(item.value)
    sides = {str(side) for side in found.get("laterality", ())}
    severities = [str(value) for value in found.get("severity", ())]
    sizes = [value for value in found.get("size", ()) if isinstance(value, tuple)]
    return Qualifiers(
        severity=severities[0] if severities else "",
        laterality=("bilateral" if len(sides) > 1 else next(iter(sides), "")),
        anatomy=tuple(dict.fromkeys(str(place) for place in found.get("anatomy", ()))),
        size_mm=sizes[0] if sizes else (),
    )


def _owner(
    forms: list[str], places: list[tuple[int, int]], said: _Described, coupled: set[int]
) -> int | None:
    """Number of the mention that is described."""
    for i, (start, end) in enumerate(places):
        if start <= said.start and said.end <= end:
            return i
    after = next((i for i, (start, _) in enumerate(places) if start >= said.end), None)
    before = max((i for i, (_, end) in enumerate(places) if end <= said.start), default=None)
    is_placed = before is not None and _is_placed(forms, places[before][1], said.start)
    if after is not None and not is_placed:
        between = range(said.end, places[after][0])
        if coupled.issuperset(between) or _joints().isdisjoint(forms[i] for i in between):
            return after
    if before is not None and _walls().isdisjoint(forms[places[before][1] : said.start]):
        return before
    # "In the left lower lobe there is consolidation": nothing stands before it.
    return after if before is None and after is not None and _is_opening(forms[: said.start]) else None


def _is_placed(forms: list[str], begin: int, end: int) -> bool:
    """Whether words `begin` to `end` lead from a finding to where it is: "effusion on the"."""
    between = [form for form in forms[begin:end] if form != "the"]
    return bool(between) and between[-1] in _PREPOSITIONS and _PARTS.isdisjoint(between)


def _is_opening(forms: list[str]) -> bool:
    """Whether a sentence that begins so first says where: "in the", "at the left"."""
    return bool(forms) and forms[0] in {"in", "at", "within", "on", "involving", "over", "overlying"}


def _words(forms: list[str]) -> Iterator[_Described]:
    """Describing words, the longest where several begin at one place; a word may fill two slots."""
    for slot in _SLOTS:
        taken = 0
        for start, end, value in _phrases(slot).find(forms):
            if start >= taken:
                yield _Described(slot, value, start, end)
                taken = end


def _sizes(text: str, sentence: Sentence, starts: list[int]) -> Iterator[_Described]:
    """Measurements in millimetres, as in "1.2 x 3 cm"."""
    for found in _SIZE.finditer(text, sentence[0].start, sentence[-1].end):
        factor = _MM[found[2][0].lower()]
        numbers = tuple(round(float(number) * factor, 3) for number in re.findall(_NUMBER, found[1]))
        start = bisect_right(starts, found.start()) - 1
        yield _Described("size", numbers, start, bisect_right(starts, found.end() - 1))


@cache
def _phrases(slot: str) -> PhraseTable[str]:
    """Folded words -> value."""
    return PhraseTable(
        {
            tuple(fold(word.text) for word in words_of(phrase)): value
            for value, templates in lexicon.read("qualifiers.yaml")[slot].items()
            for template in templates
            for phrase in lexicon.expand(template, {})
        }
    )


@cache
def _joints() -> frozenset[str]:
    return frozenset(lexicon.read("qualifiers.yaml")["joints"])


@cache
def _organs_with_side() -> frozenset[str]:
    return frozenset(fold(word) for word in lexicon.read("qualifiers.yaml")["organs_with_side"])


@cache
def _walls() -> frozenset[str]:
    return frozenset(lexicon.read("qualifiers.yaml")["walls"])
