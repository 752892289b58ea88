"""Fit a head on vectors of an encoder: regularised logistic regression, then a temperature.

Every label weighs the same whatever its number of images, so probabilities are for equal priors. How strongly
to regularise is chosen by cross-validation; with one image a label there is nothing to cross-validate, and
the strength stays at its default.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_expit, log_softmax
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold

from kgdx.encoders.linear_head import Head, HeadLabel
from kgdx.graph.arrays import Floats32, Ints

Folds = list[tuple[Ints, Ints]]
STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
DEFAULT_STRENGTH = 10.0
_FOLDS = 5
_CENTROIDS = 16


def fit_head(
    vectors: Floats32,
    truths: Floats32,
    labels: Sequence[HeadLabel],
    *,
    is_multi_label: bool,
    encoder: str,
    trained_on: str,
    calibration: tuple[Floats32, Floats32] | None = None,
    seed: int = 0,
) -> tuple[Head, tuple[Floats32, Floats32] | None]:
    """A calibrated head with a border of its domain, and what it answered on images it was not fitted on.

    Args:
        vectors: (N, dim) unit rows.
        truths: (N, L) 0 or 1.
        labels: L of them.
        encoder: revision of the encoder that made the vectors.
        calibration: (vectors, truths) to fit the temperature on; left out: the folds' held-out answers.
        seed: of folds and centroids.

    Returns:
        The head; held-out logits before the temperature, (M, L), and their truths: of `calibration`, or of
        the folds; None where there are too few images for either.
    """
    folds = _folds(truths, is_multi_label, seed)
    strength, held_out = choose_strength(vectors, truths, folds, is_multi_label=is_multi_label)
    weight, bias = fit_linear(vectors, truths, strength, is_multi_label=is_multi_label)
    watched = None
    if calibration is not None:
        watched, held_out = calibration[0], (calibration[0] @ weight.T + bias, calibration[1])
    temperature = 1.0 if held_out is None else fit_temperature(*held_out, is_multi_label=is_multi_label)
    border = fit_domain(vectors, watched, seed)
    head = Head(tuple(labels), weight, bias, temperature, is_multi_label, encoder, *border, trained_on)
    return head, held_out


def choose_strength(
    vectors: Floats32, truths: Floats32, folds: Folds, *, is_multi_label: bool
) -> tuple[float, tuple[Floats32, Floats32] | None]:
    """The inverse regularisation with the least loss on held-out folds, and its (logits, truths) there."""
    if not folds:
        return DEFAULT_STRENGTH, None
    best: tuple[float, float, tuple[Floats32, Floats32]] | None = None
    for strength in STRENGTHS:
        logits, known = [], []
        for inside, outside in folds:
            fitted = fit_linear(vectors[inside], truths[inside], strength, is_multi_label=is_multi_label)
            logits.append(vectors[outside] @ fitted[0].T + fitted[1])
            known.append(truths[outside])
        held_out = np.concatenate(logits), np.concatenate(known)
        loss = balanced_loss(*held_out, is_multi_label=is_multi_label)
        if best is None or loss < best[0]:
            best = loss, strength, held_out
    assert best is not None  # noqa: S101 - STRENGTHS is not empty
    return best[1], best[2]


def fit_linear(
    vectors: Floats32, truths: Floats32, strength: float, *, is_multi_label: bool
) -> tuple[Floats32, Floats32]:
    """((L, dim) weights, (L,) biases) of logistic regression with equally weighted labels."""
    if is_multi_label:
        fitted = [_binary(vectors, truths[:, i], strength) for i in range(truths.shape[1])]
    elif truths.shape[1] == 2:
        weight, bias = _binary(vectors, truths[:, 1], strength)
        # Two logits whose difference is the binary one.
        fitted = [(-weight / 2, -bias / 2), (weight / 2, bias / 2)]
    else:
        model = _logistic(strength).fit(vectors, truths.argmax(axis=1))
        fitted = [(np.zeros(vectors.shape[1], np.float32), -30.0)] * truths.shape[1]
        for row, label in enumerate(model.classes_):
            fitted[label] = model.coef_[row], float(model.intercept_[row])
    weights = np.stack([weight for weight, _ in fitted]).astype(np.float32)
    return weights, np.array([bias for _, bias in fitted], np.float32)


def fit_temperature(logits: Floats32, truths: Floats32, *, is_multi_label: bool) -> float:
    """What to divide logits by so that held-out answers are as likely as can be; in [0.05, 20].

    Source: Guo et al. 2017, arXiv:1706.04599.
    """

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return balanced_loss(scaled, truths, is_multi_label=is_multi_label)

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def balanced_loss(logits: Floats32, truths: Floats32, *, is_multi_label: bool) -> float:
    """Mean negative log likelihood, natural log, with every label (and its absence) weighing the same."""
    if is_multi_label:
        losses = -(truths * log_expit(logits) + (1 - truths) * log_expit(-logits))
        sides = [losses[truths == side].mean() for side in (0, 1) if (truths == side).any()]
        return float(np.mean(sides))
    of_truth = -(truths * log_softmax(logits, axis=1)).sum(axis=1)
    return float(np.mean([of_truth[column == 1].mean() for column in truths.T if (column == 1).any()]))


def fit_domain(vectors: Floats32, heldout: Floats32 | None, seed: int) -> tuple[Floats32, float]:
    """(centroids, least likeness) that let 99 % of the images pass that the centroids were not fitted on.

    Without such images a fifth of `vectors` draws the border, if that is at least 50; else there is none.
    """
    rows = np.random.default_rng(seed).permutation(len(vectors))
    if heldout is None:
        spare = len(rows) // 5
        if spare < 50:
            return np.zeros((0, vectors.shape[1]), np.float32), -1.0
        heldout, rows = vectors[rows[:spare]], rows[spare:]
    found = KMeans(min(_CENTROIDS, len(rows)), n_init=2, random_state=seed).fit(vectors[rows])
    centroids = found.cluster_centers_ / np.linalg.norm(found.cluster_centers_, axis=1, keepdims=True)
    likeness = float(np.quantile((heldout @ centroids.T).max(axis=1), 0.01))
    return centroids.astype(np.float32), likeness


def _folds(truths: Floats32, is_multi_label: bool, seed: int) -> Folds:
    fewest = int(truths.sum(axis=0).min())
    if fewest < 2:
        return []
    num = min(_FOLDS, fewest)
    if is_multi_label:
        return list(KFold(num, shuffle=True, random_state=seed).split(truths))
    classes = truths.argmax(axis=1)
    return list(StratifiedKFold(num, shuffle=True, random_state=seed).split(truths, classes))


def _binary(vectors: Floats32, truth: Floats32, strength: float) -> tuple[Floats32, float]:
    if truth.min() == truth.max():
        # A fold without a single example, or with nothing else: all that is known is the answer.
        return np.zeros(vectors.shape[1], np.float32), 5.0 if truth[0] == 1 else -5.0
    model = _logistic(strength).fit(vectors, truth.astype(np.int64))
    return model.coef_[0], float(model.intercept_[0])


def _logistic(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
