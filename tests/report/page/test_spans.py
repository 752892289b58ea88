"""Cutting a text loses no letter, whatever the spans."""

from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence, TextOrigin
from kgdx.report.page.spans import cut


def _read(text: str, start: int, end: int, name: str = "Finding") -> Evidence:
    return Evidence("HP:1", name, Polarity.PRESENT, 1.0, TextOrigin("findings", start, end, text[start:end]))


@st.composite
def _marked(draw: st.DrawFn) -> tuple[str, list[Evidence]]:
    text = draw(st.text(max_size=80))
    ends = st.tuples(st.integers(-3, 85), st.integers(-3, 85))
    return text, [_read(text, *pair) for pair in draw(st.lists(ends, max_size=12))]


@given(_marked())
def test_joined_segments_are_the_text(marked: tuple[str, list[Evidence]]) -> None:
    text, evidence = marked
    segments = cut(text, evidence)
    assert "".join(segment.text for segment in segments) == text
    assert all(segment.text for segment in segments)


@given(_marked())
def test_every_letter_knows_exactly_its_evidence(marked: tuple[str, list[Evidence]]) -> None:
    text, evidence = marked
    valid = [e for e in evidence if 0 <= e.origin.start < e.origin.end <= len(text)]
    place = 0
    for segment in cut(text, evidence):
        expected = [e for e in valid if e.origin.start <= place < e.origin.end]
        assert sorted(map(repr, segment.evidence)) == sorted(map(repr, expected))
        place += len(segment.text)


@given(_marked())
def test_every_span_closes_once(marked: tuple[str, list[Evidence]]) -> None:
    text, evidence = marked
    closed = [item for segment in cut(text, evidence) for item in segment.closing]
    assert len(closed) == sum(0 <= e.origin.start < e.origin.end <= len(text) for e in evidence)


def test_the_shortest_span_comes_first() -> None:
    text = "productive cough"
    outer, inner = _read(text, 0, 16, "Productive cough"), _read(text, 11, 16, "Cough")
    assert cut(text, [outer, inner])[1].evidence == (inner, outer)


def test_what_quotes_another_text_marks_nothing() -> None:
    wrong = Evidence("HP:1", "Fever", Polarity.PRESENT, 1.0, TextOrigin("findings", 0, 5, "fever"))
    coded = Evidence("HP:1", "Fever", Polarity.PRESENT, 1.0, CodeOrigin("HP:1"))
    assert [s.evidence for s in cut("cough and fever", [wrong, coded])] == [()]


def test_an_empty_text_has_no_segment() -> None:
    assert cut("", []) == ()
