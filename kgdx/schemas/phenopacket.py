"""GA4GH phenopackets (v2): a case as research exchanges it, with findings observed and excluded.

The diagnosis of a phenopacket is the answer. What becomes a case is parsed from a copy without it.
"""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from phenopackets.schema.v2.core.base_pb2 import TimeElement
from phenopackets.schema.v2.core.individual_pb2 import Sex
from phenopackets.schema.v2.phenopackets_pb2 import Phenopacket

from kgdx.domain.errors import CaseError

_MARKS = {"phenotypicFeatures", "phenotypic_features"}
_META = {"metaData", "meta_data"}
# Only what a case may know; interpretations, diseases, genes and free text stay behind.
_CASE_FIELDS = {"id", "subject", *_MARKS}
_DURATION = re.compile(
    r"P(?:(?P<y>\d+(?:\.\d+)?)Y)?(?:(?P<mo>\d+(?:\.\d+)?)M)?(?:(?P<w>\d+(?:\.\d+)?)W)?(?:(?P<d>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?"
)
_PER_YEAR = {"y": 1.0, "mo": 12.0, "w": 52.1775, "d": 365.2425, "h": 8765.82}
_PMID = re.compile(r"PMID[:_](\d+)")
_SEXES = {Sex.FEMALE: "female", Sex.MALE: "male"}


def is_phenopacket(payload: object) -> bool:
    """Whether a JSON value has the keys of a phenopacket."""
    if not isinstance(payload, Mapping):
        return False
    keys = set(payload)
    return bool(keys & _MARKS) or ("subject" in keys and bool(keys & _META))


def case_fields(payload: Mapping[str, Any], where: str = "phenopacket") -> dict[str, Any]:
    """The case in a phenopacket, as fields of `CaseIn`; never its diagnosis.

    Raises:
        CaseError: if it is no phenopacket of version 2.
    """
    packet = _parse({key: value for key, value in payload.items() if key in _CASE_FIELDS}, where)
    findings = [
        {"id": feature.type.id, "status": "excluded" if feature.excluded else "present"}
        for feature in packet.phenotypic_features
    ]
    fields: dict[str, Any] = {
        "id": packet.id,
        "findings": findings,
        "sex": _SEXES.get(packet.subject.sex, ""),
    }
    age = _age_years(packet.subject.time_at_last_encounter)
    return fields if age is None else {**fields, "age_years": age}


def accepted_diseases(payload: Mapping[str, Any], where: str = "phenopacket") -> tuple[str, ...]:
    """CURIEs of the diagnosis, for benchmarks: diseases not excluded, and interpretations.

    Raises:
        CaseError: if it is no phenopacket of version 2.
    """
    packet = _parse({key: payload[key] for key in ("diseases", "interpretations") if key in payload}, where)
    excluded = {disease.term.id for disease in packet.diseases if disease.excluded}
    named = [disease.term.id for disease in packet.diseases]
    named += [interpretation.diagnosis.disease.id for interpretation in packet.interpretations]
    return tuple(dict.fromkeys(curie for curie in named if curie and curie not in excluded))


def publications(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """PMIDs of the papers a phenopacket was made from, as CURIEs; from its references and its id."""
    meta = payload.get("metaData") or payload.get("meta_data") or {}
    references = meta.get("externalReferences") or meta.get("external_references") or ()
    texts = [str(payload.get("id", ""))]
    texts += [str(reference.get(key, "")) for reference in references for key in ("id", "reference")]
    return tuple(dict.fromkeys(f"PMID:{pmid}" for text in texts for pmid in _PMID.findall(text)))


def _parse(fields: Mapping[str, Any], where: str) -> Any:
    try:
        return ParseDict(dict(fields), Phenopacket(), ignore_unknown_fields=True)
    except (ParseError, RecursionError) as error:
        field = re.search(r"parse (\w+) field", str(error))
        place = f"{where}, field {field[1]}" if field else where
        remedy = "check it against the GA4GH phenopacket schema, version 2"
        raise CaseError(place, "does not parse as a phenopacket", remedy) from error


def _age_years(time: TimeElement) -> float | None:
    """Age in years; the middle of a range; None where the packet tells no age after birth."""
    which = time.WhichOneof("element")
    if which == "age":
        return _years(time.age.iso8601duration)
    if which == "age_range":
        ends = [_years(end.iso8601duration) for end in (time.age_range.start, time.age_range.end)]
        known = [end for end in ends if end is not None]
        return sum(known) / len(known) if known else None
    return None


def _years(duration: str) -> float | None:
    match = _DURATION.fullmatch(duration.strip())
    if match is None or not any(match.groupdict().values()):
        return None
    return sum(float(value) / _PER_YEAR[unit] for unit, value in match.groupdict().items() if value)
