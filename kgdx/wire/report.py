"""A report with the ways out of Python: JSON, a graph, a page."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import TypeAdapter, ValidationError

from kgdx.domain.case import ReportText
from kgdx.domain.errors import BadInputError
from kgdx.domain.report import Report
from kgdx.wire.problems import fact_of, field_path

if TYPE_CHECKING:
    import networkx as nx

    from kgdx.explain.picture import ShownImage


@dataclass(frozen=True)
class ReportOut(Report):
    """The answer for one case, ready to leave Python.

    Attributes:
        texts, images: the case's own, for the page alone; JSON and graph hold nothing of them.
    """

    texts: tuple[ReportText, ...] = field(default=(), repr=False, compare=False)
    images: "tuple[ShownImage, ...]" = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, report: Report) -> Self:
        """The same report, with these ways out."""
        return cls(**{part.name: getattr(report, part.name) for part in fields(Report)})

    def showing(self, texts: tuple[ReportText, ...], images: "tuple[ShownImage, ...]") -> Self:
        """The same report with the case's texts and images beside it, for `to_html`."""
        return replace(self, texts=texts, images=images)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Read a report back.

        Raises:
            BadInputError: if the text is no report of kgdx.
        """
        try:
            return cls.of(_REPORT.validate_json(text))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = f"report, field {field_path(problem['loc'])}" if problem["loc"] else "report"
            raise BadInputError(
                place, fact_of(problem), "give a report as `kgdx diagnose --json` writes it"
            ) from None

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a report that `kgdx diagnose --json` wrote.

        Raises:
            BadInputError: naming the file, if it cannot be read or holds no report.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            fact = f"cannot be read ({error.strerror})"
            raise BadInputError(str(path), fact, "give the path of a report") from error
        try:
            return cls.model_validate_json(content)
        except BadInputError as error:
            raise BadInputError(f"{path}, {error.where}", error.fact, error.remedy) from None

    def model_dump_json(self, indent: int | None = None) -> str:
        """The whole report as JSON, keys as the attributes of `kgdx.domain.report`."""
        return _REPORT.dump_json(self, indent=indent).decode()

    def to_networkx(self) -> "nx.MultiDiGraph":
        """The explanation as a graph: every path of every candidate and treatment."""
        from kgdx.explain.graph import to_networkx

        return to_networkx(self)

    def export(self, path: str | Path) -> Path:
        """Write the explanation as a graph, and return its path; nothing of the case's words is in it.

        Args:
            path: its ending tells the format: `.graphml`, `.cyjs` (Cytoscape JSON) or `.ttl` (RDF).

        Raises:
            BadInputError: if the ending is another one, or the file cannot be written.
        """
        from kgdx.explain.export import exported

        target = Path(path)
        text = exported(self, target.name)
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            fact = f"cannot be written ({error.strerror})"
            raise BadInputError(str(target), fact, "choose another file") from error
        return target

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one page that needs nothing else, and return its path."""
        from kgdx.explain.html import render

        target = Path(path)
        target.write_text(render(self, self.texts, self.images), encoding="utf-8")
        return target


_REPORT = TypeAdapter(Report)
