"""What an image-text model's answers are worth: one logistic a finding, and the border of its domain."""

from dataclasses import dataclass

import numpy as np
import torch
from open_clip import SimpleTokenizer
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch.nn import Module

from kgdx.encoders.finding_set import Domain, FindingSet, ImageFinding
from kgdx.encoders.linear_head import HeadLabel
from kgdx.encoders.two_towers import patch_embeddings, text_embeddings
from kgdx.graph.arrays import Floats32
from kgdx.training.clip.data import Pool
from kgdx.training.synthetic.captions import COLUMN, OTHER_TEXTS, RADIOGRAPH_TEXTS, prompts
from kgdx.training.synthetic.signs import KINDS, OPACITY, SignKind

PHANTOM_RELIABILITY = 0.4
"""Phantoms are no patients: less than half of what they suggest is believed."""
FILM_RELIABILITY = 0.5
"""Real films, but small ones of children from one hospital; a few adult films did not bear them out."""
_CENTROIDS = 16


@dataclass(frozen=True)
class Heldout:
    """Images that the weights were not fitted on; `films` are PneumoniaMNIST's, None without them."""

    phantoms: Pool
    decoys: Pool
    films: Pool | None


@dataclass(frozen=True)
class _Scored:
    vectors: Floats32
    truths: Floats32


def calibrate(model: Module, tokenizer: SimpleTokenizer, heldout: Heldout) -> FindingSet:
    """Fit the logistic of every finding, and the domain.

    A finding is calibrated on phantoms; the opacity of pneumonia on real films where there are any.
    """
    phantoms, decoys = _score(model, heldout.phantoms), _score(model, heldout.decoys)
    films = None if heldout.films is None else _score(model, heldout.films)
    findings = []
    for kind in KINDS:
        is_real = kind.curie == OPACITY and films is not None
        data = films if is_real and films is not None else phantoms
        findings.append(_fit(model, tokenizer, kind, data, is_real))
    radiographs = [phantoms.vectors] if films is None else [phantoms.vectors, films.vectors]
    return FindingSet(tuple(findings), _fit_domain(model, tokenizer, radiographs, decoys.vectors))


def validation_auc(model: Module, tokenizer: SimpleTokenizer, heldout: Heldout) -> float:
    """Mean AUC over findings on phantoms, counted once, and over opacity on real films, counted once."""
    phantoms = _score(model, heldout.phantoms)
    aucs = [_auc(*_margins(model, tokenizer, kind, phantoms)) for kind in KINDS]
    if heldout.films is None:
        return float(np.mean(aucs))
    opacity = next(kind for kind in KINDS if kind.curie == OPACITY)
    films = _auc(*_margins(model, tokenizer, opacity, _score(model, heldout.films)))
    return float((np.mean(aucs) + films) / 2)


def _score(model: Module, pool: Pool) -> _Scored:
    rows = []
    with torch.inference_mode():
        for start in range(0, len(pool), 64):
            images = (pool.take(np.arange(start, min(start + 64, len(pool)))).tensors() - 0.5) / 0.25
            rows.append(
                torch.nn.functional.normalize(patch_embeddings(model, images).mean(dim=(1, 2)), dim=-1)
            )
    return _Scored(torch.cat(rows).numpy(), pool.truths)


def _direction(
    model: Module, tokenizer: SimpleTokenizer, present: tuple[str, ...], absent: tuple[str, ...]
) -> Floats32:
    with torch.inference_mode():
        yes = text_embeddings(model, tokenizer(list(present))).mean(0)
        no = text_embeddings(model, tokenizer(list(absent))).mean(0)
    vector: Floats32 = (yes - no).numpy()
    return vector


def _margins(
    model: Module, tokenizer: SimpleTokenizer, kind: SignKind, scored: _Scored
) -> tuple[Floats32, Floats32]:
    """((M,) similarity differences, (M,) labels) of the images whose label is known."""
    truths = scored.truths[:, COLUMN[kind.curie, ""]]
    known = ~np.isnan(truths)
    direction = _direction(model, tokenizer, prompts(kind.curie, True), prompts(kind.curie, False))
    return scored.vectors[known] @ direction, truths[known]


def _auc(margins: Floats32, truths: Floats32) -> float:
    return float(roc_auc_score(truths, margins)) if 0 < truths.mean() < 1 else 0.5


def calibrated_finding(
    label: HeadLabel,
    phrasings: tuple[tuple[str, ...], tuple[str, ...]],
    margins: Floats32,
    truths: Floats32,
    *,
    prior: float,
    reliability: float,
    calibrated_on: str,
) -> ImageFinding:
    """A finding with the logistic of its similarity difference.

    Prompts that point the wrong way say nothing: then only the prior is answered, which is no evidence.

    Args:
        phrasings: sentences that say it is there, and that it is not.
        margins: (M,) similarity to the former less that to the latter, of M images.
        truths: (M,) 0 or 1.
        prior: share of the images that show it, in (0, 1).
    """
    slope, intercept = 0.0, float(np.log(prior / (1 - prior)))
    if 0 < truths.mean() < 1:
        logistic = LogisticRegression(C=100.0).fit(margins[:, None], truths)
        if logistic.coef_[0, 0] > 0:
            slope, intercept = float(logistic.coef_[0, 0]), float(logistic.intercept_[0])
    return ImageFinding(
        curie=label.curie,
        name=label.name,
        prompts=phrasings[0],
        absent_prompts=phrasings[1],
        slope=slope,
        intercept=intercept,
        prior=prior,
        reliability=reliability,
        heldout_auc=round(_auc(margins, truths), 4),
        calibrated_on=calibrated_on,
    )


def _fit(
    model: Module, tokenizer: SimpleTokenizer, kind: SignKind, data: _Scored, is_real: bool
) -> ImageFinding:
    margins, truths = _margins(model, tokenizer, kind, data)
    return calibrated_finding(
        HeadLabel(kind.name, kind.curie),
        (prompts(kind.curie, True), prompts(kind.curie, False)),
        margins,
        truths,
        prior=float(np.clip(truths.mean(), 0.01, 0.99)),
        reliability=FILM_RELIABILITY if is_real else PHANTOM_RELIABILITY,
        calibrated_on="PneumoniaMNIST train, held-out part" if is_real else "held-out phantoms",
    )


def _fit_domain(
    model: Module,
    tokenizer: SimpleTokenizer,
    radiographs: list[Floats32],
    decoys: Floats32,
) -> Domain:
    """Thresholds that let 98 % of every kind of held-out radiograph pass."""
    direction = _direction(model, tokenizer, RADIOGRAPH_TEXTS, OTHER_TEXTS)
    lowest = min(float(np.quantile(vectors @ direction, 0.01)) for vectors in radiographs)
    # Where decoys lie far below, the border is drawn half way: real films are harder than phantoms.
    margin = min(lowest, (lowest + float(np.quantile(decoys @ direction, 0.95))) / 2)
    per_kind = max(_CENTROIDS // len(radiographs), 1)
    found = [KMeans(min(per_kind, len(rows)), n_init=2, random_state=0).fit(rows) for rows in radiographs]
    centroids = np.concatenate([kmeans.cluster_centers_ for kmeans in found])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    likeness = min(float(np.quantile((rows @ centroids.T).max(1), 0.01)) for rows in radiographs)
    rows_as_tuples = tuple(tuple(float(value) for value in row) for row in centroids)
    return Domain(RADIOGRAPH_TEXTS, OTHER_TEXTS, margin, rows_as_tuples, likeness)
