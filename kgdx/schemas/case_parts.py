"""Findings, texts and images of a case as users write them."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from kgdx.domain.case import CaseImage, ReportText
from kgdx.domain.message import Message

MAX_ID = 300
MAX_READ = 100_000
"""Characters of all sections together that are read; of more, there is a warning."""


def _is_unicode(text: str) -> str:
    """Half a surrogate pair, which JSON can hold and UTF-8 cannot, would fail far from here."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("holds half a character (a lone surrogate)")
    return text


Text = Annotated[str, AfterValidator(_is_unicode)]


class Part(BaseModel):
    """What a case is made of: strict, without unknown fields, and silent about what it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)


class FindingIn(Part):
    """A coded finding. `label` is for people who read the file and is not used.

    `elicited` marks an answer: it was looked for because a report or a checklist named it.
    """

    id: Text = Field(min_length=1, max_length=MAX_ID)
    status: Literal["present", "excluded", "uncertain"] = "present"
    label: Text = ""
    elicited: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_short_forms(cls, given: Any) -> Any:
        """A bare code is a present finding; `excluded: true` is the phenopackets' word for absent."""
        if isinstance(given, str):
            return {"id": given}
        if isinstance(given, dict) and "excluded" in given:
            is_excluded = given["excluded"]
            if not isinstance(is_excluded, bool) or "status" in given:
                raise ValueError("give either status, or excluded as true or false")
            rest = {key: value for key, value in given.items() if key != "excluded"}
            return {**rest, "status": "excluded" if is_excluded else "present"}
        return given


class ImageIn(Part):
    """An image file; without an id it goes by its file name."""

    path: Text = Field(min_length=1, max_length=4096)
    id: Text = Field(default="", max_length=MAX_ID)

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, given: Any) -> Any:
        if isinstance(given, str | Path):
            return {"path": str(given)}
        if isinstance(given, dict) and isinstance(given.get("path"), Path):
            return {**given, "path": str(given["path"])}
        return given

    @field_validator("path")
    @classmethod
    def _is_path(cls, path: str) -> str:
        if "\0" in path:
            raise ValueError("holds a null character")
        return path


def read_sections(report: dict[str, str]) -> tuple[tuple[ReportText, ...], tuple[Message, ...]]:
    """Sections that hold anything, as far as they are read together, and a warning if they are cut."""
    left, texts = MAX_READ, []
    for name, text in report.items():
        if text.strip() and left > 0:
            texts.append(ReportText(name, text[:left]))
            left -= len(text)
    total = sum(map(len, report.values()))
    is_cut = total > MAX_READ
    return tuple(texts), (Message("warning.text_cut", {"n": MAX_READ, "total": total}),) if is_cut else ()


def named_images(given: list[ImageIn]) -> tuple[CaseImage, ...]:
    """Images with different ids: a name that comes again gets a number."""
    taken: set[str] = set()
    images = []
    for image in given:
        wanted = image.id or Path(image.path).name
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted} ({number})"
        taken.add(name)
        images.append(CaseImage(name, image.path))
    return tuple(images)
