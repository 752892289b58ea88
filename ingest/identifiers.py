"""Identifiers of a source, written as the graph writes them."""

import re
from functools import lru_cache

from graph_schema import load
from kgdx.domain.curie import prefix_of, standardize
from kgdx.domain.errors import CurieError

_NOT_LOCAL = re.compile(r"[^\w.+-]+")


@lru_cache(maxsize=1 << 18)
def identify(text: str) -> str:
    """The CURIE of a text; a source names the same ones over and over.

    Raises:
        CurieError: if it is none, or its prefix is not declared.
    """
    return standardize(text, load())


def identify_if_declared(text: str) -> str:
    """The CURIE of a text, or the text as it is where its prefix is not declared, as with ISBNs."""
    try:
        return identify(text)
    except CurieError:
        return text.strip()


def reason_against(text: str) -> str:
    """Why a text is no CURIE of the graph, in words that are the same for like texts."""
    prefix = prefix_of(text.strip())
    if not text.strip():
        return "no identifier"
    if not prefix or " " in prefix:
        return "not a CURIE"
    return "malformed CURIE" if load().standardize_prefix(prefix) else f"prefix {prefix} is not declared"


def kind_of(curie: str, otherwise: str) -> str:
    """The kind that the prefix declares, or `otherwise` where its identifiers are of several kinds."""
    return load().prefix_kinds.get(prefix_of(curie), otherwise)


def mint(prefix: str, text: str) -> str:
    """An identifier for a thing that its source knows by name alone: `SLAKE:lung-cancer`.

    Case, white space and punctuation do not count, so that one name always gives one identifier.

    Raises:
        CurieError: if nothing is left of the text.
    """
    local = _NOT_LOCAL.sub("-", text.strip().casefold()).strip("-")
    return identify(f"{prefix}:{local if any(map(str.isalnum, local)) else ''}")
