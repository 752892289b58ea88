"""A node of the graph as a reader knows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConceptRef:
    """An identifier with its name."""

    curie: str
    name: str
