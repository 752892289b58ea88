"""Named analyst queries: Cypher files with a header of purpose and parameters, the same for every store."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PURPOSE = re.compile(r"^// purpose: (.+)$", re.MULTILINE)
_PARAMETER = re.compile(r"^// parameter (\w+)( \(list\))?: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A question that analysts ask often.

    Attributes:
        name: file name without its ending.
        purpose: what it answers.
        parameters: name -> meaning; all must be given.
        lists: names of the parameters that take several values.
        cypher: read-only query text.
    """

    name: str
    purpose: str
    parameters: dict[str, str]
    lists: frozenset[str]
    cypher: str


@cache
def named_queries() -> dict[str, NamedQuery]:
    """All queries that ship with the package, by name."""
    folder = files("graph_schema").joinpath("queries")
    texts = {p.name.removesuffix(".cypher"): p.read_text(encoding="utf-8") for p in folder.iterdir()}
    return {name: _parse(name, text) for name, text in sorted(texts.items())}


def _parse(name: str, text: str) -> NamedQuery:
    purpose = _PURPOSE.search(text)
    found = _PARAMETER.findall(text)
    return NamedQuery(
        name,
        purpose[1] if purpose else "",
        {parameter: meaning for parameter, _, meaning in found},
        frozenset(parameter for parameter, mark, _ in found if mark),
        text,
    )
