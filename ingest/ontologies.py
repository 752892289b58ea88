"""Ontologies in OBO, OWL (RDF/XML) or OBO Graphs JSON, read by pronto into plain terms."""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingest.files import read_bytes
from ingest.pronto_input import mended
from kgdx.domain.errors import SourceError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LINE = re.compile(r"\bline (\d+)")
_MAX_TOLD = 200
_SPACE = b"\xef\xbb\xbf \t\r\n"
_PART_OF = ("part_of", "BFO:0000050")


@dataclass(frozen=True, slots=True)
class Term:
    """A class of an ontology; identifiers are as the file writes them.

    Attributes:
        curie: its identifier.
        name: its label; empty where the file names the term and says nothing of it.
        synonyms: other names, of every scope, sorted.
        definition: what it means, or empty.
        namespace: the part of the ontology it belongs to, such as `biological_process`, or empty.
        is_obsolete: withdrawn.
        replaced_by: what took its place, sorted.
        alternative_ids: identifiers that were merged into it, sorted.
        parents: direct `is_a`, sorted.
        wholes: direct `part_of`, sorted.
    """

    curie: str
    name: str
    synonyms: tuple[str, ...]
    definition: str
    namespace: str
    is_obsolete: bool
    replaced_by: tuple[str, ...]
    alternative_ids: tuple[str, ...]
    parents: tuple[str, ...]
    wholes: tuple[str, ...]

    @property
    def is_described(self) -> bool:
        """Whether the file says anything of the term, beyond naming it as a parent."""
        return bool(self.name or self.synonyms or self.definition or self.is_obsolete or self.parents)


@dataclass(frozen=True, slots=True)
class Ontology:
    """What a file holds: its release, a date where it has one, and its terms by identifier, sorted."""

    release: str
    terms: Mapping[str, Term]


def read_ontology(path: Path, remedy: str) -> Ontology:
    """Read a file, plain or gzipped. Imports are not followed, so nothing is fetched.

    Args:
        remedy: what to do where the file is no ontology.

    Raises:
        SourceError: if the file cannot be read or parsed.
    """
    content = read_bytes(path)
    try:
        ontology = _parsed(mended(path, content, remedy))
        return Ontology(_release(ontology), {term.curie: term for term in _terms(ontology)})
    except SourceError:
        raise
    except BaseException as error:  # pronto lets whatever its parsers raise through, their panics too
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        line = _line(error, content)
        where = f"{path}, line {line}" if line else str(path)
        raise SourceError(where, f"no ontology that can be read ({_first_line(error)})", remedy) from error


def _parsed(content: bytes) -> Any:
    from pronto.ontology import Ontology as Pronto  # heavy, and only ontologies need it

    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pronto warns of every clause it does not need
        file = Path(folder) / "ontology"
        file.write_bytes(content)
        return Pronto(str(file), import_depth=0, encoding="utf-8")  # only of a path does it heed the encoding


def _terms(ontology: Any) -> Iterator[Term]:
    known = {relation.id for relation in ontology.relationships()}
    part_of = [
        (ontology.get_relationship if name in known else ontology.create_relationship)(name)
        for name in _PART_OF
    ]
    for term in sorted(ontology.terms(), key=lambda term: term.id):
        name = term.name or ""
        wholes = {
            whole
            for relation in part_of
            if relation in term.relationships
            for whole in term.relationships[relation].ids
        }
        yield Term(
            term.id,
            name,
            tuple(sorted({synonym.description for synonym in term.synonyms} - {name})),
            str(term.definition or ""),
            term.namespace or ontology.metadata.default_namespace or "",
            term.obsolete,
            tuple(sorted(term.replaced_by.ids)),
            tuple(sorted(term.alternate_ids)),
            tuple(sorted(parent.id for parent in term.superclasses(distance=1, with_self=False))),
            tuple(sorted(wholes)),
        )


def _release(ontology: Any) -> str:
    version = str(ontology.metadata.data_version or "")
    date = _DATE.search(version)
    return date.group() if date else version


def _line(error: BaseException, content: bytes) -> int:
    """Where the parsers of XML, JSON and OBO say the fault is, or 0."""
    if isinstance(error, SyntaxError) and error.text and content.lstrip(_SPACE).startswith(b"{"):
        # It counts the lines of the identifier, not of the file.
        before, found, _ = content.partition(error.text.encode())
        return before.count(b"\n") + 1 if found else 0
    position = getattr(error, "position", None) or (getattr(error, "lineno", None),)
    told = _LINE.search(str(error))
    return int(position[0] or (told[1] if told else 0))


def _first_line(error: BaseException) -> str:
    told = next(iter(str(getattr(error, "msg", error)).splitlines()), "")
    return told[:_MAX_TOLD] or type(error).__name__
