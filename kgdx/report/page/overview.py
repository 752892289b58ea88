"""A case and its paths at a glance: what was observed, where paths start, what a treatment is for."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import Evidence
from kgdx.domain.path import Path
from kgdx.domain.report import Report
from kgdx.explain.walk import stops
from kgdx.report.messages import Phrases


def summary(report: Report, words: Phrases) -> str:
    """The case in one sentence, as far as a report knows it."""
    if not report.evidence:
        return words("header.unused")
    kinds = Counter(item.origin.modality for item in report.evidence)
    polarities = Counter(item.polarity for item in report.evidence)
    separator = words.plain("header.separator")
    origins = separator.join(words.plain(f"header.from_{kind}", n=number) for kind, number in kinds.items())
    said = separator.join(
        words.plain("header.polarity_count", n=polarities[p], polarity=words.term("polarity", p))
        for p in Polarity
        if polarities[p]
    )
    return words("header.summary", n=len(report.evidence), origins=origins, polarities=said)


def notes_of(evidence: Iterable[Evidence]) -> dict[str, str]:
    """What must be said beside a finding's name: that it is absent, uncertain, or both seen and denied."""
    said: dict[str, set[Polarity]] = {}
    for item in evidence:
        said.setdefault(item.curie, set()).add(item.polarity)
    notes = {}
    for curie, polarities in said.items():
        if Polarity.EXCLUDED in polarities and len(polarities) > 1:
            notes[curie] = "conflicting"
        elif Polarity.PRESENT not in polarities:
            notes[curie] = polarities.pop().value
    return notes


@dataclass(frozen=True, slots=True)
class Start:
    """A finding that paths start at, numbered from 1 in the order of the paths."""

    number: int
    curie: str
    name: str
    num_paths: int

    def is_of(self, path: Path) -> bool:
        """Whether the path starts here."""
        return any(stop.curie == self.curie for stop in stops(path)[:1])


def starts_of(paths: Iterable[Path]) -> list[Start]:
    """Where paths start; a path without steps starts nowhere."""
    first = [stops(path)[0] for path in paths if path.steps]
    names = {stop.curie: stop.name for stop in first}
    counts = Counter(stop.curie for stop in first)
    return [Start(i, curie, names[curie], counts[curie]) for i, curie in enumerate(names, start=1)]
