"""Learn fusion on drawn cases, calibrate it on others, and tell how it does on yet others.

Two losses, for two things nobody else decides: the log loss of each finding's presence, given its prior and
the sum of final weights over modalities as `kgdx.reasoning.query.seed` adds them; and for the vector of the
case, 1 - cosine to the mean vector of the findings that the patient truly has. A few dozen numbers, fitted
by L-BFGS with the very functions that run at inference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from kgdx.encoders.clip import Clip
from kgdx.evidence.fusion import MODALITIES, NUM_HEARD, Fusion, strongest
from kgdx.graph.arrays import Floats, Floats32, Ints
from kgdx.training.progress import Progress
from kgdx.training.synthetic.cases import DrawnCase, draw_cases, drawn_findings

# Seeds from which cases are drawn; the image-text model and the benchmarks draw from others.
_FIRST_SEED = 20_000_000
# Keeps what the cases say nothing of at 0, that is at adding weights as they are.
_DECAY = 1e-4
_RIDGE = 3.0
_IMAGE = MODALITIES.index("image")
_NUM_SCALES = 2
_FREE = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class FusionTraining:
    """How many images to draw for what, and of how many patients each; no image is drawn for two.

    Attributes:
        threads: CPU threads for torch; another number rounds otherwise and gives slightly other weights.
    """

    num_images: int = 3_000
    num_calibration: int = 1_500
    num_heldout: int = 1_500
    patients: int = 8
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What training gave, on cases drawn for it alone.

    Attributes:
        num_findings: (case, finding) pairs that something was said of.
        log_loss, additive_log_loss: of the presence of each, with final weights and with own weights.
        cosine, plain_cosine: of the case's vector and the mean vector of the true findings; learnt, and with
            the attention of codes alone for all.
    """

    num_findings: int
    log_loss: float
    additive_log_loss: float
    cosine: float
    plain_cosine: float


@dataclass(frozen=True, eq=False)
class Statements:
    """All (case, finding) pairs that something was said of.

    Attributes:
        said: (N, 4) strongest own weight by code, text and image, and what an undecided image shows.
        prior: (N,) log odds.
        is_true: (N,) bool.
        case: (N,) int64 number of the case.
    """

    said: Floats
    prior: Floats
    is_true: NDArray[np.bool_]
    case: Ints

    @classmethod
    def of(cls, cases: Sequence[DrawnCase]) -> "Statements":
        """Gather what the cases say of the findings whose truth is known."""
        rows, prior, truths, owners = [], [], [], []
        for number, case in enumerate(cases):
            heard = strongest(case.evidence)
            for curie in dict.fromkeys(curie for curie, _ in heard if curie in case.truths):
                row = [heard.get((curie, modality), 0.0) for modality in MODALITIES]
                rows.append([*row, 0.0 if row[_IMAGE] else case.subthreshold_scores.get(curie, 0.0)])
                prior.append(case.priors[curie])
                truths.append(case.truths[curie])
                owners.append(number)
        said = np.array(rows, dtype=np.float64).reshape(-1, NUM_HEARD)
        return cls(said, np.array(prior), np.array(truths, dtype=bool), np.array(owners, dtype=np.int64))

    def logits(self, fusion: Fusion) -> Floats:
        """(N,) log odds of presence: prior and final weights."""
        total = self.prior.copy()
        for asking in range(len(MODALITIES)):
            own = self.said[:, asking]
            total += own * fusion.factors(own, np.full(len(own), asking), self.said)
        return total


def log_losses(logits: Floats, is_true: NDArray[np.bool_]) -> Floats:
    """(N,) natural log."""
    return np.logaddexp(0.0, np.where(is_true, -logits, logits))


def train(clip: Clip, settings: FusionTraining, progress: Progress) -> tuple[Fusion, Outcome]:
    """Draw cases, learn, calibrate, measure."""
    torch.set_num_threads(settings.threads)
    sizes = (settings.num_images, settings.num_calibration, settings.num_heldout)
    first = _FIRST_SEED + settings.seed * 1_000_000
    drawn: list[list[DrawnCase]] = []
    for done in range(sum(sizes)):
        drawn.append(draw_cases(first + done, clip, settings.patients))
        progress(done + 1, sum(sizes), "drawing cases")
    ends = np.cumsum((0, *sizes))
    learnt, calibrating, heldout = (
        [case for cases in drawn[start:end] for case in cases] for start, end in pairwise(ends)
    )
    progress(0, 3, "learning what statements weigh")
    fusion = fit_factors(Fusion.additive(clip.revision, clip.dim), Statements.of(learnt))
    progress(1, 3, "calibrating on held-out cases")
    fusion = fit_scale(fusion, Statements.of(calibrating))
    progress(2, 3, "learning the vector of the case")
    fusion = fit_vector(fusion, [cases[0] for cases in drawn[: sizes[0]]], clip)
    # What is measured is what is shipped: rounded.
    fusion = Fusion.from_json(fusion.to_json())
    outcome = measure(fusion, heldout, clip)
    progress(3, 3, f"log loss {outcome.log_loss:.4f}, adding {outcome.additive_log_loss:.4f}")
    return fusion, outcome


