"""Vital signs and laboratory values of a text, as findings that are there or not.

A value is judged by the flag or the reference range printed beside it, else by the limits of
`measurements.yaml`. What is named and cannot be judged is told, never guessed.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from kgdx.domain.case import Patient, Polarity
from kgdx.evidence.measurement_limits import Findings, by_range, by_table, together
from kgdx.evidence.measurement_table import Quantity, converted, quantities, unit_patterns

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d{1,6}(?:[.,]\d{1,3}(?!\d))?)"
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_UNKNOWN_UNIT = re.compile(r"\s?(?:[a-zµμ%]{1,12}\s?/\s?[a-z]|\d*\^)", re.I)
_SIGN = {"≥": ">", "≤": "<", ">=": ">", "<=": "<"}
_BETWEEN = re.compile(
    r"(?:\s*(?:[:=~,(]|\b(?:levels?|concentration|values?|tests?|results?|is|was|were|of|at|now|currently|today|to|"
    r"remains|measured|about|approximately|around|initial|initially|peak|arterial|venous|on\s(?:arrival|admission))\b))*\s*"
)
_VALUE = re.compile(
    rf"(?P<sign>[<>]=?|[≤≥])?\s*(?P<value>{_NUMBER})(?![\d+]|\s?[-–/]\s?\d)|(?P<first>\d{{2,3}})\s?/\s?(?P<second>\d{{2,3}})(?!\d)"
)
_RANGE = re.compile(
    rf"\s*[(\[]?\s*(?:ref(?:erence)?(?:\srange)?|normal(?:\srange)?|nl|rr)?\s*[:.]?\s*"
    rf"(?P<least>{_NUMBER})\s?(?:-|–|to)\s?(?P<most>{_NUMBER})[^\S\n]*\w*(?:/\w+)?\s*[)\]]?"
)
_PRINTED = re.compile(
    r"\s*[,(\[]?\s*(?:(?P<high>HH?|↑+|high|elevated|raised)|(?P<low>LL?|↓+|low|reduced)|(?P<normal>normal|wnl|"
    r"within normal limits))(?![\w/])\s*[)\]]?"
)
_DEGREE = (
    r"(?:\s*(?:very|mildly|slightly|minimally|moderately|markedly|significantly|severely|grossly|persistently|"
    r"again|also))*\s*"
)
_HIGH = r"(?:elevated|raised|increased|high|positive|↑+|up)"
_LOW = r"(?:low|decreased|reduced|↓+)"
_NORMAL = (
    r"(?:normal|negative|unremarkable|within normal limits|wnl|undetectable|"
    r"(?:not|n't) (?:elevated|raised|increased|high))"
)
_FLAG = rf"(?:(?P<normal>{_NORMAL})|(?P<high>{_HIGH})|(?P<low>{_LOW}))(?!\w)"
_AFTER = re.compile(
    rf"(?:\s*(?:levels?|concentration|counts?|tests?|results?|is|are|was|were|remains?|:))*{_DEGREE}{_FLAG}",
    re.I,
)
_BEFORE = re.compile(rf"(?<!\w){_FLAG}\s(?:serum\s|plasma\s|blood\s|circulating\s|an?\s)?$", re.I)
# What is aimed at, or would be a reason to call, has not been measured.
_AIM = re.compile(
    r"(?:target|goal|aim|aiming|keep|maintain|until|if|threshold|titrate|for)\W+(?:\w+\W+){0,2}$", re.I
)
_PAST = r"last (?:year|month|week)|previous(?:ly)?|ago|in (?:19|20)\d\d"
_PAST_BEFORE = re.compile(rf"\b(?:{_PAST}|prior|baseline)\b[^.;\n]{{0,30}}$", re.IGNORECASE)
_PAST_AFTER = re.compile(rf"[^.;,\n]{{0,20}}\b(?:{_PAST}|at baseline)\b", re.IGNORECASE)
_ON_OXYGEN = re.compile(
    r"[^.;\n]{0,20}?(?:\d\s?(?:L|litres?|liters?)\b|oxygen|O2|FiO2|mask|cannula|ventilat)", re.I
)
_REACH, _FAR = 24, 60
# What only laboratories write is a value, whatever it is called.
_LABORATORY = (
    *("mg/dL", "mg/L", "g/dL", "g/L", "ng/mL", "ng/L", "pg/mL", "ug/L", "ug/mL"),
    *("U/L", "mU/L", "mmol/L", "umol/L", "10^9/L"),
)
_ANY_VALUE = r"(?<![\w.])(?P<name>[A-Za-z][\w-]+(?:[ -][\w-]+){0,2}?)\s*(?:[:=]|\bis|\bwas|\bof|\blevel)*\s*"


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity that a text gives.

    Attributes:
        start, end: `text[start:end]` names it and gives its value or flag.
        findings: (CURIEs that name the finding, polarity); empty where nothing can be said.
        unread: why nothing can be said: `unknown_quantity`, `no_unit`, `unknown_unit`, `not_plausible` or
            `no_limit`; empty where something can.
    """

    quantity: str
    start: int
    end: int
    findings: Findings = ()
    unread: str = ""


