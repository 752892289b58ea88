"""A disease that nothing is stated to treat: what the engine predicts for it, marked as a prediction."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kgdx.domain.errors import BundleError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.domain.report import Treatment
from kgdx.domain.treatment import ConcernKind, TreatmentStatus
from kgdx.engine import Engine
from kgdx.explain.walk import stops
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import MODELS, build, shipped_folder, write_manifest
from kgdx.report.sentences import indications
from kgdx.report.sentences import sentence as said
from kgdx.schemas import CaseIn, ReportOut, Settings
from kgdx.treatments.predictor import PredictedTreatments
from tests.e2e.shipped import shipped_engine

UNTREATED, FAMILY = "MONDO:9000001", "MONDO:9000000"
DRUG, LIVER = "CHEBI:9000001", "HP:9000099"
FINDINGS = ("HP:9000001", "HP:9000002", "HP:9000003")
NAMES = {
    FAMILY: "oxalate nephropathy",
    UNTREATED: "oxalate nephropathy of adults",
    "MONDO:9000003": "oxalate nephropathy of children",
    "MONDO:9000004": "oxalate nephropathy of newborns",
    DRUG: "dissolvine",
    LIVER: "failing liver",
}
KINDS = {"MONDO": "Disease", "HP": "PhenotypicFeature", "CHEBI": "Drug"}
NUM_OTHERS = 600


def statements(num_others: int) -> Iterator[tuple[str, str, str]]:
    """A family of diseases of which one has no treatment, and many others that have one each."""
    for disease in (UNTREATED, "MONDO:9000003", "MONDO:9000004"):
        yield disease, "subclass_of", FAMILY
    for finding in FINDINGS:
        yield UNTREATED, "has_phenotype", finding
    for treated in ("MONDO:9000003", "MONDO:9000004"):
        yield DRUG, "treats", treated
    yield DRUG, "contraindicated_in", LIVER
    for i in range(num_others):
        other = f"MONDO:91{i:05}"
        yield other, "has_phenotype", f"HP:91{i % 97:05}"
        yield other, "has_phenotype", f"HP:91{i % 89 + 100:05}"
        yield f"CHEBI:91{i % 60:05}", "treats", other


def written(num_others: int = NUM_OTHERS) -> Snapshot:
    edges = [Edge(*statement, Provenance("infores:test")) for statement in statements(num_others)]
    curies = dict.fromkeys(end for edge in edges for end in (edge.head, edge.tail))
    nodes = [
        Node(
            curie,
            KINDS[curie.partition(":")[0]],
            NAMES.get(curie, f"thing {curie[-5:]}"),
            source="infores:test",
        )
        for curie in curies
    ]
    return Snapshot.from_tables(node_table(nodes), edge_table(edges))


def opened(folder: Path) -> Engine:
    return Engine.open(folder, Settings(bundle=None))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(written(), shipped_folder(), tmp_path_factory.mktemp("predicting") / "b", "1").folder


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return opened(bundle)


def asked(engine: Engine, **more: object) -> ReportOut:
    return engine.diagnose(CaseIn(findings=list(FINDINGS), **more))


def only(report: ReportOut) -> Treatment:
    (treatment,) = report.treatments
    return treatment


def test_a_disease_without_a_stated_treatment_gets_a_predicted_one(engine: Engine) -> None:
    found = asked(engine)
    assert found.differential[0].disease == UNTREATED
    drug = only(found)
    assert (drug.drug, drug.status) == (DRUG, TreatmentStatus.PREDICTED)
    assert drug.confidence is not None
    assert 0.2 <= drug.confidence <= 1
    assert drug.expected_benefit == pytest.approx(found.differential[0].probability * drug.confidence)
    assert indications(drug.indications).startswith("Predicted to treat oxalate nephropathy of adults (")
    assert drug.concerns == ()


def test_its_paths_are_edges_of_the_graph_and_share_the_benefit(engine: Engine) -> None:
    edges = set(engine.snapshot.edges["edge_id"].to_pylist())
    drug = only(asked(engine))
    assert 1 <= len(drug.paths) <= 3
    for path in drug.paths:
        assert {step.edge_id for step in path.steps} <= edges
        assert stops(path)[-1].curie == DRUG
    assert 0 < sum(path.contribution for path in drug.paths) <= drug.expected_benefit + 1e-6
    told = {stops(path)[0].curie: said(path) for path in drug.paths}
    assert told.pop(UNTREATED) in {
        f"Dissolvine treats {like}, which is, like {NAMES[UNTREATED]}, a kind of {NAMES[FAMILY]}"
        for like in (NAMES["MONDO:9000003"], NAMES["MONDO:9000004"])
    }
    ((start, sentence),) = told.items()
    assert sentence == (
        f"Oxalate nephropathy of adults is named like {NAMES[start]}: Dissolvine treats {NAMES[start]}"
    )


def test_a_prediction_that_must_not_be_given_is_shown_with_the_path_that_forbids_it(engine: Engine) -> None:
    free, bound = only(asked(engine)), only(asked(engine, conditions=[LIVER]))
    assert bound.status is TreatmentStatus.CONTRAINDICATED
    (concern,) = bound.concerns
    assert concern.kind is ConcernKind.CONDITION
    assert [stop.curie for stop in stops(concern.path)] == [LIVER, DRUG]
    assert bound.confidence == free.confidence, "it can still be told for a prediction"
    assert bound.paths == free.paths


def test_every_way_out_says_that_it_is_a_prediction(engine: Engine, tmp_path: Path) -> None:
    found = asked(engine)
    told = json.loads(found.model_dump_json())["treatments"][0]
    assert (told["status"], told["confidence"]) == ("predicted", only(found).confidence)
    page = found.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<strong>Prediction</strong>, confidence" in page


def _with(engine: Engine, **changed: object) -> Engine:
    """The engine with other rules of when to predict."""
    given = engine._treatments
    untreated = replace(given.untreated, **changed)
    return replace(engine, _treatments=replace(given, untreated=untreated))


def test_nothing_is_predicted_for_what_the_graph_states_a_treatment_of(engine: Engine) -> None:
    """Nor is the predictor even opened."""
    fresh = _with(engine, open_predictor=_never)
    found = fresh.diagnose(CaseIn(findings=["HP:9100003", "HP:9100103"]))
    assert found.differential[0].probability > 0.2
    stated = {TreatmentStatus.RECOMMENDED, TreatmentStatus.POSSIBLE}
    assert TreatmentStatus.RECOMMENDED in {t.status for t in found.treatments} <= stated
    with pytest.raises(AssertionError, match="opened"):
        asked(fresh)


def _never() -> PredictedTreatments:
    raise AssertionError("opened")


def test_a_graph_that_states_few_treatments_predicts_none(engine: Engine) -> None:
    careful = _with(engine, least_treated=NUM_OTHERS + 3)
    assert asked(careful).treatments == ()


def test_an_unlikely_diagnosis_is_not_predicted_for(engine: Engine) -> None:
    node = engine.snapshot.index[UNTREATED]
    assert engine._treatments.untreated.predictions([(node, 0.5)]).keys() == {node}
    assert engine._treatments.untreated.predictions([(node, 0.19)]) == {}
    treated = [(engine.snapshot.index[f"MONDO:91{i:05}"], 0.25) for i in range(3)]
    assert engine._treatments.untreated.predictions([*treated, (node, 0.25)]) == {}, "only the first three"


def test_the_shipped_graph_predicts_nothing(shipped: Engine) -> None:
    """It states too few treatments for the confidence to mean anything, see decisions.md."""
    diseases = np.flatnonzero(shipped.snapshot.kinds == "Disease").tolist()
    assert len(diseases) > 100
    assert all(shipped._treatments.untreated.predictions([(disease, 0.5)]) == {} for disease in diseases)


@pytest.fixture(scope="module")
def shipped() -> Engine:
    return shipped_engine()


def test_treatments_of_another_concept_encoder_are_refused(bundle: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    for name in MODELS:
        shutil.copytree(bundle / name, models / name)
    config = json.loads((models / "treatments" / "config.json").read_text())
    (models / "treatments" / "config.json").write_text(json.dumps(config | {"text_revision": "other"}))
    write_manifest(models, written(1), "1")
    with pytest.raises(BundleError, match="treatments were trained with concept encoder other, not") as told:
        opened(models)
    assert "kgdx train treatments" in told.value.remedy


def test_a_bundle_from_before_treatments_is_refused_with_one_clear_error(
    bundle: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(bundle, old, ignore=shutil.ignore_patterns("treatments"))
    manifest = json.loads((old / "manifest.json").read_text())
    files = {n: d for n, d in manifest["files"].items() if not n.startswith("treatments/")}
    (old / "manifest.json").write_text(json.dumps(manifest | {"format": 3, "files": files}))
    with pytest.raises(BundleError) as told:
        opened(old)
    assert str(told.value) == f"{old}: has format 3, this kgdx reads 5: build it again"