def fit_factors(start: Fusion, statements: Statements) -> Fusion:
    """Learn scales and attention together.

    What agrees never lowers a weight, and what opposes never raises one: where cases seem to say so, a rare
    error of two modalities at once has been drawn.
    """
    free = np.array([[asking != heard for heard in range(NUM_HEARD)] for asking in range(len(MODALITIES))])
    # An image that is heard as a whole has made no statement that could ask.
    free[_IMAGE, -1] = False
    masks = free, np.stack([free, free]), np.stack([free, free])
    sizes = [int(mask.sum()) for mask in masks]

    def of(values: Floats) -> Fusion:
        scale, *columns = np.split(values, _NUM_SCALES + np.cumsum([0, *sizes[:-1]]))
        tables = [np.zeros(mask.shape) for mask in masks]
        for table, mask, column in zip(tables, masks, columns, strict=True):
            table[mask] = column
        return replace(_scaled(start, scale), key=tables[0], agree=tables[1], oppose=tables[2])

    bounds = [_FREE] * (_NUM_SCALES + sizes[0]) + [(0.0, np.inf)] * sizes[1] + [(-np.inf, 0.0)] * sizes[2]
    return of(_least(lambda values: _loss(of(values), statements), bounds, _DECAY))


def fit_scale(fusion: Fusion, statements: Statements) -> Fusion:
    """Fit the scales anew, all else as it is."""
    return _scaled(
        fusion, _least(lambda values: _loss(_scaled(fusion, values), statements), [_FREE] * _NUM_SCALES)
    )


def fit_vector(fusion: Fusion, cases: Sequence[DrawnCase], clip: Clip) -> Fusion:
    """Learn how images are read, by ridge regression, and then the attention to tokens."""
    known = [(case, target) for case in cases if (target := target_vector(case, clip)) is not None]
    images = np.array([case.images[0] for case, _ in known if case.images], dtype=np.float64)
    targets = np.array([target for case, target in known if case.images], dtype=np.float64)
    reading = np.linalg.solve(images.T @ images + _RIDGE * np.eye(clip.dim), images.T @ targets)
    fusion = replace(fusion, reading=reading)
    told = [(case, fusion.weigh(case.evidence, case.subthreshold_scores), target) for case, target in known]

    def of(values: Floats) -> Fusion:
        return replace(fusion, token=np.array([0.0, *values[:2]]), sharpness=np.asarray(values[2]))

    def loss(values: Floats) -> float:
        made = of(values)
        return 1 - float(np.mean([made.case_vector(e, c.images, clip) @ target for c, e, target in told]))

    return of(_least(loss, [_FREE] * 3))


def target_vector(case: DrawnCase, clip: Clip) -> Floats32 | None:
    """(dim,) unit mean vector of the names of what the patient has; None if that is nothing."""
    names = [f.name for f in drawn_findings(clip) if case.truths.get(f.curie)]
    if not names:
        return None
    mean = clip.encode_texts(names).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def measure(fusion: Fusion, cases: Sequence[DrawnCase], clip: Clip) -> Outcome:
    """How a fusion does beside adding weights and attending to all tokens alike."""
    statements = Statements.of(cases)
    cosine, plain_cosine = measure_vectors(fusion, cases, clip)
    return Outcome(
        num_findings=len(statements.prior),
        log_loss=_loss(fusion, statements),
        additive_log_loss=_loss(Fusion.additive(clip.revision, clip.dim), statements),
        cosine=cosine,
        plain_cosine=plain_cosine,
    )


def measure_vectors(fusion: Fusion, cases: Sequence[DrawnCase], clip: Clip) -> tuple[float, float]:
    """Mean cosine of case vectors and of what they should be: learnt, and with images and terms as they are.

    Cases where there is nothing to attend to, or nothing to be found, do not count.
    """
    plain = Fusion.additive(clip.revision, clip.dim)
    cosines = []
    for case in cases:
        target = target_vector(case, clip)
        made = fusion.case_vector(fusion.weigh(case.evidence, case.subthreshold_scores), case.images, clip)
        if target is not None and made.any():
            unlearnt = plain.case_vector(case.evidence, case.images, clip)
            cosines.append((float(made @ target), float(unlearnt @ target)))
    learnt, before = np.mean(cosines, axis=0)
    return float(learnt), float(before)


def _loss(fusion: Fusion, statements: Statements) -> float:
    return float(log_losses(statements.logits(fusion), statements.is_true).mean())


def _scaled(fusion: Fusion, scale: Floats) -> Fusion:
    """With these scales of texts and images; a code alone keeps its weight."""
    return replace(fusion, scale=np.array([0.0, *scale]))


def _least(
    loss: Callable[[Floats], float], bounds: Sequence[tuple[float, float]], decay: float = 0.0
) -> Floats:
    """Where the loss is least, from 0. The step is far above the rounding of single-precision vectors."""
    found = minimize(
        lambda values: loss(values) + decay * float(values @ values),
        np.zeros(len(bounds)),
        method="L-BFGS-B",
        bounds=bounds,
        options={"eps": 1e-3},
    )
    return np.asarray(found.x, dtype=np.float64)
