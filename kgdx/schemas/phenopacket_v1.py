"""Phenopackets of version 1, as version 2 says the same."""

from typing import Any

from phenopackets.schema.v1.phenopackets_pb2 import Phenopacket as Phenopacket1
from phenopackets.schema.v2.core.base_pb2 import OntologyClass, TimeElement
from phenopackets.schema.v2.phenopackets_pb2 import Phenopacket

LATER_NAMES = {
    "phenotypicFeatures": frozenset({"excluded", "onset", "resolution"}),
    "subject": frozenset({"timeAtLastEncounter", "vitalStatus", "gender"}),
}
"""Fields that version 1 lacks, by where they stand: a file that mixes both versions means nothing certain."""


def upgraded(packet: Any) -> Any:
    """A message of version 1 as one of version 2; `negated` becomes `excluded`.

    Only what a case is read from: id, subject and phenotypic features.
    """
    later = Phenopacket(id=packet.id)
    if packet.HasField("subject"):
        _upgrade_subject(packet.subject, later.subject)
    for feature in packet.phenotypic_features:
        added = later.phenotypic_features.add(description=feature.description, excluded=feature.negated)
        added.type.CopyFrom(_class(feature.type))
        if feature.HasField("severity"):
            added.severity.CopyFrom(_class(feature.severity))
        added.modifiers.extend(_class(each) for each in feature.modifiers)
        for _ in feature.evidence:
            added.evidence.add()
        which = feature.WhichOneof("onset")
        if which == "class_of_onset":
            added.onset.ontology_class.CopyFrom(_class(feature.class_of_onset))
        elif which is not None:
            added.onset.CopyFrom(_time(getattr(feature, which)))
    return later


def _upgrade_subject(subject: Any, later: Any) -> None:
    later.id = subject.id
    # The numbers of the enumerations are the same in both versions.
    later.sex, later.karyotypic_sex = subject.sex, subject.karyotypic_sex
    if subject.HasField("date_of_birth"):
        later.date_of_birth.CopyFrom(subject.date_of_birth)
    if subject.HasField("taxonomy"):
        later.taxonomy.CopyFrom(_class(subject.taxonomy))
    which = subject.WhichOneof("age")
    if which is not None:
        later.time_at_last_encounter.CopyFrom(_time(getattr(subject, which)))


def _class(given: Any) -> OntologyClass:
    return OntologyClass(id=given.id, label=given.label)


def _time(given: Any) -> TimeElement:
    """An age or a range of ages."""
    time = TimeElement()
    if hasattr(given, "age"):
        time.age.iso8601duration = given.age
    else:
        time.age_range.start.iso8601duration = given.start.age
        time.age_range.end.iso8601duration = given.end.age
    return time


__all__ = ["LATER_NAMES", "Phenopacket1", "upgraded"]
