"""Case files of every format: one case or one error for each place, in order."""

import io
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import ParseDict
from phenopackets.schema.v1 import phenopackets_pb2 as first
from phenopackets.schema.v2 import phenopackets_pb2 as second

from kgdx.domain.case import CodedFinding, FailedCase, Polarity
from kgdx.domain.errors import CaseError
from kgdx.schemas import CaseIn
from kgdx.schemas.case_files import case_paths, read_cases
from tests.schemas.test_packet_content import FEVER, META, META_1, packet

PACKET = packet(
    FEVER | {"excluded": True},
    subject={"sex": "FEMALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P3Y"}}},
)
FAMILY = {"id": "f", "proband": PACKET, "metaData": META}
COHORT = {"id": "c", "members": [PACKET, PACKET], "metaData": META}
PACKET_1 = {"id": "p", "phenotypicFeatures": [FEVER | {"negated": True}], "metaData": META_1}
ABSENT = (CodedFinding("HP:0001945", Polarity.EXCLUDED),)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(*paths: Path, stdin: bytes = b"") -> list[CaseIn | FailedCase]:
    return [case for _, case in read_cases(paths, io.BytesIO(stdin))]


def absent(case: CaseIn | FailedCase) -> bool:
    assert isinstance(case, CaseIn), case
    return case.to_domain().findings == ABSENT


@pytest.mark.parametrize(
    ("value", "message", "num"),
    [
        (PACKET, second.Phenopacket, 1),
        (FAMILY, second.Family, 1),
        (COHORT, second.Cohort, 2),
        (PACKET_1, first.Phenopacket, 1),
        ({"proband": PACKET_1, "metaData": META_1}, first.Family, 1),
        ({"members": [PACKET_1] * 3, "metaData": META_1}, first.Cohort, 3),
    ],
)
@pytest.mark.parametrize("form", ["json", "yaml", "pb", "unnamed pb", "unnamed yaml"])
def test_every_form_of_every_kind_says_the_same(
    tmp_path: Path, value: dict[str, Any], message: type[Any], num: int, form: str
) -> None:
    binary = ParseDict(value, message()).SerializeToString()
    files = {
        "json": ("a.json", json.dumps(value)),
        "yaml": ("a.yaml", yaml.safe_dump(value)),
        "pb": ("a.pb", binary),
        "unnamed pb": ("packet", binary),
        "unnamed yaml": ("packet", yaml.safe_dump(value)),
    }
    name, content = files[form]
    found = read(write(tmp_path / name, content))
    assert len(found) == num
    assert all(map(absent, found))


def test_a_case_of_ours_in_yaml(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.yml", "id: x\nfindings:\n  - HP:0002202\nsex: female\nage_years: 40\nimages: [b.png]\n"
    )
    case = CaseIn.from_file(path).to_domain()
    assert (case.case_id, case.age_years, case.images[0].path) == ("x", 40.0, str(tmp_path / "b.png"))


def test_dates_of_yaml_stay_texts(tmp_path: Path) -> None:
    text = (
        "phenotypicFeatures:\n- type: {id: HP:0001945}\nsubject:\n  dateOfBirth: 2000-01-01T00:00:00Z\n"
        "  timeAtLastEncounter: {timestamp: 2010-01-01T00:00:00Z}\n"
    )
    assert CaseIn.from_file(write(tmp_path / "a.yaml", text)).age_years == pytest.approx(10.0, abs=0.01)


BOMB = "".join(f"{n}: &{n} [{', '.join([f'*{m}'] * 8)}]\n" for m, n in pairwise("abcdefghi"))


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("a.json", '{"findings": ["HP:1"], "findings": ["HP:2"]}', "holds the key findings twice"),
        ("a.json", '{"findings": [{"id": "HP:1", "John has": 1, "John has": 2}]}', "holds the key twice"),
        ("a.yaml", "findings: [HP:1]\nfindings: [HP:2]\n", "holds the key findings twice"),
        ("a.yaml", "a: &a [x, x, x, x, x, x, x, x]\n" + BOMB, "too large with its aliases"),
        ("a.yaml", "a: *nothing\n", "too large with its aliases"),
        ("a.yaml", "[" * 3000, "nested too deeply"),
        ("a.yaml", "[" * 100 + "]" * 100, "nested too deeply"),
        ("a.yaml", "{a: b", "is not YAML"),
        ("a.yaml", "!!python/object:os.system x", "is not YAML"),
        ("a.yaml", "? [1]\n: 2\n", "is not YAML that a case"),
        ("a.yaml", "just words", "is a JSON string"),
        ("a.yaml", "x" * (2**20 + 1), "YAML of more than 1 MB"),
        ("a.pb", b"\x00\xff\x12garbage", "is neither text nor a phenopacket"),
        ("a.pb", ParseDict({"id": "x"}, second.Phenopacket()).SerializeToString(), "is neither text"),
        ("a.json", '{"members": []}', "is no list of phenopackets"),
        ("a.jsonl", "{}\n", "holds no finding"),
        ("none.json", None, "there is no such file"),
        ("none.jsonl", None, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_failed_case(tmp_path: Path, name: str, content: Any, fact: str) -> None:
    path = tmp_path / name
    if content is not None:
        write(path, content)
    (failed,) = read(path)
    assert isinstance(failed, FailedCase)
    assert fact in failed.fact
    assert failed.where.startswith(str(path))
    assert failed.remedy
    assert "John" not in str(failed)


def test_a_cohort_is_no_single_case(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="is a cohort of 2 cases"):
        CaseIn.from_file(write(tmp_path / "a.json", json.dumps(COHORT)))


LINES = '{"id": "1", "findings": ["HP:1"]}\n\nnonsense\n{"id": "4"}\n' + json.dumps(COHORT) + "\n"


@pytest.mark.parametrize("is_piped", [True, False])
def test_json_lines_keep_their_places(tmp_path: Path, is_piped: bool) -> None:
    path = Path("-") if is_piped else write(tmp_path / "a.jsonl", LINES)
    found = list(read_cases([path], io.BytesIO(LINES.encode())))
    name = "standard input" if is_piped else str(path)
    assert [place.removeprefix(name) for place, _ in found] == [
        ", line 1",
        ", line 3",
        ", line 4",
        ", line 5, member 1",
        ", line 5, member 2",
    ]
    assert [type(case) for _, case in found] == [CaseIn, FailedCase, FailedCase, CaseIn, CaseIn]
    assert found[2][1].case_id == "4"


@pytest.mark.parametrize(
    "content",
    [json.dumps(PACKET, indent=1).encode(), ParseDict(PACKET, second.Phenopacket()).SerializeToString()],
)
def test_standard_input_may_be_one_document_of_any_form(content: bytes) -> None:
    (case,) = read(Path("-"), stdin=content)
    assert absent(case)


def test_empty_input_is_told() -> None:
    (failed,) = read(Path("-"), stdin=b"\n \n")
    assert isinstance(failed, FailedCase)
    assert "is empty" in failed.fact


def test_a_folder_means_its_case_files(tmp_path: Path) -> None:
    for name in ("b.json", "a.yaml", "c.jsonl", "notes.txt", "image.png"):
        write(tmp_path / name, "{}")
    assert [path.name for path in case_paths([tmp_path])] == ["a.yaml", "b.json", "c.jsonl"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(CaseError, match="is a folder without a case"):
        case_paths([tmp_path / "empty"])
