"""A report with the ways out of Python: JSON, a graph, a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import TypeAdapter, ValidationError

from kgdx.domain.case import ReportText
from kgdx.domain.errors import BadInputError
from kgdx.domain.path import Path as GraphPath
from kgdx.domain.report import Report
from kgdx.report.localised_names import renamed
from kgdx.report.sentences import sentence
from kgdx.schemas.json_values import json_text
from kgdx.schemas.problems import fact_of, field_path
from kgdx.schemas.report_checks import faults
from kgdx.whole_files import PRIVATE, write_whole

SCHEMA_VERSION = "2.1"

if TYPE_CHECKING:
    import networkx as nx

    from kgdx.imaging.overlay import ShownImage
    from kgdx.report.page.plots import Plot


@dataclass(frozen=True)
class ReportOut(Report):
    """The answer for one case, ready to leave Python.

    Attributes:
        texts, images: the case's own, for the page alone; JSON and graph hold nothing of them.
        names: language -> CURIE -> name, for pages in another language than English.
    """

    texts: tuple[ReportText, ...] = field(default=(), repr=False, compare=False)
    images: "tuple[ShownImage, ...]" = field(default=(), repr=False, compare=False)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, report: Report) -> Self:
        """The same report, with these ways out."""
        return cls(**{part.name: getattr(report, part.name) for part in fields(Report)})

    def showing(self, texts: tuple[ReportText, ...], images: "tuple[ShownImage, ...]") -> Self:
        """The same report with the case's texts and images beside it, for `to_html`."""
        return replace(self, texts=texts, images=images)

    def naming(self, language: str, names: Mapping[str, str]) -> Self:
        """The same report with names in another language beside it, CURIE -> name, for `to_html`."""
        return replace(self, names={**self.names, language: names})

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Read a report back.

        Raises:
            BadInputError: if the text is no report of kgdx, or one of another schema version.
        """
        try:
            _check_version(text)
            told = _REPORT.validate_json(text)
            # Here, and not half-way through a page or a store that it is written to.
            fault = next(faults(told), None)
            if fault is not None:
                raise BadInputError("report", fault, _AS_WRITTEN)
            return cls.of(told)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = f"report, field {field_path(problem['loc'])}" if problem["loc"] else "report"
            raise BadInputError(place, fact_of(problem), _AS_WRITTEN) from None
        except RecursionError:
            raise BadInputError("report", "is nested too deeply", _AS_WRITTEN) from None

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a report that `kgdx diagnose --json` wrote.

        Raises:
            BadInputError: naming the file, if it cannot be read or holds no report.
        """
        try:
            if Path(path).stat().st_size > _MOST_BYTES:
                fact = f"is larger than {_MOST_BYTES >> 20} MB"
                raise BadInputError(str(path), fact, "give the path of a report")
            content = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            if isinstance(error, BadInputError):
                raise
            fact = f"cannot be read ({getattr(error, 'strerror', None) or 'no path'})"
            raise BadInputError(str(path), fact, "give the path of a report") from error
        try:
            return cls.model_validate_json(content)
        except BadInputError as error:
            raise BadInputError(f"{path}, {error.where}", error.fact, error.remedy) from None

    def model_dump_json(self, indent: int | None = None) -> str:
        """The whole report as JSON, keys as the attributes of `kgdx.domain.report`."""
        parts = {part.name: getattr(self, part.name) for part in fields(Report)}
        return json_text({"schema_version": SCHEMA_VERSION, **parts}, indent)

    def sentence(self, path: GraphPath, language: str = "en") -> str:
        """What a path of this report says, in `en` or `zh`.

        Raises:
            BadInputError: if nothing is said in that language.
        """
        return sentence(renamed(path, self._names_in(language)), language)

    def to_networkx(self) -> "nx.MultiDiGraph":
        """The explanation as a graph: every path of every candidate and treatment."""
        from kgdx.report.exports.graph import to_networkx

        return to_networkx(self)

    def export(self, path: str | Path) -> Path:
        """Write the explanation as a graph, and return its path; nothing of the case's words is in it.

        The file is for its owner alone, and there whole or not at all.

        Args:
            path: its ending tells the format, one of `kgdx.report.exports.export.FORMATS`.

        Raises:
            BadInputError: if the ending is another one, or the file cannot be written.
        """
        from kgdx.report.exports.export import exported

        target = Path(path)
        text = exported(self, target.name)
        try:
            write_whole(target, text, PRIVATE)
        except OSError as error:
            fact = f"cannot be written ({error.strerror})"
            raise BadInputError(str(target), fact, "choose another file") from error
        return target

    def to_html(self, path: str | Path, language: str = "en") -> Path:
        """Write the report as one page that needs nothing else, and return its path.

        The file is for its owner alone, and there whole or not at all.

        Args:
            language: `en` or `zh`; what has no name in it keeps the English one.

        Raises:
            BadInputError: if there is no page in that language.
        """
        from kgdx.report.page.html import render

        page = render(self, self.texts, self.images, language, self._names_in(language))
        target = Path(path)
        # What no document may hold, from a report read back.
        write_whole(target, page.translate(_CONTROLS), PRIVATE)
        return target

    def plot_differential(self, language: str = "en") -> "Plot":
        """Draw the probabilities of the differential; a notebook shows the drawing, `save` writes it as SVG.

        Raises:
            BadInputError: if nothing is drawn in that language.
        """
        from kgdx.report.page.plots import plot_differential

        return plot_differential(self, language, self._names_in(language))

    def plot_paths(self, rank: int = 1, language: str = "en") -> "Plot":
        """Draw the paths that carried the score of one diagnosis, by its rank.

        Raises:
            BadInputError: if the report has no diagnosis of that rank, or nothing is drawn in that language.
        """
        from kgdx.report.page.plots import plot_paths

        return plot_paths(self, rank, language, self._names_in(language))

    def _names_in(self, language: str) -> Mapping[str, str]:
        return self.names.get(language.partition("-")[0].lower(), {})


_REPORT = TypeAdapter(Report)
_AS_WRITTEN = "give a report as `kgdx diagnose --json` writes it"
_MOST_BYTES = 50 * 2**20
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A, 0x0D})


def _check_version(text: str | bytes) -> None:
    """Whether a report is of this schema version; what is no JSON object at all is told apart later."""
    found = TypeAdapter(dict[str, object]).validate_json(text).get("schema_version")
    if found != SCHEMA_VERSION:
        fact = f"is not of schema version {SCHEMA_VERSION}"
        remedy = "diagnose the case again with this version of kgdx"
        raise BadInputError("report, field schema_version", fact, remedy)
