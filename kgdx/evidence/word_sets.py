"""Names whose words stand in another order: "the mediastinum is widened" for "widened mediastinum".

A name is the set of its stems. It is found where all of them stand together with nothing between but words
that carry no meaning of their own, and words of side, place and degree.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from kgdx.evidence import lexicon
from kgdx.evidence.spelling import fold, stem

_LEAST_STEMS = 2
_MAX_SPAN = 12


@dataclass(frozen=True, slots=True)
class Scattered:
    """A name at `words[start:end]`; `key` are its words as the vocabulary has them.

    `is_denied`: "not" stands among them, as in "the mediastinum is not widened".
    """

    start: int
    end: int
    key: tuple[str, ...]
    is_denied: bool


class WordSets:
    """Finds names by their words in any order. A search takes time linear in the words of a sentence."""

    def __init__(self, keys: Iterable[tuple[str, ...]]):
        """Index the names.

        Args:
            keys: folded words of each name; of two with the same stems the first is meant.
        """
        names: dict[frozenset[str], tuple[str, ...]] = {}
        for key in keys:
            stems = frozenset(stem(word) for word in key if word not in _links())
            is_fit = all(map(str.isalpha, stems)) and _unfit().isdisjoint(key)
            if is_fit and len(stems - _places()) >= _LEAST_STEMS:
                names.setdefault(stems, key)
        spread = Counter(each for stems in names for each in stems)
        self._known = frozenset(spread)
        self._by_rarest: dict[str, list[tuple[frozenset[str], tuple[str, ...]]]] = {}
        for stems, key in names.items():
            rarest = min(stems, key=lambda each: (spread[each], each))
            self._by_rarest.setdefault(rarest, []).append((stems, key))

    def find(self, folded: Sequence[str]) -> Iterator[Scattered]:
        """Every name in one sentence, whatever the order of its words."""
        for begin, stems in self._runs(folded):
            places: dict[str, list[int]] = {}
            for i, each in enumerate(stems, begin):
                places.setdefault(each, []).append(i)
            present = places.keys()
            for rarest in present & self._by_rarest.keys():
                for wanted, key in self._by_rarest[rarest]:
                    if wanted <= present:
                        yield from _compact(folded, places, wanted, key, rarest)

    def _runs(self, folded: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        """Rows of at least two words that a name may be made of: where each begins, and its stems."""
        begin, stems = 0, list[str]()
        for i, word in enumerate(folded):
            own = stem(word)
            if own in self._known or word in _skipped():
                stems.append(own)
                continue
            if len(stems) >= _LEAST_STEMS:
                yield begin, stems
            begin, stems = i + 1, []
        if len(stems) >= _LEAST_STEMS:
            yield begin, stems


def _compact(
    folded: Sequence[str],
    places: Mapping[str, Sequence[int]],
    wanted: frozenset[str],
    key: tuple[str, ...],
    rarest: str,
) -> Iterator[Scattered]:
    """The places where a name's stems stand close together, around each of its rarest word."""
    for at in places[rarest]:
        nearest = [min(places[each], key=lambda i: abs(i - at)) for each in wanted]
        start, end = min(nearest), max(nearest) + 1
        between = [word for i, word in enumerate(folded[start:end], start) if i not in nearest]
        if end - start <= _MAX_SPAN and _skipped().issuperset(between):
            yield Scattered(start, end, key, "not" in between)


@cache
def _links() -> frozenset[str]:
    return frozenset(lexicon.read("lexicon.yaml")["word_order"]["links"])


@cache
def _skipped() -> frozenset[str]:
    """What may stand between the words of a name."""
    order = lexicon.read("lexicon.yaml")["word_order"]
    return frozenset(
        fold(word) for group in ("links", "denials", "parts", "describing") for word in order[group]
    )


@cache
def _places() -> frozenset[str]:
    """Stems of words that say where and how much: one other word with them is no name to be scattered."""
    return frozenset(stem(fold(word)) for word in lexicon.read("lexicon.yaml")["word_order"]["describing"])


@cache
def _unfit() -> frozenset[str]:
    return frozenset(lexicon.read("lexicon.yaml")["word_order"]["unfit"])
