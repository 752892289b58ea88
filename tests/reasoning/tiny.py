"""Small graphs written as text, and networks with random weights to read them."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

import graph_schema
from graph_schema import Schema
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.messages import MessageNetwork, MessageSettings
from kgdx.reasoning.path_network import ModelSettings, PathNetwork
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking, ReasonerSettings
from kgdx.reasoning.reasoner import Reasoner

TEXT_DIM = 5
KINDS = {
    "D": "Disease",
    "F": "PhenotypicFeature",
    "T": "Drug",
    "G": "Gene",
    "A": "AnatomicalEntity",
    "H": "PhenotypicFeature",
    "E": "Exposure",
}
_SHORT = {
    "is_a": "subclass_of",
    "shows": "has_phenotype",
    "same_as": "exact_match",
    "forbidden_in": "contraindicated_in",
    "gene_of": "gene_associated_with_condition",
}


def graph(
    facts: str, source: str = "infores:test", name_of: Callable[[str], str] = lambda curie: curie
) -> Snapshot:
    """A snapshot of lines such as `D1 shows F2 0.8`, `D1 NOT shows F3`, `F2 is_a F1` or a lone `F9`.

    `D1 shows F2 8/10` counts patients. What follows `as` is what the source itself calls the relation. The
    first letter of a node tells its kind, see `KINDS`. A node whose name is its CURIE counts as unnamed.
    """
    edges, nodes = [], {}
    for line in filter(str.strip, facts.splitlines()):
        line, _, said = line.partition(" as ")
        words = line.split()
        negated = "NOT" in words
        words = [word for word in words if word != "NOT"]
        nodes |= dict.fromkeys(word for word in (words[0], *words[2:3]))
        if len(words) > 1:
            head, relation, tail, *often = words
            shown, _, counted = often[0].partition("/") if often else ("", "", "")
            frequency = float(shown) / float(counted or 1) if shown else None
            num_patients = int(counted) if counted else None
            relation = _SHORT.get(relation, relation)
            edges.append(
                Edge(
                    head,
                    relation,
                    tail,
                    Provenance(source),
                    negated,
                    frequency,
                    num_patients,
                    original_predicate=said.strip(),
                )
            )
    named = [Node(curie, KINDS[curie[0]], name_of(curie), source=source) for curie in nodes]
    return Snapshot.from_tables(node_table(named), edge_table(edges))


def shrunk(frequency: float, num_patients: float = 10.0) -> float:
    """What is believed of a frequency: as if four further patients, one of them with it, had been seen."""
    return (frequency * num_patients + 1.0) / (num_patients + 4.0)


def diagnostic(snapshot: Snapshot, schema: Schema | None = None) -> DiagnosticGraph:
    return DiagnosticGraph(snapshot, Annotations.from_snapshot(snapshot), schema or graph_schema.load())


class HashEncoder:
    """A text encoder that knows nothing but tells texts apart."""

    dim = TEXT_DIM
    revision = "hash"

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        seeds = [int.from_bytes(sha256(text.encode()).digest()[:8], "big") for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=TEXT_DIM) for seed in seeds])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def network(num_steps: int = 4, seed: int = 0) -> PathNetwork:
    """A network that was never trained, with a readout of both signs."""
    torch.manual_seed(seed)
    made = PathNetwork(ModelSettings(TEXT_DIM, num_channels=3, num_steps=num_steps, hidden=7))
    made.readout.data.normal_()
    return made.eval().requires_grad_(False)


def messages(seed: int = 0) -> MessageNetwork:
    """Messages that were never trained, of both signs; what the likelihood knows is trusted unequally."""
    torch.manual_seed(seed)
    made = MessageNetwork(MessageSettings(hidden=6))
    for part in (made.present, made.absent, made.breadth):
        torch.nn.init.normal_(part[-1].weight, std=5.0)
        torch.nn.init.normal_(part[-1].bias)
    made.trust.data = torch.tensor([0.9, 0.7, 0.8, 0.6])
    return made.eval().requires_grad_(False)


def silent() -> MessageNetwork:
    """Messages that say nothing, and likelihood ratios trusted as they are."""
    made = MessageNetwork(MessageSettings(hidden=6))
    made.trust.data.fill_(1.0)
    return made.eval().requires_grad_(False)


def reasoner(
    snapshot: Snapshot,
    settings: ReasonerSettings | None = None,
    net: PathNetwork | None = None,
    schema: Schema | None = None,
    said: MessageNetwork | None = None,
) -> Reasoner:
    made = diagnostic(snapshot, schema)
    relations = torch.from_numpy(HashEncoder().encode_texts(made.directions))
    return Reasoner(made, net or network(), said or messages(), relations, settings or ReasonerSettings())


def query(snapshot: Snapshot, *given: str, weight: float = 12.0) -> GraphQuery:
    """`F1` is there, `-F1` was looked for and not there, `~F1` is denied by a text."""
    observations = []
    for word in given:
        signed = -4.0 if word[0] in "-~" else weight
        node = snapshot.index[word.lstrip("-~")]
        observations.append(Observation(node, signed, word[0] != "~"))
    return GraphQuery(tuple(observations), np.linspace(-1, 1, TEXT_DIM, dtype=np.float32))


def by_name(snapshot: Snapshot, ranking: Ranking) -> dict[str, float]:
    """Disease -> logit."""
    return {snapshot.curies[d]: float(x) for d, x in zip(ranking.diseases, ranking.logit, strict=True)}


def random_facts(rng: np.random.Generator, num_diseases: int = 6, num_findings: int = 9) -> list[str]:
    """Findings in a hierarchy, diseases that show some of them, a few of which share a gene or a place."""
    facts = [f"F{i} is_a F{rng.integers(i)}" for i in range(1, num_findings)]
    for d in range(num_diseases):
        shown = rng.choice(num_findings, size=rng.integers(1, 5), replace=False)
        facts += [f"D{d} shows F{f} {rng.uniform(0.05, 1.0):.2f}" for f in shown]
        facts.append(f"G{d % 2} gene_of D{d}")
    return [*facts, "D1 is_a D0", "D2 same_as D3"]


def walks_into(
    edges: Iterable[tuple[int, int]], goal: int, num_steps: int, *, simple: bool
) -> list[tuple[int, ...]]:
    """Every walk of 1..num_steps edges into `goal`, as positions of edges; by looking at them all."""
    edges = list(edges)
    found: list[tuple[int, ...]] = []
    unfinished: list[tuple[int, ...]] = [()]
    for _ in range(num_steps):
        unfinished = [
            (i, *walk)
            for walk in unfinished
            for i, edge in enumerate(edges)
            if edge[1] == (edges[walk[0]][0] if walk else goal)
        ]
        found += unfinished
    if not simple:
        return found
    return [walk for walk in found if _is_simple([edges[i] for i in walk])]


def _is_simple(walk: list[tuple[int, int]]) -> bool:
    assert all(a[1] == b[0] for a, b in pairwise(walk))
    visited = [walk[0][0], *(end for _, end in walk)]
    return len(set(visited)) == len(visited)
