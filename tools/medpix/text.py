"""Teach the concept encoder how cases are told: a continuation of its training, with MedPix's training cases.

Half of each batch are cases (a stretch of history, findings, discussion or caption, without the words of the
answer, and the title of the topic), half are what the graph says of diseases (a definition or some of the
findings, and a name). Contrastive learning with in-batch negatives, as in `kgdx.training.concepts.train`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from benchmarks.datasets.medpix import MedPixCase
from kgdx.domain.language import language_of
from kgdx.encoders.concepts import TOKENIZER, WEIGHTS
from kgdx.graph.snapshot import Snapshot
from kgdx.training import loop
from kgdx.training.concepts.batches import Tokens
from kgdx.training.concepts.train import batch_loss
from kgdx.training.progress import Progress

_SENTENCE = re.compile(r"(?<=[.;])\s+")
_LEAST_SENTENCE, _MAX_SENTENCES = 9, 4
_RELATIONS = ("has_phenotype", "causes", "located_in")


@dataclass(frozen=True, slots=True)
class TextTraining:
    """How to train.

    Attributes:
        share: of cases in a batch; the rest is the graph's.
        warm_up: steps in which the learning rate rises; then it falls to nothing.
    """

    seed: int = 7
    steps: int = 1_200
    batch: int = 192
    share: float = 0.5
    learning_rate: float = 3e-3
    warm_up: int = 50
    temperature: float = 0.05
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Told:
    """One diagnosis and the texts that speak of it; one is drawn, of it a stretch."""

    names: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]


def train_text(
    base: Path, cases: Sequence[Told], graph: Sequence[Told], settings: TextTraining, progress: Progress
) -> tuple[Tokenizer, NDArray[np.float32]]:
    """The tokenizer of `base` and its table of vectors after training, (num_subwords, dim) float32."""
    torch.set_num_threads(settings.threads)
    rng = np.random.default_rng(settings.seed)
    tokenizer = Tokenizer.from_file(str(base / TOKENIZER))
    table = load_file(base / WEIGHTS)["embedding.weight"].astype(np.float32)
    tokens, model = Tokens(tokenizer), StaticEmbedding(tokenizer, embedding_weights=torch.from_numpy(table))

    def learning_rate(step: int) -> float:
        return settings.learning_rate * min(1.0, (step + 1) / settings.warm_up) * (1 - step / settings.steps)

    def loss_of(_: int) -> Tensor:
        return batch_loss(model, tokens, *_draw(cases, graph, settings, rng), settings.temperature)

    schedule = LambdaLR(torch.optim.Adam(model.parameters(), lr=1.0), learning_rate)
    loop.fit(model, range(settings.steps), loss_of, schedule, settings.steps, "text", progress, max_norm=None)
    rounded: NDArray[np.float32] = model.embedding.weight.detach().half().float().numpy()
    return tokenizer, rounded


def told_by_cases(cases: Sequence[MedPixCase]) -> list[Told]:
    """What each case gives to learn from: its sections, its discussion and its captions, all masked."""
    told = []
    for case in cases:
        texts = [*(text for _, text in case.sections), case.discussion, *(i.caption for i in case.images)]
        cut = tuple(_sentences(case.masked(text)) for text in texts if text)
        told.append(Told((case.title,), tuple(sentences for sentences in cut if sentences)))
    return [each for each in told if each.texts]


def told_by_graph(snapshot: Snapshot) -> list[Told]:
    """What the graph says of each disease that has a definition or two findings."""
    findings: dict[int, list[str]] = {}
    for relation in _RELATIONS:
        rows = snapshot.edges_of(relation)
        for head, tail in zip(snapshot.head[rows].tolist(), snapshot.tail[rows].tolist(), strict=True):
            findings.setdefault(head, []).append(snapshot.names[tail])
            if relation == "causes":
                findings.setdefault(tail, []).append(snapshot.names[head])
    told = []
    for node, row in enumerate(snapshot.nodes.select(["kind", "name", "synonyms", "definition"]).to_pylist()):
        known = tuple(name for name in findings.get(node, ()) if name)
        texts: list[tuple[str, ...]] = [(row["definition"],)] if row["definition"] else []
        texts += [known] if len(known) > 1 else []
        if row["kind"] == "Disease" and row["name"] and texts:
            english = (name for name in row["synonyms"] or () if not language_of(name))
            told.append(Told((row["name"], *english), tuple(texts)))
    return told


def _draw(
    cases: Sequence[Told], graph: Sequence[Told], settings: TextTraining, rng: np.random.Generator
) -> tuple[list[str], list[str]]:
    """A batch of (text, name); no name twice, for it would be its own negative."""
    drawn: dict[str, str] = {}
    for _ in range(settings.batch):
        pool = cases if rng.random() < settings.share else graph
        told = pool[int(rng.integers(len(pool)))]
        name = told.names[int(rng.integers(len(told.names)))]
        parts = told.texts[int(rng.integers(len(told.texts)))]
        count = int(rng.integers(1, _MAX_SENTENCES + 1)) if pool is cases else int(rng.integers(2, 8))
        first = int(rng.integers(max(len(parts) - count, 0) + 1))
        drawn.setdefault(name, " ".join(parts[first : first + count]))
    return list(drawn.values()), list(drawn)


def _sentences(text: str) -> tuple[str, ...]:
    return tuple(part for part in _SENTENCE.split(text) if len(part) >= _LEAST_SENTENCE)
