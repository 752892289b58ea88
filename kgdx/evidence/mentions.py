"""Where a text names a concept of the graph."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Self

from kgdx.domain.language import untagged
from kgdx.evidence import lexicon
from kgdx.evidence.abbreviations import abbreviations, bracketed
from kgdx.evidence.composed_names import composed_names
from kgdx.evidence.lexicon import Lexicon
from kgdx.evidence.linking import Linker
from kgdx.evidence.phrase_owners import COMPOSED, NAME, NO_CURIE, Key, Phrase, denials, key_of, owners, rivals
from kgdx.evidence.phrases import PhraseTable, longest
from kgdx.evidence.spelling import fold
from kgdx.evidence.word_sets import WordSets
from kgdx.evidence.words import Sentence, joined, sentences
from kgdx.graph.kinds import FINDING_KINDS, active_concepts, direct_parents
from kgdx.graph.snapshot import Snapshot

_LANGUAGES = ("", "zh")
_JOINING = frozenset({"and", "or", ",", "/"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a text that names a concept.

    Attributes:
        curie: the concept.
        name: its name in the graph.
        start, end: `text[start:end]` is the mention, in characters of the original text.
        is_normal: the words themselves state that the finding is absent, as in "heart size is normal".
        similarity: cosine to the concept's nearest name, in [-1, 1]; 1 for a name of the dictionary.
        probability: that the concept is meant, in [0, 1]; 1 for a name of the dictionary.
    """

    curie: str
    name: str
    start: int
    end: int
    is_normal: bool = False
    similarity: float = 1.0
    probability: float = 1.0


