"""Where the boxes and arrows of a path go: geometry only, in pixels.

Boxes run left to right on one axis. A path wider than the page goes on in a new row; the arrow then turns
down and enters the next box from above, with its words beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kgdx.domain.path import Path, Step
from kgdx.explain.walk import Stop, stops
from kgdx.report.messages import Phrases, phrases
from kgdx.report.page.measure import text_width, wrap
from kgdx.report.wording import percent, short_source

NAME_PX, CURIE_PX, LABEL_PX, SOURCE_PX = 13.0, 10.5, 11.5, 10.5
NAME_LINE, CURIE_LINE, LABEL_LINE, SOURCE_LINE = 16.0, 15.0, 14.0, 13.0
PAD_X, PAD_Y = 12.0, 9.0
_BOLD_PX = NAME_PX * 1.12  # names are bold, and bold letters wider
_MAX_NAME, _MAX_LABEL, _MIN_GAP = 164.0, 128.0, 84.0
_MARGIN, _TURN_X, _CLEAR = 2.0, 24.0, 7.0


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its wrapped name, and the rectangle it fills; `x`, `y` is the corner at the top left.

    `note` is what the case says of the node, such as `absent`; empty where nothing needs saying.
    """

    stop: Stop
    lines: tuple[str, ...]
    note: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0

    @property
    def caption(self) -> str:
        """The line under the name."""
        shown = "".join(wrap(self.stop.curie, CURIE_PX, _MAX_NAME, max_lines=1))
        return f"{shown} · {self.note}" if self.note else shown

    @property
    def axis(self) -> float:
        """Height at which arrows leave and enter at the sides."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Link:
    """An edge: its words, and the line it follows in walking order.

    Attributes:
        label, source: wrapped lines, the first to stand above the second.
        points: corners of the line, from the box left to the box reached.
        text_x: centre of the words, or their left edge where the line turns.
        label_y, source_y: baselines of the first lines.
        is_turn: whether the line goes down to a new row.
    """

    step: Step
    label: tuple[str, ...]
    source: tuple[str, ...]
    gap: float
    points: tuple[tuple[float, float], ...] = ()
    text_x: float = 0.0
    label_y: float = 0.0
    source_y: float = 0.0
    is_turn: bool = False

    @property
    def label_height(self) -> float:
        """Height of the relation's lines."""
        return LABEL_LINE * len(self.label)

    @property
    def source_height(self) -> float:
        """Height of the source's lines."""
        return SOURCE_LINE * len(self.source)


