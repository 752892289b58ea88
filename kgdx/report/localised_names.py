"""Names of a report in another language, as far as the graph knows them."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from kgdx.domain.language import untagged
from kgdx.domain.report import Report
from kgdx.graph.snapshot import Snapshot

_T = TypeVar("_T")

Names = Mapping[str, str]
"""CURIE -> name."""

# Which attribute identifies what another attribute names.
_IDENTIFIERS = {"head_name": "head", "tail_name": "tail", "names": "findings"}
_OWN_IDENTIFIERS = ("curie", "disease", "drug")


def names_in(snapshot: Snapshot, report: Report, language: str) -> dict[str, str]:
    """Names in another language of whatever a report names, from synonyms such as `胸腔积液@zh`.

    Of several, the first is taken. What has none is left out.
    """
    names = {}
    for curie in sorted(set(_curies(report)) & snapshot.index.keys()):
        synonyms = snapshot.nodes["synonyms"][snapshot.index[curie]].as_py() or ()
        spoken = (untagged(synonym) for synonym in synonyms)
        if name := next((name for name, tongue in spoken if tongue == language), ""):
            names[curie] = name
    return names


def renamed(told: _T, names: Names) -> _T:
    """A report, or parts of one, whose names are those in `names` wherever the identifier has one there."""
    other: _T = _renamed(told, names)
    return other


def _renamed(value: Any, names: Names) -> Any:
    if isinstance(value, tuple):
        return tuple(_renamed(item, names) for item in value)
    if isinstance(value, Mapping):
        return {key: _renamed(item, names) for key, item in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {part.name: getattr(value, part.name) for part in fields(value)}
    changed = {attribute: _renamed(part, names) for attribute, part in parts.items()}
    for attribute, identifier in _named(value):
        changed[attribute] = _name(parts[identifier], changed[attribute], names)
    return type(value)(**changed)


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Attributes of a value that name something, each with the one that identifies it."""
    own = {part.name for part in fields(value)}
    yield from ((name, key) for name, key in _IDENTIFIERS.items() if {name, key} <= own)
    if "name" in own:
        yield from (("name", key) for key in _OWN_IDENTIFIERS if key in own)


def _name(curie: Any, name: Any, names: Names) -> Any:
    if isinstance(curie, tuple):
        return tuple(_name(one, told, names) for one, told in zip(curie, name, strict=True))
    return names.get(curie) or name


def _curies(value: Any) -> Iterator[str]:
    """Identifiers of everything that a report names."""
    if isinstance(value, tuple):
        for item in value:
            yield from _curies(item)
    elif isinstance(value, Mapping):
        yield from _curies(tuple(value.values()))
    elif is_dataclass(value) and not isinstance(value, type):
        for _, identifier in _named(value):
            curies = getattr(value, identifier)
            yield from curies if isinstance(curies, tuple) else (curies,)
        for part in fields(value):
            yield from _curies(getattr(value, part.name))
