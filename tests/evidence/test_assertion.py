"""Polarity: what a sentence says of a finding."""

import pytest

from kgdx.domain.case import Polarity
from kgdx.evidence.assertion import (
    Asserter,
    Assertion,
    Setting,
    default_asserter,
    setting_of_section,
)
from kgdx.evidence.context import ConText, Rule, default_rules
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.phrase_owners import Phrase
from kgdx.evidence.words import sentences

NAMES = [
    "effusion",
    "pneumothorax",
    "pneumonia",
    "stroke",
    "fever",
    "cough",
    "seizure",
    "asthma",
    "consolidation",
    "atelectasis",
]
NAMES += ["chest pain", "focal airspace disease", "heart is enlarged", "abnormal gait", "rib fracture"]
NAMES += ["catheter", "胸腔积液", "气胸", "发热", "咳嗽", "胸痛", "肺炎"]
VOCABULARY = Vocabulary([Phrase(name, name, 0) for name in NAMES], {name: name for name in NAMES})
PRESENT, ABSENT, UNCERTAIN = Polarity.PRESENT, Polarity.EXCLUDED, Polarity.UNCERTAIN


@pytest.fixture(scope="module")
def asserter() -> Asserter:
    return default_asserter()


def said(asserter: Asserter, text: str) -> dict[str, Assertion]:
    assertions: dict[str, Assertion] = {}
    for sentence in sentences(text):
        mentions = VOCABULARY.find_in(sentence)
        assertions |= zip([m.curie for m in mentions], asserter.assess(sentence, mentions), strict=True)
    return assertions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CT is negative for stroke.", {"stroke": ABSENT}),
        ("No effusion but pneumothorax is seen.", {"effusion": ABSENT, "pneumothorax": PRESENT}),
        ("No pneumothorax, effusion, or consolidation.",
         {"pneumothorax": ABSENT, "effusion": ABSENT, "consolidation": ABSENT}),
        ("Cannot exclude pneumonia.", {"pneumonia": UNCERTAIN}),
        ("Pneumonia cannot be excluded.", {"pneumonia": UNCERTAIN}),
        ("Pneumonia can't be entirely ruled out", {"pneumonia": UNCERTAIN}),
        ("Rule out pneumonia.", {"pneumonia": UNCERTAIN}),
        ("This may represent pneumonia.", {"pneumonia": UNCERTAIN}),
        ("?pneumonia", {"pneumonia": UNCERTAIN}),
        ("Atelectasis versus pneumonia", {"atelectasis": UNCERTAIN, "pneumonia": UNCERTAIN}),
        ("No change in effusion.", {"effusion": PRESENT}),
        ("No significant interval change in the effusion.", {"effusion": PRESENT}),
        ("Without evidence of consolidation.", {"consolidation": ABSENT}),
        ("No focal airspace disease.", {"focal airspace disease": ABSENT}),
        ("No abnormal gait.", {"abnormal gait": ABSENT}),
        ("Clear lungs, no pneumothorax.", {"pneumothorax": ABSENT}),
        ("No pneumothorax, the heart is enlarged.", {"pneumothorax": ABSENT, "heart is enlarged": PRESENT}),
        ("No pneumothorax is seen and effusion is present.", {"pneumothorax": ABSENT, "effusion": PRESENT}),
        ("No findings suspicious for pneumonia.", {"pneumonia": ABSENT}),
        ("No pneumothorax, possible effusion.", {"pneumothorax": ABSENT, "effusion": UNCERTAIN}),
        ("Possible effusion, no pneumothorax.", {"pneumothorax": ABSENT, "effusion": UNCERTAIN}),
        ("Effusion is present, pneumothorax is not seen.", {"effusion": PRESENT, "pneumothorax": ABSENT}),
        ("Effusion and pneumothorax are not identified.", {"effusion": ABSENT, "pneumothorax": ABSENT}),
        ("Pneumonia has resolved with residual effusion.", {"pneumonia": ABSENT, "effusion": PRESENT}),
        ("LUNGS: No consolidation.", {"consolidation": ABSENT}),
        ("Pneumothorax: none. Effusion: no. Fever: yes",
         {"pneumothorax": ABSENT, "effusion": ABSENT, "fever": PRESENT}),
        ("He isn't having fever. He doesn't have cough.", {"fever": ABSENT, "cough": ABSENT}),
        ("Denies fever, cough or chest pain.", {"fever": ABSENT, "cough": ABSENT, "chest pain": ABSENT}),
        ("Effusion is unlikely.", {"effusion": ABSENT}),
        ("not without effusion", {"effusion": PRESENT}),
        ("No history of seizure.", {"seizure": ABSENT}),
        ("NO EVIDENCE OF EFFUSION", {"effusion": ABSENT}),
        ("No evidence\nof effusion", {"effusion": ABSENT}),
        ("HISTORY: fever and cough", {"fever": PRESENT, "cough": PRESENT}),
        ("2 week history of cough", {"cough": PRESENT}),
        ("Mother reports that the child has seizure.", {"seizure": PRESENT}),
        ("Effusion compared to prior exam is larger", {"effusion": PRESENT}),
        ("Effusion is within normal limits.", {"effusion": ABSENT}),
        ("The catheter has been removed; effusion persists.", {"catheter": ABSENT, "effusion": PRESENT}),
        ("Borderline effusion", {"effusion": PRESENT}),
        ("双侧胸腔积液，未见气胸。", {"胸腔积液": PRESENT, "气胸": ABSENT}),
        ("无发热、咳嗽，胸痛明显。", {"发热": ABSENT, "咳嗽": ABSENT, "胸痛": PRESENT}),
        ("未见气胸，但有胸腔积液", {"气胸": ABSENT, "胸腔积液": PRESENT}),
        ("不能排除肺炎", {"肺炎": UNCERTAIN}),
        ("考虑肺炎可能性大", {"肺炎": UNCERTAIN}),
        ("胸腔积液无明显变化", {"胸腔积液": PRESENT}),
        ("气胸：无", {"气胸": ABSENT}),
    ],
)  # fmt: skip
def test_polarity(asserter: Asserter, text: str, expected: dict[str, Polarity]) -> None:
    assert said(asserter, text) == {name: Assertion(polarity) for name, polarity in expected.items()}


