"""Kinds, relations and numbers as Biolink-shaped sources write them: each None where it cannot be read."""

from collections.abc import Iterable

from graph_schema import load


def kind_of(categories: Iterable[str]) -> str | None:
    """The kind of the first category that the schema holds; a kind's own name counts as well."""
    known = (name if name in load().kinds else load().kind_of_category(name) for name in categories)
    return next(filter(None, known), None)


def relation_of(predicate: str) -> str | None:
    """The relation a predicate is read as; a relation's own name counts as well."""
    if predicate in load().relations:
        return predicate
    relation = load().relation_of_predicate(predicate)
    return relation.name if relation else None


def narrower(predicate: str) -> str:
    """What a predicate says beyond the relation it is read as, in words; empty where it says no more."""
    relation = load().relation_of_predicate(predicate)
    is_exact = relation is None or relation.predicate == predicate
    return "" if is_exact else predicate.removeprefix("biolink:").replace("_", " ")


def share(text: str) -> float | None:
    """A number in [0, 1]."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def whole(text: str) -> int | None:
    """A number without sign that fits into 64 bits."""
    return int(text) if text.isdecimal() and len(text) < 19 else None
