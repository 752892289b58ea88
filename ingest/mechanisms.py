"""The graph that mechanisms are learnt and measured on, and what curators drew of it."""

from collections.abc import Callable
from pathlib import Path

from ingest.catalogue import find
from ingest.phenotypes import build_snapshot, phenotype_sources
from ingest.sources.drugmechdb import read_mechanisms
from kgdx.domain.errors import SourceError
from kgdx.domain.mechanism import CuratedMechanism
from kgdx.graph.snapshot import Snapshot

_PATHS = "drugmechdb/paths.jsonl*"
_OPTIONAL = {
    "genes": "hpo/genes_to_phenotype*",
    "doid": "doid",
    "hetionet": "hetionet",
    "drugs": "matrix/drug_list.csv*",
}


def mechanism_snapshot(data: Path, progress: Callable[[str], None]) -> Snapshot:
    """The graph of a folder with `hpo/`, `mondo/`, `drugmechdb/` and, if there, drugs, genes and Hetionet.

    Raises:
        SourceError: if a file that is needed is missing.
    """
    return build_snapshot(mechanism_sources(data), progress)


def mechanism_sources(data: Path) -> list[tuple[str, Path]]:
    """(source name, path) of all that the graph is made of."""
    found = [(name, path) for name, glob in _OPTIONAL.items() for path in sorted(data.glob(glob))[-1:]]
    return [*phenotype_sources(data), *found, ("drugmechdb", mechanisms_of(data))]


def mechanisms_of(data: Path) -> Path:
    """The file of DrugMechDB in a folder of data.

    Raises:
        SourceError: if there is none.
    """
    found = sorted(data.glob(_PATHS))
    if not found:
        raise SourceError(str(data), f"holds no {_PATHS}", "give the folder of the real data with --data")
    return found[-1]


def curated_mechanisms(path: Path) -> list[CuratedMechanism]:
    """What a file of DrugMechDB's form draws.

    Raises:
        SourceError: if it cannot be read, or draws nothing.
    """
    found = list(read_mechanisms(path, find("drugmechdb")))
    if not found:
        raise SourceError(str(path), "holds no path", "give DrugMechDB's paths, one JSON object a line")
    return found


def mechanisms_in(data: Path) -> list[CuratedMechanism]:
    """What the file of DrugMechDB in a folder of data draws.

    Raises:
        SourceError: if there is none, or it draws nothing.
    """
    return curated_mechanisms(mechanisms_of(data))