def measured_in(text: str, patient: Patient) -> Iterator[Measured]:
    """Every quantity with a value or a flag, in the order of the text.

    Args:
        patient: limits depend on age and sex; an adult of either sex if they are unknown.
    """
    end = 0
    for named in _names().finditer(text):
        quantity = _owner(named[0])
        if named.start() < end or quantity is None or _is_another(text, named, quantity):
            continue
        for found in _read(text, named, quantity, patient):
            end = found.end
            before = text[max(0, named.start() - _FAR) : named.start()]
            if _PAST_BEFORE.search(before) or _PAST_AFTER.match(text, end):
                continue
            # "T 12" is a vertebra: two letters with an impossible number mean something else.
            if found.unread != "not_plausible" or len(named[0]) > 2:
                yield found


def unnamed_in(text: str, read: Sequence[Measured]) -> Iterator[Measured]:
    """Values of the laboratory under a name that the table has not.

    Args:
        read: what was read, in the order of the text.
    """
    starts = [each.start for each in read]
    for found in _any_value().finditer(text):
        before = bisect_left(starts, found.end()) - 1
        if before < 0 or read[before].end <= found.start():
            yield Measured(found["name"], found.start(), found.end(), unread="unknown_quantity")


@cache
def _any_value() -> re.Pattern[str]:
    units = "|".join(unit_patterns()[unit].pattern for unit in _LABORATORY)
    return re.compile(rf"{_ANY_VALUE}[<>≤≥]?\s*{_NUMBER}(?:{units})", re.IGNORECASE)


def _read(text: str, named: re.Match[str], quantity: Quantity, patient: Patient) -> Iterator[Measured]:
    between = _BETWEEN.match(text, named.end())
    given = _VALUE.match(text, between.end()) if between and between.end() - named.end() <= _REACH else None
    if given is None:
        found = _flagged(text, named, quantity)
        if found:
            yield found
    elif _AIM.search(text, max(0, named.start() - _REACH), named.start()):
        return
    elif given["first"] and quantity.second:
        end = _unit(text, given.end(), quantity)[1]
        both = (quantity, given["first"]), (quantities()[quantity.second], given["second"])
        judged = [_judged(each, float(n), "", named.start(), end, text, patient) for each, n in both]
        yield replace(judged[0], findings=together([each.findings for each in judged]))
    elif given["value"]:
        number = _number(given["value"])
        sign = _SIGN.get(given["sign"] or "", given["sign"] or "")
        yield _valued(text, named, given, quantity, number, sign, patient)


