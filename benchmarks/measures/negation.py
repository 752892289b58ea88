"""Negation on sentences with one marked condition (the NegEx test set): ours, and medspaCy as it comes."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import loguru
import medspacy
from spacy.tokens import Span

from kgdx.domain.case import Polarity
from kgdx.domain.errors import SourceError
from kgdx.evidence.assertion import Asserter
from kgdx.evidence.mentions import Mention
from kgdx.evidence.words import sentences

_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence, where its condition stands, and whether people called it negated."""

    text: str
    start: int
    end: int
    is_negated: bool


def read_marked(path: Path) -> Iterator[Marked]:
    """Rows of the tab-separated file: number, condition, sentence, status; further columns are left alone.

    A condition that the set cut in two with its sentence stands for all that is left of the sentence.

    Raises:
        SourceError: if a row is short.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t")
        next(rows, None)
        for line, row in enumerate(rows, 2):
            if len(row) < _COLUMNS:
                raise SourceError(f"{path}:{line}", f"has fewer than {_COLUMNS} columns", "check the file")
            place = _find(row[1], row[2])
            yield Marked(row[2], *place, row[3].strip().lower() == "negated")


def _find(condition: str, sentence: str) -> tuple[int, int]:
    """Where the condition is. It is marked by capitals; a line break may stand for a space."""
    pattern = r"\s+".join(re.escape(word) for word in condition.split())
    found = re.search(pattern.upper(), sentence) or re.search(pattern, sentence, re.IGNORECASE)
    return found.span() if found else (0, len(sentence))


def negated_by_us(rows: Iterable[Marked], asserter: Asserter) -> list[bool]:
    """Whether we call each condition absent."""
    return [_polarity(row, asserter) is Polarity.EXCLUDED for row in rows]


def _polarity(row: Marked, asserter: Asserter) -> Polarity | None:
    for sentence in sentences(row.text):
        inside = [word for word in sentence if row.start < word.end and word.start < row.end]
        if inside:
            mention = Mention("", "", inside[0].start, inside[-1].end)
            return asserter.assess(sentence, [mention])[0].polarity
    return None


def negated_by_medspacy(rows: Iterable[Marked]) -> list[bool]:
    """Whether medspaCy's ConText, with the rules that come with it, calls each condition negated."""
    loguru.logger.disable("PyRuSH")  # its sentence splitter tells every token it sees
    pipeline = medspacy.load(enable=["medspacy_pyrush", "medspacy_context"])
    context = pipeline.get_pipe("medspacy_context")
    answers = []
    for row in rows:
        with pipeline.select_pipes(disable=["medspacy_context"]):
            doc = pipeline(row.text)
        span = doc.char_span(row.start, row.end, label="CONDITION", alignment_mode="expand")
        doc.ents = [span] if isinstance(span, Span) else []
        answers.append(any(entity._.is_negated for entity in context(doc).ents))
    return answers
