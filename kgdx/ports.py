"""What the engine asks of the outside: small protocols that every adapter keeps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgdx.domain.graph import Edge, LoadCount, Node


class GraphStore(Protocol):
    """A property graph that outlives the process."""

    def replace_source(self, source: str, nodes: Sequence[Node], edges: Sequence[Edge]) -> LoadCount:
        """Make `source` state exactly these nodes and edges, in one transaction.

        Edges of the source that are not given are removed; edges of other sources are not touched. A node
        that other sources also use is kept. Doing it twice changes nothing.
        """
        ...

    def export(self) -> tuple[pa.Table, pa.Table]:
        """Every node and every edge as columns, in the layout of `kgdx.columns`, in any order."""
        ...

    def query(self, cypher: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Rows of a read-only Cypher query, column name -> value.

        Raises:
            QueryError: if the query is malformed or would write.
        """
        ...

    def close(self) -> None:
        """Give the store back; a closed store answers nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


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


__all__ = ["GraphStore", "ImageEncoder", "TextEncoder"]
