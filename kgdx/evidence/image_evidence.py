"""What an image shows, as evidence: findings present or absent, how strongly, and where.

An image is asked by text: its similarity to sentences that affirm a finding, minus that to sentences that
deny it, calibrated to a likelihood ratio. What stays undecided is no evidence. An image of another kind than
the model knows gives none at all, and a reason.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import Evidence, ImageOrigin
from kgdx.domain.message import Message
from kgdx.encoders.base import ImageEncoder, TextEncoder
from kgdx.encoders.finding_set import Domain, FindingSet, ImageFinding
from kgdx.imaging.image import Pixels

MAX_WEIGHT = 3.0
LEAST_WEIGHT = 1.0
PRESENT_FROM, ABSENT_TO = 0.6, 0.3
_HOT = 0.5
_BOX_SIDE = 128
_WHOLE = (0.0, 0.0, 1.0, 1.0)


def image_evidence(
    image: Pixels, image_id: str, encoder: ImageEncoder, text_encoder: TextEncoder, findings: FindingSet
) -> tuple[list[Evidence], list[Message]]:
    """Look for every finding the model knows, see `image_answers`."""
    evidence, warnings, _ = image_answers(image, image_id, encoder, text_encoder, findings)
    return evidence, warnings


def image_answers(
    image: Pixels, image_id: str, encoder: ImageEncoder, text_encoder: TextEncoder, findings: FindingSet
) -> tuple[list[Evidence], list[Message], dict[str, float]]:
    """Look for every finding the model knows.

    A finding counts as present where its posterior is at least PRESENT_FROM, as absent where it is at most
    ABSENT_TO, and in both cases only if its weight is at least LEAST_WEIGHT either way; others are dropped.
    The weight is reliability x (logit(posterior) - logit(prior)), held within MAX_WEIGHT.

    Args:
        image: (H, W) float32 in [0, 1], dense is bright.
        image_id: under which the report speaks of the image.
        encoder: embeds the image.
        text_encoder: embeds the prompts into the same space.
        findings: what to ask, made for this encoder.

    Returns:
        Evidence, strongest first; warnings, which explain why there is none; CURIE -> weight of every finding
        that was looked for, the undecided ones too.
    """
    patches = encoder.encode_patches(image)
    vector = _unit(patches.mean(axis=(0, 1)))
    if reason := outside_domain(vector, findings.domain, text_encoder):
        return [], [Message("warning.not_read", {"image": image_id, "doubt": reason})], {}
    evidence, subthreshold_scores = [], {}
    for finding in findings.findings:
        direction = text_direction(finding.prompts, finding.absent_prompts, text_encoder)
        posterior, weight = weigh(float(vector @ direction), finding)
        subthreshold_scores[finding.curie] = weight
        spread = phrasing_spread(vector, finding, text_encoder)
        item = judged((finding.curie, finding.name), posterior, weight, image_id, spread)
        if item is not None and item.polarity is Polarity.PRESENT:
            item = located(item, patches, direction, image)
        if item is not None:
            evidence.append(item)
    return sorted(evidence, key=lambda item: (-abs(item.weight), item.curie)), [], subthreshold_scores


def judged(
    named: tuple[str, str],
    posterior: float,
    weight: float,
    image_id: str,
    spread: tuple[float, float] | None = None,
) -> Evidence | None:
    """Evidence of the whole image, or None where the answer is undecided or says little.

    Args:
        named: (CURIE, name) of the finding.
    """
    if weight >= LEAST_WEIGHT and posterior >= PRESENT_FROM:
        polarity = Polarity.PRESENT
    elif weight <= -LEAST_WEIGHT and posterior <= ABSENT_TO:
        polarity = Polarity.EXCLUDED
    else:
        return None
    return Evidence(*named, polarity, weight, ImageOrigin(image_id, _WHOLE, posterior, spread=spread))


def located(
    item: Evidence, patches: NDArray[np.float32], direction: NDArray[np.float32], image: Pixels
) -> Evidence:
    """The same evidence with the box of the hottest area, see `hot_box`."""
    if not isinstance(item.origin, ImageOrigin):
        raise TypeError("only what was seen in an image has a region")
    region = hot_box(patches, direction, *image.shape)
    return replace(item, origin=replace(item.origin, region=region))


def phrasing_spread(
    vector: NDArray[np.float32], finding: ImageFinding, text_encoder: TextEncoder
) -> tuple[float, float] | None:
    """The posterior one standard deviation below and above, over the phrasings of the finding's presence.

    Args:
        vector: (dim,) unit vector of the image.

    Returns:
        (low, high), each in (0, 1); None for a single phrasing.
    """
    if len(finding.prompts) < 2:
        return None
    against = text_encoder.encode_texts(finding.absent_prompts) @ vector if finding.absent_prompts else None
    margins = text_encoder.encode_texts(finding.prompts) @ vector - (0 if against is None else against.mean())
    mean, deviation = float(margins.mean()), float(margins.std())
    return weigh(mean - deviation, finding)[0], weigh(mean + deviation, finding)[0]


def weigh(margin: float, finding: ImageFinding) -> tuple[float, float]:
    """(posterior in (0, 1) on data like the calibration data, weight in [-MAX_WEIGHT, MAX_WEIGHT])."""
    logit = max(-30.0, min(30.0, finding.slope * margin + finding.intercept))
    ratio = logit - math.log(finding.prior / (1 - finding.prior))
    weight = max(-MAX_WEIGHT, min(MAX_WEIGHT, finding.reliability * ratio))
    return 1 / (1 + math.exp(-logit)), weight


def outside_domain(vector: NDArray[np.float32], domain: Domain, text_encoder: TextEncoder) -> Message | None:
    """Why the image is not one the model knows; None if it is.

    Args:
        vector: (dim,) unit vector of the image.
        domain: the border.
        text_encoder: embeds the domain's prompts.
    """
    if domain.prompts:
        margin = float(vector @ text_direction(domain.prompts, domain.absent_prompts, text_encoder))
        if margin < domain.least_margin:
            return Message("warning.not_frontal", {"margin": margin, "least": domain.least_margin})
    return unlike(vector, np.asarray(domain.centroids, dtype=np.float32), domain.least_likeness)


def unlike(
    vector: NDArray[np.float32], centroids: NDArray[np.float32], least_likeness: float
) -> Message | None:
    """Why a vector is no neighbour of the training images; None if it is, or if there is no border.

    Args:
        vector: (dim,) unit vector of the image.
        centroids: (K, dim) unit vectors.
        least_likeness: lowest cosine to the nearest centroid.
    """
    if len(centroids) == 0:
        return None
    likeness = float((centroids @ vector).max())
    if likeness < least_likeness:
        return Message("warning.unlike", {"likeness": likeness, "least": least_likeness})
    return None


def text_direction(
    prompts: tuple[str, ...], against: tuple[str, ...], text_encoder: TextEncoder
) -> NDArray[np.float32]:
    """(dim,) mean vector of `prompts` minus that of `against`; an empty `against` takes nothing away."""
    vectors = text_encoder.encode_texts([*prompts, *against])
    direction = vectors[: len(prompts)].mean(axis=0)
    if against:
        direction = direction - vectors[len(prompts) :].mean(axis=0)
    return np.asarray(direction, dtype=np.float32)


def heat_map(
    image: Pixels, text: str, encoder: ImageEncoder, text_encoder: TextEncoder, against: tuple[str, ...] = ()
) -> NDArray[np.float32]:
    """Where in the image a text is seen.

    The similarity of image and text is the mean of one term a patch; the map shows the terms that speak for
    the text, scaled so that the strongest is 1. A patch that speaks against it is 0.

    Returns:
        (H, W) float32 in [0, 1], as large as the image; all zero if no patch speaks for the text.
    """
    return heat_along(image, text_direction((text,), against, text_encoder), encoder)


def heat_along(image: Pixels, direction: NDArray[np.float32], encoder: ImageEncoder) -> NDArray[np.float32]:
    """Where in the image its vector points in a direction, see `heat_map`; zero if the tower tells no places.

    Args:
        direction: (dim,).
    """
    patches = encoder.encode_patches(image)
    if patches.shape[:2] == (1, 1):
        return np.zeros(image.shape, np.float32)
    return _spread(patches @ direction, *image.shape)


def hot_box(
    patches: NDArray[np.float32], direction: NDArray[np.float32], height: int, width: int
) -> tuple[float, float, float, float]:
    """Box (left, top, right, bottom) in shares of the image around the hottest connected area.

    Args:
        patches: (h, w, dim) of the image padded to a centred square.
        direction: (dim,) what to look for.
        height: of the image in pixels.
        width: of the image in pixels.
    """
    if patches.shape[:2] == (1, 1):
        return _WHOLE
    shrink = min(1.0, _BOX_SIDE / max(height, width))
    rows, columns = max(round(height * shrink), 1), max(round(width * shrink), 1)
    heat = _spread(patches @ direction, rows, columns)
    if not heat.any():
        return _WHOLE
    from scipy.ndimage import label  # only images need it

    areas, _ = label(heat >= _HOT)
    inside = areas == areas[np.unravel_index(int(heat.argmax()), heat.shape)]
    tall, wide = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return (
        float(wide[0] / columns),
        float(tall[0] / rows),
        float((wide[-1] + 1) / columns),
        float((tall[-1] + 1) / rows),
    )


def _spread(terms: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Interpolate (h, w) patch terms over the padded square, cut out the image, scale to [0, 1]."""
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    rows = _interpolation(terms.shape[0], side)[top : top + height]
    columns = _interpolation(terms.shape[1], side)[left : left + width]
    heat = np.maximum(rows @ terms @ columns.T, 0)
    peak = float(heat.max())
    return np.asarray(heat / peak if peak > 0 else heat, dtype=np.float32)


def _interpolation(num: int, side: int) -> NDArray[np.float64]:
    """(side, num) weights that interpolate linearly between the centres of `num` cells."""
    centres = (np.arange(num) + 0.5) / num
    at = (np.arange(side) + 0.5) / side
    return np.stack([np.interp(at, centres, row) for row in np.eye(num)], axis=1)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
