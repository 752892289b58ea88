"""Batches for the concept encoder: subwords of medical names, and two views of each concept.

The subwords are a unigram model trained on the names, behind the spelling that all texts share. One view of a
concept may bear small harm such as writers do: the encoder learns to see through it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from kgdx.encoders.concepts import mean_vectors
from kgdx.graph.arrays import Floats, Floats32, Ints
from kgdx.training.data.concept_names import Concept

_UNKNOWN = "[UNK]"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MIN_MISSPELT = 4
# As `kgdx.evidence.spelling`: British as American, no marks; plurals are left to the subwords.
_SPELLING = (
    ("[ao]e", "e"),
    (r"our(?=(ed|ing|ation|less|s)?\b)", "or"),
    (r"ys(?=(e|ed|ing)\b)", "yz"),
    (r"(?<=\w)is(?=(ed|ing|ation)\b)", "iz"),
    (r"(?<=[tb])re\b", "er"),
    (r"\bsulph", "sulf"),
    (r"[^\p{L}\p{N}%+]+", " "),
)


@dataclass(frozen=True, slots=True)
class ConceptTraining:
    """How to train.

    Attributes:
        seed: of everything random.
        num_subwords, dim: size of the embedding.
        steps: optimizer steps at most.
        batch: concepts a step.
        hard: share of a batch that comes in families of neighbours.
        family: neighbours to a family.
        temperature: of the softmax over the batch.
        definitions: share of concepts with a definition whose second view is the definition.
        learning_rate: peak of the one-cycle schedule.
        check_every: steps between validations.
        patience: validations without improvement before stopping.
        threads: CPU threads for torch.
    """

    seed: int = 0
    num_subwords: int = 14_000
    dim: int = 224
    steps: int = 2_500
    batch: int = 512
    hard: float = 0.5
    family: int = 8
    temperature: float = 0.05
    definitions: float = 0.2
    learning_rate: float = 1e-2
    check_every: int = 250
    patience: int = 4
    threads: int = 1


def train_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """A tokenizer with about this many subwords; the same texts in the same order give the same."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKD(),
        normalizers.StripAccents(),
        normalizers.Lowercase(),
        *(normalizers.Replace(Regex(pattern), to) for pattern, to in _SPELLING),
        normalizers.Strip(),
    ])  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=[_UNKNOWN], unk_token=_UNKNOWN, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _rounded(tokenizer)


def _rounded(tokenizer: Tokenizer) -> Tokenizer:
    """The same with fewer digits: the last ones depend on the order in which threads add up."""
    state = json.loads(tokenizer.to_str())
    state["model"]["vocab"] = [[piece, round(score, 6)] for piece, score in state["model"]["vocab"]]
    return Tokenizer.from_str(json.dumps(state))


def noisy(text: str, rng: np.random.Generator) -> str:
    """A name with a typo, in another order or without one of its words; more often than not, as it is."""
    chance = rng.random()
    if chance < 0.2:
        return misspelt(text, rng)
    words = text.split()
    if chance < 0.3:
        return " ".join(words[i] for i in rng.permutation(len(words)))
    if chance < 0.4 and len(words) > 2:
        del words[int(rng.integers(len(words)))]
        return " ".join(words)
    return text


def misspelt(text: str, rng: np.random.Generator) -> str:
    """A text with one letter lost, doubled, replaced or swapped with the next, inside one longer word."""
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) >= _MIN_MISSPELT]
    if not long:
        return text
    i = long[int(rng.integers(len(long)))]
    word, at = words[i], int(rng.integers(1, len(words[i]) - 1))
    harm = int(rng.integers(4))
    if harm == 0:
        words[i] = word[:at] + word[at + 1 :]
    elif harm == 1:
        words[i] = word[:at] + word[at] + word[at:]
    elif harm == 2:
        words[i] = word[:at] + _LETTERS[int(rng.integers(26))] + word[at + 1 :]
    else:
        words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


@dataclass(eq=False)
class Views:
    """Draws batches: concepts, and two views of each."""

    concepts: Sequence[Concept]
    settings: ConceptTraining
    rng: np.random.Generator
    _chances: Floats = field(init=False, repr=False)
    _around: Floats32 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # A concept with many names has more to teach; one with a single name serves as a negative.
        said = [min(len(c.names) - 1 + 0.5 * bool(c.definitions) + 0.15, 4.0) for c in self.concepts]
        self._chances = np.cumsum(said) / np.sum(said)

    def look_around(self, tokenizer: Tokenizer, table: Floats32) -> None:
        """Note where each concept lies now, for the choice of neighbours."""
        self._around = mean_vectors(tokenizer, table, [concept.names[0] for concept in self.concepts])

    def draw(self) -> tuple[list[str], list[str]]:
        """Two views of each concept of a batch, at most `settings.batch` of them."""
        pairs = [self._pair(self.concepts[place]) for place in self._places()]
        return [noisy(one, self.rng) for one, _ in pairs], [other for _, other in pairs]

    def _places(self) -> list[int]:
        settings = self.settings
        num_families = int(settings.batch * settings.hard) // settings.family
        size = min(settings.family, len(self.concepts))
        near = torch.from_numpy(self._around[self._random(num_families)]) @ torch.from_numpy(self._around).T
        families = torch.topk(near, size).indices.numpy().ravel()
        rest = self._random(settings.batch - num_families * settings.family)
        return list(np.unique(np.concatenate([families, rest])))

    def _random(self, count: int) -> Ints:
        return np.searchsorted(self._chances, self.rng.random(count)).clip(max=len(self.concepts) - 1)

    def _pair(self, concept: Concept) -> tuple[str, str]:
        names, texts = concept.names, concept.definitions
        first = int(self.rng.integers(len(names)))
        is_defined = bool(texts) and (len(names) == 1 or self.rng.random() < self.settings.definitions)
        if is_defined:
            return names[first], texts[int(self.rng.integers(len(texts)))]
        if len(names) == 1:
            return names[0], names[0]
        return names[first], names[(first + 1 + int(self.rng.integers(len(names) - 1))) % len(names)]


class Tokens:
    """Subwords of texts; those of the graph's own texts are found once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}

    def learn(self, texts: Sequence[str]) -> None:
        """Remember the subwords of these."""
        self._known.update(zip(texts, self._encode(texts), strict=True))

    def of(self, texts: Sequence[str]) -> list[list[int]]:
        """Numbers of each text's subwords."""
        fresh = [text for text in texts if text not in self._known]
        found = dict(zip(fresh, self._encode(fresh), strict=True))
        return [self._known[text] if text in self._known else found[text] for text in texts]

    def frequencies(self) -> Floats:
        """(num_subwords,) share of each subword in what was learnt."""
        flat = [token for ids in self._known.values() for token in ids]
        return np.bincount(flat, minlength=self.tokenizer.get_vocab_size()) / max(len(flat), 1)

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encoded]
