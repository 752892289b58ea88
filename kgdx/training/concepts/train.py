"""Train the concept encoder: names of one concept are drawn together, all others pushed apart.

Contrastive learning with in-batch negatives (multiple negatives ranking, Henderson et al. 2017,
arXiv:1705.00652) on a static embedding of sentence-transformers. Two views of a concept are two of its
names, or a name and a definition; one of them is misspelt or shuffled now and then. Half of a batch are
neighbours of one another, so that siblings are told apart (hard negatives as in SapBERT, Liu et al. 2021,
arXiv:2010.11784). The vectors begin at random directions, with lengths that fall with the subword's
frequency (Arora et al. 2017). Same settings, same graph, same machine: same weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from kgdx.encoders.concepts import mean_vectors
from kgdx.graph.arrays import Floats32
from kgdx.training import loop
from kgdx.training.concepts.batches import ConceptTraining, Tokens, Views, train_tokenizer
from kgdx.training.data.concept_names import Concept, HeldOut, Vocabularies
from kgdx.training.progress import Progress

Encode = Callable[[Sequence[str]], Floats32]
_SMOOTHING = 1e-3
_BLOCK = 256
# Names looked at for each text: enough to hold five concepts.
_NEAREST = 64


@dataclass(frozen=True, eq=False)
class NameIndex:
    """Vectors of names.

    Attributes:
        curies: (n,) the concept of each name.
        vectors: (n, dim) float32 unit rows.
    """

    curies: Sequence[str]
    vectors: Floats32

    @classmethod
    def of(cls, concepts: Sequence[Concept], encode: Encode) -> "NameIndex":
        """Encode every name."""
        curies = [concept.curie for concept in concepts for _ in concept.names]
        return cls(curies, encode([name for concept in concepts for name in concept.names]))

    def nearest(self, vectors: Floats32, count: int = 5) -> list[list[str]]:
        """The concepts of the nearest names of each vector, the nearest first, each concept once.

        Args:
            vectors: (m, dim) float32 unit rows.
            count: of concepts, at most.
        """
        found = []
        size = min(_NEAREST, len(self.curies))
        for start in range(0, len(vectors), _BLOCK):
            for row in vectors[start : start + _BLOCK] @ self.vectors.T:
                top = np.argpartition(-row, size - 1)[:size]
                top = top[np.argsort(-row[top], kind="stable")]
                found.append(list(dict.fromkeys(self.curies[i] for i in top))[:count])
        return found


def accuracy(index: NameIndex, held_out: Sequence[HeldOut], encode: Encode) -> tuple[float, float]:
    """Share of held-out names whose concept is the nearest, and is among the five nearest."""
    nearest = index.nearest(encode([held.text for held in held_out]))
    first = [held.curie == found[0] for held, found in zip(held_out, nearest, strict=True)]
    among = [held.curie in found for held, found in zip(held_out, nearest, strict=True)]
    return float(np.mean(first)), float(np.mean(among))


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
    schedule = loop.one_cycle(optimizer, settings.steps, warm_up=0.05)
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
        schedule,
        settings.steps,
        "concept encoder",
        progress,
        max_norm=None,
        early_stop=stop,
    )
    return best


def batch_loss(
    model: StaticEmbedding, tokens: Tokens, one: Sequence[str], other: Sequence[str], temperature: float
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
