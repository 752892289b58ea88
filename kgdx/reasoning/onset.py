"""Ages of man as HPO divides them: when a disease begins, when it is seen, and when its patients die.

Ages fall into `NUM_AGES` classes, numbered from birth; what HPO calls broader, such as an adult onset, covers
several. What begins before birth or at birth is there in the first class.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

# Neonatal, infantile, childhood, juvenile, young adult, middle age, late: the first age after each, in years.
_ENDS_YEARS = (28 / 365.2425, 1.0, 5.0, 16.0, 40.0, 60.0, 100.0)
NUM_AGES = len(_ENDS_YEARS)
AGE_LIMITS_YEARS = (0.0, *_ENDS_YEARS)
"""Where the ages begin, and where the last of them ends."""

ONSETS: Mapping[str, tuple[int, ...]] = {
    "HP:0030674": (0,),  # antenatal
    "HP:0011460": (0,),  # embryonal
    "HP:0011461": (0,),  # fetal
    "HP:0034199": (0,),  # late first trimester
    "HP:0034198": (0,),  # second trimester
    "HP:0034197": (0,),  # third trimester
    "HP:0003577": (0,),  # congenital
    "HP:0003623": (0,),  # neonatal: up to 28 days
    "HP:0410280": (1, 2, 3),  # pediatric
    "HP:0003593": (1,),  # infantile: up to 1 year
    "HP:0011463": (2,),  # childhood: 1 to 5 years
    "HP:0003621": (3,),  # juvenile: 5 to 15 years
    "HP:0003581": (4, 5, 6),  # adult: from 16 years
    "HP:0011462": (4,),  # young adult: 16 to 40 years
    "HP:0025708": (4,),  # early young adult
    "HP:0025709": (4,),  # intermediate young adult
    "HP:0025710": (4,),  # late young adult
    "HP:0003596": (5,),  # middle age: 40 to 60 years
    "HP:0003584": (6,),  # late: from 60 years
}
"""Onset class of HPO -> ages at which a disease so annotated may begin."""

LAST_AGES: Mapping[str, int] = {
    "HP:0034241": 0,  # prenatal death
    "HP:0003826": 0,  # stillbirth
    "HP:0005268": 0,  # miscarriage
    "HP:0003811": 0,  # neonatal death
    "HP:0001522": 1,  # death in infancy
    "HP:0003819": 3,  # death in childhood
    "HP:0011421": 4,  # death in adolescence, which ends beyond 16 years
    "HP:0100613": 4,  # death in early adulthood
    "HP:0033764": 5,  # death in middle age
}
"""Age of death of HPO -> the last age that a patient so annotated reaches."""


def age_class(years: float) -> int:
    """Number of the age, in 0..NUM_AGES - 1."""
    return min(int(np.searchsorted(_ENDS_YEARS, years, side="right")), NUM_AGES - 1)


def seen_at(delay_years: float, growth: float) -> NDArray[np.float64]:
    """When a disease that begins at one age is seen at another: exponentially later, never earlier.

    Args:
        delay_years: mean time from onset to when the patient is seen, for a disease of the newborn.
        growth: years added to that mean for each year of age at onset.

    Returns:
        (NUM_AGES, NUM_AGES) float64, rows ages of onset, each of which sums to 1; onset within an age is
        spread evenly.
    """
    ends = np.array(_ENDS_YEARS)
    starts = np.concatenate(([0.0], ends[:-1]))
    share = (np.arange(200) + 0.5) / 200
    began = (starts[:, None] + (ends - starts)[:, None] * share)[:, :, None]
    until = np.concatenate((ends[:-1], [np.inf]))
    waited = np.maximum(until - began, 0.0)
    seen_before = (1.0 - np.exp(-waited / (delay_years + growth * began))).mean(axis=1)
    return np.diff(seen_before, axis=1, prepend=0.0)
