"""What the engine asks of an encoder: small protocols that every adapter keeps."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

OPEN_CLIP_CONFIG = "open_clip_config.json"
"""What a folder in open_clip's layout holds beside the weights."""


class ImageEncoder(Protocol):
    """Images to vectors. `revision` names the weights, so that vectors of two models never mix."""

    @property
    def dim(self) -> int:
        """Length of every vector."""
        ...

    @property
    def revision(self) -> str:
        """Name of the weights."""
        ...

    def encode_images(self, images: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows; each image is (H, W) float32 in [0, 1]."""
        ...

    def encode_patches(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w, dim) float32, not normalised: the spatial mean is proportional to the image's vector."""
        ...


class TextEncoder(Protocol):
    """Texts to vectors in the same space as a matching `ImageEncoder`, or in one of their own."""

    @property
    def dim(self) -> int:
        """Length of every vector."""
        ...

    @property
    def revision(self) -> str:
        """Name of the weights."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows."""
        ...


class ImageTextEncoder(ImageEncoder, TextEncoder, Protocol):
    """Images and texts to vectors of one space."""
