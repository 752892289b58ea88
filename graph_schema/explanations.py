"""The kinds and links of stored explanations, read from `explanations.yaml`, for every store."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

KEY = "key"
"""The property that tells a node from all others of its kind."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of node.

    Attributes:
        properties: name -> `string`, `strings`, `double`, `int` or `bool`; `KEY` not among them.
        indexed: properties that are often looked up.
    """

    name: str
    properties: Mapping[str, str]
    indexed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordLink:
    """A kind of edge.

    Attributes:
        joins: kinds of head and tail that it may join.
        properties: as of `RecordKind`.
    """

    name: str
    joins: tuple[tuple[str, str], ...]
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExplanationSchema:
    """Kinds and links by name, and the names of all properties of any."""

    kinds: Mapping[str, RecordKind]
    links: Mapping[str, RecordLink]
    property_names: frozenset[str]


@cache
def explanation_schema() -> ExplanationSchema:
    """The declaration that ships with the package."""
    text = files("graph_schema").joinpath("explanations.yaml").read_text(encoding="utf-8")
    declared = yaml.safe_load(text)
    kinds = {
        name: RecordKind(name, entry["properties"], tuple(entry.get("index", ())))
        for name, entry in declared["kinds"].items()
    }
    links = {
        name: RecordLink(
            name, tuple((head, tail) for head, tail in entry["joins"]), entry.get("properties", {})
        )
        for name, entry in declared["links"].items()
    }
    names = {name for kind in kinds.values() for name in kind.properties}
    names |= {name for link in links.values() for name in link.properties}
    return ExplanationSchema(kinds, links, frozenset(names | {KEY}))
