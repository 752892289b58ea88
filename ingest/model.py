"""What a reader yields: every row of a source becomes exactly one of these, so that the sums come out.

A row that states several things, as a cell with a list does, becomes one for each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ingest.catalogue import Source
from kgdx.domain.graph import Edge, Node


@dataclass(frozen=True, slots=True)
class Row:
    """A row that makes a statement.

    Attributes:
        where: file and line, for messages.
        statement: the node or the edge it states.
        mentions: nodes it names on the way, such as the ends of the edge.
    """

    where: str
    statement: Node | Edge
    mentions: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be used: where it is, why (few words, the same for like rows), and its value."""

    where: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sound row that says nothing the graph holds."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Many sound rows at once, from a reader that reads columns.

    Attributes:
        file: name of the file, for messages.
        lines: (n,) int64 line number of each row.
        edges: n rows, layout `kgdx.graph.arrow_schema.STATED_EDGE_COLUMNS`; an unknown kind is null.
    """

    file: str
    lines: pa.Array
    edges: pa.Table


Item = Row | Rejected | Skipped | Block
Reader = Callable[[Path, Source], Iterator[Item]]
