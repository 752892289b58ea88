"""Training a reasoner: first what best paths say, then what walks add.

It learns from published cases, whose answers are known, and from patients simulated from the annotations.
Only figures of paths can help it: there is nothing in it that could remember a disease.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from kgdx.encoders.base import TextEncoder
from kgdx.evidence.fusion import fuse
from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.messages import MessageNetwork, MessageSettings
from kgdx.reasoning.path_network import ModelSettings, PathNetwork
from kgdx.reasoning.query import GraphQuery, Observation, without_curation
from kgdx.reasoning.reasoner import Reasoner
from kgdx.training import loop
from kgdx.training.progress import Progress
from kgdx.training.reasoner.labelled_cases import LabelledCase, weights
from kgdx.training.reasoner.train_messages import MessageTraining, ShortlistedCase, fit_messages
from kgdx.training.synthetic.patients import SimulationSettings, Simulator


@dataclass(frozen=True, slots=True)
class WalkTraining:
    """How to train.

    Attributes:
        num_cases: seen once each; drawn by weight.
        batch: cases per optimizer step.
        learning_rate: at the start; it falls along a cosine.
        weight_decay: of all parameters.
        curated: share of cases shown with their curated absences, as in `MessageTraining`.
    """

    num_cases: int = 1600
    batch: int = 8
    learning_rate: float = 1e-2
    weight_decay: float = 1e-5
    curated: float = 0.3


def fit_walks(
    reasoner: Reasoner,
    cases: Sequence[LabelledCase],
    weight: Floats,
    settings: WalkTraining,
    rng: np.random.Generator,
    progress: Progress,
) -> None:
    """Train `reasoner.network` in place, on what likelihood and `reasoner.messages` propose.

    Args:
        weight: (n,) of each case: how often it is drawn.
    """
    network = reasoner.network.train()
    drawn = rng.choice(len(cases), settings.num_cases, p=weight / weight.sum())
    batches = np.array_split(drawn, -(-len(drawn) // settings.batch))
    optimizer = torch.optim.Adam(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(batches))

    def loss_of(batch: Ints) -> Tensor | None:
        is_curated = rng.random(len(batch)) < settings.curated
        shown = [
            cases[i] if curated else replace(cases[i], query=without_curation(cases[i].query))
            for i, curated in zip(batch, is_curated, strict=True)
        ]
        losses = [loss for case in shown if (loss := _loss(reasoner, case)) is not None]
        return torch.stack(losses).mean() if losses else None

    loop.fit(network, batches, loss_of, schedule, len(batches), "walks", progress)
    network.eval()


def _loss(reasoner: Reasoner, case: LabelledCase) -> Tensor | None:
    """Cross-entropy over the proposed candidates; None where no right one is among them.

    Candidates that are denied a finding are left out: its walks add nothing to them when ranking.
    """
    proposal = reasoner.propose(case.query)
    is_read = ~proposal.is_denied.any(axis=1)
    positions = proposal.positions[is_read]
    is_right = np.isin(reasoner.same[positions], reasoner.same[case.accepted])
    if not is_right.any():
        return None
    added = reasoner.forward(case.query, reasoner.graph.annotations.candidates[positions]).read()
    logit = torch.from_numpy(proposal.logit[is_read]).float() + added
    return torch.logsumexp(logit, 0) - torch.logsumexp(logit[torch.from_numpy(is_right)], 0)


@dataclass(frozen=True, slots=True)
class ReasonerTraining:
    """How to train.

    Attributes:
        num_simulated: patients drawn from the annotations.
        simulated_weight: of all simulated patients together, beside 1 for all published cases.
        without_context: share of simulated patients whose case vector is hidden.
        seed: of everything random.
    """

    num_simulated: int = 1000
    simulated_weight: float = 0.1
    without_context: float = 0.3
    messages: MessageTraining = field(default_factory=MessageTraining)
    walks: WalkTraining = field(default_factory=WalkTraining)
    seed: int = 0


def untrained(
    graph: DiagnosticGraph, encoder: TextEncoder, seed: int, *, is_merging: bool = True
) -> Reasoner:
    """A reasoner that ranks by likelihood alone.

    Args:
        encoder: of relation texts and case vectors; its weights stay as they are.
    """
    torch.manual_seed(seed)
    return Reasoner(
        graph,
        PathNetwork(ModelSettings(text_dim=encoder.dim)),
        MessageNetwork(MessageSettings()),
        torch.from_numpy(encoder.encode_texts(graph.directions)),
        is_merging=is_merging,
    )


def simulated(
    reasoner: Reasoner, encoder: TextEncoder, diseases: Ints, settings: ReasonerTraining
) -> list[LabelledCase]:
    """Patients drawn from the annotations.

    Args:
        diseases: positions of the candidates to draw from.
    """
    rng = np.random.default_rng(settings.seed)
    simulator = Simulator(reasoner.graph.snapshot, reasoner.graph.annotations, SimulationSettings())
    cases = []
    for position in rng.choice(diseases, settings.num_simulated):
        observations = simulator.draw(int(position), rng)
        query = _query(observations, reasoner, encoder, is_hidden=rng.random() < settings.without_context)
        accepted = np.flatnonzero(reasoner.same == reasoner.same[position])
        cases.append(LabelledCase(query, accepted, is_simulated=True))
    return cases


def fit(
    reasoner: Reasoner,
    cases: Sequence[LabelledCase],
    shortlisted: Sequence[ShortlistedCase | None],
    settings: ReasonerTraining,
    progress: Progress,
) -> None:
    """Train both networks of a reasoner in place.

    Args:
        shortlisted: what the best paths of each case showed, None where the likelihood leaves its answer out.
    """
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    weight = _weights(cases, settings)
    kept = np.array([i for i, case in enumerate(shortlisted) if case is not None])
    fit_messages(
        reasoner, [m for m in shortlisted if m is not None], weight[kept], settings.messages, rng, progress
    )
    fit_walks(reasoner, cases, weight, settings.walks, rng, progress)


def _weights(cases: Sequence[LabelledCase], settings: ReasonerTraining) -> Floats:
    is_simulated = np.array([case.is_simulated for case in cases])
    weight = weights(cases)
    if is_simulated.all() or not is_simulated.any():
        return weight
    share = settings.simulated_weight / (1.0 + settings.simulated_weight)
    for part, whole in ((is_simulated, share), (~is_simulated, 1.0 - share)):
        weight[part] *= whole * len(weight) / weight[part].sum()
    return weight


def _query(
    observations: tuple[Observation, ...], reasoner: Reasoner, encoder: TextEncoder, *, is_hidden: bool
) -> GraphQuery:
    names = reasoner.graph.snapshot.names
    present = [names[obs.node] for obs in observations if obs.weight > 0]
    is_hidden = is_hidden or not present
    context = np.zeros(encoder.dim, np.float32) if is_hidden else fuse(encoder.encode_texts(present))
    return GraphQuery(observations, context)
