"""Training the path network on simulated patients.

For each patient the base proposes candidates; the network learns what to add to their logits so that the
true disease comes first (cross-entropy over the proposed). Only walks over the graph can help it: there is
nothing in it that could remember a disease.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgdx.evidence.fusion import fuse
from kgdx.ports import TextEncoder
from kgdx.reasoning.calibration import Answered, fit_temperature
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.model import ModelSettings, PathNetwork
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.reasoner import Ranking, Reasoner, ReasonerSettings
from kgdx.reasoning.simulate import SimulationSettings, Simulator

Progress = Callable[[int, int, str], None]
"""Told (patients done, patients in all, what is going on)."""


@dataclass(frozen=True, slots=True)
class ReasonerTraining:
    """How to train.

    Attributes:
        num_patients: simulated patients, each seen once.
        num_heldout: further patients, of other diseases, for temperature and metrics.
        batch: patients per optimiser step.
        learning_rate: at the start; it falls along a cosine.
        without_context: share of patients whose case vector is hidden.
        seed: of everything random.
    """

    num_patients: int = 4000
    num_heldout: int = 500
    batch: int = 8
    learning_rate: float = 1e-2
    without_context: float = 0.3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What training gave, on patients of diseases that it never drew.

    Attributes:
        base_top1, top1: share of held-out patients whose disease came first, by the base and by base + graph.
        temperature: fitted on the held-out patients.
    """

    num_heldout: int
    base_top1: float
    top1: float
    temperature: float


def train(
    graph: DiagnosticGraph, encoder: TextEncoder, settings: ReasonerTraining, progress: Progress
) -> tuple[Reasoner, Outcome]:
    """Train a reasoner for any graph on one graph.

    Args:
        encoder: of relation texts and case vectors; its weights stay as they are.
    """
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    network = PathNetwork(ModelSettings(text_dim=encoder.dim))
    relations = torch.from_numpy(encoder.encode_texts(graph.directions))
    reasoner = Reasoner(graph, network, relations)
    simulator = Simulator(graph.snapshot, graph.annotations, SimulationSettings())
    order = rng.permutation(reasoner.same.max() + 1)
    is_heldout = np.isin(reasoner.same, order[: len(order) // 10])
    _fit(reasoner, simulator, np.flatnonzero(~is_heldout), encoder, settings, rng, progress)
    network.eval()
    outcome = _evaluate(reasoner, simulator, np.flatnonzero(is_heldout), encoder, settings, rng, progress)
    return replace(reasoner, settings=ReasonerSettings(temperature=outcome.temperature)), outcome


def _fit(
    reasoner: Reasoner,
    simulator: Simulator,
    diseases: NDArray[np.int64],
    encoder: TextEncoder,
    settings: ReasonerTraining,
    rng: np.random.Generator,
    progress: Progress,
) -> None:
    num_steps = settings.num_patients // settings.batch
    optimizer = torch.optim.Adam(reasoner.network.parameters(), settings.learning_rate, weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    recent = 0.0
    for step in range(num_steps):
        optimizer.zero_grad()
        losses = []
        for position in rng.choice(diseases, settings.batch):
            query = _query(simulator.draw(int(position), rng), reasoner, encoder, settings, rng)
            loss = _loss(reasoner, query, int(position))
            if loss is not None:
                losses.append(loss)
        if losses:
            torch.autograd.backward(torch.stack(losses).mean())
            torch.nn.utils.clip_grad_norm_(reasoner.network.parameters(), 1.0)
            optimizer.step()
            recent = 0.95 * recent + 0.05 * float(torch.stack(losses).detach().mean())
        schedule.step()
        shown = recent / (1 - 0.95 ** (step + 1))
        progress((step + 1) * settings.batch, settings.num_patients, f"training, loss {shown:.3f}")


def _query(
    observations: tuple[Observation, ...],
    reasoner: Reasoner,
    encoder: TextEncoder,
    settings: ReasonerTraining,
    rng: np.random.Generator,
) -> GraphQuery:
    names = reasoner.graph.snapshot.names
    present = [names[seen.node] for seen in observations if seen.weight > 0]
    is_hidden = not present or rng.random() < settings.without_context
    context = np.zeros(encoder.dim, np.float32) if is_hidden else fuse(encoder.encode_texts(present))
    return GraphQuery(observations, context)


def _loss(reasoner: Reasoner, query: GraphQuery, truth: int) -> Tensor | None:
    """Cross-entropy over the proposed candidates; None where the true disease is not among them."""
    proposed, base = reasoner.propose(query)
    hits = np.flatnonzero(reasoner.same[proposed] == reasoner.same[truth])
    if len(hits) == 0:
        return None
    added = reasoner.forward(query, reasoner.graph.annotations.candidates[proposed]).read()
    logit = torch.from_numpy(base[proposed]).float() + added
    return torch.nn.functional.cross_entropy(logit.unsqueeze(0), torch.from_numpy(hits[:1]))


def _evaluate(
    reasoner: Reasoner,
    simulator: Simulator,
    diseases: NDArray[np.int64],
    encoder: TextEncoder,
    settings: ReasonerTraining,
    rng: np.random.Generator,
    progress: Progress,
) -> Outcome:
    answered, base_first = [], []
    for done, position in enumerate(rng.choice(diseases, settings.num_heldout)):
        query = _query(simulator.draw(int(position), rng), reasoner, encoder, settings, rng)
        ranking = reasoner.rank(query)
        is_true = reasoner.same[ranking.positions] == reasoner.same[position]
        answered.append(answer(ranking, is_right=bool(is_true[0])))
        base_first.append(bool(is_true[np.argmax(ranking.prior + ranking.base.sum(axis=1))]))
        progress(done + 1, settings.num_heldout, "held-out patients")
    return Outcome(
        num_heldout=len(answered),
        base_top1=float(np.mean(base_first)),
        top1=float(np.mean([case.is_right for case in answered])),
        temperature=fit_temperature(answered),
    )


def answer(ranking: Ranking, *, is_right: bool) -> Answered:
    """A ranking as calibration takes it."""
    return Answered(np.concatenate([ranking.logit, ranking.others_logit]), is_right)
