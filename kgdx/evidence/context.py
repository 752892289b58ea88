"""ConText: which words of a sentence tell that something is denied, doubted, past or somebody else's, and
how far each of them reaches.

A cue reaches forward, backward or both ways, up to the next cue of its category and to words that end what
is said (`BREAK`). A longer phrase hides the cues inside it; one that only hides says nothing (`PSEUDO`).

Source: Harkema et al. 2009, J Biomed Inform 42:839.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgdx.evidence import lexicon
from kgdx.evidence.phrases import PhraseTable, longest
from kgdx.evidence.words import words_of

NEGATED, POSSIBLE, AFFIRMED = "NEGATED_EXISTENCE", "POSSIBLE_EXISTENCE", "AFFIRMED_EXISTENCE"
_FORWARD, _BACKWARD, _TERMINATE, _PSEUDO = "FORWARD", "BACKWARD", "TERMINATE", "PSEUDO"
# Where a cue that speaks of its own phrase alone ends.
_JOINTS = frozenset({",", ";", ":", "|", "and", "or", "but", "with", "，", "；", "、", "WITH", "UNTICKED"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What a phrase tells.

    Attributes:
        category: of the statement, as in `NEGATED_EXISTENCE`.
        direction: `FORWARD`, `BACKWARD`, `BIDIRECTIONAL`, `TERMINATE` or `PSEUDO`.
        max_scope: the most words that it reaches; None reaches to the end of the sentence.
        is_tight: whether it ends at the next comma or conjunction.
    """

    category: str
    direction: str
    max_scope: int | None = None
    is_tight: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A rule's phrase in a sentence: words `start` to `end`; it speaks of words `first` to `last`."""

    rule: Rule
    start: int
    end: int
    first: int
    last: int

    @property
    def category(self) -> str:
        """Of its rule."""
        return self.rule.category

    def reaches(self, place: tuple[int, int]) -> bool:
        """Whether it speaks of what stands in words `place[0]` to `place[1]`.

        A cue that shares words with a mention speaks of it, as "no focal" of "focal deficit"; one that lies
        inside is part of its name.
        """
        is_outside = self.end <= place[0] or place[1] <= self.start
        if is_outside:
            return max(self.first, place[0]) < min(self.last, place[1])
        if self.rule.direction == _BACKWARD:
            return self.start < place[1] < self.end
        return self.rule.direction == _FORWARD and self.start < place[0] < self.end


class ConText:
    """Finds the cues of a sentence. It keeps nothing of what it reads."""

    def __init__(self, rules: Mapping[tuple[str, ...], Rule]):
        """Index the rules.

        Args:
            rules: the words of a phrase in lower case -> what it tells.
        """
        self._table = PhraseTable(rules)

    def cues(self, forms: Sequence[str], is_name: Iterable[tuple[int, int]] = ()) -> list[Cue]:
        """The cues of a sentence in order, with their reach.

        Args:
            forms: its words in lower case.
            is_name: places of names; cues inside are part of them.
        """
        matches = {(start, end): rule for start, end, rule in self._table.find(forms)}
        if not matches:
            return []
        inside = {i: place for place in is_name for i in range(*place)}
        free = [
            span
            for span in matches
            if not (place := inside.get(span[0])) or not (place[0] <= span[0] and span[1] <= place[1])
        ]
        found = [(matches[span], *span) for span in longest(free)]
        said = [_cue(*one, forms) for one in found if one[0].direction != _PSEUDO]
        return [
            _limited(cue, said[:i], said[i + 1 :])
            for i, cue in enumerate(said)
            if cue.rule.direction != _TERMINATE
        ]


def _cue(rule: Rule, start: int, end: int, forms: Sequence[str]) -> Cue:
    first = end if rule.direction == _FORWARD else 0
    last = start if rule.direction == _BACKWARD else len(forms)
    if rule.max_scope is not None:
        first, last = max(first, start - rule.max_scope), min(last, end + rule.max_scope)
    if rule.is_tight:
        before = (i + 1 for i in range(start - 1, first - 1, -1) if forms[i] in _JOINTS)
        after = (i for i in range(end, last) if forms[i] in _JOINTS)
        first, last = next(before, first), next(after, last)
    return Cue(rule, start, end, first, last)


def _limited(cue: Cue, before: Sequence[Cue], after: Sequence[Cue]) -> Cue:
    """A cue that ends where another of its category or a break stands."""
    first = next((other.end for other in reversed(before) if _ends(other, cue)), 0)
    last = next((other.start for other in after if _ends(other, cue)), cue.last)
    return replace(cue, first=max(cue.first, first), last=min(cue.last, last))


def _ends(other: Cue, cue: Cue) -> bool:
    is_answer = {other.category, cue.category} == {NEGATED, AFFIRMED}
    return other.rule.direction == _TERMINATE or other.category == cue.category or is_answer


def default_rules() -> dict[tuple[str, ...], Rule]:
    """The rules of `context_rules.yaml`: words of a phrase -> what it tells.

    Raises:
        ValueError: if two rules have one phrase and tell different things.
    """
    data = lexicon.read("context_rules.yaml")
    rules: dict[tuple[str, ...], Rule] = {}
    for entry in data["rules"]:
        rule = _rule(entry)
        for template in entry["phrases"]:
            for phrase in lexicon.expand(template, data["choices"]):
                words = forms_of(phrase)
                if rules.setdefault(words, rule) != rule:
                    raise ValueError(f"{phrase!r} tells {rules[words]} and {rule}: drop one of them")
    return rules


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(
        entry["category"], entry["direction"], entry.get("max_scope"), bool(entry.get("is_tight", False))
    )


def forms_of(text: str) -> tuple[str, ...]:
    """The words of a rule's phrase; markers such as NO keep their capitals."""
    return tuple(word.text if word.text.isupper() else form(word.text) for word in words_of(text))


def form(word: str) -> str:
    """A word in lower case, with a straight apostrophe."""
    return word.lower().replace("’", "'")
