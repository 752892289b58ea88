"""What a sentence says of what it mentions: there, not there, perhaps; now, once, or in somebody else.

ConText (Harkema et al. 2009, J Biomed Inform 42:839) finds the cues and how far each reaches, in
medspaCy's implementation, with its rules and ours (`context_rules.yaml`). Where several cues reach one
mention, the code here decides between them.
"""

import json
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

with warnings.catch_warnings():
    # spaCy warns of its own imports.
    warnings.simplefilter("ignore")
    import spacy
    from spacy.tokens import Doc, Span

from kgdx.domain.case import Polarity
from kgdx.evidence import lexicon
from kgdx.evidence.context import ConText, ConTextRule
from kgdx.evidence.mentions import Mention
from kgdx.evidence.words import Sentence, words_of

_NEGATED, _POSSIBLE = "NEGATED_EXISTENCE", "POSSIBLE_EXISTENCE"
_FINITE = frozenset({
    "is", "are", "was", "were", "has", "have", "had", "appears", "appear", "remains", "remain",
    "shows", "demonstrates",
})  # fmt: skip
_JOINTS = frozenset({",", ";", ":", "and", "with"})
_UNKNOWN = "x"
_GROUP = "mentions"


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


@dataclass(frozen=True, slots=True)
class _Cue:
    """A cue that reaches a mention; `start` and `end` count words of the sentence."""

    category: str
    start: int
    end: int


class Asserter:
    """Reads the cues of a sentence. Building one takes a moment; it keeps nothing of what it reads."""

    def __init__(self, rules: Iterable[ConTextRule]):
        """Load the rules."""
        rules = tuple(rules)
        nlp = spacy.blank("en")
        nlp.tokenizer = _Tokenizer(nlp.vocab)
        self._vocab = nlp.vocab
        self._known = {word for rule in rules for word in _words_of_rule(rule)}
        self._context = ConText(
            nlp, rules=None, span_attrs=None, input_span_type="group", span_group_name=_GROUP
        )
        self._context.add(rules)

    def assess(self, sentence: Sentence, mentions: Sequence[Mention]) -> tuple[Assertion, ...]:
        """One assertion for every mention of the sentence, in the same order."""
        if not mentions:
            return ()
        forms = [*(_form(word.text) for word in sentence), "."]
        doc = Doc(self._vocab, words=[form if form in self._known else _UNKNOWN for form in forms])
        for token in doc[1:]:
            token.is_sent_start = False
        places = [_place(sentence, mention) for mention in mentions]
        doc.spans[_GROUP] = [Span(doc, *place, label="MENTION") for place in places]
        self._context(doc)
        cues: dict[tuple[int, int], list[_Cue]] = {place: [] for place in places}
        for modifier in doc._.context_graph.modifiers:
            cue = _Cue(modifier.category, *modifier.modifier_span)
            for place, target in zip(places, doc.spans[_GROUP], strict=True):
                is_outside = cue.end <= place[0] or place[1] <= cue.start
                if _reaches_into(cue, modifier.direction, place) or (
                    is_outside and modifier.modifies(target)
                ):
                    cues[place].append(cue)
        return tuple(
            _decide(forms, place, cues[place], mention.is_normal)
            for place, mention in zip(places, mentions, strict=True)
        )


@cache
def default_asserter() -> Asserter:
    """The asserter with medspaCy's rules and ours, made once."""
    return Asserter(default_rules())


def default_rules() -> tuple[ConTextRule, ...]:
    """Our rules, and medspaCy's without those that do harm in reports or that ours read in another way."""
    data = lexicon.read("context_rules.yaml")
    ours = [rule for entry in data["rules"] for rule in _rules_of(entry, data["choices"])]
    dropped = {*data["drop"], *(rule.literal for rule in ours)}
    # ConText takes either of two rules with one phrase, by chance.
    shipped = [rule for rule in shipped_rules() if not {rule.literal, rule.literal.lower()} & dropped]
    return (*shipped, *ours)


def shipped_rules() -> tuple[ConTextRule, ...]:
    """The rules that come with medspaCy, as they are."""
    nlp = spacy.blank("en")
    with open(ConText(nlp, rules=None).DEFAULT_RULES_FILEPATH, encoding="utf-8") as file:
        return tuple(ConTextRule.from_dict(rule) for rule in json.load(file)["context_rules"])


@cache
def _section_settings() -> dict[str, Setting]:
    named = lexicon.read("context_rules.yaml")["sections"]
    return {name: Setting[setting.upper()] for setting, names in named.items() for name in names}


def setting_of_section(section: str) -> Setting:
    """What a section is about by its name alone, as in `family history`."""
    name = " ".join(section.lower().replace("_", " ").replace("-", " ").split())
    return _section_settings().get(name, Setting.NOW)


def _reaches_into(cue: _Cue, direction: str, place: tuple[int, int]) -> bool:
    """Whether a cue shares words with the mention it speaks of, as "no focal" with "focal deficit".

    ConText leaves such a pair out. A cue that lies wholly inside a mention is part of its name.
    """
    if direction == "BACKWARD":
        return cue.start < place[1] < cue.end
    return direction == "FORWARD" and cue.start < place[0] < cue.end


def _decide(forms: list[str], place: tuple[int, int], cues: list[_Cue], is_normal: bool) -> Assertion:
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


def _polarity(forms: list[str], place: tuple[int, int], cues: list[_Cue]) -> Polarity:
    """The nearest cue decides; but "no sign suspicious for X" denies X, though "suspicious" is nearer."""
    negated = [cue for cue in cues if cue.category == _NEGATED]
    possible = [cue for cue in cues if cue.category == _POSSIBLE]
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


def _distance(place: tuple[int, int], cue: _Cue) -> int:
    return place[0] - cue.end if cue.end <= place[0] else cue.start - place[1]


def _is_cut_off(forms: list[str], place: tuple[int, int], cue: _Cue) -> bool:
    """Whether another statement begins between a cue and a mention, unmarked by any word ConText knows."""
    if cue.end <= place[0]:
        return _is_new_clause(forms, cue.end, place)
    # A verb right before the cue is the cue's own, as in "is not seen".
    between = forms[place[1] : max(place[1], cue.start - 1)]
    has_verb = any(
        word in _FINITE and (i == 0 or between[i - 1] not in {"that", "which", "previously"})
        for i, word in enumerate(between)
    )
    return has_verb and cue.category in {_NEGATED, _POSSIBLE}


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


class _Tokenizer:
    """Our words as spaCy's tokens, for rules and texts alike."""

    def __init__(self, vocab: Any):
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        return Doc(self.vocab, words=[_form(word.text) for word in words_of(text)])


def _form(word: str) -> str:
    return word.lower().replace("’", "'")


def _rules_of(entry: dict[str, Any], choices: dict[str, str]) -> list[ConTextRule]:
    phrases = {phrase for template in entry["phrases"] for phrase in lexicon.expand(template, choices)}
    return [
        ConTextRule(phrase, entry["category"], direction=entry["direction"], max_scope=entry.get("max_scope"))
        for phrase in sorted(phrases)
    ]


def _words_of_rule(rule: ConTextRule) -> set[str]:
    """The words a rule asks for; all others look the same to it."""
    if rule.pattern is None:
        return {_form(word.text) for word in words_of(rule.literal)}
    asked = [token["LOWER"] for token in rule.pattern]
    return {word for value in asked for word in ([value] if isinstance(value, str) else value["IN"])}
