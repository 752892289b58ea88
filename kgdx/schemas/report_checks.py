"""Whether a report that is read back fits together: a file may have been edited by hand.

All is looked at here, once, so that no page, store or export meets a report that it cannot show.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, TextOrigin
from kgdx.domain.message import Message
from kgdx.domain.path import Path
from kgdx.domain.report import Report
from kgdx.explain.walk import stops
from kgdx.report.messages import text
from kgdx.report.sentences import sentence

_SHARES = frozenset(
    {"probability", "before", "after", "confidence", "expected_benefit", "frequency", "region", "spread"}
)
_NAMED = frozenset({"curie", "disease", "drug", "head", "tail", "relation", "edge_id"})
_MOST_IN_ID, _MOST_IN_TEXT, _MOST_ITEMS = 300, 100_000, 10_000
_LARGEST = 2.0**53
_MODALITIES: dict[type, str] = {CodeOrigin: "code", TextOrigin: "text", ImageOrigin: "image"}


def faults(report: Report) -> Iterator[str]:
    """What is wrong with a report, a clause each; nothing where it can be shown."""
    yield from _faults(report, "")
    ranks = [diagnosis.rank for diagnosis in report.differential]
    if ranks != list(range(1, len(ranks) + 1)):
        yield "the ranks of its diagnoses are not 1, 2, 3 and so on"
    for what, curies in (
        ("diagnosis", [diagnosis.disease for diagnosis in report.differential]),
        ("treatment", [treatment.drug for treatment in report.treatments]),
    ):
        if len(set(curies)) != len(curies):
            yield f"it holds a {what} twice"
    diseases = [diagnosis.disease for diagnosis in report.differential]
    for supposed in report.what_if:
        if [each.disease for each in supposed.reranked] != diseases:
            yield "a supposition ranks other diagnoses than the report"
        if len(supposed.findings) != len(supposed.names):
            yield "a supposition has not a name for each finding"


def _faults(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, (bool, type(None))):
        return
    if isinstance(value, (int, float)):
        yield from _of_number(value, name)
    elif isinstance(value, str):
        yield from _of_text(value, name)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _of_text(str(key), "key")
            yield from _faults(item, "")
    elif isinstance(value, (tuple, list)):
        if len(value) > _MOST_ITEMS:
            yield f"a list of more than {_MOST_ITEMS:,}"
        for item in value:
            yield from _faults(item, name)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _faults(getattr(value, part.name), part.name)
        yield from _of_part(value)


def _of_number(value: float, name: str) -> Iterator[str]:
    if not abs(value) < _LARGEST:
        yield "it holds a number that is not finite, or too large"
    elif name in _SHARES and not 0 <= value <= 1:
        yield f"a {name} is not in [0, 1]"
    elif name == "rank" and value < 1:
        yield "a rank is below 1"


def _of_text(value: str, name: str) -> Iterator[str]:
    if name in _NAMED and not (0 < len(value) <= _MOST_IN_ID and value.isprintable()):
        yield f"a {name} is empty, too long, or holds control characters"
    elif len(value) > _MOST_IN_TEXT:
        yield f"a text of more than {_MOST_IN_TEXT:,} characters"


def _of_part(value: Any) -> Iterator[str]:
    match value:
        case Evidence(origin=origin) if origin.modality != _MODALITIES[type(origin)]:
            yield "an origin names another modality than its fields are of"
        case TextOrigin(start=start, end=end) if not 0 <= start <= end:
            yield "a quote ends before it starts"
        case ImageOrigin(region=(left, top, right, bottom)) if left > right or top > bottom:
            yield "a region ends before it starts"
        case Path():
            yield from _of_path(value)
        case Message():
            text(value)


def _of_path(path: Path) -> Iterator[str]:
    if path.stages and (
        any(stage.num_steps < 0 or len(stage.verbs) > stage.num_steps for stage in path.stages)
        or sum(stage.num_steps for stage in path.stages) != len(path.steps)
    ):
        yield "the stages of a path do not make up its steps"
        return
    ends = stops(path)
    for number, step in enumerate(path.steps):
        if ends[number].curie != (step.head if step.is_forward else step.tail):
            yield "the steps of a path do not follow each other"
            return
    # It is said in the words of any language, or in none.
    sentence(path)
