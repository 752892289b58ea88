"""Whether what the shipped models say of films of one label depends on who published them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measures.probes import Floats, Labels, estimate
from kgdx.encoders.classifier import Classifier
from kgdx.encoders.clip import Clip
from kgdx.evidence.image_evidence import outside_domain, text_direction, unlike, weigh
from kgdx.training.synthetic.signs import OPACITY

LEAST_PATIENTS = 4
_PERMUTATIONS = 5000


def answers(models: Path, images: Sequence[NDArray[np.float32]]) -> dict[str, Floats]:
    """(N,) of each question: probability of an opacity, and 1 where the film is refused, else 0.

    Args:
        models: folder of the shipped models; the classifier is asked if it is there.
        images: N arrays (H, W) float32 in [0, 1].
    """
    clip = Clip.open(models / "clip")
    opacity = next(finding for finding in clip.findings.findings if finding.curie == OPACITY)
    vectors = clip.encode_images(images)
    margins = vectors @ text_direction(opacity.prompts, opacity.absent_prompts, clip)
    told = {
        "prompted opacity": np.array([weigh(float(margin), opacity)[0] for margin in margins]),
        "refused by the image-text model": np.array(
            [float(bool(outside_domain(vector, clip.findings.domain, clip))) for vector in vectors]
        ),
    }
    if (models / "pneumonia").is_dir():
        classifier = Classifier.open(models / "pneumonia", clip)
        head, vectors = classifier.head, classifier.encoder.encode_images(images)
        sick = next(i for i, label in enumerate(head.labels) if label.curie == OPACITY)
        told["pneumonia classifier"] = head.probabilities(vectors)[:, sick]
        told["refused by the classifier"] = np.array(
            [float(bool(unlike(vector, head.centroids, head.least_likeness))) for vector in vectors]
        )
    return told


def spread(values: Floats, sites: Labels, patients: Labels, views: Labels) -> dict[str, Any] | None:
    """How far the sites' means lie apart, and how often they would by chance.

    Films of a patient are averaged first. Sites with fewer than LEAST_PATIENTS patients are left out.

    Args:
        values: (N,) of films with one label.
        sites: (N,).
        patients: (N,).
        views: (N,); of a patient the first counts.

    Returns:
        `deviation`, the standard deviation of the sites' means, weighed by patients; `p`, the share of random
        assignments of patients to sites with at least as much; `p_of_view`, the same where patients change
        places only with others of their view; means by site. None for fewer than two sites.
    """
    _, first, which = np.unique(patients, return_index=True, return_inverse=True)
    means = np.bincount(which, values) / np.bincount(which)
    homes = sites[first]
    counted = [site for site in np.unique(homes) if (homes == site).sum() >= LEAST_PATIENTS]
    if len(counted) < 2:
        return None
    chosen = np.isin(homes, counted)
    means, homes, ways = means[chosen], homes[chosen], views[first][chosen]
    found = _deviation(means, homes)
    return {
        "deviation": round(found, 3),
        "p": _by_chance(means, homes, np.zeros(len(homes)), found),
        "p_of_view": _by_chance(means, homes, ways, found),
        "by_site": {str(site): _mean(means[homes == site]) for site in counted},
    }


def _by_chance(means: Floats, sites: Labels, blocks: Labels, found: float) -> float:
    """Share of permutations of the sites, within each block, with a deviation of at least `found`."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(blocks == block) for block in np.unique(blocks)]
    num, lots = 1, sites.copy()
    for _ in range(_PERMUTATIONS):
        for rows in members:
            lots[rows] = sites[rng.permutation(rows)]
        num += _deviation(means, lots) >= found - 1e-12
    return round(num / (1 + _PERMUTATIONS), 4)


def _mean(values: Floats) -> dict[str, Any]:
    """Mean over patients with its interval."""
    told = estimate(lambda weights: weights @ values / weights.sum(axis=1), np.arange(len(values)))
    return {"patients": len(values), **told}


def _deviation(values: Floats, sites: Labels) -> float:
    _, which = np.unique(sites, return_inverse=True)
    counts = np.bincount(which)
    means = np.bincount(which, values) / counts
    return float(np.sqrt(np.average((means - values.mean()) ** 2, weights=counts)))
