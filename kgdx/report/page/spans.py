"""Cut a text where evidence was read, so that every letter knows which findings it speaks of."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from kgdx.domain.evidence import Evidence, TextOrigin


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text over which the same evidence holds.

    Attributes:
        text: the stretch; never empty.
        evidence: what was read here, shortest span first; empty where nothing was.
        closing: the part of `evidence` whose span ends with this segment.
    """

    text: str
    evidence: tuple[Evidence, ...] = ()
    closing: tuple[Evidence, ...] = ()


def cut(text: str, evidence: Iterable[Evidence]) -> tuple[Segment, ...]:
    """Cut a text into segments; joined, they are the text again, whatever the spans.

    Args:
        text: one section of the report.
        evidence: may overlap. What is not from a text, or quotes something else than the text says at
            that place, marks nothing: a highlight on the wrong words is worse than none.
    """
    spans = [(origin, item) for item in evidence if (origin := _origin_in(text, item)) is not None]
    cuts = sorted({0, len(text), *(o.start for o, _ in spans), *(o.end for o, _ in spans)})
    segments = []
    for start, end in pairwise(cuts):
        covering = [span for span in spans if span[0].start <= start and end <= span[0].end]
        covering.sort(key=lambda span: span[0].end - span[0].start)
        closing = tuple(item for origin, item in covering if origin.end == end)
        segments.append(Segment(text[start:end], tuple(item for _, item in covering), closing))
    return tuple(segments)


def _origin_in(text: str, item: Evidence) -> TextOrigin | None:
    origin = item.origin
    if not isinstance(origin, TextOrigin) or not 0 <= origin.start < origin.end <= len(text):
        return None
    return origin if text[origin.start : origin.end] == origin.quote else None
