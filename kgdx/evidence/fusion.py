"""Image, text and codes together: one vector of the case, and what they contradict each other in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import Evidence
from kgdx.ports import TextEncoder

# Sharpness of attention: at 0.1 a token that agrees with the others by 0.2 more weighs e^2 times as much.
_TEMPERATURE = 0.1


def fuse(tokens: NDArray[np.float32]) -> NDArray[np.float32]:
    """One vector for many, by attention.

    Each token is asked by the mean of all (one head of scaled dot-product attention, Vaswani et al. 2017,
    without learned projections), so that tokens that agree weigh more.

    Args:
        tokens: (T, dim) float32 unit rows, T at least 1.

    Returns:
        (dim,) float32 unit vector.
    """
    attention = np.exp(tokens @ tokens.mean(axis=0) / _TEMPERATURE)
    fused = (attention / attention.sum()) @ tokens
    return np.asarray(fused / max(float(np.linalg.norm(fused)), 1e-12), dtype=np.float32)


def case_vector(
    evidence: Sequence[Evidence], images: Sequence[NDArray[np.float32]], encoder: TextEncoder
) -> NDArray[np.float32]:
    """The fused vector of a case.

    Tokens are the image vectors and the vectors of the names of present findings; what is absent or
    uncertain is left out, for such vectors barely encode negation.

    Args:
        images: (dim,) float32 unit vectors, in the space of `encoder`.

    Returns:
        (dim,) float32 unit vector; zeros if there is neither an image nor a present finding.
    """
    names = list(dict.fromkeys(e.name for e in evidence if e.polarity is Polarity.PRESENT))
    tokens = [*images, *encoder.encode_texts(names)] if names else list(images)
    return fuse(np.stack(tokens)) if tokens else np.zeros(encoder.dim, dtype=np.float32)


def contradictions(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """A sentence for each finding that one modality calls present and another absent; both stay."""
    said: dict[str, dict[Polarity, set[str]]] = {}
    names: dict[str, str] = {}
    for item in evidence:
        names[item.curie] = item.name
        said.setdefault(item.curie, {}).setdefault(item.polarity, set()).add(item.origin.modality)
    sentences = []
    for curie, polarities in said.items():
        for_it, against = polarities.get(Polarity.PRESENT), polarities.get(Polarity.ABSENT)
        if for_it and against and for_it != against:
            who, other = ", ".join(sorted(for_it)), ", ".join(sorted(against))
            sentences.append(
                f"{names[curie]} ({curie}): present by {who}, absent by {other}; both were weighed"
            )
    return tuple(sentences)
