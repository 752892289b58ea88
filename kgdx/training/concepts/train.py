"""Train the concept encoder: names of one concept are drawn together, all others pushed apart.

Contrastive learning with in-batch negatives (multiple negatives ranking, Henderson et al. 2017,
arXiv:1705.00652) on a static embedding of sentence-transformers. Two views of a concept are two of its
names, or a name and a definition; one of them is misspelt or shuffled now and then. Half of a batch are
neighbours of one another, so that siblings are told apart (hard negatives as in SapBERT, Liu et al. 2021,
arXiv:2010.11784). The vectors begin at random directions, with lengths that fall with the subword's
frequency (Arora et al. 2017). Same settings, same graph, same machine: same weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from kgdx.encoders.concepts import mean_vectors
from kgdx.graph.arrays import Floats, Floats32, Ints
from kgdx.training import loop
from kgdx.training.concepts.index import NameIndex, accuracy
from kgdx.training.concepts.tokenizer import train_tokenizer
from kgdx.training.data.concept_names import Concept, Vocabularies
from kgdx.training.data.concept_noise import noisy
from kgdx.training.progress import Progress

_SMOOTHING = 1e-3


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


@dataclass(frozen=True, eq=False)
class TrainedConcepts:
    """What came out.

    Attributes:
        table: (num_subwords, dim) float32, rounded to half precision.
        validation: share of the held-out names for early stopping whose concept is the nearest.
        steps: after which the best weights were found.
    """

    tokenizer: Tokenizer
    table: Floats32
    validation: float
    steps: int


def train(known: Vocabularies, settings: ConceptTraining, progress: Progress) -> TrainedConcepts:
    """Train on the concepts, stop on the validation names; the test names are not looked at."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    texts = [text for concept in known.concepts for text in (*concept.names, *concept.definitions)]
    progress(0, settings.steps, "subwords")
    tokenizer = train_tokenizer(texts, settings.num_subwords)
    tokens = Tokens(tokenizer)
    tokens.learn(texts)
    model = _begin(tokens, settings.dim)
    views = Views(known.concepts, settings, np.random.default_rng(settings.seed))
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.steps, pct_start=0.05
    )
    best = TrainedConcepts(tokenizer, _rounded(model), -1.0, 0)

    def loss_of(done: int) -> Tensor:
        if done % settings.check_every == 0:
            views.look_around(tokenizer, _rounded(model))
        return batch_loss(model, tokens, *views.draw(), settings.temperature)

    def keep(done: int) -> None:
        nonlocal best
        best = TrainedConcepts(tokenizer, _rounded(model), stop.best, done)

    stop = loop.EarlyStop(
        settings.check_every,
        settings.patience,
        lambda: validate(known, tokenizer, _rounded(model)),
        keep,
        best=best.validation,
    )
    loop.fit(
        model,
        range(settings.steps),
        loss_of,
        optimizer,
        schedule,
        total=settings.steps,
        what="concept encoder",
        progress=progress,
        max_norm=None,
        early_stop=stop,
    )
    return best


def batch_loss(
    model: StaticEmbedding, tokens: "Tokens", one: Sequence[str], other: Sequence[str], temperature: float
) -> Tensor:
    """Scalar: how badly the views of a concept find each other among those of the batch.

    Args:
        one, other: two views of the same concepts, in the same order.
    """
    left, right = (_vectors(model, tokens.of(views)) for views in (one, other))
    logits = left @ right.T / temperature
    target = torch.arange(len(logits))
    return (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2


def validate(known: Vocabularies, tokenizer: Tokenizer, table: Floats32) -> float:
    """Share of the validation names whose concept is the nearest of all; 0 if there are none."""

    def encode(texts: Sequence[str]) -> Floats32:
        return mean_vectors(tokenizer, table, texts)

    known_curies = {concept.curie for concept in known.concepts}
    held_out = [held for held in known.validation if held.curie in known_curies]
    return accuracy(NameIndex.of(known.concepts, encode), held_out, encode)[0] if held_out else 0.0


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


def _begin(tokens: Tokens, dim: int) -> StaticEmbedding:
    """Random directions; the more frequent a subword, the shorter its vector."""
    lengths = torch.from_numpy(_SMOOTHING / (_SMOOTHING + tokens.frequencies())).float()
    weights = torch.randn(len(lengths), dim) / dim**0.5 * lengths[:, None]
    return StaticEmbedding(tokens.tokenizer, embedding_weights=weights)


def _vectors(model: StaticEmbedding, tokens: Sequence[Sequence[int]]) -> Tensor:
    flat = torch.tensor([token for ids in tokens for token in ids], dtype=torch.long)
    offsets = torch.tensor([0, *map(len, tokens[:-1])], dtype=torch.long).cumsum(0)
    return normalize(model({"input_ids": flat, "offsets": offsets})["sentence_embedding"], dim=-1)


def _rounded(model: StaticEmbedding) -> Floats32:
    """The weights with the half precision of the file, so that what is measured is what is shipped."""
    rounded: Floats32 = model.embedding.weight.detach().half().float().numpy()
    return rounded
