"""Human Phenotype Ontology: terms, the identifiers they replaced, and `is_a`."""

from collections.abc import Iterator
from pathlib import Path

from ingest.catalogue import Source
from ingest.model import Item, Skipped
from ingest.ontologies import read_ontology
from ingest.sources.ontology import Statements
from kgdx.domain.errors import SourceError

_REMEDY = "give hp.json (OBO Graphs), hp.obo or hp.owl of a release of the Human Phenotype Ontology"


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every HP term, every identifier merged into one, and every `is_a` between current terms.

    Raises:
        SourceError: if the file cannot be read, is no ontology or holds no HP term.
    """
    ontology = read_ontology(path, _REMEDY)
    if not any(curie.startswith("HP:") for curie in ontology.terms):
        raise SourceError(str(path), "no HP term in it", _REMEDY)
    statements = Statements(path.name, ontology, source)
    for curie, term in ontology.terms.items():
        if curie.startswith("HP:"):
            yield from statements.of(term)
        else:
            yield Skipped("a term of another ontology")
