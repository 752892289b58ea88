"""What sex, age and age of onset say of each disease: likelihood ratios beside those of the findings.

For a patient seen at age a, a disease whose onset falls into age i with share π(i) gains

    w ln( (1 - s) Σ π(i) P(a | i) / Σ π̄(i) P(a | i) + s )

P(a | i) is the delay between onset and being seen, π̄ the mean over all diseases whose onset is known, and s
what is left to doubt: the fewer patients were counted, the larger. A disease whose onset nobody states gains
nothing and loses nothing, and neither does any disease where the patient's age is not known.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kgdx.domain.case import Patient
from kgdx.domain.message import Message
from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.course import DiseaseCourse
from kgdx.reasoning.onset import LAST_AGES, NUM_AGES, ONSETS, age_class, seen_at
from kgdx.reasoning.prevalence import Prevalence, PrevalenceSettings

_Contributions = tuple[Floats, Ints]

MALE_SHARES = {
    "HP:0000006": 0.5,  # autosomal dominant
    "HP:0000007": 0.5,  # autosomal recessive
    "HP:0001419": 0.95,  # X-linked recessive: women with two copies, or skewed inactivation, are rare
    "HP:0001417": 0.8,  # X-linked, not said how: mostly recessive
    "HP:0001423": 0.4,  # X-linked dominant: twice as many women carry it, men are hit harder
    "HP:0001450": 0.99,  # Y-linked
    "HP:0001475": 0.98,  # male-limited expression
    "HP:0034344": 0.02,  # female-limited expression
}
"""Mode of inheritance -> share of men among those who are ill."""


@dataclass(frozen=True, slots=True)
class DemographicsSettings:
    """Constants of the observation model.

    Attributes:
        weight: multiplies every log-likelihood ratio.
        delay_years, growth: from onset to being seen, see `seen_at`.
        onset_delay_years: the same, to the onset that a case tells: the very first sign is easily missed.
        uncounted: patients that an onset counts for of which a source does not say how many it saw.
        doubt: patients whose onset is that of any disease, added to those counted.
        least_doubt: share of any disease's onset that is always added.
        most_died: share of patients that is at most believed to die at the stated age.
        unstated_died: share that dies at the stated age where the source does not say how many do.
        bounds: natural log of the least and the largest ratio that any fact but prevalence may have.
        prevalence: how much it counts how common a disease is.
    """

    weight: float = 1.75
    delay_years: float = 8.0
    growth: float = 0.5
    onset_delay_years: float = 2.0
    uncounted: float = 5.0
    doubt: float = 1.0
    least_doubt: float = 0.05
    most_died: float = 0.9
    unstated_died: float = 0.5
    bounds: tuple[float, float] = (float(np.log(0.02)), float(np.log(10.0)))
    prevalence: PrevalenceSettings = field(default_factory=PrevalenceSettings)


@dataclass(frozen=True, eq=False)
class PatientFact:
    """What one fact about the patient says of all diseases.

    Attributes:
        message: the fact, such as `patient.age` with its value.
        contributions: (D,) float64 log-likelihood ratio, within the bounds of the settings.
        rows: (D,) int64 row of the snapshot's edge behind it that counts most; -1 where there is none.
        is_prior: how common a disease is; it counts as it is, and the others as far as they are trusted.
    """

    message: Message
    contributions: Floats
    rows: Ints
    is_prior: bool = False


@dataclass(frozen=True, eq=False)
class Demographics:
    """What a snapshot knows of age and sex, for D candidates that are G diseases; A ages.

    Attributes:
        disease: (D,) int64 which disease each candidate is: what is exactly matched shares what is known.
        onset: (G, A) float64 patients whose disease began at each age; all 0 where nobody says.
        prevalence: how common each disease is.
    """

    settings: DemographicsSettings
    course: DiseaseCourse
    disease: Ints
    onset: Floats
    prevalence: Prevalence

    @classmethod
    def from_snapshot(
        cls, snapshot: Snapshot, candidates: Ints, settings: DemographicsSettings | None = None
    ) -> "Demographics":
        """Count what is stated of the candidates.

        Args:
            candidates: (D,) int64 node indices.
        """
        settings = settings or DemographicsSettings()
        course, disease = DiseaseCourse.from_snapshot(snapshot, candidates)
        began = course.among(*ONSETS)
        onset = np.zeros((course.num_diseases, NUM_AGES))
        for i, curie, number in zip(
            began.disease, began.curies, began.patients(settings.uncounted), strict=True
        ):
            ages = list(ONSETS[str(curie)])
            onset[i, ages] += number / len(ages)
        prevalence = Prevalence.of(snapshot, course, disease, settings.prevalence)
        return cls(settings, course, disease, onset, prevalence)

    def facts(self, patient: Patient) -> tuple[PatientFact, ...]:
        """What each known fact about the patient says; one that tells no disease from another is left out."""
        facts, age, onset = list[PatientFact](), patient.age_years, patient.onset_years
        if onset is not None:
            facts.append(PatientFact(_aged("patient.onset", onset), *self._by_onset[age_class(onset)]))
        elif age is not None:
            facts.append(PatientFact(_aged("patient.age", age), *self._by_age[age_class(age)]))
        if age is not None:
            facts.append(PatientFact(_aged("patient.alive", age), *self._by_life[age_class(age)]))
        if self.prevalence.is_stated:
            prior = self.prevalence.contributions(patient)
            facts.append(PatientFact(Message("patient.prevalence"), *prior, is_prior=True))
        if patient.sex:
            facts.append(PatientFact(Message(f"patient.{patient.sex}"), *self._by_sex[patient.sex]))
        return tuple(fact for fact in facts if fact.contributions.any())

    @cached_property
    def _by_age(self) -> list[_Contributions]:
        return self._ill_at(self.settings.delay_years)

    @cached_property
    def _by_onset(self) -> list[_Contributions]:
        return self._ill_at(self.settings.onset_delay_years)

    def _ill_at(self, delay_years: float) -> list[_Contributions]:
        """The patient was ill at each age, which follows the onset after some delay."""
        seen, began = seen_at(delay_years, self.settings.growth), self.course.among(*ONSETS)
        number = self.onset.sum(axis=1)
        is_known = number > 0
        share = self.onset[is_known] / number[is_known, None]
        doubt = np.maximum(
            self.settings.doubt / (self.settings.doubt + number[is_known]), self.settings.least_doubt
        )
        results = []
        for likely in (share @ seen).T:
            ratio = np.ones(len(number))
            # Where no known disease lets a patient be so young, none is told from another.
            if likely.any():
                ratio[is_known] = (1.0 - doubt) * likely / likely.mean() + doubt
            results.append(self._contributions(ratio, began))
        return results

    @cached_property
    def _by_life(self) -> list[_Contributions]:
        """Of the ill, those who are older than most become are few; youth speaks for nothing."""
        results = []
        for age in range(NUM_AGES):
            died = self.course.among(*(curie for curie, last in LAST_AGES.items() if last < age))
            share = np.where(np.isnan(died.share), self.settings.unstated_died, died.share)
            gone = np.zeros(died.num_diseases)
            np.maximum.at(gone, died.disease, np.minimum(share, self.settings.most_died))
            results.append(self._contributions(1.0 - gone, died))
        return results

    @cached_property
    def _by_sex(self) -> dict[str, _Contributions]:
        inherited = self.course.among(*MALE_SHARES)
        men = np.array([MALE_SHARES[str(curie)] for curie in inherited.curies])
        modes = np.bincount(inherited.disease, minlength=inherited.num_diseases)
        total = np.bincount(inherited.disease, men, minlength=inherited.num_diseases)
        share = np.where(modes > 0, total / np.maximum(modes, 1), 0.5)
        telling = inherited.among(*(curie for curie, men in MALE_SHARES.items() if men != 0.5))
        return {
            "male": self._contributions(share / 0.5, telling),
            "female": self._contributions((1.0 - share) / 0.5, telling),
        }

    def _contributions(self, ratio: Floats, course: DiseaseCourse) -> _Contributions:
        """(D,) contributions and (D,) rows, of (G,) ratios and the edges behind them."""
        logged = np.clip(self.settings.weight * np.log(ratio), *self.settings.bounds)
        rows = course.best_supported(self.settings.uncounted)
        return logged[self.disease], rows[self.disease]


def _aged(code: str, years: float) -> Message:
    """A fact with its age in completed years, months or days."""
    for unit, per_year, least in (("years", 1.0, 2), ("months", 12.0, 1), ("days", 365.2425, 0)):
        number = int(years * per_year + 1e-6)
        if number >= least:
            return Message(code, {"age": Message(f"patient.{unit}", {"n": number})})
    raise ValueError(f"an age of {years} years")
