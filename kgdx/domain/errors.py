"""What can go wrong.

KgdxError                       every error of ours; the message says what, where and what to do
├── BadInputError               the data is wrong (exit 3)
│   ├── CurieError              not a CURIE, or a prefix nobody declared
│   ├── UnknownCurieError       a well-formed CURIE that the graph does not hold
│   ├── ImageError              a file that is no readable medical image
│   ├── CaseError               a case of another shape, or with nothing in it
│   ├── SourceError             an ontology or table that cannot be loaded
│   ├── BundleError             a release that is incomplete, altered or of another version
│   └── QueryError              a graph query that cannot be run
└── BackendUnavailableError     a store that cannot be opened or reached (exit 4)

`graph_schema.SchemaFileError`, of the package below, stands beside them (exit 3).
"""

from dataclasses import dataclass
from typing import Literal

from kgdx.domain.printable import cut, printable

_MOST = 400


class KgdxError(Exception):
    """Root of all errors that kgdx raises on purpose."""


class BadInputError(KgdxError, ValueError):
    """The input is wrong: `where` it is, the `fact` that is wrong, and the `remedy`.

    Its text has no control characters and is cut; the attributes hold all.
    """

    def __init__(self, where: str, fact: str, remedy: str) -> None:
        super().__init__(printable(f"{cut(where, _MOST)}: {cut(fact, _MOST)}: {cut(remedy, _MOST)}"))
        self.where = where
        self.fact = fact
        self.remedy = remedy


class CurieError(BadInputError):
    """Not a CURIE of a declared prefix."""


class ImageError(BadInputError):
    """A file that cannot be read as a medical image."""


class CaseError(BadInputError):
    """A case that is malformed or holds no evidence."""


class SourceError(BadInputError):
    """A source file that cannot be loaded; nothing of it was written."""


class BundleError(BadInputError):
    """A bundle that is incomplete, altered or made by another version."""


class QueryError(BadInputError):
    """A graph query that is malformed, or that would write where it may only read."""


class UnknownCurieError(KgdxError, LookupError):
    """A CURIE that is not in the graph."""

    def __init__(self, curie: str, release: str) -> None:
        super().__init__(f"{curie} is not in graph release {release}: load its ontology or check the prefix")
        self.curie = curie
        self.release = release


class BackendUnavailableError(KgdxError):
    """A store that cannot be opened or reached."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with bulk input, collected so that all are told at once."""

    level: Literal["error", "warning"]
    where: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}: {self.remedy}"