@dataclass(frozen=True, slots=True)
class Layout:
    """A path ready to be drawn on a sheet of `width` by `height`."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    width: float
    height: float


def lay_out(path: Path, max_width: float, notes: Mapping[str, str], words: Phrases | None = None) -> Layout:
    """Place a path of at least one step; a single box may be wider than `max_width`, a row may not.

    Args:
        notes: CURIE -> polarity that must be said beside a name.
        words: of the language to be written in; English if left out.
    """
    words = words or phrases()
    said = {curie: words.term("polarity", note) for curie, note in notes.items()}
    boxes = [_box(stop, said.get(stop.curie, "")) for stop in stops(path)]
    links = [_link(step, words) for step in path.steps]
    y = _MARGIN
    for row in _rows(boxes, links, max_width - 2 * _MARGIN):
        if row.start:
            before = links[row.start - 1]
            y += before.label_height + before.source_height + 3 * _CLEAR
        up, down = _reach(boxes, links, row)
        _place(boxes, links, row, axis=y + up)
        y += up + down
    drawn = [_drawn(link, *ends) for link, ends in zip(links, pairwise(boxes), strict=True)]
    right = max(max(box.x + box.width for box in boxes), max(_right_of(link) for link in drawn))
    return Layout(tuple(boxes), tuple(drawn), right + _MARGIN, y + _MARGIN)


def relation_text(step: Step, words: Phrases) -> str:
    """What an edge states, in words; a denied one says so."""
    relation = words.term("relation", step.relation)
    return str(words.plain("paths.denied", relation=relation)) if step.negated else relation


def _box(stop: Stop, note: str) -> Box:
    lines = wrap(stop.name, _BOLD_PX, _MAX_NAME, max_lines=5)
    box = Box(stop, lines, note, width=0.0, height=NAME_LINE * len(lines) + CURIE_LINE + 2 * PAD_Y)
    widths = [*(text_width(line, _BOLD_PX) for line in lines), text_width(box.caption, CURIE_PX)]
    return replace(box, width=max(widths) + 2 * PAD_X)


def _link(step: Step, words: Phrases) -> Link:
    label = list(wrap(relation_text(step, words), LABEL_PX, _MAX_LABEL, max_lines=3))
    if step.frequency is not None:
        label.append(words.plain("paths.in_patients", share=percent(step.frequency)))
    source = list(
        wrap(short_source(step.source) or words.plain("paths.no_source"), SOURCE_PX, _MAX_LABEL, max_lines=2)
    )
    if len(step.publications) == 1:
        source.extend(wrap(step.publications[0], SOURCE_PX, _MAX_LABEL, max_lines=1))
    elif step.publications:
        source.append(words.plain("paths.num_publications", n=len(step.publications)))
    widths = [text_width(line, LABEL_PX) for line in label] + [text_width(line, SOURCE_PX) for line in source]
    return Link(step, tuple(label), tuple(source), max(_MIN_GAP, max(widths) + 26))


def _rows(boxes: Sequence[Box], links: Sequence[Link], max_width: float) -> list[range]:
    """Fill each row as far as the next box and its arrow fit."""
    rows, start, used = [], 0, boxes[0].width
    for i, link in enumerate(links, start=1):
        used += link.gap + boxes[i].width
        if used > max_width:
            rows.append(range(start, i))
            start, used = i, boxes[i].width
    return [*rows, range(start, len(boxes))]


def _reach(boxes: Sequence[Box], links: Sequence[Link], row: range) -> tuple[float, float]:
    """How far a row reaches above and below its axis."""
    half = max(boxes[i].height / 2 for i in row)
    inner = [links[i] for i in row[:-1]]
    up = max((link.label_height + _CLEAR for link in inner), default=0.0)
    down = max((link.source_height + _CLEAR for link in inner), default=0.0)
    return max(half, up), max(half, down)


def _place(boxes: list[Box], links: Sequence[Link], row: range, axis: float) -> None:
    x = _MARGIN
    for i in row:
        boxes[i] = replace(boxes[i], x=x, y=axis - boxes[i].height / 2)
        x += boxes[i].width + (links[i].gap if i < row[-1] else 0)


def _drawn(link: Link, left: Box, reached: Box) -> Link:
    return _turn(link, left, reached) if reached.x <= left.x else _straight(link, left, reached)


def _straight(link: Link, left: Box, reached: Box) -> Link:
    points = ((left.x + left.width, left.axis), (reached.x, left.axis))
    label_y = left.axis - _CLEAR - link.label_height + LABEL_LINE
    text_x = (points[0][0] + points[1][0]) / 2
    return replace(link, points=points, text_x=text_x, label_y=label_y, source_y=left.axis + _CLEAR + 8)


def _turn(link: Link, left: Box, reached: Box) -> Link:
    x_from, x_to = left.x + _TURN_X, reached.x + _TURN_X
    words_top = reached.y - _CLEAR - link.label_height - link.source_height
    bend = words_top - _CLEAR
    corners = ((x_from, bend), (x_to, bend)) if x_from > x_to else ()
    points = ((x_from, left.y + left.height), *corners, (x_to, reached.y))
    label_y = words_top + LABEL_LINE - 3
    source_y = words_top + link.label_height + SOURCE_LINE - 3
    return replace(link, points=points, text_x=x_to + 13, label_y=label_y, source_y=source_y, is_turn=True)


def _right_of(link: Link) -> float:
    lines = [
        *(text_width(line, LABEL_PX) for line in link.label),
        *(text_width(line, SOURCE_PX) for line in link.source),
    ]
    return link.text_x + max(lines) * (1.0 if link.is_turn else 0.5)
