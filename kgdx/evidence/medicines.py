"""Allergies and medications that a text states, with the reaction and how bad it was.

What a treatment must not be given for has to be read from any wording, and what was not understood has to be
told: a list under the heading "Allergies" of which no item is a drug of the graph is such a thing.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from kgdx.evidence import lexicon
from kgdx.evidence.assertion import Setting, default_asserter
from kgdx.evidence.lexicon import Lexicon
from kgdx.evidence.mentions import Mention, Vocabulary
from kgdx.evidence.words import Sentence, sentences
from kgdx.graph.snapshot import Snapshot


class Role(StrEnum):
    """What a drug is to the patient."""

    ALLERGY = "allergy"
    INTOLERANCE = "intolerance"
    MEDICATION = "medication"


@dataclass(frozen=True, slots=True)
class Medicine:
    """A drug or a class that the text says the patient takes, or must not take.

    Attributes:
        start, end: `text[start:end]` names it.
        reaction: as the text has it; empty where it says none.
        is_severe: whether the reaction forbids giving it again; False where the text says none.
    """

    role: Role
    curie: str
    name: str
    start: int
    end: int
    reaction: str = ""
    is_severe: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """What stands where an allergy or a medication should, and is no drug of the graph: `text[start:end]`."""

    role: Role
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Medicines:
    """All that one text says of drugs, in its order."""

    read: tuple[Medicine, ...] = ()
    unread: tuple[Unread, ...] = ()


# A mention is cut out of its sentence and stands as one sign in the patterns.
_SIGN = "\ue000"
_COUPLED = r"(?:\s*(?:,|/|;|&|\band\b|\bor\b)\s*)+"
_DOSE = r"(?:\s\d[^,;.\n\ue000]{0,30}?)?"
_LIST = rf"(?P<drugs>{_SIGN}(?:{_COUPLED}{_SIGN})*)"
_DOSED_LIST = rf"(?P<drugs>{_SIGN}(?:{_DOSE}{_COUPLED}{_SIGN})*)"
# A list ends with its sentence; one that begins on a line of its own, with an empty line or a heading.
_LIST_END = re.compile(r"\.(?=\s|$)|\n[ \t]*\n|\n(?![ \t]*[-*•\d])|$")
_LINES_END = re.compile(r"\n[ \t]*\n|\n[ \t]*[A-Za-z][\w /&-]{2,40}:|$")
_LINE_END = re.compile(r"[ \t]*\n")
_LOOSE = re.compile(r"\b(?:allergic|allerg(?:y|ies)) (?:reactions? )?to\s+(?P<what>[a-z][\w-]{2,30})", re.I)
_ITEM = re.compile(r"[^,;.\n•*，、；。]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FAR = 80


def drug_vocabulary(snapshot: Snapshot) -> Vocabulary:
    """Names of the drugs and drug classes of a graph, with the short forms that reports use."""
    named = Vocabulary.from_snapshot(snapshot, ("Drug",), Lexicon({}, {}, (), frozenset()))
    short = {
        found[0].curie: tuple(forms)
        for name, forms in _tables()["short_forms"].items()
        if (found := named.find(name)) and (found[0].start, found[0].end) == (0, len(name))
    }
    return Vocabulary.from_snapshot(snapshot, ("Drug",), Lexicon(short, {}, (), frozenset()))


def medicines_in(text: str, section: str, vocabulary: Vocabulary) -> Medicines:
    """Read the allergies and medications of one text.

    Args:
        section: its name; a section named `allergies` or `medications` is a list of them.
        vocabulary: of `drug_vocabulary`.
    """
    scopes = _scopes(text, section)
    read = [
        medicine
        for sentence in sentences(text)
        if (mentions := vocabulary.find_in(sentence))
        for medicine in _in_sentence(text, sentence, mentions, scopes)
    ]
    known = [(mention.start, mention.end) for mention in vocabulary.find(text)]
    items = (Unread(scope.role, *item) for scope in scopes for item in _not_understood(text, scope, known))
    loose = (
        Unread(Role.ALLERGY, *found.span())
        for found in _LOOSE.finditer(text)
        if not _overlaps(found.span(), known)
        and _listed_at(found.start(), scopes) is None
        and found["what"].lower() not in _fillers()
        and not _any(_cues("denied_before"), text[max(0, found.start() - _FAR) : found.start()])
    )
    unread = (*items, *loose)
    return Medicines(tuple(read), unread)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A list of allergies or medications: `text[start:end]`."""

    role: Role
    start: int
    end: int


def _scopes(text: str, section: str) -> list[_Scope]:
    named = " ".join(section.lower().replace("_", " ").split())
    found = [
        _Scope(Role(role), 0, len(text)) for role, names in _tables()["sections"].items() if named in names
    ]
    headings = sorted(
        (heading.span(), Role(role))
        for role, pattern in _tables()["headings"].items()
        for heading in re.finditer(pattern, text, re.IGNORECASE)
    )
    following = [start for (start, _), _ in (*headings[1:], ((len(text), 0), ""))]
    for ((_, start), role), last in zip(headings, following, strict=False):
        is_block = _LINE_END.match(text, start) is not None
        end = (_LINES_END if is_block else _LIST_END).search(text, start, last)
        found.append(_Scope(role, start, end.start() if end else last))
    return found


