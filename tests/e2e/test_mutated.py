"""Mutated cases, phenopackets and reports: an answer or one clear error, and nothing else; never for long."""

import io
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from google.protobuf.json_format import ParseDict
from phenopackets.schema.v1 import phenopackets_pb2 as first
from phenopackets.schema.v2 import phenopackets_pb2 as second
from rich.console import Console

from kgdx.domain.case import FailedCase
from kgdx.domain.errors import BadInputError, KgdxError
from kgdx.engine import Engine
from kgdx.report.exports.export import FORMATS
from kgdx.report.terminal import print_report
from kgdx.report.terminal_reasons import print_reasons
from kgdx.schemas import CaseIn, ReportOut
from kgdx.schemas.case_files import read_cases
from tests.fuzz import mutated, scrambled

NUM = [pytest.param(100, id="short"), pytest.param(2500, id="long", marks=pytest.mark.slow)]
NUM_REPORTS = [pytest.param(40, id="short"), pytest.param(2500, id="long", marks=pytest.mark.slow)]
MOST_S = 5.0

CASE = {
    "id": "x",
    "findings": ["HP:0001945", {"id": "HP:0012735", "status": "excluded", "elicited": True}, "HP:0002094"],
    "report": {"findings": "Left pleural effusion. No pneumothorax.", "history": "Smoker."},
    "conditions": ["MONDO:0005300"],
    "allergies": ["kgdx:penicillins"],
    "medications": ["CHEBI:10033"],
    "excluded_diseases": ["MONDO:0005249"],
    "sex": "female",
    "age_years": 40.5,
    "onset_years": 39,
}
META = {"phenopacketSchemaVersion": "2.0.2", "created": "2020-01-01T00:00:00Z"}
PACKET = {
    "id": "p",
    "subject": {
        "id": "1",
        "sex": "FEMALE",
        "dateOfBirth": "1980-01-01T00:00:00Z",
        "timeAtLastEncounter": {"timestamp": "2020-01-01T00:00:00Z"},
    },
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001945"}, "onset": {"age": {"iso8601duration": "P39Y"}}},
        {"type": {"id": "HP:0012735"}, "excluded": True, "severity": {"id": "HP:0012828"}},
        {"type": {"id": "HP:0002094"}, "onset": {"ontologyClass": {"id": "HP:0003596"}}},
    ],
    "medicalActions": [{"treatment": {"agent": {"id": "CHEBI:10033"}}}],
    "diseases": [{"term": {"id": "MONDO:0005249"}, "excluded": True}],
    "metaData": META,
}
PACKET_1 = {
    "id": "p",
    "subject": {"id": "1", "sex": "MALE", "ageAtCollection": {"age": "P14Y"}},
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001945"}, "negated": True, "ageOfOnset": {"age": "P2Y"}},
        {"type": {"id": "HP:0012735"}, "classOfOnset": {"id": "HP:0003577"}},
    ],
    "metaData": {"phenopacketSchemaVersion": "1.0.0"},
}
FAMILY = {"id": "f", "proband": PACKET, "relatives": [PACKET], "metaData": META}
COHORT = {"id": "c", "members": [PACKET, PACKET_1], "metaData": META}
SHAPES = (CASE, PACKET, PACKET_1, FAMILY, COHORT)


def json_of(value: Any) -> bytes:
    return json.dumps(value).encode()


def is_clear(error: object) -> bool:
    """One line, cut, without what a terminal obeys, and nothing of a text of the case."""
    said = str(error)
    return (
        "pleural effusion" not in said
        and len(said) < 1500
        and all(c.isprintable() or c == "\n" for c in said)
    )


def answers(engine: Engine, content: bytes, name: str, folder: Path) -> None:
    """Whatever is in a file: each of its cases is answered or refused, in time."""
    path = folder / name
    path.write_bytes(content)
    began = time.process_time()
    for answer in engine.diagnose_many(case for _, case in read_cases([path], io.BytesIO())):
        if isinstance(answer, FailedCase):
            assert is_clear(answer), content
            assert "a defect of kgdx" not in answer.fact, (answer, content)
        else:
            ReportOut.model_validate_json(answer.model_dump_json())
    assert time.process_time() - began < MOST_S, content


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated")


@pytest.mark.parametrize("num", NUM)
def test_mutated_cases_and_packets(engine: Engine, folder: Path, num: int) -> None:
    rng = random.Random(0)  # noqa: S311
    for _ in range(num):
        answers(engine, json_of(mutated(rng.choice(SHAPES), rng)), "case.json", folder)


def scrambled_texts(rng: random.Random) -> tuple[bytes, str]:
    name = rng.choice(("case.json", "case.yaml", "case.jsonl", "case"))
    return scrambled(json_of(rng.choice(SHAPES)), rng), name


def scrambled_messages(rng: random.Random) -> tuple[bytes, str]:
    value, kind = rng.choice(
        (
            (PACKET, second.Phenopacket),
            (FAMILY, second.Family),
            ({**COHORT, "members": [PACKET]}, second.Cohort),
            (PACKET_1, first.Phenopacket),
        )
    )
    return scrambled(ParseDict(value, kind()).SerializeToString(), rng), rng.choice(("case.pb", "case"))


@pytest.mark.parametrize("num", NUM)
@pytest.mark.parametrize("make", [scrambled_texts, scrambled_messages])
def test_scrambled_files(
    engine: Engine, folder: Path, num: int, make: Callable[[random.Random], tuple[bytes, str]]
) -> None:
    rng = random.Random(1)  # noqa: S311
    for _ in range(num):
        answers(engine, *make(rng), folder)


@pytest.mark.parametrize("num", NUM_REPORTS)
def test_mutated_reports(engine: Engine, folder: Path, num: int) -> None:
    rng = random.Random(2)  # noqa: S311
    case = CaseIn(**{**CASE, "report": "Left pleural effusion."})
    whole = json.loads(engine.what_if(engine.diagnose(case), 3).model_dump_json())
    # Few of each kind, so that a mutation hits every field now and then.
    small = {
        **whole,
        "differential": [{**each, "paths": each["paths"][:2]} for each in whole["differential"]],
        "treatments": whole["treatments"][:3] + whole["treatments"][-2:],
        "next_steps": whole["next_steps"][:2],
    }
    num_read = 0
    for _ in range(num):
        text = json.dumps(mutated(small, rng))
        try:
            report = ReportOut.model_validate_json(text)
        except BadInputError as error:
            assert is_clear(error), text  # noqa: PT017
            continue
        num_read += 1
        show(report, folder)
        try:
            engine.verify(report)
        except KgdxError as error:
            assert is_clear(error), text  # noqa: PT017
    assert num_read > num / 20, "some are still reports"


def show(report: ReportOut, folder: Path) -> None:
    """Every way out of a report that was read."""
    console = Console(file=io.StringIO(), width=100)
    print_report(report, console)
    for diagnosis in report.differential[:2]:
        print_reasons(report, diagnosis, None, console)
    assert "\x1b" not in console.file.getvalue()  # type: ignore[attr-defined]
    for ending, written in FORMATS.items():
        text = written(report)
        if ending == ".graphml":
            nx.parse_graphml(text, force_multigraph=True)
        elif ending == ".cyjs":
            json.loads(text)
    for language in ("en", "zh"):
        assert "\x1b" not in report.to_html(folder / "page.html", language).read_text(encoding="utf-8")
    report.plot_differential()
