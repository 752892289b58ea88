"""A graph of somebody's own, from KGX to a report with the shipped weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import graph_schema
from ingest.load import load
from kgdx import __version__
from kgdx.engine import Engine
from kgdx.graph.canonical import canonical_view
from kgdx.graph.snapshot import Snapshot
from kgdx.release import bundle
from kgdx.report.sentences import sentence as said
from kgdx.schemas import CaseIn, ReportOut, Settings
from kgdx.stores.embedded import EmbeddedStore
from kgdx.training.reasoner.run import ReasonerCommand, graph_of
from kgdx.training.reasoner.train import ReasonerTraining

RELATIONS = """heralded_by:
  predicate: acme:heralded_by
  inverse: heralds
  domain: [Disease]
  range: [PhenotypicFeature]
  text: disease is heralded by the finding
  inverse_text: is an early sign of
  diagnostic: true
"""
NODES = [
    ("MONDO:1", "biolink:Disease", "croup"),
    ("MONDO:2", "biolink:Disease", "measles"),
    ("MONDO:3", "biolink:Disease", "lung cancer"),
    ("MONDO:4", "biolink:Disease", "influenza"),
    ("HP:1", "biolink:PhenotypicFeature", "barking cough"),
    ("HP:2", "biolink:PhenotypicFeature", "rash"),
    ("HP:3", "biolink:PhenotypicFeature", "weight loss"),
    ("HP:4", "biolink:PhenotypicFeature", "fever"),
    ("HP:5", "biolink:PhenotypicFeature", "white spots in the mouth"),
    ("DDXPLUS:E_1", "biolink:ExposureEvent", "smoking"),
]
EDGES = [
    ("MONDO:1", "biolink:has_phenotype", "HP:1"),
    ("MONDO:2", "biolink:has_phenotype", "HP:2"),
    ("MONDO:3", "biolink:has_phenotype", "HP:3"),
    *((f"MONDO:{i}", "biolink:has_phenotype", "HP:4") for i in (1, 2, 3, 4)),
    ("MONDO:2", "acme:heralded_by", "HP:5"),
    ("DDXPLUS:E_1", "biolink:predisposes_to_condition", "MONDO:3"),
]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The relation is declared while the graph is loaded and built, and no longer when it is opened."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "relations.yaml").write_text(RELATIONS, encoding="utf-8")
    for name, head, rows in (
        ("nodes", ("id", "category", "name"), NODES),
        ("edges", ("subject", "predicate", "object"), EDGES),
    ):
        lines = ["\t".join(row) for row in (head, *rows)]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KGDX_RELATIONS", str(folder / "relations.yaml"))
        graph_schema.load.cache_clear()
        schema = graph_schema.load()
        with EmbeddedStore.open(folder / "graph") as store:
            load("kgx", folder, store)
            view = canonical_view(*store.export(), schema)
    graph_schema.load.cache_clear()
    snapshot = Snapshot.from_tables(view.nodes, view.edges)
    assert snapshot.num_edges == len(EDGES)
    out = folder / "release"
    bundle.build(snapshot, bundle.shipped_folder(), out, __version__, schema.own_relations)
    assert "heralded_by" not in graph_schema.load().relations
    return out


@pytest.fixture(scope="module")
def engine(release: Path) -> Engine:
    return Engine.open(release, Settings(bundle=None))


def test_training_on_a_bundle_knows_the_relations_that_went_along(release: Path) -> None:
    clip = bundle.shipped_folder() / "clip"
    command = ReasonerCommand(None, release, None, clip, release / "none", "", 2, ReasonerTraining())
    snapshot, schema = graph_of(command)
    assert snapshot.num_edges == len(EDGES)
    assert "heralded_by" in schema.relations
    of_a_snapshot = graph_of(replace(command, graph=release / "graph"))
    assert "heralded_by" not in of_a_snapshot[1].relations
    assert of_a_snapshot[0].content_hash == snapshot.content_hash


def diagnosed(engine: Engine, *findings: str) -> ReportOut:
    report = engine.diagnose(CaseIn(findings=list(findings)))
    assert report.warnings == ()
    for diagnosis in report.differential:
        numbers = (diagnosis.logit, diagnosis.probability, diagnosis.residual_logit)
        assert np.isfinite(numbers).all()
        assert all(np.isfinite(path.contribution) for path in diagnosis.paths)
    return report


def logits(report: ReportOut) -> dict[str, float]:
    return {diagnosis.name: diagnosis.logit for diagnosis in report.differential}


def test_a_risk_factor_of_the_case_raises_its_disease_and_is_told(engine: Engine) -> None:
    without, report = diagnosed(engine, "HP:4"), diagnosed(engine, "HP:4", "DDXPLUS:E_1")
    first = report.differential[0]
    assert first.name == "lung cancer"
    assert logits(report)["lung cancer"] > logits(without)["lung cancer"]
    assert first.supports[0].name == "smoking"
    (path,) = (p for p in first.paths if [s.relation for s in p.steps] == ["predisposes_to"])
    assert said(path) == "Smoking is a risk factor of lung cancer"
    assert path.steps[0].is_forward


def test_a_risk_factor_that_is_denied_does_not_raise_its_disease(engine: Engine) -> None:
    absent = {"id": "DDXPLUS:E_1", "status": "excluded"}
    report = engine.diagnose(CaseIn(findings=["HP:4", absent]))
    found = {d.name: d for d in report.differential}
    assert not [item for item in found["lung cancer"].supports if item.is_excluded]


def test_a_relation_of_ones_own_raises_the_right_disease_by_a_walk(engine: Engine) -> None:
    report = diagnosed(engine, "HP:4", "HP:5")
    first = report.differential[0]
    assert first.name == "measles"
    (path,) = (p for p in first.paths if [s.relation for s in p.steps] == ["heralded_by"])
    assert path.contribution > 0
    assert said(path) == "White spots in the mouth is an early sign of measles"
