"""How common each disease is at the patient's age and sex, read as a prior of every candidate.

A graph states it as `has_clinical_attribute` edges to the classes below; the edge's onset is the band of ages
and its sex the sex that the class holds for, empty for all. Of several edges that hold for a patient the most
particular one counts, and what does not occur at an age or in a sex does not, whatever else is stated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.case import Patient
from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.course import DiseaseCourse
from kgdx.reasoning.onset import NUM_AGES, ONSETS, age_class

CLASSES: Mapping[str, int] = {
    "kgdx:prevalence-very-common": 3,
    "kgdx:prevalence-common": 2,
    "kgdx:prevalence-uncommon": 1,
    "kgdx:prevalence-rare": 0,
    "kgdx:prevalence-very-rare": -1,
    "kgdx:prevalence-ultra-rare": -2,
}
"""Class -> decades of prevalence above 1 in 100,000."""
NONE = "kgdx:prevalence-none"
"""Class of what does not occur at an age or in a sex."""

COMMON = 2
"""Decades from which on a disease counts as common."""
# Decades of a disease of which a graph that knows prevalence states none.
_UNSTATED = -1
_PEDIATRIC = "HP:0410280"


@dataclass(frozen=True, slots=True)
class PrevalenceSettings:
    """How much prevalence counts.

    Attributes:
        decade: natural log added for each tenfold. Less than ln 10: who is seen for a complaint was selected,
            and the findings of common diseases are counted with less trust than their ratios have, too.
        never: natural log added where a disease does not occur.
    """

    decade: float = 1.0
    never: float = -10.0


@dataclass(frozen=True, eq=False)
class Prevalence:
    """What a snapshot states of how common D candidates are, which are G diseases.

    Attributes:
        course: edges to prevalence classes alone, R of them.
        disease: (D,) int64 which disease each candidate is.
        decades: (R,) float64 of the class; NaN for "does not occur".
        ages: (R, NUM_AGES) bool the ages that the class holds for.
        sex: (R,) text the sex that it holds for, or empty.
    """

    settings: PrevalenceSettings
    course: DiseaseCourse
    disease: Ints
    decades: Floats
    ages: NDArray[np.bool_]
    sex: NDArray[np.str_]

    @classmethod
    def of(
        cls, snapshot: Snapshot, course: DiseaseCourse, disease: Ints, settings: PrevalenceSettings
    ) -> "Prevalence":
        """Read what is stated.

        Args:
            course, disease: as `DiseaseCourse.from_snapshot` makes them.
        """
        stated = course.among(*CLASSES, NONE)
        decades = np.array([CLASSES.get(str(curie), np.nan) for curie in stated.curies], dtype=np.float64)
        bands, sexes = (snapshot.edges[name].take(stated.rows).to_pylist() for name in ("onset", "sex"))
        ages = np.ones((len(stated.rows), NUM_AGES), dtype=bool)
        for row, band in enumerate(bands):
            if band:
                ages[row] = np.isin(np.arange(NUM_AGES), _ages(band))
        return cls(settings, stated, disease, decades, ages, np.array([sex or "" for sex in sexes], np.str_))

    @cached_property
    def is_stated(self) -> bool:
        """Whether the graph says of any candidate how common it is."""
        return len(self.course.rows) > 0

    def classes(self, patient: Patient) -> tuple[Floats, Ints]:
        """Of each candidate, for one patient.

        Returns:
            (D,) float64 decades, -inf where it does not occur and `_UNSTATED` where nothing holds; and (D,)
            int64 row of the edge that says so, or -1.
        """
        holds, particular = np.isin(self.sex, ("", patient.sex)), self.sex != ""
        if patient.age_years is None:
            holds &= self.ages.all(axis=1)
        else:
            holds &= self.ages[:, age_class(patient.age_years)]
        decades = np.full(self.course.num_diseases, float(_UNSTATED))
        rows = np.full(self.course.num_diseases, -1, dtype=np.int64)
        narrow = self.ages.sum(axis=1)
        # The last one written stays: what never is, else the narrowest, of those the one for a sex.
        order = np.lexsort((particular, -narrow, np.isnan(self.decades)))
        order = order[holds[order]]
        decades[self.course.disease[order]] = np.nan_to_num(self.decades[order], nan=-np.inf)
        rows[self.course.disease[order]] = self.course.rows[order]
        return decades[self.disease], rows[self.disease]

    def contributions(self, patient: Patient) -> tuple[Floats, Ints]:
        """(D,) natural log added to each candidate, and (D,) row of the edge behind it, or -1."""
        decades, rows = self.classes(patient)
        occurs = np.isfinite(decades)
        logged = np.where(occurs, self.settings.decade * np.where(occurs, decades, 0.0), self.settings.never)
        return logged, rows


def _ages(band: str) -> tuple[int, ...]:
    """Ages of a band, by its HPO onset; a newborn is a child, too."""
    return (0, *ONSETS[band]) if band == _PEDIATRIC else ONSETS.get(band, ())
