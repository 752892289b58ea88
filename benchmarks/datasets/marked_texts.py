"""Texts in which people marked terms of HPO: a folder with `corpus/NAME` and `ann/NAME`.

A row of `ann/` is start, end, words and HPO identifier, and perhaps `Neg` or `Related`, tab-separated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kgdx.domain.errors import SourceError


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text and the CURIEs that people found in it, whether affirmed or denied."""

    name: str
    text: str
    curies: frozenset[str]


def read_marked_texts(folder: Path, replaced_by: Mapping[str, str]) -> list[MarkedText]:
    """All texts of a folder, ordered by name.

    Args:
        replaced_by: obsolete CURIE -> the one in use.

    Raises:
        SourceError: if the folder has another layout.
    """
    corpus, marks = folder / "corpus", folder / "ann"
    names = sorted(path.name for path in corpus.iterdir()) if corpus.is_dir() else []
    if not names or not marks.is_dir():
        raise SourceError(
            str(folder), "holds no corpus/ and ann/", "give a folder of marked texts with --texts"
        )
    return [
        MarkedText(name, (corpus / name).read_text(encoding="utf-8"), _curies(marks / name, replaced_by))
        for name in names
    ]


def _curies(path: Path, replaced_by: Mapping[str, str]) -> frozenset[str]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if short := next((i for i, row in enumerate(rows, 1) if len(row) < 4), None):
        raise SourceError(f"{path}, line {short}", "has fewer than four columns", "check the file")
    written = (row[3].strip().replace("_", ":") for row in rows)
    return frozenset(replaced_by.get(curie, curie) for curie in written)


def document_scores(marked: Iterable[MarkedText], read: Iterable[frozenset[str]]) -> dict[str, float]:
    """Precision, recall and F1 of the terms of each text, summed over texts."""
    pairs = [(text.curies, found) for text, found in zip(marked, read, strict=True)]
    hits = sum(len(wanted & found) for wanted, found in pairs)
    precision = hits / max(sum(len(found) for _, found in pairs), 1)
    recall = hits / max(sum(len(wanted) for wanted, _ in pairs), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}
