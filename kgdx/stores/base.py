"""What the engine asks of a graph store: small protocols that every adapter keeps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, Self

import pyarrow as pa

from kgdx.domain.explanation import Explanation
from kgdx.domain.graph import LoadCount, Node
from kgdx.stores.load_plan import LoadPlan


class GraphStore(Protocol):
    """A property graph that outlives the process."""

    def replace_source(
        self, source: str, nodes: Sequence[Node], edges: pa.Table, release: str = ""
    ) -> LoadCount:
        """Make `source` state exactly these nodes and edges: all of it or, if that fails, nothing.

        Edges of the source that are not given are removed; edges of other sources are not touched. A node
        that other sources also use is kept. An end that nobody names becomes a node without a name. Doing
        it twice changes nothing; what changes something is noted in a `Load` node.

        Args:
            source: name under which the statements are kept.
            nodes: what it names; the same CURIE may come with several kinds.
            edges: layout `kgdx.graph.arrow_schema.STATED_EDGE_COLUMNS`.
            release: the source's own version, for the history.
        """
        ...

    def compare_source(self, source: str, nodes: Sequence[Node], edges: pa.Table) -> LoadPlan:
        """What `replace_source` would write, without writing it."""
        ...

    def export(self) -> tuple[pa.Table, pa.Table]:
        """Every node and every edge as columns, in the layout of `kgdx.graph.arrow_schema`, in any order."""
        ...

    def query(
        self,
        cypher: str,
        parameters: Mapping[str, Any],
        *,
        limit: int | None = None,
        timeout_s: float = 60.0,
        may_write: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Rows of a Cypher query, column name -> value; its words are those of `kgdx.stores.cypher`.

        Nodes and edges come as dictionaries of their properties, an edge with its `relation`; paths as
        `nodes` and `edges`.

        Args:
            limit: most rows to read; None for all.
            timeout_s: seconds until the query is given up.
            may_write: let it change the graph.

        Raises:
            QueryError: if the query is malformed, takes too long, or would write where it may only read.
        """
        ...

    def close(self) -> None:
        """Give the store back; a closed store answers nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class ExplanationStore(Protocol):
    """Explanations of reports as nodes and edges, beside a medical graph or alone.

    What asks, exports or counts the medical graph sees nothing of them.
    """

    def write_explanations(self, explanations: Sequence[Explanation], written: str) -> int:
        """Have the store hold exactly this of each case: all of it or, if that fails, nothing.

        A case that is there as given is left alone, with the time of its first writing; one that is there
        with more or fewer words of the case is written anew.

        Args:
            written: now, UTC, ISO 8601.

        Returns:
            How many cases were written.
        """
        ...

    def read_explanation(self, case: str) -> Explanation:
        """What was written of a case.

        Raises:
            QueryError: if there is no such case.
        """
        ...

    def forget_explanations(self, names: Sequence[str]) -> int:
        """Take cases away by id or by label, with all that only they used; says how many there were."""
        ...


class Store(GraphStore, ExplanationStore, Protocol):
    """What opening a store gives."""
