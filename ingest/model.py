"""What a reader yields: every row of a source becomes exactly one of these, so that the sums come out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

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


Item = Row | Rejected | Skipped
Reader = Callable[[Path, Source], Iterator[Item]]
