"""The benchmark of reading on texts that people marked."""

from pathlib import Path

import pytest

from benchmarks.datasets.marked_texts import document_scores, read_marked_texts
from benchmarks.runs.reading import newest_ontology
from kgdx.domain.errors import SourceError


def texts(folder: Path, marks: str) -> Path:
    for name, content in (("corpus/a", "Fever and cough."), ("ann/a", marks)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_a_term_counts_once_a_text_and_old_terms_are_carried_on(tmp_path: Path) -> None:
    marks = "0\t5\tFever\tHP:0001945\n0\t5\tFever\tHP:0001945\n10\t15\tcough\tHP:1\tNeg\n"
    (read,) = read_marked_texts(texts(tmp_path, marks), {"HP:1": "HP:0012735"})
    assert read.curies == {"HP:0001945", "HP:0012735"}
    assert document_scores([read], [frozenset({"HP:0001945", "HP:2", "HP:3"})]) == {
        "precision": 0.3333, "recall": 0.5, "f1": 0.4,
    }  # fmt: skip


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="corpus/ and ann/"):
        read_marked_texts(tmp_path, {})
    with pytest.raises(SourceError, match="line 2"):
        read_marked_texts(texts(tmp_path, "0\t5\tFever\tHP:0001945\n0\t5\n"), {})
    with pytest.raises(SourceError, match="--data"):
        newest_ontology(tmp_path)
