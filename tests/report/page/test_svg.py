"""Drawings of paths stay on their sheet, in order, and in well-formed XML."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.path import Path, Step
from kgdx.domain.report import Report
from kgdx.explain.walk import all_paths, chain, stops
from kgdx.report.page.layout import lay_out
from kgdx.report.page.measure import text_width, wrap
from kgdx.report.page.svg import FAMILY_COLOURS, contribution_bar, path_svg

_SVG = "{http://www.w3.org/2000/svg}"
_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=60)


@st.composite
def _paths(draw: st.DrawFn) -> Path:
    names = draw(st.lists(_words, min_size=2, max_size=9))
    steps = []
    for i, (name, next_name) in enumerate(pairwise(names)):
        forward = draw(st.booleans())
        start, end = (f"HP:{i}", name), (f"HP:{i + 1}", next_name)
        head, tail = (start, end) if forward else (end, start)
        relation = draw(st.sampled_from(["subclass_of", "gene_associated_with_condition", "x" * 50]))
        steps.append(Step(str(i), *head, relation, *tail, forward, draw(_words), negated=draw(st.booleans())))
    return Path(tuple(steps), 1.0)


@given(_paths(), st.sampled_from([300.0, 640.0, 930.0]))
def test_boxes_lie_on_the_sheet_and_never_on_each_other(path: Path, max_width: float) -> None:
    layout = lay_out(path, max_width, {})
    assert layout.width <= max_width
    assert len(layout.boxes) == len(path.steps) + 1
    for i, box in enumerate(layout.boxes):
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
        for other in layout.boxes[i + 1 :]:
            is_right = other.x >= box.x + box.width
            is_below = other.y >= box.y + box.height
            assert is_right or is_below


@given(_paths())
def test_drawing_is_xml_with_the_chain_as_title(path: Path) -> None:
    drawing = ElementTree.fromstring(path_svg(path))  # noqa: S314, our own output
    title = drawing.find(f"{_SVG}title")
    assert title is not None
    assert (title.text or "").split() == chain(path).split()
    assert len(drawing.findall(f".//{_SVG}polygon")) == len(path.steps)


def test_texts_are_escaped() -> None:
    evil = "<script>alert(1)</script>&\"'"
    drawing = path_svg(Path((Step("e", "HP:1", evil, evil, "HP:2", evil, True, evil, (evil,)),), 1.0))
    assert "<script" not in drawing
    assert ElementTree.fromstring(drawing) is not None  # noqa: S314


def test_path_without_steps_has_no_drawing() -> None:
    assert path_svg(Path((), 1.0)) == ""


def test_a_long_chain_goes_on_in_rows(report: Report) -> None:
    longest = max(all_paths(report), key=lambda path: len(path.steps))
    assert len({box.axis for box in lay_out(longest, 5000, {}).boxes}) == 1
    assert len({box.x for box in lay_out(longest, 200, {}).boxes}) == 1
    assert any(link.is_turn for link in lay_out(longest, 930, {}).links)


def test_arrow_points_from_head_to_tail() -> None:
    def tip(forward: bool) -> float:
        ends = ("HP:1", "A", "r", "HP:2", "B") if forward else ("HP:2", "B", "r", "HP:1", "A")
        drawing = path_svg(Path((Step("e", *ends, forward, "s"),), 1.0))
        points = re.search(r'<polygon points="([-\d.]+),', drawing)
        assert points is not None
        return float(points[1])

    assert tip(forward=True) > tip(forward=False)


def test_denied_edge_says_so_and_is_dashed() -> None:
    drawing = path_svg(
        Path((Step("e", "MONDO:1", "A", "has_phenotype", "HP:2", "B", True, "s", negated=True),), 1.0)
    )
    assert "NOT has phenotype" in drawing
    assert "stroke-dasharray" in drawing


def test_notes_stand_in_the_box() -> None:
    path = Path((Step("e", "MONDO:1", "A", "has_phenotype", "HP:2", "B", False, "s"),), 1.0)
    assert "HP:2 · absent" in path_svg(path, notes={"HP:2": "absent"})


def test_families_come_from_prefix_or_relation() -> None:
    steps = (
        Step("1", "UMLS:1", "drug", "treats", "MONDO:2", "disease", True, "s"),
        Step("2", "MONDO:2", "disease", "has_phenotype", "kgdx:3", "shadow", True, "s"),
        Step("3", "kgdx:3", "shadow", "unheard_of", "what:4", "thing", True, "s"),
    )
    assert [stop.family for stop in stops(Path(steps, 1.0))] == [
        "treatment",
        "disease",
        "finding",
        "other",
    ]


def test_sample_paths_are_walks(report: Report) -> None:
    for path in all_paths(report):
        reached = stops(path)
        for step, before, after in zip(path.steps, reached, reached[1:], strict=False):
            assert {before.curie, after.curie} == {step.head, step.tail}


@pytest.mark.parametrize(("value", "x"), [(2.0, "100"), (-2.0, "2"), (-1.0, "51")])
def test_bars_diverge_from_the_middle(value: float, x: str) -> None:
    assert f'<rect x="{x}" y="0.5"' in contribution_bar(value, 2.0)


def test_bar_of_nothing_is_drawn() -> None:
    assert 'width="0.8"' in contribution_bar(0.0, 0.0)


@pytest.mark.parametrize("family", FAMILY_COLOURS)
def test_names_can_be_read_in_every_box(family: str) -> None:
    fill, line = FAMILY_COLOURS[family]
    assert _contrast("#ffffff", line) >= 4.5
    assert _contrast("#566070", fill) >= 4.5


@given(_words, st.integers(1, 5))
def test_wrapped_lines_fit(text: str, max_lines: int) -> None:
    lines = wrap(text, 12.0, 90.0, max_lines)
    assert len(lines) <= max_lines
    assert all(text_width(line, 12.0) <= 90 for line in lines)
    if not (lines and lines[-1].endswith("…")):
        assert "".join("".join(lines).split()) == "".join(text.split())


def _contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(colour: str) -> float:
        shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
