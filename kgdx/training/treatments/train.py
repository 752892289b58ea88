"""Training the network of treatments on diseases whose treatments are known.

Each disease is asked as if nothing treated it: its own edges to treatments are closed to its walks (see
`scores`), and the network learns to let what does treat it come first (cross-entropy over all
treatments). Two folds of the diseases never take part, see `held_out`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from graph_schema import Schema
from kgdx.encoders.base import TextEncoder
from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.snapshot import Snapshot
from kgdx.training import loop
from kgdx.training.progress import Progress, silent
from kgdx.training.treatments.held_out import CALIBRATED_FOLD, SCORED_FOLD, fold_of, hide
from kgdx.treatments.graph import TreatmentWalks
from kgdx.treatments.model import TreatmentModelSettings, TreatmentNetwork
from kgdx.treatments.predictor import PredictedTreatments, TreatmentCalibration
from kgdx.treatments.scores import scores

# Of the treatments of a disease, those that calibration looks at; no report shows more.
_CALIBRATED = 200
_SHOWN = 5


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
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=max(2, len(batches)), pct_start=0.1
    )
    loop.fit(
        network,
        batches,
        lambda batch: _loss(predictor, batch),
        optimizer,
        schedule,
        total=len(batches),
        what="treatments",
        progress=progress,
    )


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


def ranks(scored: Floats, known: Ints) -> Floats:
    """Rank of each known treatment of one disease among all treatments, from 1; ties in the middle.

    Args:
        scored: (T,).
        known: (k,) positions.
    """
    mine = scored[known][:, None]
    above, level = (scored > mine).sum(axis=1), (scored == mine).sum(axis=1)
    return np.asarray(1.0 + above + (level - 1) / 2.0)


def _measured(
    predictor: PredictedTreatments, heldout: Ints, whole: TreatmentWalks
) -> tuple[PredictedTreatments, TreatmentOutcome]:
    """The predictor with its calibration, and how well it does on diseases that are hidden from it."""
    walks = predictor.walks
    known = [known_places(walks, whole, int(group)) for group in heldout]
    asked = [i for i, places in enumerate(known) if len(places)]
    known, scored = [known[i] for i in asked], predictor.scores(heldout[asked].tolist())
    found = [ranks(scored[:, i], places) for i, places in enumerate(known)]
    popularity = np.asarray(walks.known.sum(axis=0)).ravel()[walks.treatments].astype(np.float64)
    usual = [ranks(popularity, places) for places in known]
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
    sure, is_right = (np.array(column, dtype=np.float64) for column in zip(*answers, strict=True))
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [abs(sure[bins == b].mean() - is_right[bins == b].mean()) * (bins == b).mean() for b in set(bins)]
    return round(float(sum(gaps)), 4)
