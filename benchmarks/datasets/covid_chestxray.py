"""The frontal radiographs of the COVID chest X-ray set with patient, site and label, no film twice."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.errors import SourceError

COVID, PNEUMONIA, NONE, UNTOLD = "COVID-19", "other pneumonia", "no finding", ""
ELSEWHERE = "elsewhere"
FRONTAL = ("PA", "AP", "AP Supine")
# ARDS alone may come from anything, and `todo` is no label.
_LABELS = {"COVID-19, ARDS": COVID, COVID: COVID, "No Finding": NONE, "ARDS": UNTOLD, "todo": UNTOLD}
_COLUMNS = ("patientid", "finding", "view", "modality", "location", "filename", "url")
_REMEDY = "give the folder that holds covid_chestxray/metadata.csv"
COPY_FROM = 0.99
"""Two films are one if their 28 px versions correlate at least so: in the set copies have 1.00, all others
less than .985."""

Strings = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Films:
    """N films; every array is (N,).

    Attributes:
        files: where they lie.
        patients: who is on them.
        hosts: web address that each was published at.
        places: hospital, town or country, as the source wrote it.
        labels: COVID, PNEUMONIA, NONE, or UNTOLD.
        views: one of FRONTAL.
    """

    files: NDArray[Any]
    patients: Strings
    hosts: Strings
    places: Strings
    labels: Strings
    views: Strings

    def __len__(self) -> int:
        return len(self.files)

    def at(self, rows: NDArray[Any]) -> "Films":
        """The films of these rows (indices or a mask)."""
        columns = (self.files, self.patients, self.hosts, self.places, self.labels, self.views)
        return Films(*(column[rows] for column in columns))


def read_films(folder: Path) -> Films:
    """Every frontal radiograph that the table names, once.

    A file that is named for two patients makes one of them: they cannot stand on two sides of a split.

    Raises:
        SourceError: if the table is missing, lacks a column, or names no frontal radiograph.
    """
    rows = [row for row in _rows(folder / "metadata.csv") if _is_frontal(row)]
    if not rows:
        raise SourceError(str(folder / "metadata.csv"), "names no frontal radiograph", _REMEDY)
    files = [row["filename"] for row in rows]
    patients = joined([row["patientid"] for row in rows], list(_pairs_of_equal(files)))
    first = {file: i for i, file in reversed(list(enumerate(files)))}
    films = Films(
        np.array([folder / "images" / file for file in files], dtype=object),
        patients,
        np.array([urlsplit(row["url"]).netloc.removeprefix("www.") for row in rows]),
        np.array([" ".join(row["location"].split()) for row in rows]),
        np.array([_LABELS.get(row["finding"], PNEUMONIA) for row in rows]),
        np.array([row["view"] for row in rows]),
    )
    return films.at(np.array(sorted(first.values())))


def without_copies(films: Films, tiny: NDArray[Any]) -> tuple[Films, NDArray[np.bool_]]:
    """Leave out films that another source published too, and make one patient of those they belong to.

    Args:
        films: N.
        tiny: (N, D) grey values of small versions.

    Returns:
        The films that are left, with patients joined; (N,) which of the old ones these are.
    """
    centred = tiny - tiny.mean(axis=1, keepdims=True)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    pairs = np.argwhere(np.triu(unit @ unit.T >= COPY_FROM, 1))
    apart = [(int(i), int(j)) for i, j in pairs if films.patients[i] != films.patients[j]]
    kept = np.ones(len(films), bool)
    kept[[j for _, j in apart]] = False
    patients = joined(films.patients, apart)
    whole = Films(films.files, patients, films.hosts, films.places, films.labels, films.views)
    return whole.at(kept), kept


def named_sites(names: Strings, least: int) -> Strings:
    """The same names, but ELSEWHERE for what stands on fewer than `least` films, or is not told."""
    counts = Counter(names.tolist())
    return np.array([name if name and counts[name] >= least else ELSEWHERE for name in names.tolist()])


def joined(patients: Sequence[str] | Strings, pairs: Sequence[tuple[int, int]]) -> Strings:
    """(N,) the same patients, those of each pair of rows made one."""
    one = np.array(patients)
    for i, j in pairs:
        one[one == one[j]] = one[i]
    return one


def _pairs_of_equal(values: Sequence[str]) -> list[tuple[int, int]]:
    first: dict[str, int] = {}
    return [(first.setdefault(value, i), i) for i, value in enumerate(values)]


def _is_frontal(row: dict[str, str]) -> bool:
    return row["modality"] == "X-ray" and row["view"] in FRONTAL


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if missing := [name for name in _COLUMNS if name not in (reader.fieldnames or ())]:
                raise SourceError(str(table), f"lacks the column {missing[0]}", _REMEDY)
            return list(reader)
    except OSError as error:
        raise SourceError(str(table), f"cannot be read ({error.strerror})", _REMEDY) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(str(table), f"is no table of text ({error})", _REMEDY) from error
