"""The border: every wrong case is a CaseError with place, fact and remedy, and quotes no patient text."""

import errno
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.case import CaseImage, CodedFinding, Patient, Polarity, ReportText
from kgdx.domain.errors import BadInputError, CaseError
from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, TextOrigin
from kgdx.domain.message import Message
from kgdx.domain.path import Path as GraphPath
from kgdx.domain.path import Step
from kgdx.domain.report import Diagnosis, FindingContribution, Report, Treatment
from kgdx.domain.treatment import TreatmentStatus
from kgdx.schemas import CaseIn, ReportOut, Settings

PRIVATE = "John Doe has a cough"


def write(folder: Path, content: str | bytes, name: str = "case.json") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_case_in_every_short_form(tmp_path: Path) -> None:
    payload = {
        "id": "one",
        "findings": [
            "HP:0002202",
            {"id": "HP:1", "excluded": True},
            {"id": "HP:2", "status": "uncertain", "label": "x"},
            {"id": "HP:3", "excluded": True, "elicited": True},
        ],
        "report": {"findings": "Effusion.", "impression": " "},
        "images": ["a.png", {"id": "side", "path": "sub/b.png"}, "/abs/a.png"],
        "conditions": ["MONDO:1"],
        "sex": "FEMALE",
        "age_years": 40,
        "onset_years": 12.5,
    }
    case = CaseIn.from_file(write(tmp_path, json.dumps(payload))).to_domain()
    assert case.findings == (
        CodedFinding("HP:0002202"),
        CodedFinding("HP:1", Polarity.EXCLUDED),
        CodedFinding("HP:2", Polarity.UNCERTAIN),
        CodedFinding("HP:3", Polarity.EXCLUDED, is_elicited=True),
    )
    assert case.texts == (ReportText("findings", "Effusion."),)
    assert case.images == (
        CaseImage("a.png", str(tmp_path / "a.png")),
        CaseImage("side", str(tmp_path / "sub/b.png")),
        CaseImage("a.png (2)", "/abs/a.png"),
    )
    assert (case.patient, case.conditions) == (Patient("female", 40.0, 12.5), ("MONDO:1",))


def test_an_onset_may_lie_within_the_last_year_of_an_age_in_whole_years() -> None:
    assert CaseIn(findings=["HP:1"], age_years=3, onset_years=3.9).to_domain().patient.onset_years == 3.9


def test_a_case_in_python() -> None:
    case = CaseIn(findings=("HP:1",), report="Effusion.", images=[Path("x.png")]).to_domain()
    assert case.texts == (ReportText("report", "Effusion."),)
    assert case.images == (CaseImage("x.png", "x.png"),)


