"""Figures for notebooks: the differential and the paths of a diagnosis, each as one SVG that stands alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath

from markupsafe import Markup

from kgdx.domain.errors import BadInputError
from kgdx.domain.path import Path
from kgdx.domain.report import Diagnosis, Report
from kgdx.report.localised_names import Names, renamed
from kgdx.report.messages import Phrases, phrases
from kgdx.report.page.layout import lay_out
from kgdx.report.page.measure import text_width, wrap
from kgdx.report.page.overview import notes_of
from kgdx.report.page.svg import path_svg
from kgdx.report.sentences import sentence
from kgdx.report.suppositions import probability_range
from kgdx.report.wording import percent, signed
from kgdx.whole_files import PRIVATE, write_whole

_WIDTH, _NAME_WIDTH, _BAR_WIDTH, _PAD, _GAP = 860.0, 330.0, 400.0, 12.0, 22.0
_TEXT_PX, _LINE = 13.0, 18.0
_INK, _QUIET, _TRACK, _BAR = "#1c2430", "#566070", "#eceef1", "#17616b"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing; a notebook shows it by itself."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | FilePath) -> FilePath:
        """Write it as an SVG file and return its path."""
        target = FilePath(path)
        write_whole(target, self.svg, PRIVATE)
        return target


def plot_differential(report: Report, language: str = "en", names: Names | None = None) -> Plot:
    """Draw the probability of every diagnosis, and how far it moves when one finding is left out.

    Args:
        names: CURIE -> name in `language`.

    Raises:
        BadInputError: if nothing is drawn in that language.
    """
    words, report = _told(report, language, names or {})
    rows, top = [], _PAD
    for diagnosis in report.differential:
        lines = wrap(f"{diagnosis.rank}. {diagnosis.name}", _TEXT_PX, _NAME_WIDTH, max_lines=3)
        rows.append(_row(lines, diagnosis, probability_range(report, diagnosis.disease), top))
        top += _LINE * len(lines) + 10
    if not rows:
        rows, top = [_text(words("differential.empty"), _PAD, _PAD + _LINE, _QUIET)], _PAD + _LINE
    return _sheet(rows, top + _PAD, words("figure.differential"))


def plot_paths(report: Report, rank: int = 1, language: str = "en", names: Names | None = None) -> Plot:
    """Draw the paths that carried the score of one diagnosis, the largest share first.

    Args:
        rank: of the diagnosis, from 1.
        names: CURIE -> name in `language`.

    Raises:
        BadInputError: if the report has no diagnosis of that rank, or nothing is drawn in that language.
    """
    words, report = _told(report, language, names or {})
    diagnosis = next((each for each in report.differential if each.rank == rank), None)
    if diagnosis is None:
        known = f"choose one from 1 to {len(report.differential)}"
        remedy = known if report.differential else "the differential is empty: give the case findings"
        raise BadInputError("report", f"no diagnosis has rank {rank}", remedy)
    notes, parts, top = notes_of(report.evidence), [], _PAD
    for path in diagnosis.paths:
        drawn, height = _path(path, notes, words, top)
        parts.append(drawn)
        top += height + _GAP
    if not parts:
        parts, top = [_text(words("differential.no_path"), _PAD, _PAD + _LINE, _QUIET)], _PAD + _LINE
    return _sheet(parts, top + _PAD, f"{diagnosis.name}: {words.plain('differential.paths')}")


def _told(report: Report, language: str, names: Names) -> tuple[Phrases, Report]:
    words = phrases(language)
    if words.language == "en":
        return words, report
    return words, renamed(report, names)


def _row(
    lines: tuple[str, ...], diagnosis: Diagnosis, moves: tuple[float, float] | None, top: float
) -> Markup:
    left, middle = _PAD + _NAME_WIDTH + _PAD, top + _LINE * len(lines) / 2
    return Markup("").join(
        (
            *(_text(line, _PAD, top + _LINE * (i + 1) - 5, _INK) for i, line in enumerate(lines)),
            _rectangle(left, middle - 6, _BAR_WIDTH, 12, _TRACK),
            _rectangle(left, middle - 6, max(_BAR_WIDTH * diagnosis.probability, 1), 12, _BAR),
            _whisker(left, middle, *moves) if moves else "",
            _text(percent(diagnosis.probability), left + _BAR_WIDTH + _PAD, middle + 4, _INK),
        )
    )


def _whisker(left: float, middle: float, low: float, high: float) -> Markup:
    start, end = left + _BAR_WIDTH * low, left + _BAR_WIDTH * high
    return Markup("").join(
        (
            _rectangle(start - 1, middle - 2, end - start + 2, 4, "#ffffff"),
            _rectangle(start, middle - 1, end - start, 2, _INK),
            _rectangle(start - 1, middle - 8, 2, 16, _INK),
            _rectangle(end - 1, middle - 8, 2, 16, _INK),
        )
    )


def _path(path: Path, notes: dict[str, str], words: Phrases, top: float) -> tuple[Markup, float]:
    """A path with its sentence above it, and the height of both."""
    amount = signed(path.contribution)
    indent = text_width(amount, _TEXT_PX) + 10
    lines = wrap(sentence(path, words.language), _TEXT_PX, _WIDTH - 2 * _PAD - indent, max_lines=4)
    height = _LINE * max(len(lines), 1)
    texts = [_text(amount, _PAD, top + _LINE - 5, _BAR)]
    texts += [_text(line, _PAD + indent, top + _LINE * (i + 1) - 5, _INK) for i, line in enumerate(lines)]
    if not path.steps:
        return Markup("").join(texts), height
    width = _WIDTH - 2 * _PAD
    drawing = Markup('<g transform="translate({},{})">{}</g>').format(
        _PAD, top + height + 8, path_svg(path, width, notes, words)
    )
    return Markup("").join((*texts, drawing)), height + 8 + lay_out(path, width, notes, words).height


def _text(text: str, x: float, y: float, colour: str) -> Markup:
    return Markup('<text x="{}" y="{}" font-size="{}" fill="{}">{}</text>').format(
        f"{x:.1f}", f"{y:.1f}", _TEXT_PX, colour, text
    )


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    places = (f"{value:.1f}" for value in (x, y, width, height))
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>').format(*places, colour)


def _sheet(parts: Iterable[Markup], height: float, title: str) -> Plot:
    return Plot(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{w:.0f}" height="{h:.0f}" '
            'viewBox="0 0 {w:.0f} {h:.0f}" font-family="{font}"><title>{title}</title>'
            '<rect width="100%" height="100%" fill="#ffffff"/>{parts}</svg>'
        ).format(w=_WIDTH, h=height, font=_FONT, title=title, parts=Markup("").join(parts))
    )