def _valued(
    text: str,
    named: re.Match[str],
    given: re.Match[str],
    quantity: Quantity,
    number: float,
    sign: str,
    patient: Patient,
) -> Measured:
    unit, end = _unit(text, given.end(), quantity)
    printed_range = _RANGE.match(text, end)
    after = printed_range.end() if printed_range else end
    flag = _PRINTED.match(text, after)
    if flag:
        return _as_flag(quantity, flag, named.start(), flag.end())
    if printed_range:
        least, most = (_number(printed_range[side]) for side in ("least", "most"))
        findings = by_range(quantity, number, sign, least, most)
        return Measured(
            quantity.name, named.start(), printed_range.end(), findings, "" if findings else "no_limit"
        )
    if unit is None and _UNKNOWN_UNIT.match(text, end):
        return Measured(quantity.name, named.start(), end, unread="unknown_unit")
    known = [unit] if unit is not None else _meant(quantity, number)
    if len(known) != 1:
        why = "no_unit" if quantity.needs_unit or len(known) > 1 else "not_plausible"
        return Measured(quantity.name, named.start(), end, unread=why)
    least, most = quantity.units[known[0]]
    if not least <= number <= most:
        return Measured(quantity.name, named.start(), end, unread="not_plausible")
    value = converted(number, known[0], quantity)
    return _judged(quantity, value, sign, named.start(), end, text, patient)


def _judged(
    quantity: Quantity, value: float, sign: str, start: int, end: int, text: str, patient: Patient
) -> Measured:
    """By the limits of the table, in the first unit."""
    findings, has_limit = by_table(quantity, value, sign, patient)
    if quantity.name == "oxygen saturation" and _ON_OXYGEN.match(text, end):
        # Enough while oxygen is given says nothing of what would be without.
        findings = tuple(found for found in findings if found[1] is Polarity.PRESENT)
    return Measured(quantity.name, start, end, findings, "" if has_limit else "no_limit")


def _flagged(text: str, named: re.Match[str], quantity: Quantity) -> Measured | None:
    """A quantity that is only said to be high, low or normal."""
    after = _AFTER.match(text, named.end())
    if after:
        return _as_flag(quantity, after, named.start(), after.end())
    start = max(0, named.start() - _REACH)
    before = _BEFORE.search(text[start : named.start()])
    return _as_flag(quantity, before, start + before.start(), named.end()) if before else None


def _as_flag(quantity: Quantity, flag: re.Match[str], start: int, end: int) -> Measured:
    sides = ((quantity.low, flag["low"]), (quantity.high, flag["high"]))
    found = [(side.findings, Polarity.PRESENT) for side, is_said in sides if side and is_said]
    if flag["normal"]:
        found = [(side.findings, Polarity.EXCLUDED) for side, _ in sides if side]
    return Measured(quantity.name, start, end, tuple(found), "" if found else "no_limit")


def _unit(text: str, at: int, quantity: Quantity) -> tuple[str | None, int]:
    """The unit written at a place, and where it ends; None where there is none that the quantity has."""
    for unit in quantity.units:
        if unit and (found := unit_patterns()[unit].match(text, at)):
            return unit, found.end()
    return None, at


def _number(written: str) -> float:
    """English thousands, or a decimal point or comma."""
    return float(written.replace(",", "") if _THOUSANDS.fullmatch(written) else written.replace(",", "."))


def _meant(quantity: Quantity, number: float) -> list[str]:
    """Units that a bare number can be in."""
    if quantity.needs_unit:
        return []
    return [unit for unit, (least, most) in quantity.units.items() if least <= number <= most]


@cache
def _names() -> re.Pattern[str]:
    """All words for quantities; those of one or two letters in their own case alone."""
    words = sorted(
        {word for quantity in quantities().values() for word in quantity.words}, key=len, reverse=True
    )
    texts = [re.escape(word) if len(word) <= 2 else f"(?i:{re.escape(word)})" for word in words]
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(texts)})(?!\w)")


def _owner(word: str) -> Quantity | None:
    return _by_word().get(word) or (_by_word().get(word.lower()) if len(word) > 2 else None)


@cache
def _by_word() -> dict[str, Quantity]:
    known = {}
    for quantity in quantities().values():
        for word in quantity.words:
            known[word if len(word) <= 2 else word.lower()] = quantity
    return known


def _is_another(text: str, named: re.Match[str], quantity: Quantity) -> bool:
    """Whether a word beside it makes it another quantity, as in "urine sodium" and "creatinine kinase"."""
    before = re.findall(r"\w+", text[max(0, named.start() - _REACH) : named.start()].lower())[-2:]
    after = re.match(r"\W{0,2}(\w*)", text[named.end() : named.end() + _REACH].lower())
    return not quantity.not_after.isdisjoint(before) or (
        after is not None and after[1] in quantity.not_before
    )
