"""Paths and contributions as SVG: pure functions from values to markup, every text in it escaped.

Arrows point the way the store holds the edge, which may be against the walk. A denied edge is dashed and
says NOT. All colour is in attributes, so a drawing stands alone, and nothing has an id, so many may share
a page.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import hypot

from markupsafe import Markup

from kgdx.domain.path import Path
from kgdx.explain.walk import arrow, chain
from kgdx.report.messages import Phrases, phrases
from kgdx.report.page.facts import Fact
from kgdx.report.page.layout import (
    CURIE_PX,
    LABEL_LINE,
    LABEL_PX,
    NAME_LINE,
    NAME_PX,
    PAD_Y,
    SOURCE_LINE,
    SOURCE_PX,
    Box,
    Link,
    lay_out,
)
from kgdx.report.wording import signed

# family -> (fill, line). Each line colour holds 4.5:1 against white: the conclusion is white text on it.
FAMILY_COLOURS = {
    "finding": ("#e7f4f1", "#1f7468"),
    "disease": ("#ecedfb", "#4650a8"),
    "treatment": ("#f8ebf6", "#8a3b80"),
    "gene": ("#fbf3de", "#80600d"),
    "anatomy": ("#eaf1f8", "#38688f"),
    "other": ("#f1f2f4", "#59636f"),
}
_INK, _QUIET, _LINE, _DENIED = "#1c2430", "#566070", "#737d8b", "#b3261e"
_SUPPORT, _CONTRADICT, _NEUTRAL = "#2a8a58", "#c4473d", "#7f8895"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def path_svg(
    path: Path,
    max_width: float = 860.0,
    notes: Mapping[str, str] | None = None,
    words: Phrases | None = None,
    facts: Sequence[Fact] = (),
) -> Markup:
    """Draw a path in rows no wider than `max_width` pixels; empty where the path has no step.

    The conclusion is the filled box. Above each arrow stands its relation, beneath it the source.

    Args:
        notes: CURIE -> what the case says of it, where that is not plain presence; its box is dashed.
        words: of the language to be written in; English if left out.
        facts: of all boxes and arrows in walking order. With them each can be reached by keyboard, and says
            its fact; without them the drawing is one picture.
    """
    if not path.steps:
        return Markup("")
    words = words or phrases()
    layout = lay_out(path, max_width, notes or {}, words)
    last = len(layout.boxes) - 1
    nodes = [_node(box, is_start=i == 0, is_conclusion=i == last) for i, box in enumerate(layout.boxes)]
    titles = [fact.text for fact in facts] or _titles(layout.boxes, layout.links, words)
    # In walking order, which is the order of Tab: box, arrow, box.
    drawn = [
        nodes[0],
        *(part for pair in zip(map(_link, layout.links), nodes[1:], strict=True) for part in pair),
    ]
    return Markup(
        '<svg class="path" xmlns="http://www.w3.org/2000/svg" {role} width="{w}" height="{h}" '
        'viewBox="0 0 {w} {h}" font-family="{font}">{title}{drawn}</svg>'
    ).format(
        role=_labelled("group", words("paths.drawing", chain=_named_chain(layout.boxes)))
        if facts
        else Markup('role="img"'),
        w=_px(layout.width),
        h=_px(layout.height),
        font=_FONT,
        title=""
        if facts
        else Markup("<title>{}</title>").format(
            chain(path) if words.language == "en" else _named_chain(layout.boxes)
        ),
        drawn=_joined(
            _part(i, part, title, is_reached=bool(facts))
            for i, (part, title) in enumerate(zip(drawn, titles, strict=True))
        ),
    )


def _part(number: int, drawn: Markup, title: str, *, is_reached: bool) -> Markup:
    """A box or an arrow with what is said of it, as tooltip and to those who hear the page."""
    reached = Markup(' class="part n{}" role="img" tabindex="0"').format(number) if is_reached else Markup("")
    return Markup("<g{}><title>{}</title>{}</g>").format(reached, title, drawn)


def _titles(boxes: Sequence[Box], links: Sequence[Link], words: Phrases) -> list[str]:
    nodes = [f"{b.stop.name} ({b.stop.curie}), {words.term('family', b.stop.family)}" for b in boxes]
    edges = [
        f"{arrow(link.step)} · {' · '.join([link.step.source, *link.step.publications])}" for link in links
    ]
    return [nodes[0], *(title for pair in zip(edges, nodes[1:], strict=True) for title in pair)]


def _named_chain(boxes: Sequence[Box]) -> str:
    return " – ".join(box.stop.name for box in boxes)


def _labelled(role: str, label: str) -> Markup:
    return Markup('role="{}" aria-label="{}"').format(role, label)


def contribution_bar(value: float, limit: float, *, is_neutral: bool = False) -> Markup:
    """Draw one diverging bar: right of the middle line what speaks for, left of it what speaks against.

    Args:
        value: contribution, natural log units.
        limit: size of the largest contribution beside it, so that bars of one diagnosis compare.
        is_neutral: draw the bar grey, as for a finding that the diagnosis leaves unexplained.
    """
    share = min(abs(value) / limit, 1.0) if limit > 0 else 0.0
    width = max(98 * share, 0.8)
    colour = _NEUTRAL if is_neutral else _SUPPORT if value >= 0 else _CONTRADICT
    return Markup(
        '<svg class="contribution" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 200 12" '
        'preserveAspectRatio="none"><title>{value}</title>'
        '<rect x="0" y="4.5" width="200" height="3" fill="#eceef1"/>'
        '<rect x="{x}" y="0.5" width="{width}" height="11" fill="{colour}"/>'
        '<rect x="99.5" y="0" width="1" height="12" fill="#566070"/></svg>'
    ).format(value=signed(value), x=_px(100 if value >= 0 else 100 - width), width=_px(width), colour=colour)


def _node(box: Box, *, is_start: bool, is_conclusion: bool) -> Markup:
    fill, line = FAMILY_COLOURS[box.stop.family]
    ink, quiet = _INK, _QUIET
    if is_conclusion:
        fill, ink, quiet = line, "#ffffff", "#ffffff"
    first, middle = box.y + PAD_Y + NAME_LINE - 4, box.x + box.width / 2
    names = _lines(box.lines, middle, first, NAME_LINE, NAME_PX, ink, anchor="middle", weight=600)
    below = first + NAME_LINE * (len(box.lines) - 1) + 15
    curie = _lines([box.caption], middle, below, NAME_LINE, CURIE_PX, quiet, anchor="middle")
    return Markup(
        '<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="9" fill="{fill}" '
        'stroke="{line}" stroke-width="{stroke}"{dash}/>{names}{curie}'
    ).format(
        x=_px(box.x),
        y=_px(box.y),
        w=_px(box.width),
        h=_px(box.height),
        fill=fill,
        line=line,
        stroke="2.2" if is_start or is_conclusion else "1.2",
        dash=Markup(' stroke-dasharray="4 3"') if box.note else "",
        names=names,
        curie=curie,
    )


def _link(link: Link) -> Markup:
    colour = _DENIED if link.step.negated else _LINE
    anchor = "start" if link.is_turn else "middle"
    ink = _DENIED if link.step.negated else _INK
    return Markup(
        '<polyline points="{points}" fill="none" stroke="{colour}" '
        'stroke-width="1.6" stroke-linejoin="round"{dash}/>{head}{label}{source}'
    ).format(
        points=" ".join(f"{_px(x)},{_px(y)}" for x, y in _ends_clear(link)),
        colour=colour,
        dash=Markup(' stroke-dasharray="5 4"') if link.step.negated else "",
        head=_arrow_head(link, colour),
        label=_lines(link.label, link.text_x, link.label_y, LABEL_LINE, LABEL_PX, ink, anchor=anchor),
        source=_lines(link.source, link.text_x, link.source_y, SOURCE_LINE, SOURCE_PX, _QUIET, anchor=anchor),
    )


def _ends_clear(link: Link) -> list[tuple[float, float]]:
    """The line, a little short of both boxes, and shorter where the arrow head goes."""
    points = list(link.points)
    start, end = (4.0, 9.0) if link.step.is_forward else (9.0, 4.0)
    points[0] = _towards(points[0], points[1], start)
    points[-1] = _towards(points[-1], points[-2], end)
    return points


def _towards(point: tuple[float, float], other: tuple[float, float], by: float) -> tuple[float, float]:
    (x, y), (to_x, to_y) = point, other
    length = hypot(to_x - x, to_y - y) or 1.0
    return x + (to_x - x) * by / length, y + (to_y - y) * by / length


def _arrow_head(link: Link, colour: str) -> Markup:
    points = link.points if link.step.is_forward else link.points[::-1]
    tip = _towards(points[-1], points[-2], 3.0)
    x, y = _towards(points[-1], points[-2], 12.0)
    across_x, across_y = (y - tip[1]) * 0.5, (tip[0] - x) * 0.5
    corners = (tip, (x + across_x, y + across_y), (x - across_x, y - across_y))
    drawn = " ".join(f"{_px(a)},{_px(b)}" for a, b in corners)
    return Markup('<polygon points="{points}" fill="{colour}"/>').format(points=drawn, colour=colour)


def _lines(
    lines: Iterable[str],
    x: float,
    y: float,
    height: float,
    size: float,
    colour: str,
    *,
    anchor: str = "start",
    weight: int = 400,
) -> Markup:
    text = Markup(
        '<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
        'font-weight="{weight}">{line}</text>'
    )
    return _joined(
        text.format(
            x=_px(x),
            y=_px(y + i * height),
            size=_px(size),
            colour=colour,
            anchor=anchor,
            weight=weight,
            line=line,
        )
        for i, line in enumerate(lines)
    )


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
