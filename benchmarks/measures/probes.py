"""Linear probes: what can be read off frozen vectors, without a patient on both sides of a split.

A probe is a measuring instrument: it is fitted, scored and thrown away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Labels = NDArray[Any]
Split = tuple[Rows, Rows]
Prepare = Callable[[Floats, Rows], Floats]
"""(vectors, training rows) -> vectors; whatever it learns, it learns from the training rows."""

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_FOLDS, _INNER_FOLDS = 5, 3
_RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Readings:
    """What probes said of N films that they were not fitted on, R times over.

    Attributes:
        classes: (K,) sorted.
        probabilities: (R, N, K); NaN where a film was in no test part.
        parts: (R, N) number of the split whose probe read the film; -1 for none.
    """

    classes: Labels
    probabilities: Floats
    parts: NDArray[np.int64]


def patient_folds(truths: Labels, patients: Labels, seed: int, most: int = _FOLDS) -> list[Split]:
    """Parts of much the same classes, each patient whole in one; fewer where a class has fewer patients.

    Returns:
        (training rows, test rows); none if a class has a single patient.
    """
    num = min(most, *(len(set(patients[truths == c])) for c in np.unique(truths)))
    if num < 2 or len(np.unique(truths)) < 2:
        return []
    folds = StratifiedGroupKFold(num, shuffle=True, random_state=seed)
    return [
        (train, test)
        for train, test in folds.split(np.zeros((len(truths), 1)), truths, patients)
        if len(np.unique(truths[train])) == len(np.unique(truths))
    ]


def leave_one_out(groups: Labels, names: Sequence[str]) -> list[Split]:
    """For each name: all other groups to train on, that one to test on."""
    return [(np.flatnonzero(groups != name), np.flatnonzero(groups == name)) for name in names]


def fit(vectors: Floats, truths: Labels, patients: Labels) -> Pipeline:
    """A logistic regression whose regularisation was chosen by folds of these very rows."""
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=5000))
    inner = patient_folds(truths, patients, seed=0, most=_INNER_FOLDS)
    if not inner:
        return model.set_params(logisticregression__C=STRENGTHS[len(STRENGTHS) // 2]).fit(vectors, truths)
    grid = {"logisticregression__C": STRENGTHS}
    search = GridSearchCV(model, grid, scoring=balanced_likelihood, cv=inner)
    return search.fit(vectors, truths).best_estimator_


def balanced_likelihood(model: Pipeline, vectors: Floats, truths: Labels) -> float:
    """Mean log-probability of the truth, classes weighing the same."""
    of_truth = model.predict_proba(vectors)[np.arange(len(truths)), np.searchsorted(model.classes_, truths)]
    logs = np.log(np.maximum(of_truth, 1e-9))
    return float(np.mean([logs[truths == c].mean() for c in np.unique(truths)]))


def read(
    vectors: Floats,
    truths: Labels,
    patients: Labels,
    repeats: list[list[Split]],
    prepare: Prepare | None = None,
) -> Readings:
    """Fit a probe on each split's training rows, and let it read the test rows."""
    classes = np.unique(truths)
    probabilities = np.full((len(repeats), len(truths), len(classes)), np.nan)
    parts = np.full((len(repeats), len(truths)), -1)
    for repeat, splits in enumerate(repeats):
        for number, (train, test) in enumerate(splits):
            ready = vectors if prepare is None else prepare(vectors, train)
            with threadpool_limits(1):  # the matrices are small: threads would wait for one another
                model = fit(ready[train], truths[train], patients[train])
            columns = np.searchsorted(classes, model.classes_)
            probabilities[repeat, test] = 0.0
            probabilities[repeat, test[:, None], columns] = model.predict_proba(ready[test])
            parts[repeat, test] = number
    return Readings(classes, probabilities, parts)


