"""Prefixes of one's own: a file in the form of `prefixes.yaml`, named by `KGDX_PREFIXES`."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from graph_schema.own_file import SchemaFileError, read_own

VARIABLE = "KGDX_PREFIXES"
_PREFIX = re.compile(r"[A-Za-z][\w.]*")
_FIELDS = {"iri", "kind", "aliases"}
_FORM = 'write one line a prefix, as in ACME: {iri: "https://example.org/acme/", kind: Disease}'


class PrefixFileError(SchemaFileError):
    """The file that `KGDX_PREFIXES` names cannot be used; says where, what and the remedy."""


def own_prefixes(known: Mapping[str, Mapping[str, Any]], kinds: Collection[str]) -> dict[str, dict[str, Any]]:
    """The prefixes that the user's file declares; none where the environment names no file.

    Args:
        known: the prefixes that ship, which a file cannot declare anew.
        kinds: kinds of node that a prefix may fix.

    Raises:
        PrefixFileError: if the file cannot be read or declares something that cannot be.
    """
    name, declared = read_own(VARIABLE, "prefixes", _FORM, PrefixFileError)
    taken = {spelling for prefix, entry in known.items() for spelling in spellings(prefix, entry)}
    prefixes = {entry["iri"]: prefix for prefix, entry in known.items()}
    for prefix, entry in declared.items():
        if fault := _fault(prefix, entry, taken, kinds):
            raise PrefixFileError(f"{name}, prefix {prefix!r}: {fault}: {_FORM}")
        if (other := prefixes.setdefault(entry["iri"], prefix)) != prefix:
            raise PrefixFileError(f"{name}, prefix {prefix!r}: its iri is that of {other}: {_FORM}")
        taken |= spellings(prefix, entry)
    return declared


def spellings(prefix: str, entry: Mapping[str, Any]) -> frozenset[str]:
    """A prefix and its aliases, in lower case."""
    return frozenset(spelling.lower() for spelling in (prefix, *entry.get("aliases", ())))


def _fault(prefix: object, entry: object, taken: Collection[str], kinds: Collection[str]) -> str:
    """What is wrong with an entry, or nothing."""
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        return "not a prefix"
    if not isinstance(entry, dict) or not isinstance(entry.get("iri"), str) or not entry["iri"]:
        return "without an iri"
    if strange := sorted(map(str, entry.keys() - _FIELDS)):
        return f"unknown field {strange[0]}"
    if entry.get("kind") is not None and entry["kind"] not in kinds:
        return f"{entry['kind']!r} is no kind; it may be one of {', '.join(kinds)}"
    aliases = entry.get("aliases", ())
    if not isinstance(aliases, list | tuple) or not all(
        isinstance(alias, str) and _PREFIX.fullmatch(alias) for alias in aliases
    ):
        return "aliases is no list of prefixes"
    if repeated := [spelling for spelling in (prefix, *aliases) if spelling.lower() in taken]:
        return f"{repeated[0]} is declared already"
    return ""
