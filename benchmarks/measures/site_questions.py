"""How well site and disease can be read from films, and how much of the one is the other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.covid_chestxray import ELSEWHERE, Strings
from benchmarks.measures.probes import (
    Floats,
    Labels,
    Prepare,
    Readings,
    balanced_accuracy,
    centred_by,
    estimate,
    leave_one_out,
    once,
    pair_auc,
    patient_folds,
    read,
    shuffled,
)

ENCODER, CENTRED, SITE = "encoder", "encoder, site's mean subtracted", "site"
LEAST_PATIENTS = 3
REPEATS, SHUFFLES, _SEED = 3, 10, 7


def site_probe(features: dict[str, Floats], names: Strings, patients: Strings) -> dict[str, Any] | None:
    """How well the site can be read, from each kind of vector; None where there are fewer than two sites.

    Args:
        features: (N, D) of each kind; ENCODER is one of them.
        names: (N,) site, ELSEWHERE for films that are left out.
        patients: (N,).
    """
    known = np.flatnonzero(names != ELSEWHERE)
    truths, whose = names[known], patients[known]
    if len(np.unique(truths)) < 2:
        return None
    repeats = [patient_folds(truths, whose, _SEED + i) for i in range(REPEATS)]

    def accuracy(vectors: Floats, prepare: Prepare | None = None) -> dict[str, Any]:
        readings = read(vectors[known], truths, whose, repeats, prepare)
        return estimate(lambda weights: balanced_accuracy(readings, truths, weights), whose)

    told = {kind: accuracy(vectors) for kind, vectors in features.items() if kind != SITE}
    told[CENTRED] = accuracy(features[ENCODER], centred_by(truths))
    return {
        "n": len(known),
        "patients": {str(name): len(set(whose[truths == name])) for name in np.unique(truths)},
        "chance": round(1 / len(np.unique(truths)), 3),
        "balanced_accuracy": told,
        "shuffled": _mean(
            [_shuffled_site(features[ENCODER][known], truths, whose, i) for i in range(SHUFFLES)]
        ),
    }


def _shuffled_site(vectors: Floats, truths: Labels, patients: Labels, seed: int) -> float:
    lots = shuffled(truths, patients, seed)
    readings = read(vectors, lots, patients, [patient_folds(lots, patients, seed)])
    return float(balanced_accuracy(readings, lots, once(len(lots)))[0])


def disease_probe(
    features: dict[str, Floats], is_sick: NDArray[np.bool_], sites: Strings, patients: Strings
) -> dict[str, Any] | None:
    """How well a disease can be read: of patients at random, within a site, and at a site never seen.

    Args:
        features: (N, D) of each kind; ENCODER is one of them.
        is_sick: (N,).
        sites: (N,); ELSEWHERE is trained on, and never what is tested across sites.
        patients: (N,).

    Returns:
        For each kind, AUCs over pairs of a sick and another film: `random`, all pairs of a test part of
        grouped folds; `random_within`, of these the pairs from one site; `across`, pairs from one site of
        which no film was trained on; `gap`, random less across. Beside them the controls, and `by_site`,
        where `within` is trained and tested inside one site. None for fewer than LEAST_PATIENTS of either
        kind.
    """
    if min(len(set(patients[part])) for part in (is_sick, ~is_sick)) < LEAST_PATIENTS:
        return None
    tested = sites_with_both(is_sick, sites, patients)
    repeats = [patient_folds(is_sick, patients, _SEED + i) for i in range(REPEATS)]
    apart = [leave_one_out(sites, tested)]
    kinds: dict[str, tuple[Floats, Prepare | None]] = {kind: (v, None) for kind, v in features.items()}
    kinds[CENTRED] = (features[ENCODER], centred_by(sites))
    inside = np.isin(sites, tested)
    read_all = {
        kind: (read(v, is_sick, patients, repeats, ready), read(v, is_sick, patients, apart, ready))
        for kind, (v, ready) in kinds.items()
    }
    return {
        "films": {"sick": int(is_sick.sum()), "others": int((~is_sick).sum())},
        "auc": {kind: _aucs(*both, is_sick, sites, patients, inside) for kind, both in read_all.items()},
        "shuffled": _mean([_shuffled_auc(features[ENCODER], is_sick, patients, i) for i in range(SHUFFLES)]),
        "shuffled_within_site": _mean(
            [_shuffled_auc(features[ENCODER], is_sick, patients, i, sites) for i in range(SHUFFLES)]
        ),
        "shuffled_across": _mean(
            [
                _shuffled_across(features[ENCODER], is_sick, patients, i, sites, tested)
                for i in range(SHUFFLES)
            ]
        ),
        "by_site": {
            site: _one_site(features[ENCODER], read_all[ENCODER], is_sick, sites == site, patients)
            for site in tested
        },
    }


def sites_with_both(is_sick: NDArray[np.bool_], sites: Strings, patients: Strings) -> list[str]:
    """Sites with LEAST_PATIENTS of both kinds, as long as there are as many elsewhere."""

    def is_told(site: str) -> bool:
        parts = [here & kind for here in (sites == site, sites != site) for kind in (is_sick, ~is_sick)]
        return all(len(set(patients[part])) >= LEAST_PATIENTS for part in parts)

    return [str(site) for site in np.unique(sites) if site != ELSEWHERE and is_told(site)]


def _aucs(
    at_random: Readings,
    apart: Readings,
    is_sick: NDArray[np.bool_],
    sites: Strings,
    patients: Strings,
    inside: NDArray[np.bool_],
) -> dict[str, Any]:
    def everywhere(weights: Floats) -> Floats:
        return pair_auc(at_random, is_sick, weights)

    def across(weights: Floats) -> Floats:
        return pair_auc(apart, is_sick, weights)

    return {
        "random": estimate(everywhere, patients),
        "random_within": estimate(
            lambda weights: pair_auc(at_random, is_sick, weights * inside, sites), patients
        ),
        "across": estimate(across, patients),
        "gap": estimate(lambda weights: everywhere(weights) - across(weights), patients),
    }


def _one_site(
    vectors: Floats,
    readings: tuple[Readings, Readings],
    is_sick: NDArray[np.bool_],
    here: NDArray[np.bool_],
    patients: Strings,
) -> dict[str, Any]:
    at_random, apart = readings
    own, truths, whose = vectors[here], is_sick[here], patients[here]
    inner = read(own, truths, whose, [patient_folds(truths, whose, _SEED + i) for i in range(REPEATS)])
    return {
        "films": {"sick": int(truths.sum()), "others": int((~truths).sum())},
        "patients": {"sick": len(set(whose[truths])), "others": len(set(whose[~truths]))},
        "random_within": estimate(lambda weights: pair_auc(at_random, is_sick, weights * here), patients),
        "across": estimate(lambda weights: pair_auc(apart, is_sick, weights * here), patients),
        "within": estimate(lambda weights: pair_auc(inner, truths, weights), whose),
    }


def _shuffled_auc(
    vectors: Floats, truths: Labels, patients: Labels, seed: int, within: Labels | None = None
) -> float:
    lots = shuffled(truths, patients, seed, within)
    readings = read(vectors, lots, patients, [patient_folds(lots, patients, seed)])
    return float(pair_auc(readings, lots, once(len(lots)))[0])


def _shuffled_across(
    vectors: Floats, truths: Labels, patients: Labels, seed: int, sites: Strings, tested: Sequence[str]
) -> float:
    lots = shuffled(truths, patients, seed, sites)
    readings = read(vectors, lots, patients, [leave_one_out(sites, tested)])
    return float(pair_auc(readings, lots, once(len(lots)))[0])


def _mean(values: Sequence[float]) -> dict[str, float | None]:
    if not np.isfinite(values).all():
        return {"mean": None, "sd": None}
    return {"mean": round(float(np.mean(values)), 3), "sd": round(float(np.std(values)), 3)}
