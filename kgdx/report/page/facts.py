"""What a reader may ask of a box or an arrow of a drawn path: what it is, and who states it."""

from collections.abc import Mapping
from dataclasses import dataclass

from kgdx.domain.path import Path, Step
from kgdx.explain.walk import Stop, head_of, stops, tail_of
from kgdx.report.messages import Phrases
from kgdx.report.page.layout import relation_text
from kgdx.report.wording import percent, short_source, signed


@dataclass(frozen=True, slots=True)
class Fact:
    """A box or an arrow in words: its title, then what is known of it, label by label."""

    title: str
    rows: tuple[tuple[str, str], ...]
    text: str


def facts_of(
    path: Path,
    amount: str,
    words: Phrases,
    notes: Mapping[str, str],
    contributions: Mapping[str, float],
) -> tuple[Fact, ...]:
    """Facts of all boxes and arrows in walking order: box, arrow, box.

    Args:
        amount: what the path adds, as the page says it; empty where it adds nothing.
        notes: CURIE -> polarity that must be said beside a name.
        contributions: CURIE of a finding -> what it adds in all to the conclusion.
    """
    if not path.steps:
        return ()
    boxes = [_box(stop, words, notes, contributions) for stop in stops(path)]
    arrows = [_arrow(step, amount, words) for step in path.steps]
    return (boxes[0], *(fact for pair in zip(arrows, boxes[1:], strict=True) for fact in pair))


def _box(stop: Stop, words: Phrases, notes: Mapping[str, str], contributions: Mapping[str, float]) -> Fact:
    rows = [("identifier", stop.curie), ("kind", words.term("family", stop.family))]
    if stop.curie in notes:
        rows.append(("in_case", words.term("polarity", notes[stop.curie])))
    if stop.curie in contributions:
        rows.append(("adds", signed(contributions[stop.curie])))
    return _fact(stop.name, rows, words)


def _arrow(step: Step, amount: str, words: Phrases) -> Fact:
    not_stated = words.plain("paths.not_stated")
    rows = [("source", short_source(step.source) or not_stated)]
    if step.frequency is not None:
        rows.insert(0, ("frequency", words.plain("paths.of_patients", share=percent(step.frequency))))
    rows += [
        ("source_release", step.release or not_stated),
        ("licence", step.licence or not_stated),
        ("publications", ", ".join(step.publications) or words.plain("paths.none_cited")),
    ]
    if amount:
        rows.append(("path_adds", amount))
    statement = f"{head_of(step).name} – {relation_text(step, words)} → {tail_of(step).name}"
    return _fact(statement, rows, words)


def _fact(title: str, rows: list[tuple[str, str]], words: Phrases) -> Fact:
    labelled = tuple((words.plain(f"paths.{name}"), value) for name, value in rows)
    # Not escaped here: whoever puts the text on a page does that.
    lines = (words.plain("paths.fact", label=label, value=value) for label, value in labelled)
    return Fact(title, labelled, "\n".join((title, *lines)))
