"""`kgdx train reasoner` from end to end: on a small graph, with small phenopackets."""

import gzip
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kgdx.cli import main as cli
from kgdx.domain.errors import BundleError, CaseError, SourceError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.bundle import shipped_folder
from kgdx.release.checkpoints import ReasonerCheckpoint
from kgdx.training.reasoner import cross_validation
from kgdx.training.reasoner.evaluate import CaseResult
from kgdx.training.reasoner.labelled_cases import LabelledCase
from kgdx.training.reasoner.run import ReasonerCommand, train_reasoner
from kgdx.training.reasoner.train import ReasonerTraining, WalkTraining
from kgdx.training.reasoner.train_messages import MessageTraining

BRIEF = ReasonerTraining(
    num_simulated=16,
    messages=MessageTraining(epochs=1, batch=8),
    walks=WalkTraining(num_cases=8, batch=4),
)


def finding(i: int) -> str:
    return f"HP:{1000 + i:07d}"


def disease(i: int) -> str:
    return f"OMIM:{100100 + i}"


def snapshot() -> Snapshot:
    """Twelve diseases with three findings each, in pairs that share one; an annotation cites one paper."""
    edges = [
        Edge(disease(i), "has_phenotype", finding(shown), Provenance("t", ("PMID:7",) if i == 3 else ()))
        for i in range(12)
        for shown in (2 * i, 2 * i + 1, 40 + i // 2)
    ]
    edges += [Edge(finding(i), "subclass_of", finding(50), Provenance("t")) for i in range(24)]
    nodes = [Node(disease(i), "Disease", f"disease {i}") for i in range(12)]
    seen = {edge.tail for edge in edges} | {finding(i) for i in range(24)}
    nodes += [Node(curie, "PhenotypicFeature", f"sign {curie[-2:]}") for curie in sorted(seen)]
    return Snapshot.from_tables(node_table(nodes), edge_table(edges))


def packet(i: int, paper: int) -> dict[str, Any]:
    """A patient of disease i, who lacks what another disease shows."""
    features: list[dict[str, Any]] = [{"type": {"id": finding(shown)}} for shown in (2 * i, 40 + i // 2)]
    features.append({"type": {"id": finding((2 * i + 5) % 24)}, "excluded": True})
    return {
        "id": f"PMID_{paper}_patient",
        "subject": {"id": "x", "sex": "FEMALE"},
        "phenotypicFeatures": features,
        "diseases": [{"term": {"id": disease(i)}}],
        "metaData": {"externalReferences": [{"id": f"PMID:{paper}"}]},
    }


PACKETS = [packet(i % 10, paper=20 + i if i != 3 else 7) for i in range(14)]
UNKNOWN = {**packet(0, 90), "diseases": [{"term": {"id": "OMIM:999999"}}]}
EMPTY = {**packet(0, 91), "phenotypicFeatures": []}


@pytest.fixture
def command(tmp_path: Path) -> ReasonerCommand:
    (tmp_path / "graph").mkdir()
    snapshot().write(tmp_path / "graph")
    cases = tmp_path / "cases.jsonl.gz"
    cases.write_bytes(gzip.compress(lines(*PACKETS, UNKNOWN, EMPTY)))
    clip = shipped_folder() / "clip"
    return ReasonerCommand(None, tmp_path / "graph", cases, clip, tmp_path / "out", "OMIM:", 3, BRIEF)


def lines(*payloads: object) -> bytes:
    return "\n".join(map(json.dumps, payloads)).encode() + b"\n\n"


def made(command: ReasonerCommand) -> tuple[bytes, dict[str, Any]]:
    """The weights, and the metrics but for the time it took."""
    returned = train_reasoner(command)
    told = json.loads((command.out / "metrics.json").read_text())
    assert json.loads(json.dumps(returned)) == told
    assert told.pop("seconds") >= 0
    return (command.out / "weights.safetensors").read_bytes(), told


def test_it_writes_a_reasoner_with_its_calibration_and_tells_its_metrics(
    command: ReasonerCommand,
) -> None:
    _, told = made(command)
    assert told["n"] == 14, "one has an answer that the graph does not know, and one no finding"
    assert told["micro"]["n"] == 14
    assert told["macro"]["n"] == 10
    assert told["shared_pmid"]["n"] == 1
    assert told["clean"]["n"] == 13
    assert told["folds"] == 3
    assert told["graph"] == snapshot().content_hash
    assert len(told["cases_sha256"]) == 64
    assert told["training"]["num_simulated"] == 16
    assert {"ece", "brier", "coverage_risk", "ablation"} <= told.keys()
    saved = ReasonerCheckpoint.open(command.out)
    assert len(saved.settings.calibration.weights) == 4
    assert saved.text_revision == told["text_revision"]
    assert sorted(path.name for path in command.out.iterdir()) == [
        "config.json",
        "metrics.json",
        "weights.safetensors",
    ]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(command: ReasonerCommand) -> None:
    one, told = made(command)
    assert made(replace(command, out=command.out / "again")) == (one, told)
    other = replace(command, out=command.out / "other", training=replace(BRIEF, seed=1))
    assert made(other)[0] != one


def test_an_interrupted_run_goes_on_and_ends_the_same(
    command: ReasonerCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = made(replace(command, out=command.out / "whole"))
    evaluate_case, done = cross_validation.evaluate_case, []

    def tiring(reasoner: Reasoner, case: LabelledCase) -> CaseResult:
        if len(done) == 7:
            raise KeyboardInterrupt
        done.append(case)
        return evaluate_case(reasoner, case)

    with monkeypatch.context() as patched:
        patched.setattr(cross_validation, "evaluate_case", tiring)
        with pytest.raises(KeyboardInterrupt):
            train_reasoner(command)
    assert [path.name for path in (command.out / "partial").iterdir()] == ["fold-0.json"]
    assert made(command) == expected
    assert not (command.out / "partial").exists()


def test_without_cases_simulated_patients_are_judged(command: ReasonerCommand) -> None:
    _, told = made(replace(command, cases=None))
    assert told["n"] == 16
    assert told["cases_sha256"] == ""
    assert told["shared_pmid"] == {"n": 0}


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(
    ("spoil", "fact"),
    [
        (Path.unlink, "cannot be read"),
        (lambda path: path.write_bytes(lines(*PACKETS)), "cannot be read"),
        (lambda path: path.write_bytes(gzip.compress(lines(*PACKETS))[:-20]), "cannot be read"),
        (lambda path: path.write_bytes(spoilt(gzip.compress(lines(*PACKETS)))), "cannot be read"),
        (lambda path: path.write_bytes(gzip.compress(lines(PACKETS[0]) + b"{oops")), "line 3.*not JSON"),
        (
            lambda path: path.write_bytes(gzip.compress(lines(PACKETS[0]) + b"\xff")),
            r"line 3: is not JSON \(UnicodeDecodeError\)",
        ),
        (lambda path: path.write_bytes(gzip.compress(lines(PACKETS[0], 3))), "line 2: is a JSON number"),
        (
            lambda path: path.write_bytes(gzip.compress(lines(PACKETS[0], [PACKETS[0]]))),
            "line 2: is a JSON list",
        ),
        (lambda path: path.write_bytes(gzip.compress(b"")), "no case has"),
        (lambda path: path.write_bytes(gzip.compress(lines(UNKNOWN))), "no case has"),
        (
            lambda path: path.write_bytes(gzip.compress(lines(EMPTY))),
            "no case has",
        ),
        (
            lambda path: path.write_bytes(gzip.compress(lines({**PACKETS[0], "phenotypicFeatures": "x"}))),
            "case 1.*phenopacket",
        ),
    ],
)
def test_cases_that_cannot_be_used_are_told_with_their_place(
    command: ReasonerCommand, spoil: Spoil, fact: str
) -> None:
    assert command.cases is not None
    spoil(command.cases)
    with pytest.raises(CaseError, match=fact) as told:
        train_reasoner(command)
    assert "cases.jsonl.gz" in str(told.value)
    assert not command.out.exists()


def spoilt(packed: bytes) -> bytes:
    """As long as before, and begun as before, but no longer what was packed."""
    return packed[:12] + bytes(255 - byte for byte in packed[12:-8]) + packed[-8:]


def test_a_graph_that_is_none_is_told(command: ReasonerCommand, tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        train_reasoner(replace(command, graph=tmp_path / "none"))
    with pytest.raises(BundleError, match="no disease has a finding"):
        train_reasoner(replace(command, candidates="ORPHA:"))
    with pytest.raises(SourceError, match=r"holds no .*hpoa"):
        train_reasoner(replace(command, graph=None, data=tmp_path))


def test_a_graph_of_too_few_diseases_to_hold_any_out_is_told(command: ReasonerCommand) -> None:
    assert command.graph is not None
    edge = Edge(disease(1), "has_phenotype", finding(1), Provenance("t"))
    nodes = [Node(disease(1), "Disease", "one"), Node(finding(1), "PhenotypicFeature", "sign")]
    Snapshot.from_tables(node_table(nodes), edge_table([edge])).write(command.graph)
    with pytest.raises(SourceError, match="has 1 diseases to rank, too few"):
        train_reasoner(replace(command, cases=None))
    assert not (command.out / "weights.safetensors").exists()


@pytest.mark.parametrize("given", [(), ("--data", "x", "--graph", "y")])
def test_it_wants_one_graph(
    given: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(sys, "argv", ["kgdx", "train", "reasoner", "--out", str(tmp_path / "out"), *given])
    with pytest.raises(SystemExit) as ended:
        cli.run()
    assert ended.value.code == 2
    assert "give either --data or --graph" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_asks_for_what_its_flags_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[ReasonerCommand] = []
    monkeypatch.setattr("kgdx.training.reasoner.run.train_reasoner", lambda one, _: asked.append(one) or {})
    flags = ["--out", str(tmp_path), "--folds", "4", "--patients", "9", "--seed", "5", "--candidates", ""]
    monkeypatch.setattr(sys, "argv", ["kgdx", "train", "reasoner", "--data", str(tmp_path), *flags])
    with pytest.raises(SystemExit) as ended:
        cli.run()
    assert not ended.value.code
    (one,) = asked
    assert one.cases == tmp_path / "phenopackets" / "cases.jsonl.gz", "those of the data"
    assert (one.folds, one.candidates, one.graph, one.out) == (4, "", None, tmp_path)
    assert (one.training.num_simulated, one.training.seed) == (9, 5)
    assert one.clip == shipped_folder() / "clip"


def of_other_clues(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["reasoner"]["calibration"]["clues"][2] = "num_present"
    (folder / "config.json").write_text(json.dumps(config))


def unreadable(folder: Path) -> None:
    (folder / "config.json").unlink()


def other_weights(folder: Path) -> None:
    (folder / "weights.safetensors").write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "fact"),
    [
        (of_other_clues, "does not hold a reasoner of this version"),
        (unreadable, "cannot be read"),
        (other_weights, r"weights\.safetensors: is not the file that config\.json names"),
    ],
)
def test_a_reasoner_that_does_not_fit_is_told(tmp_path: Path, spoil: Spoil, fact: str) -> None:
    folder = tmp_path / "reasoner"
    shutil.copytree(shipped_folder() / "reasoner", folder)
    assert (
        ReasonerCheckpoint.open(folder).settings
        == ReasonerCheckpoint.open(shipped_folder() / "reasoner").settings
    )
    spoil(folder)
    with pytest.raises(BundleError, match=fact):
        ReasonerCheckpoint.open(folder)
