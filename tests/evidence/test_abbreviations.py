"""Abbreviations that a text defines mean there what it says, and nothing elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.graph import Node
from kgdx.evidence.abbreviations import abbreviations
from kgdx.evidence.mentions import Vocabulary
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot

NODES = [
    Node("HP:0002625", "PhenotypicFeature", "Deep venous thrombosis"),
    Node("HP:0002202", "PhenotypicFeature", "Pleural effusion", ("PUE",)),
    Node("HP:0002204", "PhenotypicFeature", "Pulmonary embolism"),
]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.from_snapshot(Snapshot.from_tables(node_table(NODES), edge_table([])))


def read(text: str) -> list[tuple[str, str]]:
    return [(a.short, text[a.start : a.end]) for a in abbreviations(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("known deep venous thrombosis (DVT) of the leg", [("DVT", "deep venous thrombosis")]),
        ("Seen: ground-glass opacity (GGO), mild.", [("GGO", "ground-glass opacity")]),
        ("gastro-oesophageal reflux disease (GERD; mild)", [("GERD", "gastro-oesophageal reflux disease")]),
        ("right upper lobe (2 cm) opacity", []),
        ("the leg was swollen (see below)", []),
        ("no fever. (DVT)", []),
        ("a heart (XYZ)", []),
        ("(DVT)", []),
        ("", []),
    ],
)
def test_long_forms(text, expected):
    assert read(text) == expected


_NOISE = st.text(alphabet="abAB ().,;\n", max_size=60)
# Words, and after them their first letters in brackets: what is drawn letter by letter defines nothing.
_DEFINED = st.builds(
    lambda before, words: f"{before} {' '.join(words)} ({''.join(word[0] for word in words).upper()})",
    _NOISE,
    st.lists(st.sampled_from(["auto", "bore", "cell"]), min_size=2, max_size=4),
)


@given(_DEFINED)
def test_what_a_text_defines_is_found(text):
    assert read(text)


@given(st.one_of(_DEFINED, _NOISE))
def test_what_is_found_stands_in_the_text_and_holds_the_letters_in_order(text):
    for short, long in read(text):
        letters = iter(long.lower())
        assert all(letter in letters for letter in short.lower() if letter.isalnum())
        assert long[0].lower() == next(c for c in short if c.isalnum()).lower()


@pytest.mark.parametrize(
    ("text", "curies"),
    [
        ("Deep venous thrombosis (DVT) was treated. No new DVT.", ["HP:0002625"] * 3),
        ("Small PUE on the right.", ["HP:0002202"]),
        ("Pulmonary embolism (PUE) last year. No PUE today.", ["HP:0002204"] * 3),
        ("The purely upper exercise (PUE) went well. He likes PUE.", []),
        ("A DVT, not defined.", []),
    ],
)
def test_within_the_text_it_means_what_the_text_says(vocabulary, text, curies):
    found = vocabulary.find(text)
    assert [m.curie for m in found] == curies
    assert [m.start for m in found] == sorted(m.start for m in found)
