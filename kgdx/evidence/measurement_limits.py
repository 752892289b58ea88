"""What a value says, by the limits of the table or by a range printed beside it."""

import math
from collections.abc import Iterator, Sequence

from kgdx.domain.case import Patient, Polarity
from kgdx.evidence.measurement_table import Quantity, Side

Finding = tuple[tuple[str, ...], Polarity]
"""CURIEs that name a finding, of which the first that a graph has is meant, and what is said of it."""
Findings = tuple[Finding, ...]
# A limit, and whether it lies beyond itself.
_Edge = tuple[float, bool]


def by_table(quantity: Quantity, value: float, sign: str, patient: Patient) -> tuple[Findings, bool]:
    """Findings by the limits for a patient, and whether there are any limits.

    Args:
        value: in the first unit of the quantity.
        sign: `<` or `>` where anything below or above the value is meant; else empty.
    """
    low, high = (_limit(side, patient) for side in (quantity.low, quantity.high))
    findings = (*_beyond(quantity, value, sign, low, high), *_grave(quantity, value, sign))
    return findings, low is not None or high is not None


def by_range(quantity: Quantity, value: float, sign: str, least: float, most: float) -> Findings:
    """Findings by a reference range in the unit of the value; the ends of the range are normal."""
    return _beyond(quantity, value, sign, (least, False), (most, False))


def together(said: Sequence[Findings]) -> Findings:
    """What several numbers of one value say: a finding is there if one of them says so."""
    known: dict[tuple[str, ...], Polarity] = {}
    for findings, polarity in (found for each in said for found in each):
        if known.get(findings) is not Polarity.PRESENT:
            known[findings] = polarity
    return tuple(known.items())


def _beyond(
    quantity: Quantity,
    value: float,
    sign: str,
    low: _Edge | None,
    high: _Edge | None,
) -> Findings:
    """What a value says of either side; with a sign it is anything below, or above, the number."""
    least, most = (-math.inf if sign == "<" else value), (math.inf if sign == ">" else value)
    found = []
    for side, limit, is_high in ((quantity.low, low, False), (quantity.high, high, True)):
        if side is None or limit is None:
            continue
        edge, is_inclusive = limit
        clear = edge if side.clear is None else side.clear
        if is_high:
            is_there = least > edge or (is_inclusive and least == edge) or (sign == ">" and least >= edge)
            clear = edge if sign == "<" else clear
            is_clear = most < clear or (most == clear and (sign == "<" or not is_inclusive))
        else:
            is_there = most < edge or (is_inclusive and most == edge) or (sign == "<" and most <= edge)
            is_clear = least >= (edge if sign == ">" else clear)
        if is_there or is_clear:
            found.append((side.findings, Polarity.PRESENT if is_there else Polarity.EXCLUDED))
    return tuple(found)


def _grave(quantity: Quantity, value: float, sign: str) -> Iterator[Finding]:
    low, high = quantity.low, quantity.high
    if low and low.grave and value < low.grave_limit and sign != ">":
        yield low.grave, Polarity.PRESENT
    if high and high.grave and value > high.grave_limit and sign != "<":
        yield high.grave, Polarity.PRESENT


def _limit(side: Side | None, patient: Patient) -> _Edge | None:
    if side is None:
        return None
    band = next((limit for limit in side.limits if limit.holds_for(patient)), None)
    return None if band is None else (band.at(patient), band.is_inclusive)
