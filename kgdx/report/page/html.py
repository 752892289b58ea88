"""A report as one HTML file that needs nothing else: no network, no script, pictures inside.

The templates beside this file hold the page, `kgdx/report/messages.yaml` its words; here stands what they are
given. Every text that comes from a case or from the graph is escaped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from kgdx.domain.case import ReportText
from kgdx.domain.evidence import CodeOrigin, Evidence, Qualifiers, TextOrigin
from kgdx.domain.report import DISCLAIMER, Diagnosis, Report
from kgdx.domain.treatment import Severity
from kgdx.explain.walk import all_paths, stops
from kgdx.imaging.overlay import STOPS, HeatMap, ShownImage
from kgdx.report.localised_names import Names, renamed
from kgdx.report.messages import Phrases, language_spoken, phrases
from kgdx.report.page.facts import facts_of
from kgdx.report.page.figures import figures
from kgdx.report.page.glance import MOST_AT_A_GLANCE, dangers, treatments_by_status
from kgdx.report.page.layout import relation_text
from kgdx.report.page.overview import notes_of, starts_of, summary
from kgdx.report.page.spans import Segment, cut
from kgdx.report.page.svg import FAMILY_COLOURS, contribution_bar, path_svg
from kgdx.report.runner_up import LEAST, compare
from kgdx.report.sentences import indications, sentence
from kgdx.report.sources import edges_shown, sources_used
from kgdx.report.suppositions import num_left_out, probability_range, suppositions
from kgdx.report.wording import SIGNS, STATUS_SIGNS, percent, short_source, signed

__all__ = ["HeatMap", "ShownImage", "render"]


def render(
    report: Report,
    texts: Sequence[ReportText] = (),
    images: Sequence[ShownImage] = (),
    language: str = "en",
    names: Names | None = None,
) -> str:
    """Write the page.

    Args:
        texts: sections of the case, to highlight evidence in; without them the quotes alone are shown.
        images: images of the case with heat maps; without them the regions alone are shown.
        language: of the page, `en` or `zh`.
        names: CURIE -> name in that language; what is not there keeps its English name.

    Raises:
        BadInputError: if there is no page in that language.
    """
    words, names = phrases(language), names or {}
    if words.language != "en":
        report = renamed(report, names)
        images = renamed(tuple(images), names)
    page = _environment().get_template("report.html.j2")
    return page.render(**_words(report, words), **_parts(report, texts, images, words))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("kgdx.report.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, signed=signed, short_source=short_source, width=_width)
    environment.filters["spoken"] = _spoken
    environment.globals.update(
        contribution_bar=contribution_bar,
        contributions_of=_contributions,
        largest_contribution=_largest_contribution,
        rest_of_logit=_rest_of_logit,
        starts_of=starts_of,
        signs=SIGNS,
        status_signs=STATUS_SIGNS,
        severities=[
            (Severity.CONTRAINDICATED, "treatment.rules_out"),
            (Severity.CAUTION, "treatment.calls_for_caution"),
        ],
        family_colours=FAMILY_COLOURS,
        heat_stops=STOPS,
        least=LEAST,
    )
    return environment


def _parts(
    report: Report, texts: Sequence[ReportText], images: Sequence[ShownImage], words: Phrases
) -> dict[str, object]:
    """What the page shows."""
    passages, differential = _passages(report.evidence, texts), report.differential
    by_status = treatments_by_status(report)
    num_shown = sum(min(most, len(by_status.get(status, ()))) for status, most in MOST_AT_A_GLANCE.items())
    reached = [stops(path) for path in all_paths(report)]
    return {
        "report": report,
        "disclaimer": words("page.disclaimer") if report.disclaimer == DISCLAIMER else report.disclaimer,
        "summary": summary(report, words),
        "dangers": dangers(report),
        "treatments_by_status": by_status,
        "most_at_a_glance": MOST_AT_A_GLANCE,
        "num_treatments_folded": sum(map(len, by_status.values())) - num_shown,
        "num_left_out": num_left_out(report),
        "ranges": {each.disease: probability_range(report, each.disease) for each in differential},
        "comparison": compare(*differential[:2]) if len(differential) > 1 else None,
        "suppositions": suppositions(report),
        "passages": passages,
        "quotes": _quotes(report.evidence, passages),
        "codes": [item for item in report.evidence if isinstance(item.origin, CodeOrigin)],
        "figures": figures(report.evidence, images),
        "notes": notes_of(report.evidence),
        "heaviest": max((abs(item.weight) for item in report.evidence), default=0.0),
        "sources": sources_used(report),
        "edges": edges_shown(report),
        "families": sorted({stop.family for path in reached for stop in path}),
        "num_facts": max((2 * len(path) - 1 for path in reached), default=0),
        "num_starts": max((len(starts_of(each.paths)) for each in differential), default=0),
    }


def _words(report: Report, words: Phrases) -> dict[str, Callable[..., Any]]:
    """How the page says it."""
    notes = notes_of(report.evidence)

    def qualified(said: Qualifiers) -> str:
        size = " × ".join(f"{length:g}" for length in said.size_mm)
        parts = (said.severity, said.laterality, *said.anatomy)
        told = [words.term("qualifier", part) for part in parts if part]
        return words.plain("header.separator").join([*told, *([f"{size} mm"] if size else [])])

    return {
        "t": words,
        "sentence": lambda path: sentence(path, words.language),
        "message": words.message,
        "messages": words.messages,
        "finding_name": words.finding,
        "term": words.term,
        "listed": words.listed,
        "relation_text": lambda step: relation_text(step, words),
        "facts_of": lambda path, amount, adds: facts_of(path, amount, words, notes, adds),
        "draw": lambda path, width, facts: path_svg(path, width, notes, words, facts),
        "indications": lambda treatment: indications(treatment.indications, words.language),
        "qualified": qualified,
    }


def _passages(
    evidence: Iterable[Evidence], texts: Iterable[ReportText]
) -> list[tuple[str, tuple[Segment, ...], str]]:
    """Sections of the report, each cut where evidence was read, with its language."""
    read = [item for item in evidence if isinstance(item.origin, TextOrigin)]
    return [
        (
            text.section,
            cut(text.text, (item for item in read if _section(item) == text.section)),
            language_spoken(text.text),
        )
        for text in texts
    ]


def _quotes(
    evidence: Iterable[Evidence], passages: Iterable[tuple[str, tuple[Segment, ...], str]]
) -> list[Evidence]:
    """Evidence from texts that no passage shows."""
    shown = {item for _, segments, _ in passages for segment in segments for item in segment.evidence}
    return [item for item in evidence if isinstance(item.origin, TextOrigin) and item not in shown]


def _section(item: Evidence) -> str:
    return item.origin.section if isinstance(item.origin, TextOrigin) else ""


@pass_context
def _spoken(context: Context, text: str) -> str | Markup:
    """A text, marked where it is in another language than the page."""
    words: Phrases = context["t"]
    return words.spoken(text)


def _width(probability: float) -> str:
    """A probability as a CSS width, kept within the track."""
    return f"{min(max(probability, 0.0), 1.0):.2%}"


def _contributions(diagnosis: Diagnosis) -> Mapping[str, float]:
    """CURIE of a finding -> what it adds to the logit."""
    findings = (*diagnosis.supports, *diagnosis.contradicts, *diagnosis.unexplained)
    total: dict[str, float] = {}
    for finding in findings:
        total[finding.curie] = total.get(finding.curie, 0.0) + finding.contribution
    return total


def _largest_contribution(diagnosis: Diagnosis) -> float:
    findings = (*diagnosis.supports, *diagnosis.contradicts, *diagnosis.unexplained)
    return max((abs(finding.contribution) for finding in findings), default=0.0)


def _rest_of_logit(diagnosis: Diagnosis) -> float:
    """What the logit holds beside the findings: the prior and the constant."""
    return diagnosis.logit - sum(_contributions(diagnosis).values())
