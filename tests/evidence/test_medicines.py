"""Allergies and medications that a text states."""

from functools import cache

import pytest

from kgdx.evidence.medicines import Medicines, Role, drug_vocabulary, medicines_in
from kgdx.evidence.mentions import Vocabulary
from kgdx.release.bundle import Bundle

ALLERGIES = [
    ("Allergies: penicillin.", {"penicillins"}),
    ("PCN allergy", {"penicillins"}),
    ("Allergic to amoxicillin", {"Amoxicillin"}),
    ("History of penicillin allergy", {"penicillins"}),
    ("Penicillin - anaphylaxis", {"penicillins"}),
    ("Allergies: penicillin (anaphylaxis), sulfa - rash.", {"penicillins", "sulfonamides"}),
    ("ALLERGIES:\n- penicillin: hives\n- aspirin\n\nPLAN: heparin", {"penicillins", "Aspirin"}),
    ("Anaphylaxis to penicillin in childhood", {"penicillins"}),
    ("rash after amoxicillin", {"Amoxicillin"}),
    ("No fever, allergic to penicillin", {"penicillins"}),
    ("Reports allergies to penicillin and aspirin", {"penicillins", "Aspirin"}),
    ("Patient is penicillin-allergic", {"penicillins"}),
    ("pt has an allergy to penicillins (throat swelling)", {"penicillins"}),
    ("hypersensitivity to amoxicillin and ceftriaxone", {"Amoxicillin", "Ceftriaxone"}),
    ("severe reaction to penicillin", {"penicillins"}),
    ("Drug allergies: Augmentin", {"Amoxicillin Clavulanate"}),
    ("Allergies: penicillin. Takes warfarin.", {"penicillins"}),
]
NO_ALLERGIES = [
    "NKDA",
    "No known drug allergies.",
    "Not allergic to penicillin.",
    "Denies allergy to penicillin",
    "No penicillin allergy",
    "Penicillin allergy: no",
    "Penicillin allergy ruled out by testing",
    "Allergies: none",
    "Mother is allergic to penicillin",
    "Tolerates penicillin",
    "She does not have a penicillin allergy",
    "No allergy to sulfa or penicillin.",
    "Treated with penicillin.",
]
MEDICATIONS = [
    ("Takes warfarin 5 mg daily and amiodarone.", {"Warfarin", "Amiodarone"}),
    ("On warfarin.", {"Warfarin"}),
    ("Medications: warfarin, metoprolol", {"Warfarin", "Metoprolol"}),
    ("Home meds: aspirin 81 mg", {"Aspirin"}),
    ("Currently on apixaban and amiodarone", {"Apixaban", "Amiodarone"}),
    ("Warfarin 5 mg", {"Warfarin"}),
    ("Started on heparin for PE", {"Heparin"}),
    ("anticoagulated with rivaroxaban", {"Rivaroxaban"}),
    ("Allergies: penicillin. Takes warfarin.", {"Warfarin"}),
]
NO_MEDICATIONS = [
    "She was on warfarin until last year",
    "Warfarin was stopped.",
    "Stopped warfarin last week.",
    "Consider starting heparin",
    "Not on warfarin",
    "No longer takes amiodarone",
    "Avoid aspirin",
    "Mother takes warfarin",
    "Allergies: aspirin",
]


@cache
def _drugs() -> Vocabulary:
    return drug_vocabulary(Bundle.shipped().snapshot())


def _read(text: str, section: str = "report") -> Medicines:
    return medicines_in(text, section, _drugs())


def _named(text: str, role: Role, section: str = "report") -> set[str]:
    """CURIEs of the drugs in a role."""
    return {each.curie for each in _read(text, section).read if each.role is role}


def _curies(names: set[str]) -> set[str]:
    return {_drugs().find(name)[0].curie for name in names}


@pytest.mark.parametrize(("text", "drugs"), ALLERGIES)
def test_an_allergy_is_read_in_any_wording(text: str, drugs: set[str]) -> None:
    assert _named(text, Role.ALLERGY) == _curies(drugs)


@pytest.mark.parametrize("text", NO_ALLERGIES)
def test_what_is_denied_or_of_another_is_no_allergy(text: str) -> None:
    read = _read(text)
    assert [each for each in read.read if each.role is Role.ALLERGY] == []
    assert read.unread == ()


@pytest.mark.parametrize(("text", "drugs"), MEDICATIONS)
def test_a_medication_is_read(text: str, drugs: set[str]) -> None:
    assert _named(text, Role.MEDICATION) == _curies(drugs)


@pytest.mark.parametrize("text", NO_MEDICATIONS)
def test_what_is_not_taken_now_is_no_medication(text: str) -> None:
    assert _named(text, Role.MEDICATION) == set()


@pytest.mark.parametrize(
    ("text", "reaction", "is_severe"),
    [
        ("Penicillin - anaphylaxis", "anaphylaxis", True),
        ("Allergies: penicillin (hives)", "hives", False),
        ("Anaphylaxis to penicillin", "Anaphylaxis", True),
        ("Allergies: penicillin causes angioedema", "angioedema", True),
    ],
)
def test_the_reaction_is_kept(text: str, reaction: str, is_severe: bool) -> None:
    (medicine,) = _read(text).read
    assert (medicine.reaction, medicine.is_severe) == (reaction, is_severe)


def test_a_symptom_that_is_no_allergy_is_an_intolerance() -> None:
    assert _named("Allergies: clarithromycin (nausea)", Role.INTOLERANCE) == _curies({"clarithromycin"})


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Allergies: Kefloxin, latex", ["Kefloxin", "latex"]),
        ("Allergies: penicillin, Kefloxin (rash)", ["Kefloxin (rash)"]),
        ("allergic to peanuts", ["allergic to peanuts"]),
        ("Medications: warfarin, zorblax 5 mg daily", ["zorblax 5 mg daily"]),
        ("Allergies: none known", []),
    ],
)
def test_what_was_not_understood_is_told(text: str, quotes: list[str]) -> None:
    assert [text[each.start : each.end] for each in _read(text).unread] == quotes


def test_a_section_of_that_name_is_a_list() -> None:
    assert _named("penicillin, aspirin", Role.ALLERGY, "allergies") == _curies({"penicillin", "aspirin"})
    assert _named("warfarin", Role.MEDICATION, "medications") == _curies({"warfarin"})


def test_places_are_those_of_the_text() -> None:
    text = "No cough.\nAllergies: penicillin (rash). Takes warfarin."
    assert [text[each.start : each.end] for each in _read(text).read] == ["penicillin", "warfarin"]