def centred_by(groups: Labels) -> Prepare:
    """Subtract from each film the mean vector of its group, of the group's training rows if there are any.

    A group that is wholly in the test part is centred on its own mean, which takes films but no labels.
    """

    def prepare(vectors: Floats, train: Rows) -> Floats:
        ready = vectors.copy()
        for name in np.unique(groups):
            rows = np.flatnonzero(groups == name)
            known = np.intersect1d(rows, train)
            ready[rows] -= vectors[known if len(known) else rows].mean(axis=0)
        return ready

    return prepare


def balanced_accuracy(readings: Readings, truths: Labels, weights: Floats) -> Floats:
    """(B,) mean over classes of the share recognised, over the repeats.

    Args:
        readings: of N films.
        truths: (N,).
        weights: (B, N) how often each film counts.
    """
    known = np.searchsorted(readings.classes, truths)
    right = (readings.probabilities.argmax(axis=2) == known).mean(axis=0)
    masks = np.stack([known == c for c in np.unique(known)]).astype(np.float64)
    with np.errstate(invalid="ignore"):
        shares = (weights @ (masks * right).T) / (weights @ masks.T)
    return np.asarray(np.nanmean(shares, axis=1))


def pair_auc(readings: Readings, truths: Labels, weights: Floats, strata: Labels | None = None) -> Floats:
    """(B,) share of pairs (sick, not sick) in the right order; the second class is the sick one.

    Only pairs that one probe read are compared, for two probes have two scales; with `strata`, only pairs of
    one stratum. NaN if there are none.

    Args:
        readings: of N films.
        truths: (N,).
        weights: (B, N) how often each film counts.
        strata: (N,).
    """
    is_sick = truths == readings.classes[1]
    sick, well = np.flatnonzero(is_sick), np.flatnonzero(~is_sick)
    aucs = []
    for values, parts in zip(readings.probabilities[:, :, 1], readings.parts, strict=True):
        counted = (parts[sick, None] == parts[well]) & (parts[sick, None] >= 0)
        if strata is not None:
            counted &= strata[sick, None] == strata[well]
        above = np.sign(values[sick, None] - values[well]) / 2 + 0.5
        right, pairs = (
            ((weights[:, sick] @ table) * weights[:, well]).sum(axis=1)
            for table in (np.where(counted, above, 0.0), counted.astype(np.float64))
        )
        with np.errstate(invalid="ignore"):
            aucs.append(right / pairs)
    return np.asarray(np.mean(aucs, axis=0))


def once(num: int) -> Floats:
    """(1, num) weights that count every film once."""
    return np.ones((1, num))


def estimate(measure: Callable[[Floats], Floats], patients: Labels) -> dict[str, Any]:
    """A figure with its 95 % bootstrap interval over patients; None where it cannot be told.

    Probes are not fitted anew: the interval holds the chance of which patients are tested, not of which are
    trained on.

    Args:
        measure: (B, N) weights of the films -> (B,) figures.
        patients: (N,).
    """
    value = float(measure(once(len(patients)))[0])
    if not np.isfinite(value):
        return {"value": None, "ci": []}
    ends = np.nanquantile(measure(_resamples(patients)), [0.025, 0.975])
    return {"value": round(value, 3), "ci": [round(float(end), 3) for end in ends]}


def _resamples(patients: Labels) -> Floats:
    """(B, N) how often each film is in, patients drawn with replacement."""
    names, whose = np.unique(patients, return_inverse=True)
    drawn = np.random.default_rng(0).multinomial(len(names), [1 / len(names)] * len(names), size=_RESAMPLES)
    return drawn[:, whose].astype(np.float64)


def shuffled(truths: Labels, patients: Labels, seed: int, within: Labels | None = None) -> Labels:
    """The commonest label of each patient, handed to another one; with `within`, to one of the same group."""
    rng = np.random.default_rng(seed)
    names, first = np.unique(patients, return_index=True)
    usual = np.array([_commonest(truths[patients == name]) for name in names])
    groups = np.zeros(len(names)) if within is None else within[first]
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        usual[members] = usual[rng.permutation(members)]
    return np.asarray(usual[np.searchsorted(names, patients)])


def _commonest(values: Labels) -> Any:
    names, counts = np.unique(values, return_counts=True)
    return names[counts.argmax()]
