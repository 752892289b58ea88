"""What a linear head reads off an image, as evidence."""

import numpy as np
from scipy.special import logit

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import Evidence
from kgdx.domain.message import Message, Value
from kgdx.encoders.base import ImageEncoder
from kgdx.encoders.linear_head import Head
from kgdx.evidence.image_evidence import MAX_WEIGHT, judged, located, unlike
from kgdx.imaging.image import Pixels

RELIABILITY = 0.5
"""Half of what a head says is believed: images of another hospital are another distribution. A judgement."""


def head_evidence(
    image: Pixels, image_id: str, encoder: ImageEncoder, head: Head
) -> tuple[list[Evidence], list[Message]]:
    """What a head sees, for its labels with a CURIE; the rules of `image_evidence` hold.

    Returns:
        Evidence, strongest first; warnings, which explain why there is none.
    """
    patches = encoder.encode_patches(image)
    vector = patches.mean(axis=(0, 1))
    vector = vector / max(float(np.linalg.norm(vector)), 1e-12)
    if reason := unlike(vector, head.centroids, head.least_likeness):
        values: dict[str, Value] = {"image": image_id, "doubt": reason, "trained_on": head.trained_on}
        return [], [Message("warning.not_read_by_head", values)]
    evidence = []
    for index, posterior in enumerate(head.probabilities(vector[None])[0]):
        label = head.labels[index]
        if not label.curie:
            continue
        ratio = float(np.clip(logit(posterior) - logit(head.prior), -30, 30))
        weight = float(np.clip(RELIABILITY * ratio, -MAX_WEIGHT, MAX_WEIGHT))
        item = judged((label.curie, label.name), float(posterior), weight, image_id)
        if item is not None and item.polarity is Polarity.PRESENT:
            item = located(item, patches, head.direction(index), image)
        if item is not None:
            evidence.append(item)
    return sorted(evidence, key=lambda item: (-abs(item.weight), item.curie)), []
