"""FastHPOCR, where it is installed: names of HPO over clusters of word forms that a language model made."""

import contextlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from benchmarks.baselines.hpo3 import write_obo

_INDEX = "hp.index"


def is_installed() -> bool:
    """Whether the package can be imported."""
    return find_spec("FastHPOCR") is not None


class FastHPOCR:
    """Reads terms of HPO, the longest where they overlap."""

    def __init__(self, annotator: Any) -> None:
        """Take its annotator."""
        self._annotator = annotator

    @classmethod
    def open(cls, folder: Path, ontology: Path) -> Self:
        """Its index of an ontology in a folder; made there if there is none, over half an hour.

        Args:
            ontology: HPO as OBO graphs JSON, plain or gzip.
        """
        from FastHPOCR.HPOAnnotator import HPOAnnotator
        from FastHPOCR.IndexHPO import IndexHPO

        if not (folder / _INDEX).is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_obo(ontology, folder / "hp.obo")
            with contextlib.redirect_stdout(io.StringIO()):
                IndexHPO(str(folder / "hp.obo"), str(folder)).index()
        return cls(HPOAnnotator(str(folder / _INDEX)))

    def read(self, text: str) -> frozenset[str]:
        """CURIEs of the terms that a text names."""
        return frozenset(found.hpoUri for found in self._annotator.annotate(text, longestMatch=True))
