"""CURIEs, the identifiers of the graph: `PREFIX:local`, as in `HP:0002202`."""

import re

from graph_schema import Schema
from kgdx.domain.errors import CurieError

_SHAPE = re.compile(r"(?P<prefix>[A-Za-z][\w.]*):(?P<local>[^\s:][^\s]*)")


def prefix_of(curie: str) -> str:
    """The part before the first colon; empty when there is none."""
    return curie.partition(":")[0] if ":" in curie else ""


def is_curie(text: str) -> bool:
    """Whether a text has the shape of a CURIE, of whatever prefix."""
    return _SHAPE.fullmatch(text.strip()) is not None


def standardize(text: str, schema: Schema, where: str = "curie") -> str:
    """Write an identifier the way the graph does: declared prefix, declared case, no white space.

    Args:
        text: a CURIE with any declared spelling of its prefix, or an IRI that a declared prefix covers.
        where: place of the value, for the error.

    Raises:
        CurieError: if the text has another shape or its prefix is not in `prefixes.yaml`.
    """
    stripped = text.strip()
    if "//" in stripped:
        stripped = schema.converter.compress(stripped, passthrough=True)
    match = _SHAPE.fullmatch(stripped)
    if match is None:
        raise CurieError(where, f"{text!r} is not a CURIE", "write PREFIX:local, as in HP:0002202")
    prefix = schema.standardize_prefix(match["prefix"])
    if prefix is None:
        remedy = "check the spelling, or declare it in a file that KGDX_PREFIXES names"
        raise CurieError(where, f"prefix {match['prefix']!r} of {text!r} is not declared", remedy)
    return f"{prefix}:{match['local']}"
