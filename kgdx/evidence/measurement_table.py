"""Quantities that reports give as numbers, and the limits beyond which a value is a finding."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kgdx.domain.case import Patient
from kgdx.evidence import lexicon

# Without an age, a patient is taken for an adult of this age.
_ADULT = 40.0


@dataclass(frozen=True, slots=True)
class Limit:
    """One band of ages and sexes with its limit.

    Attributes:
        from_years, below_years: ages the band holds for, in years.
        sex: `male` or `female`; empty for both.
        value: the limit, in the first unit of the quantity.
        per_year: what is added to it for every year of age.
        is_inclusive: whether the limit itself lies beyond.
    """

    from_years: float
    below_years: float
    sex: str
    value: float
    per_year: float
    is_inclusive: bool

    def holds_for(self, patient: Patient) -> bool:
        """Whether the patient is in the band."""
        age = _age(patient)
        return self.from_years <= age < self.below_years and self.sex in {"", patient.sex}

    def at(self, patient: Patient) -> float:
        """The limit for a patient of the band."""
        return self.value + self.per_year * _age(patient)


@dataclass(frozen=True, slots=True)
class Side:
    """What it means that a value is too low, or too high.

    Attributes:
        findings: CURIEs that name it; the first that a graph has is meant.
        limits: bands, of which the first that holds counts; none where only words and flags tell.
        grave: CURIEs of a graver finding; it is there beyond `grave_limit`.
        clear: from here on towards the middle the finding is not there; None where the limit itself is meant.
    """

    findings: tuple[str, ...]
    limits: tuple[Limit, ...]
    clear: float | None
    grave: tuple[str, ...] = ()
    grave_limit: float = math.nan


@dataclass(frozen=True, slots=True)
class Quantity:
    """A vital sign or a laboratory test.

    Attributes:
        name: for people.
        words: how reports name it.
        not_after, not_before: folded words beside it that make it another quantity.
        units: unit -> (least, most) that can be meant by a number in it; limits are in the first.
        needs_unit: a bare number is not read.
        molar_mass: g/mol, or None.
        second: the quantity of the second number in "120/80"; empty for none.
    """

    name: str
    words: tuple[str, ...]
    not_after: frozenset[str]
    not_before: frozenset[str]
    units: Mapping[str, tuple[float, float]]
    needs_unit: bool
    molar_mass: float | None
    second: str
    low: Side | None
    high: Side | None


@cache
def quantities() -> Mapping[str, Quantity]:
    """Name -> quantity of the table that ships with the package."""
    listed = lexicon.read("measurements.yaml")["quantities"]
    return {entry["quantity"]: _quantity(entry) for entry in listed}


@cache
def unit_patterns() -> Mapping[str, re.Pattern[str]]:
    """Unit -> how reports write it, with what must not follow."""
    units = lexicon.read("measurements.yaml")["units"]
    return {unit: re.compile(rf"\s?(?:{text})(?![\w/^])", re.IGNORECASE) for unit, text in units.items()}


def converted(value: float, unit: str, quantity: Quantity) -> float:
    """A value in the first unit of its quantity."""
    first = next(iter(quantity.units))
    if unit == first:
        return value
    given, wanted = (_PINT_NAMES.get(name, name) for name in (unit, first))
    registry = _registry()
    measured = registry.Quantity(value, given)
    if quantity.molar_mass is None:
        return float(measured.to(wanted).magnitude)
    mass = registry.Quantity(quantity.molar_mass, "g/mol")
    return float(measured.to(wanted, "chemistry", mw=mass).magnitude)


_PINT_NAMES = {"10^9/L": "giga_per_liter"}


@cache
def _registry() -> Any:
    import pint  # reads its table of units: half a second

    registry: Any = pint.UnitRegistry()
    registry.define("giga_per_liter = 1e9 / liter")
    return registry


def _age(patient: Patient) -> float:
    return _ADULT if patient.age_years is None else patient.age_years


def _quantity(entry: Mapping[str, Any]) -> Quantity:
    return Quantity(
        name=entry["quantity"],
        words=tuple(entry["words"]),
        not_after=frozenset(entry.get("not_after", ())),
        not_before=frozenset(entry.get("not_before", ())),
        units={unit: (float(least), float(most)) for unit, (least, most) in entry["units"].items()},
        needs_unit=entry.get("needs_unit", False),
        molar_mass=entry.get("molar_mass"),
        second=entry.get("second", ""),
        low=_side(entry.get("low")),
        high=_side(entry.get("high")),
    )


def _side(entry: Mapping[str, Any] | None) -> Side | None:
    if entry is None:
        return None
    grave = entry.get("grave", {})
    return Side(
        findings=tuple(entry["finding"]),
        limits=tuple(map(_limit, entry.get("limits", ()))),
        clear=entry.get("clear"),
        grave=tuple(grave.get("finding", ())),
        grave_limit=grave.get("limit", math.nan),
    )


def _limit(entry: Mapping[str, Any]) -> Limit:
    value = next(entry[key] for key in ("below", "above", "at_least") if key in entry)
    return Limit(
        from_years=entry.get("from_years", 0.0),
        below_years=entry.get("below_years", math.inf),
        sex=entry.get("sex", ""),
        value=value,
        per_year=entry.get("per_year", 0.0),
        is_inclusive="at_least" in entry,
    )
