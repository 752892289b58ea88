"""What a sentence says of what it mentions: there, not there, perhaps; now, once, or in somebody else.

ConText (`context.py`) finds the cues of `context_rules.yaml` and how far each reaches. Where several cues
reach one mention, the code here decides between them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

from kgdx.domain.case import Polarity
from kgdx.evidence import lexicon
from kgdx.evidence.answers import marked
from kgdx.evidence.context import AFFIRMED, NEGATED, POSSIBLE, ConText, Cue, Rule, default_rules, form
from kgdx.evidence.mentions import Mention
from kgdx.evidence.words import Sentence, marks_in_chinese

_FINITE = frozenset({
    "is", "are", "was", "were", "has", "have", "had", "appears", "appear", "remains", "remain",
    "shows", "demonstrates",
})  # fmt: skip
_JOINTS = frozenset({",", ";", ":", "and", "with"})
_SINGULAR = frozenset({"is", "was", "has", "isnt", "wasnt"})
_MARKERS = frozenset({"NO", "YES", "UNKNOWN"})
# After a comma they begin another statement: "no effusion, small pneumothorax"; the others only if nothing in
# the list is joined by "or".
_BEGINS = frozenset({
    "the", "there", "this", "these", "a", "an", "small", "tiny", "trace", "minimal", "mild", "mildly",
    "moderate", "stable", "unchanged", "persistent", "increased", "increasing", "improving", "worsening",
    "positive",
})  # fmt: skip
_MAY_BEGIN = frozenset({
    "bilateral", "bibasilar", "bibasal", "biapical", "unilateral", "right", "left", "severe", "marked",
    "diffuse", "extensive", "scattered", "multiple", "numerous", "prominent", "elevated",
})  # fmt: skip
_LARGE = frozenset({"large", "sizable", "sizeable", "massive", "huge", "big"})
_PLACING = frozenset({"in", "at", "on", "within", "involving", "along", "measuring", "with"})
_OR = frozenset({"or", "nor"})
_ALTERNATIVE = frozenset({"or", "versus", "vs"})
_PARTING = _FINITE | {";", ":", "without", "with", "but", "/", "and", "no", "not", "denies", "in", "on", "at"}
_NO_ALTERNATIVE = frozenset({
    "not", "more", "less", "greater", "no", "without", "so", "one", "two", "three", "right", "left",
    "bilateral", "mild", "moderate", "severe", "acute", "chronic", "small", "large", "new", "old", "day",
    "days", "week", "weeks", "month", "months", ".", "otherwise", "with", "when", "after",
})  # fmt: skip
_MAX_BETWEEN = 5


class Setting(StrEnum):
    """Whom and when a statement is about."""

    NOW = "the patient now"
    HISTORICAL = "historical"
    FAMILY = "family"
    HYPOTHETICAL = "hypothetical"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is said of one mention; only a statement about the patient now is evidence.

    `is_alternative`: it is one of two that the text leaves open, as in "atelectasis or scarring".
    """

    polarity: Polarity
    setting: Setting = Setting.NOW
    is_alternative: bool = False


class Asserter:
    """Reads the cues of a sentence. It keeps nothing of what it reads."""

    def __init__(self, rules: Mapping[tuple[str, ...], Rule]):
        """Load the rules."""
        self._context = ConText(rules)

    def assess(self, sentence: Sentence, mentions: Sequence[Mention]) -> tuple[Assertion, ...]:
        """One assertion for every mention of the sentence, in the same order."""
        if not mentions:
            return ()
        places = [_place(sentence, mention) for mention in mentions]
        plain = marks_in_chinese(sentence, [form(word.text) for word in sentence])
        forms = marked(sentence, [*plain, "."], places)
        cues = self._context.cues(forms, places)
        said = [
            _decide(forms, place, [cue for cue in cues if cue.reaches(place)], mention.is_normal)
            for place, mention in zip(places, mentions, strict=True)
        ]
        alternatives = _alternatives(forms, places, mentions)
        return tuple(
            Assertion(Polarity.UNCERTAIN, is_alternative=True)
            if one == Assertion(Polarity.PRESENT) and place in alternatives
            else one
            for one, place in zip(said, places, strict=True)
        )


@cache
def default_asserter() -> Asserter:
    """The asserter with the rules of this package, made once."""
    return Asserter(default_rules())


