"""A linear head: labels read off an image's vector.

Where prompts ask an encoder by text, a head was fitted on labelled images. It belongs to one encoder.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax


@dataclass(frozen=True, slots=True)
class HeadLabel:
    """One answer of a head; without a `curie` it is an answer but never evidence (as `normal`)."""

    name: str
    curie: str = ""


@dataclass(frozen=True, eq=False)
class Head:
    """Linear answers on unit vectors of one encoder, calibrated for equal priors.

    Attributes:
        labels: L answers.
        weight: (L, dim) float32.
        bias: (L,) float32.
        temperature: logits are divided by it.
        is_multi_label: each label by itself (sigmoid), or exactly one of them (softmax).
        encoder: revision of the encoder that it was fitted on.
        centroids: (K, dim) float32 unit vectors, the kinds of training image; K may be 0.
        least_likeness: an image whose cosine to every centroid is lower is refused.
        trained_on: name of the data.
    """

    labels: tuple[HeadLabel, ...]
    weight: NDArray[np.float32] = field(repr=False)
    bias: NDArray[np.float32] = field(repr=False)
    temperature: float
    is_multi_label: bool
    encoder: str
    centroids: NDArray[np.float32] = field(repr=False)
    least_likeness: float
    trained_on: str

    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N, L) in [0, 1] from (N, dim) unit rows, for equal priors.

        Rows sum to 1 unless `is_multi_label`.
        """
        return self.calibrated(np.asarray(vectors @ self.weight.T + self.bias))

    def calibrated(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N, L) probabilities of (N, L) logits."""
        scaled = logits.astype(np.float64) / self.temperature
        return np.asarray(expit(scaled) if self.is_multi_label else np.exp(log_softmax(scaled, axis=1)))

    def direction(self, index: int) -> NDArray[np.float32]:
        """(dim,) what speaks for a label: its weights, less the mean of its rivals where there are any."""
        if self.is_multi_label or len(self.labels) < 2:
            return np.asarray(self.weight[index])
        others = np.delete(self.weight, index, axis=0).mean(axis=0)
        return np.asarray(self.weight[index] - others, dtype=np.float32)

    @property
    def prior(self) -> float:
        """Of every label, in the probabilities that the head states."""
        return 0.5 if self.is_multi_label else 1 / len(self.labels)