@pytest.mark.parametrize(
    ("text", "name", "setting"),
    [
        ("s/p rib fracture", "rib fracture", Setting.HISTORICAL),
        ("History of seizure, now with fever.", "seizure", Setting.HISTORICAL),
        ("Past medical history: asthma", "asthma", Setting.HISTORICAL),
        ("Family history of asthma.", "asthma", Setting.FAMILY),
        ("His father had stroke.", "stroke", Setting.FAMILY),
        ("Seizure in his mother.", "seizure", Setting.FAMILY),
        ("Evaluate for pneumonia.", "pneumonia", Setting.HYPOTHETICAL),
        ("Return if fever develops.", "fever", Setting.HYPOTHETICAL),
        ("父亲患肺炎", "肺炎", Setting.FAMILY),
        ("既往有肺炎", "肺炎", Setting.HISTORICAL),
    ],
)
def test_what_is_not_about_the_patient_now(
    asserter: Asserter, text: str, name: str, setting: Setting
) -> None:
    assert said(asserter, text)[name].setting is setting


def test_what_follows_the_history_is_about_now(asserter: Asserter) -> None:
    assert said(asserter, "History of seizure, now with fever.")["fever"] == Assertion(PRESENT)


@pytest.mark.parametrize("num", [1, 5, 100])
def test_every_item_of_a_denied_list_is_denied(asserter: Asserter, num: int) -> None:
    text = "No " + ", ".join(NAMES[:10] * num)
    for sentence in sentences(text):
        mentions = VOCABULARY.find_in(sentence)
        if sentence[0].text == "No":
            assert {a.polarity for a in asserter.assess(sentence, mentions)} == {ABSENT}


@pytest.mark.parametrize(
    "frame", ["No {}.", "There is no evidence of {}.", "{} is not seen.", "negative for {}", "{}: none"]
)
@pytest.mark.parametrize("name", NAMES[:15])
def test_a_denied_finding_is_absent_whatever_it_is(asserter: Asserter, frame: str, name: str) -> None:
    assert said(asserter, frame.format(name)) == {name: Assertion(ABSENT)}


def test_a_sentence_without_mention_says_nothing(asserter: Asserter) -> None:
    assert asserter.assess(next(sentences("No evidence of anything.")), ()) == ()


def test_rules_are_fully_written_out() -> None:
    rules = default_rules()
    assert rules
    assert not [words for words in rules if set("".join(words)) & set("{}|")]


def test_a_longer_cue_hides_the_cues_inside_it() -> None:
    forward, hidden = Rule("NEGATED_EXISTENCE", "FORWARD"), Rule("PSEUDO", "PSEUDO")
    context = ConText({("no",): forward, ("no", "doubt"): hidden})
    assert [cue.start for cue in context.cues(["no", "cough", "."])] == [0]
    assert context.cues(["no", "doubt", "cough", "."]) == []


def test_a_cue_inside_a_name_is_part_of_it() -> None:
    context = ConText({("no",): Rule("NEGATED_EXISTENCE", "FORWARD")})
    assert context.cues(["no", "lung", "sliding", "cough"], [(0, 3)]) == []


def test_sections_tell_whom_they_are_about() -> None:
    assert setting_of_section("Family_History") is Setting.FAMILY
    assert setting_of_section("findings") is Setting.NOW