@cache
def _section_settings() -> dict[str, Setting]:
    named = lexicon.read("context_rules.yaml")["sections"]
    return {name: Setting[setting.upper()] for setting, names in named.items() for name in names}


def setting_of_section(section: str) -> Setting:
    """What a section is about by its name alone, as in `family history`."""
    name = " ".join(section.lower().replace("_", " ").replace("-", " ").split())
    return _section_settings().get(name, Setting.NOW)


def _decide(forms: list[str], place: tuple[int, int], cues: list[Cue], is_normal: bool) -> Assertion:
    cues = [cue for cue in cues if not _is_cut_off(forms, place, cue)]
    categories = {cue.category for cue in cues}
    polarity = _polarity(forms, place, cues)
    if is_normal:
        polarity = Polarity.EXCLUDED if polarity is Polarity.PRESENT else Polarity.UNCERTAIN
    for setting in (Setting.FAMILY, Setting.HYPOTHETICAL):
        if setting.name in categories:
            return Assertion(polarity, setting)
    is_dated = "DATED" in categories and _comparing().isdisjoint(forms)
    if (is_dated or Setting.HISTORICAL.name in categories) and polarity is not Polarity.EXCLUDED:
        return Assertion(polarity, Setting.HISTORICAL)
    return Assertion(polarity)


@cache
def _comparing() -> frozenset[str]:
    return frozenset(lexicon.read("context_rules.yaml")["comparing"])


def _polarity(forms: list[str], place: tuple[int, int], cues: list[Cue]) -> Polarity:
    """The nearest cue decides; but "no sign suspicious for X" denies X, though "suspicious" is nearer."""
    negated = [cue for cue in cues if cue.category == NEGATED]
    possible = [cue for cue in cues if cue.category == POSSIBLE]
    if any(cue.category == AFFIRMED and _is_affirmed(forms, place, cue, negated) for cue in cues):
        negated = []
    if not possible:
        return _denied(forms, place) if negated else Polarity.PRESENT
    if not negated:
        return Polarity.UNCERTAIN
    near_negated = min(negated, key=lambda cue: _distance(place, cue))
    near_possible = min(possible, key=lambda cue: _distance(place, cue))
    is_governed = near_negated.end <= near_possible.start < place[0] and _JOINTS.isdisjoint(
        forms[near_negated.end : near_possible.start]
    )
    if is_governed or _distance(place, near_negated) < _distance(place, near_possible):
        return _denied(forms, place)
    return Polarity.UNCERTAIN


def _denied(forms: list[str], place: tuple[int, int]) -> Polarity:
    """A denial of what is large leaves something small: "no pneumothorax or large effusion"."""
    before = forms[max(0, place[0] - 2) : place[0]]
    return Polarity.EXCLUDED if _LARGE.isdisjoint(before) else Polarity.UNCERTAIN


def _is_affirmed(forms: list[str], place: tuple[int, int], cue: Cue, negated: list[Cue]) -> bool:
    """Whether "present" speaks of the finding alone: "no fever, cough present", not "no cough is present"."""
    ahead = [other for other in negated if other.end <= place[0]]
    if not ahead or cue.end <= place[0]:
        return True
    between = forms[max(other.end for other in ahead) : cue.start]
    return "," in between and _OR.isdisjoint(between)


def _distance(place: tuple[int, int], cue: Cue) -> int:
    return place[0] - cue.end if cue.end <= place[0] else cue.start - place[1]


def _is_cut_off(forms: list[str], place: tuple[int, int], cue: Cue) -> bool:
    """Whether another statement begins between a cue and a mention, unmarked by any word ConText knows."""
    if cue.end <= place[0]:
        return _is_new_clause(forms, cue.end, place, cue.category == NEGATED)
    if cue.category not in {NEGATED, POSSIBLE, AFFIRMED}:
        return False
    # A verb right before the cue is the cue's own, as in "is not seen".
    between = forms[place[1] : max(place[1], cue.start - 1)]
    has_verb = any(
        word in _FINITE and (i == 0 or between[i - 1] not in {"that", "which", "previously"})
        for i, word in enumerate(between)
    )
    return has_verb or ("," in between and not _is_in_list(forms, place, cue))


