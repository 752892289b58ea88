"""A report as one HTML file that needs nothing else: no network, no script, pictures inside.

The templates beside this file hold the page; here stands what they are given. Every text that comes from
a case or from the graph is escaped.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from kgdx.domain.case import Polarity, ReportText
from kgdx.domain.evidence import CodeOrigin, Evidence, TextOrigin
from kgdx.domain.report import Diagnosis, Report
from kgdx.domain.treatment import Severity
from kgdx.explain.figures import figures
from kgdx.explain.picture import STOPS, HeatMap, ShownImage
from kgdx.explain.sources import sources_used
from kgdx.explain.spans import Segment, cut
from kgdx.explain.svg import FAMILY_COLOURS, contribution_bar, path_svg
from kgdx.explain.walk import all_paths, stops
from kgdx.explain.wording import (
    SIGNS,
    STATUS_SIGNS,
    counted,
    factor,
    percent,
    short_source,
    signed,
)

__all__ = ["HeatMap", "ShownImage", "render"]


def render(report: Report, texts: Sequence[ReportText] = (), images: Sequence[ShownImage] = ()) -> str:
    """Write the page.

    Args:
        texts: sections of the case, to highlight evidence in; without them the quotes alone are shown.
        images: images of the case with heat maps; without them the regions alone are shown.
    """
    passages = _passages(report.evidence, texts)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            summary=_summary(report),
            passages=passages,
            quotes=_quotes(report.evidence, passages),
            codes=[item for item in report.evidence if isinstance(item.origin, CodeOrigin)],
            figures=figures(report.evidence, images),
            notes=_notes(report.evidence),
            heaviest=max((abs(item.weight) for item in report.evidence), default=0.0),
            sources=sources_used(report),
            families=sorted({stop.family for path in all_paths(report) for stop in stops(path)}),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("kgdx.explain", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = {"percent": percent, "signed": signed, "counted": counted, "short_source": short_source}
    environment.filters.update(words, width=_width, factor=factor)
    environment.globals.update(
        path_svg=path_svg,
        contribution_bar=contribution_bar,
        largest_contribution=_largest_contribution,
        rest_of_logit=_rest_of_logit,
        signs=SIGNS,
        status_signs=STATUS_SIGNS,
        severities=[
            (Severity.CONTRAINDICATED, "What rules it out"),
            (Severity.CAUTION, "What calls for caution"),
        ],
        family_colours=FAMILY_COLOURS,
        heat_stops=STOPS,
    )
    return environment


def _summary(report: Report) -> str:
    """The case in one sentence, as far as a report knows it."""
    if not report.evidence:
        return "No observation in this case could be used."
    kinds = Counter(item.origin.modality for item in report.evidence)
    polarities = Counter(item.polarity for item in report.evidence)
    plural = {"image": "images", "code": "codes"}
    origins = ", ".join(f"{number} from {plural.get(kind, kind)}" for kind, number in kinds.items())
    said = ", ".join(f"{polarities[p]} {p.value}" for p in Polarity if polarities[p])
    return f"{counted(len(report.evidence), 'observation')} ({origins}): {said}."


def _notes(evidence: Iterable[Evidence]) -> dict[str, str]:
    """What must be said beside a finding's name: that it is absent, uncertain, or both seen and denied."""
    said: dict[str, set[Polarity]] = {}
    for item in evidence:
        said.setdefault(item.curie, set()).add(item.polarity)
    notes = {}
    for curie, polarities in said.items():
        if Polarity.ABSENT in polarities and len(polarities) > 1:
            notes[curie] = "conflicting"
        elif Polarity.PRESENT not in polarities:
            notes[curie] = polarities.pop().value
    return notes


def _passages(
    evidence: Iterable[Evidence], texts: Iterable[ReportText]
) -> list[tuple[str, tuple[Segment, ...]]]:
    read = [item for item in evidence if isinstance(item.origin, TextOrigin)]
    return [
        (text.section, cut(text.text, (i for i in read if _section(i) == text.section))) for text in texts
    ]


def _quotes(
    evidence: Iterable[Evidence], passages: Iterable[tuple[str, tuple[Segment, ...]]]
) -> list[Evidence]:
    """Evidence from texts that no passage shows."""
    shown = {item for _, segments in passages for segment in segments for item in segment.evidence}
    return [item for item in evidence if isinstance(item.origin, TextOrigin) and item not in shown]


def _section(item: Evidence) -> str:
    return item.origin.section if isinstance(item.origin, TextOrigin) else ""


def _width(probability: float) -> str:
    """A probability as a CSS width, kept within the track."""
    return f"{min(max(probability, 0.0), 1.0):.2%}"


def _contributions(diagnosis: Diagnosis) -> list[float]:
    findings = (*diagnosis.supports, *diagnosis.contradicts, *diagnosis.unexplained)
    return [finding.contribution for finding in findings]


def _largest_contribution(diagnosis: Diagnosis) -> float:
    return max((abs(value) for value in _contributions(diagnosis)), default=0.0)


def _rest_of_logit(diagnosis: Diagnosis) -> float:
    """What the logit holds beside the findings: the prior and the constant."""
    return diagnosis.logit - sum(_contributions(diagnosis))
