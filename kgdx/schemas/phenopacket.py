"""GA4GH phenopackets, versions 1 and 2: a case as research exchanges it, with findings observed and excluded.

The diagnosis of a phenopacket is the answer. What becomes a case is parsed from a copy without it. Whatever
of a phenopacket is not used becomes a warning, one for each kind; what would change its meaning is an error.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.timestamp_pb2 import Timestamp
from phenopackets.schema.v2.core.individual_pb2 import Sex
from phenopackets.schema.v2.phenopackets_pb2 import Phenopacket

from kgdx.domain.errors import CaseError
from kgdx.domain.message import Message
from kgdx.schemas.phenopacket_time import stated_age
from kgdx.schemas.phenopacket_v1 import LATER_NAMES, Phenopacket1, upgraded

REMEDY = "check it against the GA4GH phenopacket schema, version 1 or 2"
MAX_AGE_YEARS = 130

_MARKS = {"phenotypicFeatures", "phenotypic_features"}
_META = {"metaData", "meta_data"}
# Only what a case may know; interpretations and genes stay behind, and of diseases all but the excluded.
_READ = {"id", "subject", "phenotypicFeatures", "medicalActions"}
_ANSWERS = {"diseases", "interpretations"}
_PMID = re.compile(r"PMID[:_](\d+)")
_SEXES = {Sex.FEMALE: "female", Sex.MALE: "male"}
_SEX_WORDS = {"f": "FEMALE", "m": "MALE", "unknown": "UNKNOWN_SEX", "other": "OTHER_SEX"}
_HUMAN = {"", "NCBITaxon:9606"}


@dataclass(frozen=True, slots=True)
class PacketCase:
    """The case in a phenopacket.

    Attributes:
        fields: of `CaseIn`.
        warnings: what of the phenopacket was not used, or read with a doubt.
    """

    fields: dict[str, Any]
    warnings: tuple[Message, ...]


def is_phenopacket(payload: object) -> bool:
    """Whether a JSON value has the keys of a phenopacket."""
    if not isinstance(payload, Mapping):
        return False
    keys = set(payload)
    return bool(keys & _MARKS) or ("subject" in keys and bool(keys & _META))


def case_fields(payload: Mapping[str, Any], where: str = "phenopacket") -> dict[str, Any]:
    """As `packet_case`, without the warnings."""
    return packet_case(payload, where).fields


def packet_case(payload: Mapping[str, Any], where: str = "phenopacket") -> PacketCase:
    """The case in a phenopacket; never its diagnosis.

    Raises:
        CaseError: if it is no phenopacket, a field of a finding or of the subject is unknown, or a field is
            given in both spellings.
    """
    try:
        named = _in_one_spelling(payload, where)
    except RecursionError:
        raise CaseError(where, "is nested too deeply", REMEDY) from None
    packet = _read(named, where)
    left = _left_out(named, packet)
    findings, resolved = [], []
    for place, feature in enumerate(packet.phenotypic_features):
        if not feature.type.id:
            raise CaseError(f"{where}, field phenotypicFeatures[{place}].type.id", "is missing", REMEDY)
        if feature.HasField("resolution") and not feature.excluded:
            resolved.append(feature.type.id)
            continue
        findings.append({"id": feature.type.id, "status": "excluded" if feature.excluded else "present"})
    fields = {"id": packet.id, "findings": findings, "sex": _SEXES.get(packet.subject.sex, "")}
    if resolved:
        left.append(Message("warning.resolved", {"codes": ", ".join(resolved)}))
    left += _add_ages(fields, packet, where)
    left += _add_drugs(fields, packet)
    if packet.diseases:
        fields["excluded_diseases"] = [disease.term.id for disease in packet.diseases if disease.term.id]
    return PacketCase(fields, tuple(left))


def family_case(payload: Mapping[str, Any], where: str = "family") -> PacketCase:
    """The case of the proband of a family; what is told of the others is not used.

    Raises:
        CaseError: as `packet_case`.
    """
    proband = payload["proband"]
    if not isinstance(proband, Mapping):
        raise CaseError(f"{where}, field proband", "is no phenopacket", REMEDY)
    told = packet_case(proband, f"{where}, field proband")
    counts = {
        str(key)[:40]: len(value) if isinstance(value, list) else 1
        for key, value in payload.items()
        if key not in {"id", "proband", *_META} and value not in (None, "", [], {})
    }
    left = tuple(_not_used(field, n) for field, n in counts.items())
    return PacketCase(told.fields, (*left, *told.warnings))


def accepted_diseases(payload: Mapping[str, Any], where: str = "phenopacket") -> tuple[str, ...]:
    """CURIEs of the diagnosis, for benchmarks: diseases not excluded, and interpretations.

    Raises:
        CaseError: if it is no phenopacket of version 2.
    """
    asked = {key: payload[key] for key in ("diseases", "interpretations") if key in payload}
    packet = parsed(asked, Phenopacket, where, is_lenient=True)
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


def parsed(fields: Mapping[str, Any], message: type[Any], where: str, *, is_lenient: bool = False) -> Any:
    """A protobuf message of a JSON object.

    Args:
        is_lenient: unknown fields are passed over.

    Raises:
        CaseError: if it does not parse.
    """
    try:
        return ParseDict(dict(fields), message(), ignore_unknown_fields=is_lenient)
    # The parser passes on whatever its parts raise: SystemError, OverflowError, AttributeError and more.
    except Exception as error:
        told = str(error)
        unknown = re.search(r'no field named "(\w{1,40})" at "\w+\.?([\w.\[\]]*)"', told)
        if unknown:
            place = ".".join(filter(None, (unknown[2], unknown[1])))
            raise CaseError(f"{where}, field {place}", "is no known field", REMEDY) from None
        field = re.search(r"parse (\w{1,40}) field", told)
        place = f"{where}, field {field[1]}" if field else where
        raise CaseError(place, "does not parse as a phenopacket", REMEDY) from None


def _in_one_spelling(value: Any, where: str) -> Any:
    """The same value with its keys as JSON writes them, `phenotypicFeatures`, and no others."""
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key, item in value.items():
            head, *rest = str(key).split("_")
            name = head + "".join(part[:1].upper() + part[1:] for part in rest)
            if name in found:
                raise CaseError(f"{where}, field {name[:40]}", "is given in two spellings", "keep one")
            found[name] = _in_one_spelling(item, where)
        return found
    return [_in_one_spelling(item, where) for item in value] if isinstance(value, list) else value


def _read(named: Mapping[str, Any], where: str) -> Any:
    """The part of a phenopacket that a case may know, as version 2."""
    copy = {key: named[key] for key in _READ if key in named}
    diseases = named.get("diseases")
    if diseases and not isinstance(diseases, list):
        raise CaseError(f"{where}, field diseases", "is no list", REMEDY)
    if diseases:
        copy["diseases"] = [
            item for item in diseases if isinstance(item, dict) and item.get("excluded") is True
        ]
    subject = copy.get("subject")
    if isinstance(subject, dict) and isinstance(subject.get("sex"), bool):
        raise CaseError(f"{where}, field subject.sex", "does not parse as a phenopacket", REMEDY)
    if isinstance(subject, dict) and isinstance(subject.get("sex"), str):
        word = subject["sex"].strip()
        copy["subject"] = subject | {"sex": _SEX_WORDS.get(word.lower(), word.upper())}
    if not _is_first_version(named):
        return parsed(copy, Phenopacket, where)
    for key, names in LATER_NAMES.items():
        held = copy.get(key)
        for item in held if isinstance(held, list) else [held]:
            if isinstance(item, dict) and not names.isdisjoint(item):
                field = min(names & item.keys())
                fact = "is of version 2, and other fields are of version 1"
                raise CaseError(f"{where}, field {key}.{field}", fact, REMEDY)
    copy.pop("diseases", None)
    return upgraded(parsed(copy, Phenopacket1, where))


def _is_first_version(named: Mapping[str, Any]) -> bool:
    """Whether a phenopacket is of version 1: it says so, or has fields that only version 1 has."""
    meta, subject, features = (named.get(key) for key in ("metaData", "subject", "phenotypicFeatures"))
    stated = str(meta.get("phenopacketSchemaVersion", "")) if isinstance(meta, dict) else ""
    keys = set(subject) if isinstance(subject, dict) else set()
    for feature in features if isinstance(features, list) else ():
        keys |= set(feature) if isinstance(feature, dict) else set()
    only_first = {"negated", "ageOfOnset", "ageRangeOfOnset", "classOfOnset", "ageAtCollection"}
    return stated.startswith("1") or bool(keys & {*only_first, "ageRangeAtCollection"})


def _left_out(named: Mapping[str, Any], packet: Any) -> list[Message]:
    """A warning for each kind of content that is there and not used."""
    counts: Counter[str] = Counter()
    for key, value in named.items():
        if key in _READ or key in _ANSWERS or key == "metaData" or value in (None, "", [], {}):
            continue
        counts[key[:40]] += len(value) if isinstance(value, list) else 1
    for feature in packet.phenotypic_features:
        counts["phenotypicFeatures.severity"] += feature.HasField("severity")
        counts["phenotypicFeatures.modifiers"] += bool(feature.modifiers)
        counts["phenotypicFeatures.evidence"] += bool(feature.evidence)
        counts["phenotypicFeatures.description"] += bool(feature.description)
    subject = packet.subject
    counts["subject.vitalStatus"] += subject.HasField("vital_status")
    counts["subject.karyotypicSex"] += bool(subject.karyotypic_sex)
    counts["subject.gender"] += subject.HasField("gender")
    counts["subject.taxonomy"] += subject.taxonomy.id not in _HUMAN
    told = [_not_used(field, n) for field, n in counts.items() if n]
    answers = [key for key in sorted(_ANSWERS) if named.get(key)]
    if len(packet.diseases) == len(named.get("diseases") or ()):
        answers = [key for key in answers if key != "diseases"]
    return [*told, *(Message("warning.file_diagnosis", {"field": field}) for field in answers)]


def _not_used(field: str, n: int) -> Message:
    return Message("warning.file_not_used", {"field": field, "n": n})


def _add_ages(fields: dict[str, Any], packet: Any, where: str) -> Iterable[Message]:
    """Set the age; and the onset, where all findings that are present have one, or one was there at birth."""
    subject = packet.subject
    born: Timestamp | None = subject.date_of_birth if subject.HasField("date_of_birth") else None
    field = "subject.timeAtLastEncounter"
    age = stated_age(subject.time_at_last_encounter, born, field)
    if age.years is not None:
        if age.years > MAX_AGE_YEARS:
            fact = f"is an age of more than {MAX_AGE_YEARS} years"
            raise CaseError(f"{where}, field {field}", fact, "check it")
        fields["age_years"] = age.years
    if age.note is not None:
        yield age.note
    elif age.years is None and born is not None:
        yield Message("warning.age_not_read", {"field": "subject.dateOfBirth"})
    present = [each for each in packet.phenotypic_features if not each.excluded]
    stated = [stated_age(each.onset, born, "phenotypicFeatures.onset") for each in present]
    yield from dict.fromkeys(onset.note for onset in stated if onset.note is not None)
    known = [onset.years for onset in stated if onset.years is not None]
    num_given = sum(each.HasField("onset") for each in packet.phenotypic_features)
    is_earliest = bool(known) and (len(known) == len(present) or min(known) == 0)
    if is_earliest and (age.years is None or min(known) < age.years + 1) and min(known) <= MAX_AGE_YEARS:
        fields["onset_years"] = min(known)
    elif num_given:
        yield _not_used("phenotypicFeatures.onset", num_given)


def _add_drugs(fields: dict[str, Any], packet: Any) -> Iterable[Message]:
    """Set the medications that were not ended, and tell of the other actions."""
    taken, counts, ended = [], Counter[str](), []
    for action in packet.medical_actions:
        kind = action.WhichOneof("action")
        counts["medicalActions.adverseEvents"] += len(action.adverse_events)
        if kind != "treatment":
            counts[f"medicalActions.{_KINDS.get(kind, 'action')}"] += 1
        elif not action.treatment.agent.id:
            counts["medicalActions.treatment.agent"] += 1
        elif action.HasField("treatment_termination_reason"):
            ended.append(action.treatment.agent.id)
        else:
            taken.append(action.treatment.agent.id)
    if taken:
        fields["medications"] = list(dict.fromkeys(taken))
    if ended:
        yield Message("warning.treatment_ended", {"codes": ", ".join(dict.fromkeys(ended))})
    yield from (_not_used(field, n) for field, n in counts.items() if n)


_KINDS = {
    "procedure": "procedure",
    "radiation_therapy": "radiationTherapy",
    "therapeutic_regimen": "therapeuticRegimen",
}
