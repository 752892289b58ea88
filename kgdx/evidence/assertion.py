"""What a sentence says of what it mentions: there, not there, perhaps; now, once, or in somebody else.

ConText (`context.py`) finds the cues of `context_rules.yaml` and how far each reaches. Where several cues
reach one mention, the code here decides between them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from kgdx.domain.case import Polarity
from kgdx.evidence import lexicon
from kgdx.evidence.answers import marked
from kgdx.evidence.context import NEGATED, POSSIBLE, ConText, Cue, Rule, default_rules, form
from kgdx.evidence.mentions import Mention
from kgdx.evidence.words import Sentence

_FINITE = frozenset({
    "is", "are", "was", "were", "has", "have", "had", "appears", "appear", "remains", "remain",
    "shows", "demonstrates",
})  # fmt: skip
_JOINTS = frozenset({",", ";", ":", "and", "with"})


class Setting(StrEnum):
    """Whom and when a statement is about."""

    NOW = "the patient now"
    HISTORICAL = "historical"
    FAMILY = "family"
    HYPOTHETICAL = "hypothetical"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is said of one mention; only a statement about the patient now is evidence."""

    polarity: Polarity
    setting: Setting = Setting.NOW


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
        forms = marked(sentence, [*(form(word.text) for word in sentence), "."], places)
        cues = self._context.cues(forms, places)
        said = [
            _decide(forms, place, [cue for cue in cues if cue.reaches(place)], mention.is_normal)
            for place, mention in zip(places, mentions, strict=True)
        ]
        return tuple(said)


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
    if Setting.HISTORICAL.name in categories and polarity is not Polarity.EXCLUDED:
        return Assertion(polarity, Setting.HISTORICAL)
    return Assertion(polarity)


def _polarity(forms: list[str], place: tuple[int, int], cues: list[Cue]) -> Polarity:
    """The nearest cue decides; but "no sign suspicious for X" denies X, though "suspicious" is nearer."""
    negated = [cue for cue in cues if cue.category == NEGATED]
    possible = [cue for cue in cues if cue.category == POSSIBLE]
    if not possible:
        return Polarity.EXCLUDED if negated else Polarity.PRESENT
    if not negated:
        return Polarity.UNCERTAIN
    near_negated = min(negated, key=lambda cue: _distance(place, cue))
    near_possible = min(possible, key=lambda cue: _distance(place, cue))
    is_governed = near_negated.end <= near_possible.start < place[0] and _JOINTS.isdisjoint(
        forms[near_negated.end : near_possible.start]
    )
    if is_governed or _distance(place, near_negated) < _distance(place, near_possible):
        return Polarity.EXCLUDED
    return Polarity.UNCERTAIN


def _distance(place: tuple[int, int], cue: Cue) -> int:
    return place[0] - cue.end if cue.end <= place[0] else cue.start - place[1]


def _is_cut_off(forms: list[str], place: tuple[int, int], cue: Cue) -> bool:
    """Whether another statement begins between a cue and a mention, unmarked by any word ConText knows."""
    if cue.end <= place[0]:
        return _is_new_clause(forms, cue.end, place)
    # A verb right before the cue is the cue's own, as in "is not seen".
    between = forms[place[1] : max(place[1], cue.start - 1)]
    has_verb = any(
        word in _FINITE and (i == 0 or between[i - 1] not in {"that", "which", "previously"})
        for i, word in enumerate(between)
    )
    return has_verb and cue.category in {NEGATED, POSSIBLE}


def _is_new_clause(forms: list[str], begin: int, place: tuple[int, int]) -> bool:
    """Whether, going forward from word `begin`, a clause of its own holds the mention.

    "no pneumothorax, the heart is enlarged"; "no fracture is seen and an effusion is present".
    """
    for i in range(begin, place[0]):
        is_comma, is_joint = forms[i] == ",", forms[i] in {",", "and", "with"}
        if is_comma and forms[i + 1] in {"the", "there", "this", "these"}:
            return True
        if is_comma and not _FINITE.isdisjoint(forms[place[0] : place[1]]):
            return True
        has_verb_before = not _FINITE.isdisjoint(forms[begin:i])
        if is_joint and has_verb_before and not _FINITE.isdisjoint(_rest_of_clause(forms, i + 1)):
            return True
    return False


def _rest_of_clause(forms: list[str], begin: int) -> list[str]:
    end = next((i for i in range(begin, len(forms)) if forms[i] in ",;"), len(forms))
    return forms[begin:end]


def _place(sentence: Sentence, mention: Mention) -> tuple[int, int]:
    """Numbers of the first word of a mention and of the word after its last."""
    inside = [i for i, word in enumerate(sentence) if mention.start <= word.start and word.end <= mention.end]
    return inside[0], inside[-1] + 1
