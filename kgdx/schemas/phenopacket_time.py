"""Ages in phenopackets: durations, ranges, classes, weeks before birth, and dates beside a date of birth."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp
from phenopackets.schema.v2.core.base_pb2 import TimeElement

from kgdx.domain.message import Message
from kgdx.reasoning.onset import AGE_LIMITS_YEARS, ONSETS

_NUMBER = r"\d+(?:[.,]\d+)?"
_DURATION = re.compile(
    rf"P(?:(?P<y>{_NUMBER})Y)?(?:(?P<mo>{_NUMBER})M)?(?:(?P<w>{_NUMBER})W)?(?:(?P<d>{_NUMBER})D)?"
    rf"(?:T(?:(?P<h>{_NUMBER})H)?(?:(?P<mi>{_NUMBER})M)?(?:(?P<s>{_NUMBER})S)?)?",
    re.IGNORECASE,
)
_DAYS_PER_YEAR = 365.2425
_SECONDS_PER_YEAR = _DAYS_PER_YEAR * 86_400
_PER_YEAR = {
    "y": 1.0,
    "mo": 12.0,
    "w": _DAYS_PER_YEAR / 7,
    "d": _DAYS_PER_YEAR,
    "h": _DAYS_PER_YEAR * 24,
    "mi": _DAYS_PER_YEAR * 1440,
    "s": _SECONDS_PER_YEAR,
}


@dataclass(frozen=True, slots=True)
class StatedAge:
    """What a time of a phenopacket says of an age.

    Attributes:
        years: None where it tells no age.
        note: what the reader of the report should know of how it was read, or None.
    """

    years: float | None = None
    note: Message | None = None


def stated_age(time: TimeElement, born: Timestamp | None, field: str) -> StatedAge:
    """The age that a time states; of a class, a range or an interval the middle.

    Args:
        born: date of birth, if it is given.
        field: of the phenopacket, for the note.
    """
    match time.WhichOneof("element"):
        case None:
            return StatedAge()
        case "age":
            return _known(years_of(time.age.iso8601duration), field)
        case "age_range":
            ends = [years_of(end.iso8601duration) for end in (time.age_range.start, time.age_range.end)]
            return _middle(ends, field)
        case "ontology_class":
            return _middle(_limits_of(time.ontology_class.id), field)
        case "gestational_age":
            return StatedAge(0.0, Message("warning.age_before_birth", {"field": field}))
        case "timestamp":
            return _known(_years_between(born, time.timestamp), field)
        case _:
            ends = [_years_between(born, end) for end in (time.interval.start, time.interval.end)]
            return _middle(ends, field)


def years_of(duration: str) -> float | None:
    """Years of an ISO 8601 duration such as `P1Y6M` or `P1,5Y`; None where it is none."""
    match = _DURATION.fullmatch(duration.strip())
    if match is None or not any(match.groupdict().values()):
        return None
    return sum(
        float(value.replace(",", ".")) / _PER_YEAR[unit] for unit, value in match.groupdict().items() if value
    )


def _limits_of(curie: str) -> list[float | None]:
    """First and last age of a class of HPO, such as `HP:0011463`, childhood onset."""
    classes = ONSETS.get(curie)
    if classes is None:
        return [None]
    # What begins before or at birth is there at birth.
    is_newborn = classes == (0,) and curie != "HP:0003623"
    return [0.0, 0.0] if is_newborn else [AGE_LIMITS_YEARS[classes[0]], AGE_LIMITS_YEARS[classes[-1] + 1]]


def _years_between(born: Timestamp | None, then: Timestamp) -> float | None:
    if born is None or not then.seconds:
        return None
    years = (then.seconds - born.seconds) / _SECONDS_PER_YEAR
    return years if years >= 0 else None


def _known(years: float | None, field: str) -> StatedAge:
    return StatedAge(years, None if years is not None else Message("warning.age_not_read", {"field": field}))


def _middle(ends: Sequence[float | None], field: str) -> StatedAge:
    known = [end for end in ends if end is not None]
    if not known:
        return _known(None, field)
    middle = sum(known) / len(known)
    is_exact = len(known) == len(ends) and min(known) == max(known)
    return StatedAge(middle, None if is_exact else Message("warning.age_estimated", {"field": field}))
