"""The graph of findings and diseases that training and benchmarks run on, loaded the way a user loads it."""

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from graph_schema import load as load_schema
from ingest.load import load
from kgdx.domain.errors import SourceError
from kgdx.graph.canonical import canonical_view
from kgdx.graph.snapshot import Snapshot
from kgdx.stores.embedded import EmbeddedStore


def phenotype_snapshot(data: Path, progress: Callable[[str], None]) -> Snapshot:
    """The graph of a folder with `hpo/` and `mondo/`.

    Raises:
        SourceError: if the folder holds no annotations or no ontology.
    """
    return build_snapshot(phenotype_sources(data), progress)


def phenotype_sources(data: Path) -> list[tuple[str, Path]]:
    """(source name, path) of the disease annotations, the ontology of the same release, and MONDO.

    Raises:
        SourceError: if the folder holds no annotations or no ontology.
    """
    annotations = _only(data / "hpo", "*.hpoa*")
    date = re.search(r"\d{4}-\d{2}-\d{2}", annotations.name)
    ontology = _only(data / "hpo", f"hp.*{date[0] if date else ''}*.json*")
    return [("hpo", ontology), ("hpoa", annotations), ("mondo", data / "mondo")]


def build_snapshot(sources: Sequence[tuple[str, Path]], progress: Callable[[str], None]) -> Snapshot:
    """Load the sources into a store of their own and take its snapshot."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore.open(Path(folder) / "graph") as store:
        for name, path in sources:
            progress(f"loading {name} from {path.name}")
            load(name, path, store)
        view = canonical_view(*store.export(), load_schema())
    return Snapshot.from_tables(view.nodes, view.edges)


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise SourceError(str(folder), f"holds no {pattern}", "give the folder of the real data with --data")
    return found[-1]