def _in_sentence(
    text: str, sentence: Sentence, mentions: Sequence[Mention], scopes: Sequence[_Scope]
) -> Iterator[Medicine]:
    start, end = sentence[0].start, sentence[-1].end
    signed = _signed(text, start, end, mentions)
    places = [place.start() for place in re.finditer(_SIGN, signed)]
    settings = [said.setting for said in default_asserter().assess(sentence, mentions)]
    allergic, taken = _stated(signed, "allergic"), _stated(signed, "taken")
    for number, (mention, at, setting) in enumerate(zip(mentions, places, settings, strict=True)):
        listed = _listed_at(mention.start, scopes)
        reaction, is_severe, is_allergy = _reaction(signed, at, listed is Role.ALLERGY)
        is_denied = _any(_cues("denied_before"), signed[max(0, at - _FAR) : at]) or _any(
            _cues("denied_after"), signed[at + 1 : at + _FAR]
        )
        if setting is Setting.FAMILY:
            continue
        if (
            number in allergic
            or (reaction and not is_denied)
            or (listed is Role.ALLERGY and number not in taken and not is_denied)
        ):
            role = Role.ALLERGY if is_allergy or not reaction else Role.INTOLERANCE
            yield _medicine(role, mention, reaction, is_severe)
        elif (
            (number in taken or listed is Role.MEDICATION)
            and setting is not Setting.HYPOTHETICAL
            and not _any(_cues("not_taken_before"), signed[max(0, at - _FAR) : at])
            and not _any(_cues("not_taken_after"), signed[at + 1 : at + _FAR])
        ):
            yield _medicine(Role.MEDICATION, mention)


def _medicine(role: Role, mention: Mention, reaction: str = "", is_severe: bool = False) -> Medicine:
    return Medicine(role, mention.curie, mention.name, mention.start, mention.end, reaction, is_severe)


def _signed(text: str, start: int, end: int, mentions: Sequence[Mention]) -> str:
    """A sentence with one sign in the place of each mention."""
    parts = []
    for mention in mentions:
        parts += [text[start : mention.start], _SIGN]
        start = mention.end
    return "".join((*parts, text[start:end]))


def _stated(signed: str, kind: str) -> set[int]:
    """Numbers of the mentions that a cue speaks of and does not deny."""
    found: set[int] = set()
    for cue in _cues(kind):
        for match in cue.finditer(signed):
            before = signed[max(0, match.start() - _FAR) : match.start()]
            after = signed[match.end() : match.end() + _FAR]
            if kind == "allergic" and (
                _any(_cues("denied_before"), before) or _any(_cues("denied_after"), after)
            ):
                continue
            first = signed.count(_SIGN, 0, match.start("drugs"))
            found.update(range(first, first + match["drugs"].count(_SIGN)))
    return found


def _reaction(signed: str, at: int, is_listed: bool) -> tuple[str, bool, bool]:
    """(words of the reaction to the drug at a place, whether it is severe, whether it is an allergy)."""
    for kind in ("severe", "mild", *(("listed", "no_allergy") if is_listed else ("no_allergy",))):
        for following, preceding in _reaction_cues(kind):
            found = following.match(signed, at + 1) or preceding.search(signed[max(0, at - _FAR) : at])
            if found:
                return found["reaction"], kind in {"severe", "listed"}, kind != "no_allergy"
    return "", False, False


@cache
def _reaction_cues(kind: str) -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    """Patterns of a reaction after the drug, as in "penicillin (rash)", and before, as in "rash after"."""
    return [
        (
            re.compile(
                r"\s*(?:[-–—:(→]|->|=|,? ?(?:which )?(?:causes?|caused|gives|gave|leads? to|led to))\s*"
                rf"(?:an? |severe |mild |skin |of )*(?P<reaction>{reaction})(?!\w)",
                re.IGNORECASE,
            ),
            re.compile(
                rf"(?<!\w)(?P<reaction>{reaction})(?: reactions?)? (?:to|after|from|with|due to|caused by|on)"
                r"(?: (?:the|taking|receiving|given|oral|iv))*\s$",
                re.IGNORECASE,
            ),
        )
        for reaction in (f"(?:{each})" for each in _tables()["reactions"][kind])
    ]


def _not_understood(text: str, scope: _Scope, known: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The items of a list that hold words and no drug that the graph knows."""
    for item in _ITEM.finditer(text, scope.start, scope.end):
        bare = item[0]
        for kind in _tables()["reactions"]:
            for reaction in _tables()["reactions"][kind]:
                bare = re.sub(reaction, " ", bare, flags=re.IGNORECASE)
        words = {word.lower() for word in _WORD.findall(bare)}
        if not words <= _fillers() and not _overlaps(item.span(), known):
            inner = item[0].strip()
            start = item.start() + item[0].index(inner)
            yield start, start + len(inner)


def _listed_at(place: int, scopes: Sequence[_Scope]) -> Role | None:
    """What a list around a place holds; lists are in order, and one of the whole text is the first."""
    last = bisect_right(scopes, place, key=lambda scope: scope.start) - 1
    around = (scopes[i] for i in (last, 0) if i >= 0 and scopes)
    return next((scope.role for scope in around if scope.start <= place < scope.end), None)


def _overlaps(span: tuple[int, int], places: Sequence[tuple[int, int]]) -> bool:
    """Whether a span shares characters with one of the places, which are in order and apart."""
    last = bisect_left(places, (span[1], 0)) - 1
    return last >= 0 and places[last][1] > span[0]


@cache
def _tables() -> Any:
    return lexicon.read("medicines.yaml")


@cache
def _fillers() -> frozenset[str]:
    return frozenset(_tables()["fillers"])


@cache
def _cues(kind: str) -> tuple[re.Pattern[str], ...]:
    texts = _tables()[kind]
    drugs = _DOSED_LIST if kind == "taken" else _LIST
    filled = (text.replace("{drugs}", drugs).replace("{drug}", _SIGN) for text in texts)
    if kind.endswith("_after"):
        return tuple(re.compile(rf"\A(?:{text})", re.IGNORECASE) for text in filled)
    return tuple(re.compile(text, re.IGNORECASE) for text in filled)


def _any(patterns: Sequence[re.Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)
