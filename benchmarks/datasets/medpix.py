"""Cases of MedPix 2.0: what a reader is given, and the answer, which must not be in it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kgdx.domain.errors import SourceError
from kgdx.evidence.spelling import fold

MODALITIES = ("CT", "MR")
PLANES = ("Axial", "Coronal", "Sagittal")
# What a reader has before the answer; title, diagnosis, differential, discussion and treatment never.
_GIVEN = ("History", "Exam", "Findings")
_ANSWERS = (("Topic", "Title"), ("Case", "Title"), ("Case", "Case Diagnosis"))
_EMPTY = frozenset({"", "n/a", "none"})
_LEAST_LETTERS = 3
# Words of answers that say nothing of the disease; all others are taken out of the text.
_COMMON = frozenset({
    "the", "and", "with", "without", "from", "for", "due", "into", "secondary", "not", "has", "have", "are",
    "was", "were", "that", "this", "which", "its",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseImage:
    """One image; `category` (one of five) and `place` (finer) say what of the body it is about.

    `region` is the first figure of its code of the American College of Radiology, empty without one: a part
    of the body too, and for training alone, as is the caption.
    """

    path: Path
    modality: str
    category: str
    place: str
    plane: str
    region: str
    caption: str


@dataclass(frozen=True)
class MedPixCase:
    """One case.

    Attributes:
        uid: its name in the set.
        sections: (name, text) of what a reader is given, in order.
        title: of its topic, which is the answer.
        answers: all wordings of the answer.
        discussion: of the topic and the case; for training alone, never input.
    """

    uid: str
    sections: tuple[tuple[str, str], ...]
    title: str
    answers: tuple[str, ...]
    discussion: str
    images: tuple[CaseImage, ...]

    @cached_property
    def answer_words(self) -> frozenset[str]:
        """Folded words of the answer."""
        words = (fold(word) for answer in self.answers for word in re.findall(r"[^\W\d_]+", answer))
        return frozenset(w for w in words if len(w) >= _LEAST_LETTERS and w not in _COMMON)

    def masked(self, text: str) -> str:
        """The text without any word of the answer, in whatever inflection."""
        return re.sub(
            r"[^\W\d_]+", lambda found: " " if fold(found[0]) in self.answer_words else found[0], text
        )

    def text(self, *, is_masked: bool) -> str:
        """All that a reader is given, section after section."""
        whole = ". ".join(text for _, text in self.sections)
        return self.masked(whole) if is_masked else whole


def read_cases(folder: Path) -> dict[str, MedPixCase]:
    """Every case of the folder by its uid, in the layout of MedPix 2.0.

    Raises:
        SourceError: if a file is missing or of another form.
    """
    files = {path.stem: path for path in (folder / "images").glob("*")}
    images: dict[str, list[CaseImage]] = {}
    try:
        for row in _json(folder / "Descriptions.json"):
            if row["image"] in files:
                images.setdefault(row["U_id"], []).append(_image(row, files[row["image"]]))
        return {row["U_id"]: _case(row, images) for row in _json(folder / "Case_topic.json")}
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError(str(folder), f"is no MedPix 2.0 folder ({error})", "check --cases") from error


def read_split(folder: Path, name: str) -> list[str]:
    """Uids of one split.

    Raises:
        SourceError: if there is no such split.
    """
    splits = _json(folder / "uid_list.json")
    if name not in splits:
        raise SourceError(
            str(folder / "uid_list.json"), f"has no split {name!r}", f"choose of {', '.join(splits)}"
        )
    return [str(uid) for uid in splits[name]]


def titles_of(cases: Sequence[MedPixCase]) -> list[str]:
    """The different topic titles, sorted: the candidates."""
    return sorted({case.title for case in cases})


def _case(row: Mapping[str, Any], images: Mapping[str, list[CaseImage]]) -> MedPixCase:
    given = ((name, _text(row["Case"].get(name))) for name in _GIVEN)
    return MedPixCase(
        uid=row["U_id"],
        sections=tuple((name.lower(), text) for name, text in given if text),
        title=_text(row["Topic"]["Title"]),
        answers=tuple(_text(row[part].get(field)) for part, field in _ANSWERS),
        discussion=". ".join(
            (_text(row["Topic"].get("Disease Discussion")), _text(row["Case"].get("Discussion")))
        ),
        images=tuple(images.get(row["U_id"], ())),
    )


def _image(row: Mapping[str, Any], path: Path) -> CaseImage:
    about = row["Description"]
    plane = next((name for name in PLANES if str(about.get("Plane")).startswith(name)), "")
    region = re.match(r"\d", str(about.get("ACR Codes")))
    return CaseImage(
        path=path,
        modality=row["Type"],
        category=row["Location Category"],
        place=row["Location"],
        plane=plane,
        region=region[0] if region else "",
        caption=_text(about.get("Caption")),
    )


def _text(value: object) -> str:
    text = " ".join(str(value or "").split())
    return "" if text.lower() in _EMPTY else text


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(str(path), "cannot be read", "give a folder in the layout of MedPix 2.0") from error
