"""A table of phrases, looked up in a row of words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

V = TypeVar("V")
Span = tuple[int, int]
# Stands for the second word of a phrase of one word.
_NONE = ""


class PhraseTable(Generic[V]):
    """Phrases by their words. A search takes time linear in the words, whatever the number of phrases."""

    def __init__(self, phrases: Mapping[tuple[str, ...], V]):
        """Index the phrases by their first two words."""
        self._phrases = phrases
        lengths: dict[str, dict[str, set[int]]] = {}
        for phrase in phrases:
            second = phrase[1] if len(phrase) > 1 else _NONE
            lengths.setdefault(phrase[0], {}).setdefault(second, set()).add(len(phrase))
        self._lengths = {
            first: {second: sorted(known, reverse=True) for second, known in seconds.items()}
            for first, seconds in lengths.items()
        }

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int, V]]:
        """Every place `words[start:end]` that is a phrase, and its value; of one start the longest first."""
        for start, first in enumerate(words):
            seconds = self._lengths.get(first)
            if seconds is None:
                continue
            second = words[start + 1] if start + 1 < len(words) else _NONE
            lengths = seconds.get(second, ())
            if second != _NONE and _NONE in seconds:
                lengths = (*lengths, 1)
            for length in lengths:
                phrase = tuple(words[start : start + length])
                if len(phrase) == length and phrase in self._phrases:
                    yield start, start + length, self._phrases[phrase]


def longest(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, without those that overlap a longer one; of equals the first stays."""
    ordered = sorted(spans, key=lambda span: (span[0] - span[1], span[0]))
    if len(ordered) < 2:
        return ordered
    kept: list[Span] = []
    taken: set[int] = set()
    for start, end in ordered:
        if taken.isdisjoint(range(start, end)):
            kept.append((start, end))
            taken.update(range(start, end))
    return sorted(kept)
