"""What the audit says, and what it looks at."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import Schema

Level = Literal["error", "warning"]

MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """Like things that are wrong, told as one.

    Attributes:
        code: what is checked, such as `dangling-end`.
        level: `error` makes results wrong; `warning` may be meant so.
        where: the part of the graph: a source, a prefix or a relation.
        message: what is wrong.
        remedy: what to do about it.
        num: how many there are.
        examples: the first of them.
    """

    code: str
    level: Level
    where: str
    message: str
    remedy: str
    num: int
    examples: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Graph:
    """A graph to look at: layouts `NODE_COLUMNS` and `EDGE_COLUMNS`."""

    nodes: pa.Table
    edges: pa.Table
    schema: Schema

    def examples(self, mask: pa.Array) -> tuple[str, ...]:
        """The first of these edges, each as one text."""
        rows = self.edges.filter(mask).slice(0, MAX_EXAMPLES)
        columns = (rows[name].to_pylist() for name in ("head", "relation", "tail"))
        return tuple(" ".join(row) for row in zip(*columns, strict=True))


def ends_of(edges: pa.Table) -> pa.Array:
    """Every CURIE that an edge starts or ends at, once."""
    return pc.unique(pa.concat_arrays([edges[end].combine_chunks() for end in ("head", "tail")]))


def grouped(texts: Iterable[tuple[str, str]]) -> Iterable[tuple[str, list[str]]]:
    """Texts of (group, text) by group, in the order of their first one."""
    groups: dict[str, list[str]] = {}
    for group, text in texts:
        groups.setdefault(group, []).append(text)
    return groups.items()


def some(texts: list[str]) -> tuple[str, ...]:
    """The first of them in the order of the alphabet."""
    return tuple(sorted(texts)[:MAX_EXAMPLES])
