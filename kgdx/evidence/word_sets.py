"""Names whose words stand in another order: "the mediastinum is widened" for "widened mediastinum".

A name is the set of its stems. It is found where all of them stand together with nothing between but words
that carry no meaning of their own, and words of side, place and degree.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

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


@dataclass(frozen=True, slots=True)
class _Name:
    """One name: its words as the vocabulary has them, whose it is, and its stems as written."""

    key: tuple[str, ...]
    curie: str
    stems: frozenset[str]


class WordSets:
    """Finds names by their words in any order. A search takes time linear in the words of a sentence.

    Words that mean the same in a name are one: "reduced" and "decreased". Where two concepts then share a
    name, it is found only in the very words of the one.
    """

    def __init__(self, names: Iterable[tuple[tuple[str, ...], str]]):
        """Index the names.

        Args:
            names: (folded words, CURIE) of each; of two with the same words the first is meant.
        """
        found: dict[frozenset[str], dict[frozenset[str], _Name]] = {}
        links, unfit, fillers, places = _links() | {","}, _unfit(), _fillers(), _places()
        for key, curie in names:
            stems = {word: stem(word) for word in key if word not in links}
            num_content = len({*stems.values()} - places)
            is_fit = num_content >= _LEAST_STEMS and unfit.isdisjoint(key)
            if not is_fit or not all(map(str.isalpha, stems.values())):
                continue
            name = _Name(key, curie, frozenset(stems.values()))
            found.setdefault(frozenset(map(_meaning, stems)), {}).setdefault(name.stems, name)
            if not fillers.isdisjoint(stems):
                kept = stems.keys() - fillers
                if len({stems[word] for word in kept} - places) >= _LEAST_STEMS:
                    found.setdefault(frozenset(map(_meaning, kept)), {}).setdefault(name.stems, name)
        spread = Counter(each for meanings in found for each in meanings)
        self._known = frozenset(spread)
        self._by_rarest: dict[str, list[tuple[frozenset[str], tuple[_Name, ...]]]] = {}
        for meanings, owners in found.items():
            rarest = min(meanings, key=lambda each: (spread[each], each))
            self._by_rarest.setdefault(rarest, []).append((meanings, tuple(owners.values())))

    def find(self, folded: Sequence[str]) -> Iterator[Scattered]:
        """Every name in one sentence, whatever the order of its words."""
        for begin, meanings in self._runs(folded):
            places: dict[str, list[int]] = {}
            for i, each in enumerate(meanings, begin):
                places.setdefault(each, []).append(i)
            present = places.keys()
            for rarest in present & self._by_rarest.keys():
                for wanted, names in self._by_rarest[rarest]:
                    if wanted <= present:
                        yield from _compact(folded, places, wanted, names, rarest)

    def _runs(self, folded: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        """Rows of at least two words that a name may be made of: where each begins, and what they mean."""
        begin, meanings = 0, list[str]()
        for i, word in enumerate(folded):
            own = _meaning(word)
            if own in self._known or word in _skipped():
                meanings.append(own)
                continue
            if len(meanings) >= _LEAST_STEMS:
                yield begin, meanings
            begin, meanings = i + 1, []
        if len(meanings) >= _LEAST_STEMS:
            yield begin, meanings


def _compact(
    folded: Sequence[str],
    places: Mapping[str, Sequence[int]],
    wanted: frozenset[str],
    names: Sequence[_Name],
    rarest: str,
) -> Iterator[Scattered]:
    """The places where a name's words stand close together, around each of its rarest word."""
    for at in places[rarest]:
        nearest = [min(places[each], key=lambda i: abs(i - at)) for each in wanted]
        start, end = min(nearest), max(nearest) + 1
        between = [word for i, word in enumerate(folded[start:end], start) if i not in nearest]
        is_close = end - start <= _MAX_SPAN and _skipped().issuperset(between)
        name = _meant(names, folded[start:end]) if is_close else None
        # "small pulmonary" is no small lung: a noun is still to come, as in "small pulmonary nodules".
        if name and (folded[end - 1] not in _adjectives() or folded[end - 1] == name.key[-1]):
            yield Scattered(start, end, name.key, "not" in between)


def _meant(names: Sequence[_Name], words: Sequence[str]) -> _Name | None:
    """The name in its very words, or the only concept's; None where several share it."""
    if len({name.curie for name in names}) == 1:
        return names[0]
    written = set(map(stem, words))
    literal = [name for name in names if name.stems <= written]
    return max(literal, key=lambda name: len(name.stems), default=None)


@cache
def _alike() -> Mapping[str, str]:
    """Stem -> the stem of the first word that means the same in a name."""
    groups = lexicon.read("lexicon.yaml")["word_order"]["alike"]
    return {stem(fold(word)): stem(fold(group[0])) for group in reversed(groups) for word in group}


@lru_cache(maxsize=1 << 16)
def _meaning(word: str) -> str:
    """What a folded word means in a name: its stem, or that of its like."""
    own = stem(word)
    return _alike().get(own, own)


@cache
def _fillers() -> frozenset[str]:
    """Folded words that a name may be said without."""
    return frozenset(map(fold, lexicon.read("lexicon.yaml")["word_order"]["fillers"]))


@cache
def _links() -> frozenset[str]:
    return frozenset(lexicon.read("lexicon.yaml")["word_order"]["links"])


@cache
def _skipped() -> frozenset[str]:
    """What may stand between the words of a name."""
    order = lexicon.read("lexicon.yaml")["word_order"]
    return frozenset(
        fold(word)
        for group in ("links", "denials", "parts", "describing", "fillers")
        for word in order[group]
    )


@cache
def _adjectives() -> frozenset[str]:
    """Folded words for an organ that a noun follows."""
    return frozenset(map(fold, lexicon.read("lexicon.yaml")["word_order"]["adjectives"]))


@cache
def _places() -> frozenset[str]:
    """Stems of words that say where and how much: one other word with them is no name to be scattered."""
    return frozenset(stem(fold(word)) for word in lexicon.read("lexicon.yaml")["word_order"]["describing"])


@cache
def _unfit() -> frozenset[str]:
    return frozenset(lexicon.read("lexicon.yaml")["word_order"]["unfit"])