class Vocabulary:
    """Phrases of the graph, ready to be looked for. Where phrases overlap, the longest is meant."""

    def __init__(
        self,
        phrases: Iterable[Phrase],
        names: dict[str, str],
        junk: frozenset[str] = frozenset(),
        linker: Linker | None = None,
        contexts: Mapping[str, tuple[tuple[frozenset[str], str], ...]] = MappingProxyType({}),
        parents: Mapping[str, Collection[str]] = MappingProxyType({}),
    ):
        """Index the phrases.

        Args:
            phrases: in any order.
            names: CURIE -> name.
            junk: everyday words; a name or synonym of an ontology that consists of one is left out.
            linker: tells concepts of one name apart and links what no phrase matches; None does neither.
            contexts: as in `Lexicon`.
            parents: CURIE -> CURIEs of what it is a kind of; names may follow from theirs.
        """
        self._contexts = {
            key_of(phrase): [
                (frozenset(map(fold, words)), curie) for words, curie in meanings if curie in names
            ]
            for phrase, meanings in contexts.items()
        }
        keyed = [(key_of(phrase.text), phrase) for phrase in phrases]
        keyed += [(key_of(phrase), Phrase(phrase, NO_CURIE, 3)) for phrase in contexts]
        self._names = names
        self._linker = linker
        self._rivals = rivals(keyed) if linker else {}
        self._meant = owners(keyed, {fold(word) for word in junk})
        self._keys: dict[str, list[Key]] = defaultdict(list)
        for key, phrase in self._meant.items():
            if phrase.curie and not phrase.is_normal:
                self._keys[phrase.curie].append(key)
        self._meant |= _composed(self._meant, self._keys, parents)
        self._normal = denials(keyed)
        self._table = PhraseTable(self._meant)
        self._sets = WordSets((key, p.curie) for key, p in self._meant.items() if not p.is_normal)

    def __len__(self) -> int:
        """How many different phrases are looked for."""
        return len(self._meant)

    @cached_property
    def words(self) -> Set[str]:
        """The folded words that phrases are made of."""
        return {word for key in self._meant for word in key}

    @classmethod
    def from_snapshot(
        cls,
        snapshot: Snapshot,
        kinds: tuple[str, ...] = FINDING_KINDS,
        words: Lexicon | None = None,
        linker: Linker | None = None,
    ) -> Self:
        """Collect the English and Chinese names and synonyms of all living nodes of these kinds.

        Args:
            kinds: of the schema. Terms of HPO that are no phenotypic abnormality are left out.
            words: further phrases; the lexicon of this package by default.
            linker: of the same kinds; None finds names of the dictionary alone.
        """
        words = words or lexicon.load()
        names: dict[str, str] = {}
        phrases = []
        for curie, name, synonyms in active_concepts(snapshot, kinds):
            names[curie] = name or curie
            said = [bare for bare, language in map(untagged, synonyms) if language in _LANGUAGES]
            phrases += [Phrase(name, curie, NAME), *(Phrase(synonym, curie, 2) for synonym in said)]
        phrases += [Phrase(t, c, 0) for c, texts in words.names.items() if c in names for t in texts]
        phrases += [Phrase(t, c, 0, True) for c, texts in words.normals.items() if c in names for t in texts]
        phrases += [Phrase(text, NO_CURIE, 3) for text in words.decoys]
        return cls(phrases, names, words.junk, linker, words.contexts, direct_parents(snapshot))

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every mention in a text, in order; none overlaps another, but words may deny two findings."""
        defined = self.look_ahead(text)
        return tuple(mention for sentence in sentences(text) for mention in self.find_in(sentence, defined))

    def look_ahead(self, text: str) -> dict[str, str]:
        """Abbreviations that a text defines -> CURIE of what they stand for; empty if it is no concept.

        With a linker, the phrases of all sentences are compared here at once: sentence by sentence it takes
        several times as long.
        """
        short_forms = list(abbreviations(text))
        brackets = list(bracketed(text))
        if not brackets and (self._linker is None or not self._linker.finds_phrases):
            return {}
        cut = [tuple(joined(sentence)) for sentence in sentences(text)]
        named = [self._named(words, {}) for words in cut]
        if self._linker is not None:
            covered = (places for _, places in named)
            self._linker.look_ahead(list(zip(cut, covered, strict=True)))
        mentions = [mention for found, _ in named for mention in found]
        defined = {
            a.short: next((m.curie for m in mentions if m.start <= a.start and a.end <= m.end), NO_CURIE)
            for a in reversed(short_forms)
        }
        ends = {mention.end: mention.curie for mention in mentions}
        for each in reversed(brackets):
            curie = ends.get(each.end, NO_CURIE)
            if curie and each.short not in defined and each.short.lower() in self._initials(curie):
                defined[each.short] = curie
        return defined

    def _initials(self, curie: str) -> set[str]:
        """The first letters of a concept's names: "pe" of pleural effusion."""
        return {"".join(word[0] for word in key) for key in self._keys.get(curie, ())}

    def find_in(
        self, sentence: Sentence, defined: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[Mention, ...]:
        """Every mention in one sentence, in order; offsets count from the start of the whole text.

        Args:
            defined: as `look_ahead` finds them; within the text they mean this and nothing else.
        """
        words = tuple(joined(sentence))
        mentions, covered = self._named(words, defined)
        for found in self._linker.link_in(words, covered) if self._linker else ():
            place, link = (words[found.start].start, words[found.end - 1].end), found.link
            mentions.append(Mention(link.curie, link.name, *place, False, link.similarity, link.probability))
        return tuple(sorted(mentions, key=lambda mention: mention.start))

    def _named(self, words: Sentence, defined: Mapping[str, str]) -> tuple[list[Mention], set[int]]:
        """What the dictionary finds, and the places of all words that it knows."""
        mentions: list[Mention] = []
        covered: set[int] = set()
        if not words:
            return mentions, covered
        keys = [fold(word.text) for word in words]
        is_shouted = not any(word.text.islower() for word in words)
        found = {(start, end): (tuple(keys[start:end]), False) for start, end, _ in self._table.find(keys)}
        for each in sorted(self._sets.find(keys), key=lambda each: -len(each.key)):
            found.setdefault((each.start, each.end), (each.key, each.is_denied))
        for start, key in self._coordinated(keys, longest(found)):
            found.setdefault((start, start + 1), (key, False))
        for start, end in longest(found):
            key, is_denied = found[start, end]
            phrase = self._meant[key]
            is_meant = not phrase.is_ambiguous or (
                not is_shouted and words[start].text == phrase.text and end - start == 1
            )
            if not is_meant or (end - start == 1 and words[start].text in defined):
                continue
            covered.update(range(start, end))
            if curie := self._in_context(key, phrase.curie, keys):
                curie = self._meant_here(key, curie, words[:start] + words[end:])
                place = words[start].start, words[end - 1].end
                is_normal = phrase.is_normal or is_denied
                curies = self._normal.get(key, (curie,)) if phrase.is_normal else (curie,)
                mentions += (Mention(each, self._names[each], *place, is_normal) for each in curies)
        for i, word in enumerate(words):
            if word.text in defined and i not in covered:
                covered.add(i)
                if curie := defined[word.text]:
                    mentions.append(Mention(curie, self._names[curie], word.start, word.end))
        return mentions, covered

    def _coordinated(self, keys: list[str], spans: list[tuple[int, int]]) -> Iterator[tuple[int, Key]]:
        """Words that share the rest of a name that follows, and the whole name.

        In "axial and appendicular hypotonia" the first word stands for "axial hypotonia".
        """
        for begin, end in spans:
            rest = tuple(keys[begin + 1 : end])
            at = begin - 2
            while rest and at >= 0 and keys[at + 1] in _JOINING and (keys[at], *rest) in self._meant:
                yield at, (keys[at], *rest)
                at -= 2

    def _in_context(self, key: Key, curie: str, keys: list[str]) -> str:
        meanings = self._contexts.get(key, ())
        return next((meant for words, meant in meanings if not words.isdisjoint(keys)), curie)

    def _meant_here(self, key: Key, curie: str, around: Sentence) -> str:
        rivals = self._rivals.get(key, ())
        if self._linker is None or curie not in rivals:
            return curie
        others = (rival for rival in rivals if rival != curie)
        return self._linker.choose((curie, *others), " ".join(word.text for word in around if word.is_name))


def _composed(
    meant: Mapping[Key, Phrase], keys: Mapping[str, Collection[Key]], parents: Mapping[str, Collection[str]]
) -> dict[Key, Phrase]:
    """Phrases that follow from others and are nobody's yet; what would be two concepts' is left out."""
    shorter = [(key_of(words), key_of(short)) for words, short in lexicon.short_forms()]
    claims: dict[Key, set[str]] = defaultdict(set)
    for key, curie in composed_names(keys, parents, shorter):
        if key not in meant:
            claims[key].add(curie)
    return {
        key: Phrase(" ".join(key), next(iter(curies)), COMPOSED)
        for key, curies in claims.items()
        if len(curies) == 1
    }
