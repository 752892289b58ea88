"""Human Phenotype Ontology, OBO Graphs JSON: terms, the identifiers they replaced, and `is_a`."""

import json
import re
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from ingest.catalogue import Source
from ingest.files import read_bytes
from ingest.model import Item, Row, Skipped
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node

_KIND = "PhenotypicFeature"
_RELEASE = re.compile(r"\d{4}-\d{2}-\d{2}")
_REMEDY = "give hp.json (OBO Graphs) of a release of the Human Phenotype Ontology"


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every HP term, every identifier merged into one, and every `is_a` between current terms.

    Raises:
        SourceError: if the file cannot be read, is no OBO Graphs JSON or holds no HP term.
    """
    ontology = _parse(path)
    terms = sorted(ontology.terms(), key=lambda term: term.id)
    current = {term.id for term in terms if term.id.startswith("HP:")}
    if not current:
        raise SourceError(str(path), "no HP term in it", _REMEDY)
    release = _RELEASE.search(str(ontology.metadata.data_version or ""))
    provenance = source.provenance(release.group() if release else "")
    for term in terms:
        if term.id not in current:
            yield Skipped("a term of another ontology")
            continue
        where = f"{path.name}, {term.id}"
        yield Row(where, _node(term))
        if term.obsolete:
            continue
        for merged in sorted(set(term.alternate_ids) - current):
            yield Row(where, Node(merged, _KIND, is_obsolete=True, replaced_by=term.id))
        for parent in sorted(term.superclasses(distance=1, with_self=False), key=lambda p: p.id):
            if parent.id in current and not parent.obsolete:
                yield Row(where, Edge(term.id, "subclass_of", parent.id, provenance))
            else:
                yield Skipped("is_a to an obsolete or foreign term")


def _node(term: Any) -> Node:
    name = term.name or ""
    synonyms = sorted({synonym.description for synonym in term.synonyms} - {name})
    # Where several terms took its place, the first by identifier stands for them.
    replaced_by = min((heir.id for heir in term.replaced_by), default="") if term.obsolete else ""
    return Node(term.id, _KIND, name, tuple(synonyms), str(term.definition or ""), term.obsolete, replaced_by)


def _parse(path: Path) -> Any:
    from pronto.ontology import Ontology  # heavy, and only this reader needs it

    content = read_bytes(path)
    _check_shape(path, content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pronto warns of every clause it does not need
        try:
            return Ontology(BytesIO(content))
        except Exception as error:  # pronto lets the errors of its parsers through, whatever they are
            raise SourceError(str(path), "not an ontology that can be read", _REMEDY) from error


def _check_shape(path: Path, content: bytes) -> None:
    """Refuse JSON of another shape, which would make the parser below pronto panic."""
    try:
        document = json.loads(content)
        nodes = document["graphs"][0]["nodes"]
        is_sound = all(isinstance(node["id"], str) for node in nodes) and len(nodes) > 0
    except ValueError as error:
        raise SourceError(str(path), f"not JSON ({error})", _REMEDY) from error
    except (TypeError, KeyError, IndexError) as error:
        raise SourceError(str(path), "JSON of another shape than OBO Graphs", _REMEDY) from error
    if not is_sound:
        raise SourceError(str(path), "JSON of another shape than OBO Graphs", _REMEDY)
