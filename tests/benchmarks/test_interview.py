"""Interviews: the record answers, every method starts alike, and an answer that denies raises nothing."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets.ddxplus import CONDITIONS, EVIDENCES, read_patients
from benchmarks.ranker import Ranker
from benchmarks.runs import interview
from benchmarks.runs.interview import Followed, Interviewer
from benchmarks.runs.transfer import graph_of
from kgdx.domain.case import CodedFinding, Polarity
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking

SYMPTOMS = {name: tuple(f"E_{j}" for j in (1, *range(i, i + 3))) for i, name in ((2, "Flu"), (4, "Cold"))}
SYMPTOMS |= {"Mumps": ("E_1", "E_8", "E_9"), "Gout": ("E_10", "E_11")}
METHODS = {"gain", "gain_unmarked", "frequent", "random"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "ddxplus"
    folder.mkdir()
    question = {"question_en": "Is it so?", "question_fr": "Est-ce ainsi ?", "is_antecedent": False}
    plain = {**question, "default_value": 0, "possible-values": [], "value_meaning": {}}
    places = {"V_0": {"en": "nowhere", "fr": "nulle part"}, "V_1": {"en": "neck", "fr": "cou"}}
    where = {**question, "default_value": "V_0", "possible-values": list(places), "value_meaning": places}
    evidences = {f"E_{i}": plain for i in range(1, 12)} | {"E_8": where}
    told = {"cond-name-fr": "x", "icd10-id": "J10", "severity": 2, "antecedents": {}}
    conditions = {
        name: {**told, "symptoms": {code: {} for code in codes}} for name, codes in SYMPTOMS.items()
    }
    (folder / CONDITIONS).write_text(json.dumps(conditions))
    (folder / EVIDENCES).write_text(json.dumps(evidences))
    listed = {name: [c.replace("E_8", "E_8_@_V_1") for c in codes] for name, codes in SYMPTOMS.items()}
    with gzip.open(folder / "patients.csv.gz", "wt", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["AGE", "DIFFERENTIAL_DIAGNOSIS", "SEX", "PATHOLOGY", "EVIDENCES"])
        for name in (*SYMPTOMS, *SYMPTOMS):
            rows.writerow([7, [[name, 1.0]], "F", name, listed[name]])
    return folder.parent


@pytest.fixture(scope="module")
def ranker(data: Path) -> Ranker:
    return Ranker.open(graph_of(interview.sources(data)[:2]))


def test_no_method_asks_anything_twice(data: Path, ranker: Ranker) -> None:
    _, evidences, patients = interview.sources(data)
    patient = next(read_patients(patients, evidences))
    interviewer = Interviewer.of(ranker)
    start, present = ranker.snapshot.index["DDXPLUS:E_1"], interviewer._present(patient)
    for name, (choose, is_marked) in interviewer.asking.all().items():
        asked = [start]

        def recorded(query: GraphQuery, ranking: Ranking, choose=choose, asked=asked) -> int:  # type: ignore[no-untyped-def]
            asked.append(choose(query, ranking))
            return asked[-1]

        interviewer._interview(start, present, patient.pathology, recorded, is_marked)
        questions = [node for node in asked if node >= 0]
        # The shipped calibration holds four diseases after one common finding for equal: nothing is gained.
        assert len(questions) > (0 if name.startswith("gain") else 2)
        assert len(questions) == len(set(questions))


def test_all_methods_start_alike(data: Path, ranker: Ranker) -> None:
    interviewer = Interviewer.of(ranker)
    _, evidences, patients = interview.sources(data)
    for patient in list(read_patients(patients, evidences))[:2]:
        found = interviewer.follow(patient)
        assert found is not None
        assert set(found.ranks) == METHODS
        assert len({ranks[0] for ranks in found.ranks.values()}) == 1
        for name, ranks in found.ranks.items():
            assert len(ranks) == found.num_asked[name] + 1
            # One finding is known from the start.
            assert found.num_affirmed[name] <= len(patient.case.findings) - 1
            assert found.num_asked[name] <= 10


def test_a_value_affirms_its_question(data: Path, ranker: Ranker) -> None:
    _, evidences, patients = interview.sources(data)
    mumps = list(read_patients(patients, evidences))[2]
    interviewer = Interviewer.of(ranker)
    node = ranker.snapshot.index["DDXPLUS:E_8"]
    present = interviewer._present(mumps)
    start = ranker.snapshot.index["DDXPLUS:E_1"]
    asked = iter([node, -1])
    _, answers = interviewer._interview(start, present, mumps.pathology, lambda *_: next(asked), True)
    assert answers == [True]


def test_a_denied_answer_raises_no_condition_that_shows_the_finding(ranker: Ranker) -> None:
    candidates = ranker.reasoner.graph.annotations.candidates
    shows = [i for i, node in enumerate(candidates) if ranker.snapshot.names[node] == "Flu"]

    def logit(*findings: CodedFinding) -> float:
        base = ranker.reasoner.base(ranker.query(findings))
        return float(base.findings.sum(axis=0)[shows][0])

    known, asked = CodedFinding("DDXPLUS:E_1"), "DDXPLUS:E_2"
    before, unmarked = logit(known), logit(known, CodedFinding(asked, Polarity.EXCLUDED))
    assert logit(known, CodedFinding(asked, Polarity.EXCLUDED, is_elicited=True)) == unmarked < before


def test_an_interview_that_ended_keeps_its_last_rank() -> None:
    short, long = [4.0, 1.0], [4.0, *np.linspace(4, 2, 10)]
    ranks = {name: short if name == "gain" else long for name in METHODS}
    asked = {name: len(given) - 1 for name, given in ranks.items()}
    told = interview.result_of([Followed(ranks, asked, asked)] * 3)
    assert [told["answered"][str(step)]["gain"]["top1"] for step in interview.ANSWERS] == [1.0] * 4
    assert told["answered"]["10"]["random"]["top1"] == told["before"]["top1"] == 0
    assert told["answered"]["10"]["gain_over_random"]["top1_ci"] == [1.0, 1.0]


def test_every_other_patient_is_interviewed(data: Path) -> None:
    told = interview.measure(data, None)
    assert told["n"] == len(SYMPTOMS)
    assert set(told["asked"]) == set(told["affirmed"]) == METHODS
    assert set(told["answered"]) == {"1", "3", "5", "10"}
    assert interview.table(told).row_count == 1 + 4 * len(METHODS)


def test_without_patients_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert interview.sources(tmp_path) == []
