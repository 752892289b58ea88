"""Training the network of treatments on diseases whose treatments are known.

Each disease is asked as if nothing treated it: its own edges to treatments are closed to its walks (see
`scores`), and the network learns to let what does treat it come first (cross-entropy over all
treatments). Two folds of the diseases never take part: what treats them is hidden, to be measured on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

import numpy as np
import pyarrow as pa
import torch
from sklearn.linear_model import LogisticRegression

from graph_schema import Schema
from kgdx.encoders.base import TextEncoder
from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.snapshot import Snapshot
from kgdx.training import loop
from kgdx.training.metrics import expected_calibration_error, mid_ranks
from kgdx.training.progress import Progress, silent
from kgdx.treatments.graph import CONDITION_KINDS, TREATMENT_KINDS, TreatmentWalks
from kgdx.treatments.model import TreatmentModelSettings, TreatmentNetwork
from kgdx.treatments.predictor import PredictedTreatments, TreatmentCalibration
from kgdx.treatments.scores import scores

NUM_FOLDS = 5
# The development benchmark scores the first fold; training calibrates on the second and learns from the rest.
SCORED_FOLD, CALIBRATED_FOLD = 0, 1
# Of the treatments of a disease, those that calibration looks at; no report shows more.
_CALIBRATED = 200
_SHOWN = 5


def fold_of(walks: TreatmentWalks, group: int) -> int:
    """Which fold a disease belongs to, by a hash of its first CURIE; whatever means the same goes along."""
    first = min(walks.snapshot.curies[node] for node in walks.members(group))
    return sha256(first.encode()).digest()[0] % NUM_FOLDS


def joining_rows(walks: TreatmentWalks, groups: Ints) -> Ints:
    """Snapshot rows of every edge, of whatever relation, between a treatment and these diseases."""
    snapshot = walks.snapshot
    is_treatment = np.isin(snapshot.kinds, TREATMENT_KINDS)
    is_hidden = np.isin(walks.group, groups) & np.isin(snapshot.kinds, CONDITION_KINDS)
    head, tail = snapshot.head, snapshot.tail
    return np.flatnonzero((is_treatment[head] & is_hidden[tail]) | (is_hidden[head] & is_treatment[tail]))


def hide(walks: TreatmentWalks, groups: Ints) -> Snapshot:
    """The snapshot without any edge that joins these diseases, or what means the same, to a treatment."""
    return without(walks.snapshot, joining_rows(walks, groups))


def without(snapshot: Snapshot, rows: Ints) -> Snapshot:
    """The snapshot without some edges; nodes keep their numbers."""
    kept = np.ones(snapshot.num_edges, dtype=bool)
    kept[rows] = False
    return Snapshot(snapshot.nodes, snapshot.edges.filter(pa.array(kept)), "")


@dataclass(frozen=True, slots=True)
class TreatmentTraining:
    """How to train.

    Attributes:
        epochs: how often each disease is asked.
        batch: diseases per optimizer step.
        learning_rate: the highest; it rises over the first tenth of the steps and falls along a cosine.
        seed: of everything random.
    """

    epochs: int = 2
    batch: int = 32
    learning_rate: float = 3e-2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TreatmentOutcome:
    """What training gave, on diseases that it never asked and whose treatments the graph did not hold.

    Attributes:
        recall10, recall100: mean over diseases of the share of their treatments among the first 10 and 100.
        mrr: mean over diseases of 1 / rank of the best of their treatments.
        popularity_mrr: the same of ranking by the number of diseases a treatment is for.
        ece: calibration error of the five surest predictions of each disease, fitted on one half of the
            diseases and measured on the other, both ways.
    """

    num_learnt: int
    num_heldout: int
    recall10: float
    recall100: float
    mrr: float
    popularity_mrr: float
    ece: float


def train(
    snapshot: Snapshot,
    schema: Schema,
    encoder: TextEncoder,
    settings: TreatmentTraining,
    model: TreatmentModelSettings | None = None,
    progress: Progress = silent,
) -> tuple[PredictedTreatments, TreatmentOutcome]:
    """Train on a snapshot; the same seed gives the same network.

    Args:
        encoder: embeds relations and names of diseases.
    """
    whole = TreatmentWalks(snapshot, schema)
    folds = np.array([fold_of(whole, int(group)) for group in whole.treated])
    heldout = whole.treated[folds == CALIBRATED_FOLD]
    seen = hide(whole, whole.treated[np.isin(folds, (SCORED_FOLD, CALIBRATED_FOLD))])
    torch.manual_seed(settings.seed)
    network = TreatmentNetwork(model or TreatmentModelSettings(encoder.dim))
    predictor = PredictedTreatments.on(seen, schema, network, TreatmentCalibration(), encoder)
    _learn(predictor, settings, progress)
    network.eval().requires_grad_(False)
    return _measured(predictor, heldout, whole)


def _learn(predictor: PredictedTreatments, settings: TreatmentTraining, progress: Progress) -> None:
    walks, network = predictor.walks, predictor.network
    rng = np.random.default_rng(settings.seed)
    order = np.concatenate([rng.permutation(walks.treated) for _ in range(settings.epochs)])
    batches = [np.unique(order[i : i + settings.batch]) for i in range(0, len(order), settings.batch)]
    optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate)
    schedule = loop.one_cycle(optimizer, len(batches), warm_up=0.1)
    loop.fit(network, batches, partial(_loss, predictor), schedule, len(batches), "treatments", progress)


def _loss(predictor: PredictedTreatments, groups: Ints) -> torch.Tensor:
    scored = scores(predictor.network, predictor.relations, predictor.ask(groups.tolist()))
    logits = torch.log(scored + 1e-7)
    probability = logits - torch.logsumexp(logits, dim=0)
    known = (known_places(predictor.walks, predictor.walks, int(group)) for group in groups)
    losses = [-probability[torch.from_numpy(k), b].mean() for b, k in enumerate(known) if len(k)]
    return torch.stack(losses).mean()


def known_places(walks: TreatmentWalks, telling: TreatmentWalks, group: int) -> Ints:
    """Positions in `walks.treatments` of what a graph with the same nodes says treats a disease."""
    known = np.intersect1d(telling.known[group].indices, walks.treatments)
    return np.asarray(np.searchsorted(walks.treatments, known), dtype=np.int64)


def _measured(
    predictor: PredictedTreatments, heldout: Ints, whole: TreatmentWalks
) -> tuple[PredictedTreatments, TreatmentOutcome]:
    """The predictor with its calibration, and how well it does on diseases that are hidden from it."""
    walks = predictor.walks
    known = [known_places(walks, whole, int(group)) for group in heldout]
    asked = [i for i, places in enumerate(known) if len(places)]
    known, scored = [known[i] for i in asked], predictor.scores(heldout[asked].tolist())
    found = [mid_ranks(scored[:, i], places) for i, places in enumerate(known)]
    popularity = np.asarray(walks.known.sum(axis=0)).ravel()[walks.treatments].astype(np.float64)
    usual = [mid_ranks(popularity, places) for places in known]
    outcome = TreatmentOutcome(
        num_learnt=len(walks.treated),
        num_heldout=len(known),
        recall10=_mean([(r <= 10).mean() for r in found]),
        recall100=_mean([(r <= 100).mean() for r in found]),
        mrr=_mean([1 / r.min() for r in found]),
        popularity_mrr=_mean([1 / r.min() for r in usual]),
        ece=_crossed_error(scored, known),
    )
    return replace(predictor, calibration=fit_calibration(scored, known)), outcome


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0


def fit_calibration(scored: Floats, known: Sequence[Ints]) -> TreatmentCalibration:
    """Logistic regression on the best treatments of each disease.

    Args:
        scored: (T, D).
        known: for each disease the positions of what treats it.
    """
    inputs, is_known = [], []
    for i, places in enumerate(known):
        best = np.argsort(-scored[:, i], kind="stable")[:_CALIBRATED]
        best = best[scored[best, i] > 0]
        score = np.log(scored[best, i])
        inputs.append(np.stack([score, score - np.log(scored[:, i].sum())], axis=1))
        is_known.append(np.isin(best, places))
    truth = np.concatenate(is_known) if is_known else np.zeros(0, dtype=bool)
    if not truth.any() or truth.all():
        return TreatmentCalibration()
    fitted = LogisticRegression(C=1e3).fit(np.concatenate(inputs), truth)
    weights = [float(weight) for weight in fitted.coef_[0]]
    return TreatmentCalibration(float(fitted.intercept_[0]), weights[0], weights[1])


def _crossed_error(scored: Floats, known: Sequence[Ints]) -> float:
    """Calibration error of what would be shown: fitted on one half of the diseases, measured on the other."""
    halves = [list(range(half, len(known), 2)) for half in (0, 1)]
    answers = []
    for fitted, measured in (halves, halves[::-1]):
        calibration = fit_calibration(scored[:, fitted], [known[i] for i in fitted])
        confidence = calibration.confidence(scored[:, measured])
        for column, i in enumerate(measured):
            shown = np.argsort(-scored[:, i], kind="stable")[:_SHOWN]
            answers += list(zip(confidence[shown, column], np.isin(shown, known[i]), strict=True))
    if not answers:
        return 0.0
    sure, is_right = (np.array(column) for column in zip(*answers, strict=True))
    return expected_calibration_error(sure, is_right)