def _is_in_list(forms: list[str], place: tuple[int, int], cue: Cue) -> bool:
    """Whether a mention is an item of the list that a cue behind it speaks of, with a comma between.

    "Fever, cough denied"; but not "bilateral effusions, pneumothorax absent", "effusion, fever is absent".
    """
    between = forms[place[1] : cue.start]
    joints = [i for i, word in enumerate(between) if word in {"and", "or", "nor", "&", "/"}]
    if joints:
        return _PLACING.isdisjoint(between[: joints[-1]])
    if forms[cue.start] in _SINGULAR or forms[cue.start - 1] in _SINGULAR:
        return False
    is_verbless = forms[cue.start] in _MARKERS or forms[cue.start] not in _FINITE
    is_bare = place[0] == 0 or forms[place[0] - 1] in {",", ";", ":", "and", "or"}
    return _PLACING.isdisjoint(between) and (is_bare or not is_verbless)


def _is_new_clause(forms: list[str], begin: int, place: tuple[int, int], is_denial: bool) -> bool:
    """Whether, going forward from word `begin`, a clause of its own holds the mention.

    "no pneumothorax, the heart is enlarged"; "no fracture is seen and an effusion is present".
    """
    has_verb_before = False
    for i in range(begin, place[0]):
        if forms[i] == ",":
            if (is_denial and _is_beginning(forms, i + 1)) or not _FINITE.isdisjoint(
                forms[place[0] : place[1]]
            ):
                return True
        elif forms[i] in _FINITE:
            has_verb_before = True
        is_joint = has_verb_before and forms[i] in {",", "and", "with"}
        if is_joint and not _FINITE.isdisjoint(_rest_of_clause(forms, i + 1)):
            return True
    return False


def _is_beginning(forms: list[str], i: int) -> bool:
    """Whether word `i`, after a comma, begins another statement and no further item of a list."""
    first = i + 1 if forms[i] in {"and", "but"} else i
    if forms[first] in _BEGINS:
        return True
    return forms[first] in _MAY_BEGIN and _OR.isdisjoint(forms[first:])


def _alternatives(
    forms: list[str], places: Sequence[tuple[int, int]], mentions: Sequence[Mention]
) -> set[tuple[int, int]]:
    """Places of mentions that are one of several by the text, as in "atelectasis or scarring"."""
    if _ALTERNATIVE.isdisjoint(forms) or "change" in forms:  # "no change in the effusion or the nodule"
        return set()
    meant: dict[tuple[int, int], set[str]] = {}
    for place, mention in zip(places, mentions, strict=True):
        meant.setdefault(place, set()).add(mention.curie)
    ordered = sorted(meant)
    found = {place for place in ordered if _is_beside_unknown(forms, place, ordered)}
    is_open = False
    for one, other in reversed(list(pairwise(ordered))):
        between = forms[one[1] : other[0]]
        if not between:
            continue
        is_short = len(between) <= _MAX_BETWEEN and _PARTING.isdisjoint(between)
        is_open = is_short and (not _ALTERNATIVE.isdisjoint(between) or (is_open and between[0] == ","))
        if is_open and meant[one].isdisjoint(meant[other]):
            found |= {one, other}
    return found


def _is_beside_unknown(forms: list[str], place: tuple[int, int], ordered: Sequence[tuple[int, int]]) -> bool:
    """Whether "or" joins a mention to what is no mention: "atelectasis or something else"."""
    start, end = place
    if forms[end] == "or" and forms[end + 1] not in _NO_ALTERNATIVE:
        return not any(end < other[0] <= end + _MAX_BETWEEN for other in ordered)
    i = next((i for i in (start - 1, start - 2) if i > 0 and forms[i] == "or"), None)
    if i is None or forms[i - 1] in _NO_ALTERNATIVE or not forms[i - 1].isalpha():
        return False
    return not any(i - _MAX_BETWEEN < other[1] <= i for other in ordered)


def _rest_of_clause(forms: list[str], begin: int) -> list[str]:
    end = next((i for i in range(begin, len(forms)) if forms[i] in ",;"), len(forms))
    return forms[begin:end]


def _place(sentence: Sentence, mention: Mention) -> tuple[int, int]:
    """Numbers of the first word of a mention and of the word after its last."""
    inside = [i for i, word in enumerate(sentence) if mention.start <= word.start and word.end <= mention.end]
    return inside[0], inside[-1] + 1
