"""A case as users write it."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from kgdx.domain.case import Case, CodedFinding, Polarity
from kgdx.domain.errors import CaseError
from kgdx.domain.message import Message
from kgdx.schemas.case_parts import MAX_ID, FindingIn, ImageIn, Part, Text, named_images, read_sections
from kgdx.schemas.files import SHAPE, json_name, parse_json, read_bytes
from kgdx.schemas.problems import fact_of, field_path

_MAX_FINDINGS = 2_000
_MAX_CODES = 2_000
_MAX_IMAGES = 200
_MAX_TEXT = 2**20
_MAX_AGE_YEARS = 130
_NUM_TOLD = 3
_PACKET_KEYS = frozenset({"phenotypicFeatures", "phenotypic_features", "subject", "proband"})


class CaseIn(Part):
    """A case as users write it, in Python or as JSON. Every error is a `CaseError`, never pydantic's own.

    Attributes:
        id: the caller's own label.
        findings: codes of present findings, or `{"id": …, "status": "present" | "excluded" | "uncertain"}`;
            `"elicited": true` with an answer to what a report or a checklist named.
        report: a text, or section -> text in reading order.
        images: paths, or `{"id": …, "path": …}`.
        conditions, allergies, medications: codes.
        excluded_diseases: codes of diseases that were ruled out.
        sex: `male`, `female`, or empty for any other or unknown.
        age_years: in years, None where unknown.
        onset_years: age at the first sign of what the case is about, None where unknown.
    """

    id: Text = Field(default="", max_length=MAX_ID)
    findings: list[FindingIn] = Field(default=[], max_length=_MAX_FINDINGS)
    report: dict[Text, Text] = Field(default={})
    images: list[ImageIn] = Field(default=[], max_length=_MAX_IMAGES)
    conditions: list[Text] = Field(default=[], max_length=_MAX_CODES)
    allergies: list[Text] = Field(default=[], max_length=_MAX_CODES)
    medications: list[Text] = Field(default=[], max_length=_MAX_CODES)
    sex: Literal["male", "female", ""] = ""
    age_years: float | None = Field(default=None, ge=0, le=_MAX_AGE_YEARS, allow_inf_nan=False)
    onset_years: float | None = Field(default=None, ge=0, le=_MAX_AGE_YEARS, allow_inf_nan=False)
    excluded_diseases: list[Text] = Field(default=[], max_length=_MAX_CODES)
    _warnings: tuple[Message, ...] = PrivateAttr(())

    def __init__(self, **given: Any):
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise _case_error("case", error) from None

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:
        """Check a mapping of fields.

        Raises:
            CaseError: if it has another shape or holds no evidence.
        """
        return cls.from_payload(obj)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **_: Any) -> Self:
        """Check a JSON text; errors as `model_validate`."""
        return cls.from_payload(parse_json(json_data, "case"))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a case: kgdx JSON or YAML, a GA4GH phenopacket or family, also in protobuf's binary form.

        Images are looked for beside the file. `kgdx.schemas.case_files.read_cases` reads several cases.

        Raises:
            CaseError: if the file cannot be read, or holds no case or several.
        """
        from kgdx.schemas.case_files import case_values

        path = Path(path)
        values = case_values(read_bytes(path), str(path), path.suffix.lower())
        if len(values) > 1:
            fact = f"is a cohort of {len(values)} cases"
            raise CaseError(str(path), fact, "give it to `kgdx diagnose`, or take one of its members")
        ((where, value),) = values
        return cls.from_payload(value, where).in_folder(path.parent)

    def in_folder(self, folder: Path) -> Self:
        """The same case with its images looked for in a folder."""
        images = [image.model_copy(update={"path": str(folder / image.path)}) for image in self.images]
        return self.model_copy(update={"images": images})

    @classmethod
    def from_payload(cls, payload: Any, where: str = "case") -> Self:
        """Check a parsed JSON value.

        Args:
            payload: fields of a case, or a phenopacket.
            where: what the error names as its place.

        Raises:
            CaseError: if it has another shape or holds no evidence.
        """
        if not isinstance(payload, dict):
            raise CaseError(where, f"is a JSON {json_name(payload)}, not an object", SHAPE)
        if "resourceType" in payload:
            remedy = "convert it to a GA4GH phenopacket, or write a case of kgdx"
            raise CaseError(where, "is a FHIR resource, which kgdx does not read", remedy)
        if not _PACKET_KEYS.isdisjoint(payload):
            # Protobuf is heavy, and a case in Python needs none of it.
            from kgdx.schemas import phenopacket

            family = payload.get("proband")
            if isinstance(family, dict) or phenopacket.is_phenopacket(payload):
                return cls._from_packet(payload, where)
        return cls._from_fields(payload, where, "case")

    @classmethod
    def _from_packet(cls, payload: dict[str, Any], where: str) -> Self:
        from kgdx.schemas import phenopacket

        read = phenopacket.family_case if "proband" in payload else phenopacket.packet_case
        told = read(payload, where)
        if not told.fields["findings"]:
            fact = "holds no phenotypic feature that is present or excluded now"
            raise CaseError(where, fact, "give phenotypicFeatures with type.id")
        try:
            case = cls._from_fields(told.fields, where, "case")
        except CaseError as error:
            raise CaseError(where, error.fact, phenopacket.REMEDY) from None
        case._warnings = told.warnings
        return case

    @classmethod
    def _from_fields(cls, fields: dict[str, Any], where: str, name: str) -> Self:
        try:
            return cls(**{str(key): value for key, value in fields.items()})
        except CaseError as error:
            raise CaseError(error.where.replace(name, where, 1), error.fact, error.remedy) from None

    def to_domain(self) -> Case:
        """The case as the engine takes it, of long texts the beginning."""
        texts, cut = read_sections(self.report)
        return Case(
            case_id=self.id,
            findings=tuple(CodedFinding(f.id, Polarity(f.status), f.elicited) for f in self.findings),
            texts=texts,
            images=named_images(self.images),
            conditions=tuple(self.conditions),
            allergies=tuple(self.allergies),
            medications=tuple(self.medications),
            sex=self.sex,
            age_years=self.age_years,
            onset_years=self.onset_years,
            excluded_diseases=tuple(self.excluded_diseases),
            warnings=(*self._warnings, *cut),
        )

    @field_validator("report", mode="before")
    @classmethod
    def _as_sections(cls, given: Any) -> Any:
        return {"report": given} if isinstance(given, str) else given

    @field_validator("report")
    @classmethod
    def _are_short(cls, sections: dict[str, str]) -> dict[str, str]:
        if any(len(text) > _MAX_TEXT for text in sections.values()):
            raise ValueError(f"holds a text of more than {_MAX_TEXT:,} characters")
        return sections

    @field_validator(
        "findings", "images", "conditions", "allergies", "medications", "excluded_diseases", mode="before"
    )
    @classmethod
    def _as_list(cls, given: Any) -> Any:
        return list(given) if isinstance(given, tuple) else given

    @field_validator("sex", mode="before")
    @classmethod
    def _as_known_sex(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return "" if given is None else given
        folded = given.strip().lower()
        return "" if folded in {"unknown", "other", "unknown_sex", "other_sex"} else folded

    @model_validator(mode="after")
    def _began_in_life(self) -> Self:
        # An age in completed years is less than the age by up to one.
        age, onset = self.age_years, self.onset_years
        if age is not None and onset is not None and onset >= age + 1:
            raise ValueError("has an onset_years after its age_years")
        return self

    @model_validator(mode="after")
    def _holds_evidence(self) -> Self:
        has_text = any(text.strip() for text in self.report.values())
        if not (self.findings or has_text or self.images):
            raise ValueError("holds no finding, no text and no image")
        return self


def _case_error(where: str, error: ValidationError) -> CaseError:
    """The first problems with their fields, in words that quote nothing of the input."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    if len(problems) == 1 and not problems[0]["loc"]:
        return CaseError(where, fact_of(problems[0]), SHAPE)
    told = [f"{field_path(problem['loc'])} {fact_of(problem)}" for problem in problems[:_NUM_TOLD]]
    more = f" and {len(problems) - _NUM_TOLD} more" if len(problems) > _NUM_TOLD else ""
    known = ", ".join(CaseIn.model_fields)
    place = f"{where}, field {field_path(problems[0]['loc'])}"
    return CaseError(place, "; ".join(told) + more, f"the fields of a case are {known}")