def test_a_phenopacket_file(tmp_path: Path) -> None:
    packet = {
        "id": "p",
        "phenotypicFeatures": [{"type": {"id": "HP:1"}, "excluded": True}],
        "diseases": [{"term": {"id": "OMIM:1"}}],
    }
    case = CaseIn.from_file(write(tmp_path, "\ufeff" + json.dumps(packet))).to_domain()
    assert case.findings == (CodedFinding("HP:1", Polarity.EXCLUDED),)
    assert "OMIM" not in repr(case)


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{\x00", "not UTF-8"),
        (b"[]", "is a JSON list, not an object"),
        (b"null", "is a JSON null"),
        (b'"x"', "is a JSON string"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{}", "holds no finding, no text and no image"),
        (b'{"report": "  "}', "holds no finding"),
        (b'{"report": {"a": ""}, "findings": []}', "holds no finding"),
        (b'{"symptoms": ["HP:1"]}', "symptoms is no known field"),
        (b'{"findings": "HP:1"}', "findings should be a valid list"),
        (b'{"findings": [1]}', "findings[0]"),
        (b'{"findings": [""]}', "findings[0].id"),
        (
            b'{"findings": [{"id": "HP:1", "status": "maybe"}]}',
            "findings[0].status should be 'present', 'excluded'",
        ),
        (b'{"findings": [{"id": "HP:1", "status": "present", "excluded": true}]}', "give either status"),
        (b'{"findings": [{"id": "HP:1", "excluded": "yes"}]}', "give either status"),
        (b'{"findings": ["HP:1"], "age_years": NaN}', "age_years"),
        (b'{"findings": ["HP:1"], "age_years": 1e999}', "age_years"),
        (b'{"findings": ["HP:1"], "age_years": -1}', "age_years"),
        (b'{"findings": ["HP:1"], "age_years": true}', "age_years"),
        (b'{"findings": ["HP:1"], "age_years": "40"}', "age_years"),
        (b'{"findings": ["HP:1"], "onset_years": -1}', "onset_years"),
        (b'{"findings": ["HP:1"], "age_years": 3, "onset_years": 4}', "onset_years after its age_years"),
        (b'{"findings": ["HP:1"], "sex": 3}', "sex"),
        (b'{"report": 5}', "report should be a valid dictionary"),
        (b'{"report": {"a": ["b"]}}', "report.a should be a valid string"),
        (b'{"report": "\\ud800"}', "report"),
        (b'{"images": [{"path": "a\\u0000b"}]}', "images[0].path"),
        (b'{"phenotypicFeatures": 3}', "does not parse as a phenopacket"),
        (b'{"findings": [1, 2, 3, 4, 5]}', "and 2 more"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, content: bytes, fact: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(CaseError) as caught:
        CaseIn.from_file(path)
    assert fact in caught.value.fact
    assert str(path) in caught.value.where
    assert caught.value.remedy
    assert len(str(caught.value)) < 700


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json", Path("/dev/zero"), Path("a\0b"), Path("x" * 5000)):
        with pytest.raises(CaseError):
            CaseIn.from_file(path)


def test_limits(tmp_path: Path) -> None:
    for payload in ({"findings": ["HP:1"] * 2001}, {"report": "x" * (2**20 + 1)}):
        with pytest.raises(CaseError):
            CaseIn(**payload)
    with pytest.raises(CaseError, match="larger than 20 MB"):
        CaseIn.from_file(write(tmp_path, b" " * (20 * 2**20 + 1)))


@pytest.mark.parametrize(
    "payload",
    [
        {"report": [PRIVATE]},
        {"report": {"x": {"y": PRIVATE}}},
        {"findings": [{"id": "HP:1", "status": PRIVATE}]},
        {"findings": [{"id": "HP:1", "label": [PRIVATE]}]},
        {"findings": [[PRIVATE]]},
        {"sex": PRIVATE, "findings": ["HP:1"]},
        {"age_years": PRIVATE, "findings": ["HP:1"]},
        {"report": "\ud800" + PRIVATE},
        {"id": [PRIVATE]},
        PRIVATE,
        [PRIVATE],
    ],
)
def test_no_error_quotes_the_patient(payload: Any) -> None:
    for attempt in (CaseIn.from_payload, CaseIn.model_validate):
        with pytest.raises(CaseError) as caught:
            attempt(payload)
        assert "John" not in str(caught.value)
        assert caught.value.__cause__ is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*CaseIn.model_fields, "path", "x"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_a_case_or_a_case_error(payload: Any) -> None:
    for attempt in (
        lambda: CaseIn.from_payload(payload),
        lambda: CaseIn.model_validate_json(json.dumps(payload)),
    ):
        try:
            attempt().to_domain()
        except CaseError as error:
            assert error.remedy  # noqa: PT017


STEP = Step("e1", "MONDO:1", "a", "has_phenotype", "HP:1", "b", False, "infores:x", ("PMID:1",), 0.5)
WALK = GraphPath((STEP,), 1.5)
PART = FindingContribution("HP:1", "b", 1.5)
REPORT = Report(
    release="r1",
    evidence=(
        Evidence("HP:1", "b", Polarity.PRESENT, 6.0, CodeOrigin("HP:1")),
        Evidence("HP:1", "b", Polarity.EXCLUDED, -2.0, TextOrigin("findings", 0, 4, "b…é")),
        Evidence("HP:1", "b", Polarity.UNCERTAIN, 0.7, ImageOrigin("i", (0.0, 0.0, 1.0, 0.5), 0.9)),
    ),
    differential=(Diagnosis("MONDO:1", "a", 1, 2.5, 0.9, (PART,), (), (), (WALK,)),),
    treatments=(Treatment("CHEBI:1", "d", TreatmentStatus.CONTRAINDICATED, 0.9, (), (WALK,)),),
    warnings=(Message("warning.image", {"image": "w", "doubt": Message("warning.nearly_blank")}),),
)


def test_a_report_survives_json() -> None:
    report = ReportOut.of(REPORT)
    assert ReportOut.model_validate_json(report.model_dump_json(indent=1)) == report


def test_the_json_has_the_promised_keys() -> None:
    told = json.loads(ReportOut.of(REPORT).model_dump_json())
    expected = [
        "schema_version",
        "release",
        "evidence",
        "differential",
        "treatments",
        "warnings",
        "abstained",
        "disclaimer",
    ]
    later = ["next_steps", "red_flags", "disease_pairs", "what_if", "query_context", "case_id"]
    assert list(told) == [*expected, *later]
    promised = [
        "disease",
        "name",
        "rank",
        "logit",
        "probability",
        "supports",
        "contradicts",
        "unexplained",
        "paths",
    ]
    assert list(told["differential"][0])[:9] == promised
    assert {"drug", "name", "status", "indications", "paths"} <= set(told["treatments"][0])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"release": 3}', "null"])
def test_no_report_is_bad_input(text: str) -> None:
    with pytest.raises(BadInputError, match="report"):
        ReportOut.model_validate_json(text)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().top == 10
    monkeypatch.setenv("KGDX_TOP", "3")
    monkeypatch.setenv("KGDX_BUNDLE", "/x")
    assert (Settings().top, Settings().bundle) == (3, Path("/x"))
    monkeypatch.setenv("KGDX_BUNDLE", "")
    assert Settings().bundle is None, "an empty one is not the current folder"


@pytest.mark.parametrize("version", [None, "0.9"])
def test_a_report_of_another_schema_version_says_what_to_do(version: str | None) -> None:
    told = json.loads(ReportOut.of(REPORT).model_dump_json())
    told.pop("schema_version")
    told |= {} if version is None else {"schema_version": version}
    with pytest.raises(BadInputError, match="diagnose the case again"):
        ReportOut.model_validate_json(json.dumps(told))


@pytest.mark.parametrize(
    "message",
    [
        {"code": "warning.no_such_thing", "values": {}},
        {"code": "warning.image", "values": {"image": "a"}},
        {"code": "warning.unlike", "values": {"likeness": "near", "least": 0.5}},
        {"code": "warning.image", "values": {"image": "a", "doubt": {"code": "danger.none", "values": {}}}},
    ],
)
def test_a_message_that_cannot_be_said_is_refused(message: dict[str, object], tmp_path: Path) -> None:
    told = json.loads(ReportOut.of(REPORT).model_dump_json())
    (tmp_path / "r.json").write_text(json.dumps(told | {"abstained": [message]}), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"r\.json, report: holds a message that cannot be said"):
        ReportOut.from_file(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("name", "value"),
    [("KGDX_TOP", "abc"), ("KGDX_TOP", "0"), ("KGDX_LINK", "perhaps"), ("KGDX_CLASSIFIERS", "x")],
)
def test_a_setting_that_does_not_parse_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInputError, match=f"setting {name}"):
        Settings()


def test_of_long_texts_the_beginning_is_read_and_that_is_told() -> None:
    case = CaseIn(report={"a": "x" * 60_000, "b": "y" * 60_000, "c": "z"}).to_domain()
    assert [(text.section, len(text.text)) for text in case.texts] == [("a", 60_000), ("b", 40_000)]
    assert case.warnings == (Message("warning.text_cut", {"n": 100_000, "total": 120_001}),)
    whole = CaseIn(report="x" * 100_000).to_domain()
    assert (len(whole.texts[0].text), whole.warnings) == (100_000, ())
    assert CaseIn(report={"a": "x" * 100_000, "b": "y"}).to_domain().warnings


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"probability": 2.0}, "probability is not in"),
        ({"probability": -1.0}, "probability is not in"),
        ({"rank": 2}, "ranks of its diagnoses"),
        ({"disease": "MONDO:1\u0007"}, "disease is empty, too long, or holds control characters"),
        ({"name": "x" * 200_000}, "a text of more than"),
    ],
)
def test_a_report_that_does_not_fit_together_is_refused(changes: dict[str, object], fact: str) -> None:
    told = json.loads(ReportOut.of(REPORT).model_dump_json())
    told["differential"][0] |= changes
    with pytest.raises(BadInputError, match=fact):
        ReportOut.model_validate_json(json.dumps(told))


def test_a_path_whose_steps_do_not_follow_each_other_is_refused() -> None:
    told = json.loads(ReportOut.of(REPORT).model_dump_json())
    steps = told["differential"][0]["paths"][0]["steps"]
    steps.append(steps[0] | {"head": "MONDO:9", "tail": "HP:9"})
    with pytest.raises(BadInputError, match="steps of a path do not follow each other"):
        ReportOut.model_validate_json(json.dumps(told))


def test_what_is_written_is_for_its_owner_alone_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = ReportOut.of(REPORT)
    for path in (report.export(tmp_path / "a.graphml"), report.to_html(tmp_path / "a.html")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = (tmp_path / "a.html").read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        report.to_html(tmp_path / "a.html", "zh")
    assert (tmp_path / "a.html").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"a.graphml", "a.html"}
