"""Image-report pairs on disk: a CSV or JSON Lines file of image paths and texts."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kgdx.domain.errors import SourceError
from kgdx.graph.arrays import Floats32, Ints
from kgdx.imaging.read import read_image

_FORM = "give columns (CSV) or keys (JSON Lines) image, text and, if there is one, case"
LEAST = 4


@dataclass(frozen=True, eq=False)
class Pairs:
    """Images with what was written of them.

    Attributes:
        images: N arrays (H, W) float32 in [0, 1].
        texts: N texts.
        cases: N names; pairs of one case are never split between training and validation.
    """

    images: Sequence[Floats32]
    texts: tuple[str, ...]
    cases: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)


def read_pairs(path: Path) -> Pairs:
    """Read pairs; an image path is relative to the file's folder.

    Raises:
        ImageError: if an image cannot be read.
        SourceError: if the file is of another form, or holds fewer than LEAST pairs.
    """
    rows = list(_rows(path))
    if len(rows) < LEAST:
        raise SourceError(str(path), f"holds {len(rows)} pairs", f"give at least {LEAST}")
    images = [read_image(path.parent / image).pixels for image, _, _ in rows]
    return Pairs(images, tuple(text for _, text, _ in rows), tuple(case for _, _, case in rows))


def split_by_case(cases: Sequence[str], share: float, seed: int) -> tuple[Ints, Ints]:
    """(rows to train on, rows to validate on), both non-empty; no case is in both.

    Raises:
        SourceError: if there is only one case.
    """
    names = sorted(set(cases))
    if len(names) < 2:
        raise SourceError("column case", "all pairs belong to one case", "give more cases, or leave it out")
    num = min(max(round(share * len(names)), 1), len(names) - 1)
    chosen = set(np.random.default_rng(seed).permutation(names)[:num].tolist())
    is_held = np.array([case in chosen for case in cases])
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """(image, text, case) of every line; a line without a case is a case of its own."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SourceError(str(path), "cannot be read as UTF-8 text", "check the path") from error
    is_table = path.suffix.lower() == ".csv"
    entries: Iterator[Any] = (
        csv.DictReader(content.splitlines(keepends=True)) if is_table else _lines(path, content)
    )
    for number, entry in enumerate(entries, 2 if is_table else 1):
        image, text = (entry.get(key) if isinstance(entry, dict) else None for key in ("image", "text"))
        if not (isinstance(image, str) and isinstance(text, str) and image.strip() and text.strip()):
            raise SourceError(f"{path}, record {number}", "has no image or no text", _FORM)
        yield image, text, str(entry.get("case") or f"record {number}")


def _lines(path: Path, content: str) -> Iterator[Any]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise SourceError(f"{path}, line {number}", "is not JSON", _FORM) from error
