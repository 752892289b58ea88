"""How a finding is described: severity, side, place, size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.evidence import Qualifiers
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.phrase_owners import Phrase
from kgdx.evidence.qualifiers import qualifiers
from kgdx.evidence.words import sentences

NAMES = ["effusion", "atelectasis", "nodule", "consolidation", "heart is enlarged", "胸腔积液", "结节"]
VOCABULARY = Vocabulary([Phrase(name, name, 0) for name in NAMES], {name: name for name in NAMES})


def described(text: str) -> list[tuple[str, str]]:
    found = []
    for sentence in sentences(text):
        mentions = VOCABULARY.find_in(sentence)
        said = qualifiers(text, sentence, mentions)
        found += [(mention.name, str(how)) for mention, how in zip(mentions, said, strict=True)]
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Small left effusion and basilar atelectasis.",
         [("effusion", "mild, left"), ("atelectasis", "lung base")]),
        ("There is a 1.7 cm nodule in the right upper lobe.", [("nodule", "right, upper lobe, 17 mm")]),
        ("A nodule measuring 12 x 8 mm.", [("nodule", "12 × 8 mm")]),
        ("2cm × 3cm nodule", [("nodule", "20 × 30 mm")]),
        ("In the left lower lobe there is consolidation.", [("consolidation", "left, lower lobe")]),
        ("Effusions, left greater than right", [("effusion", "bilateral")]),
        ("Moderate right and small left effusions", [("effusion", "moderate, bilateral")]),
        ("Right effusion; left consolidation", [("effusion", "right"), ("consolidation", "left")]),
        ("Effusion but the left lung is clear", [("effusion", "")]),
        ("The left lung is clear. Nodule.", [("nodule", "")]),
        ("Right effusion is seen, with left atelectasis", [("effusion", "right"), ("atelectasis", "left")]),
        ("双侧少量胸腔积液", [("胸腔积液", "mild, bilateral")]),
        ("右侧上肺结节3cm", [("结节", "right, upper lobe, 30 mm")]),
        ("30 mmHg, effusion", [("effusion", "")]),
    ],
)  # fmt: skip
def test_what_is_said_of_a_finding(text: str, expected: list[tuple[str, str]]) -> None:
    assert described(text) == expected


@given(
    st.sampled_from(["left", "right", "bilateral"]),
    st.sampled_from(["mild", "moderate", "severe", "borderline", "minimal"]),
    st.sampled_from(NAMES[:4]),
)
def test_words_right_before_a_finding_are_its_own(side: str, degree: str, name: str) -> None:
    for text in (f"{degree} {side} {name}", f"There is a {side} {degree} {name} and nodule."):
        assert described(text)[0] == (name, f"{degree}, {side}")


@given(st.integers(1, 9999), st.sampled_from(["mm", "cm", " mm", " cm", "-mm"]))
def test_a_size_is_told_in_millimetres(number: int, unit: str) -> None:
    sentence = next(sentences(text := f"{number}{unit} nodule"))
    (how,) = qualifiers(text, sentence, VOCABULARY.find_in(sentence))
    assert how == Qualifiers(size_mm=(number * (10.0 if "cm" in unit else 1.0),))


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(name in NAMES for name, _ in described(text))
