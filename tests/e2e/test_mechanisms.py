"""How a drug may act on a disease, as the engine and the command line tell it."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from kgdx.cli import main as cli
from kgdx.domain.errors import BundleError, CurieError, UnknownCurieError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.engine import Engine
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import MODELS, build, shipped_folder, write_manifest
from kgdx.report.sentences import sentence as said
from kgdx.schemas import Settings

DRUG, OTHER_DRUG, GENE, PROCESS = "CHEBI:9000001", "CHEBI:9000002", "NCBIGene:9000001", "GO:9000001"
DISEASE, SAME, LONELY = "MONDO:9000001", "OMIM:9000001", "MONDO:9000002"
FINDING, PLACE = "HP:9000001", "UBERON:9000001"
NODES = {
    DRUG: ("Drug", "calmicin"),
    OTHER_DRUG: ("Drug", "stirrin"),
    GENE: ("Gene", "TNFX"),
    PROCESS: ("BiologicalProcess", "inflammation"),
    DISEASE: ("Disease", "sore joints"),
    SAME: ("Disease", "sore joints"),
    LONELY: ("Disease", "dry joints"),
    PLACE: ("AnatomicalEntity", "synovium"),
    FINDING: ("PhenotypicFeature", "stiffness"),
}
EDGES = [
    (DRUG, "affects", GENE, "decreases activity of"),
    (GENE, "affects", PROCESS, "positively regulates"),
    (PROCESS, "correlated_with", DISEASE, ""),
    (GENE, "gene_associated_with_condition", SAME, ""),
    (GENE, "located_in", PLACE, ""),
    (PLACE, "affects", DISEASE, ""),
    (DISEASE, "exact_match", SAME, ""),
    (DRUG, "treats", DISEASE, ""),
    (OTHER_DRUG, "treats", DISEASE, ""),
    (OTHER_DRUG, "treats", LONELY, ""),
    (DISEASE, "has_phenotype", FINDING, ""),
]


def written() -> Snapshot:
    edges = [
        Edge(head, relation, tail, Provenance("infores:test", ("PMID:1",)), original_predicate=words)
        for head, relation, tail, words in EDGES
    ]
    nodes = [Node(curie, kind, name, source="infores:test") for curie, (kind, name) in NODES.items()]
    return Snapshot.from_tables(node_table(nodes), edge_table(edges))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(written(), shipped_folder(), tmp_path_factory.mktemp("acting") / "b", "1").folder


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return Engine.open(bundle, Settings(bundle=None))


def test_paths_come_with_sentences_sources_and_shares(engine: Engine) -> None:
    paths = engine.mechanisms(DRUG, DISEASE)
    by_length = {len(path.steps): path for path in paths}
    assert set(by_length) == {3}
    assert len(paths) == 3
    assert sum(path.contribution for path in paths) == pytest.approx(1.0)
    assert [path.contribution for path in paths] == sorted((p.contribution for p in paths), reverse=True)
    assert {said(path) for path in paths} == {
        "Calmicin acts on TNFX, which acts on inflammation, which goes together with sore joints "
        "(in the words of its sources: “decreases activity of”, then “positively regulates”)",
        "Calmicin acts on TNFX, which is a gene of sore joints "
        "(in the words of its sources: “decreases activity of”)",
        # No pattern says this one, and every stop is told all the same.
        "Calmicin affects TNFX; TNFX is located in synovium; synovium affects sore joints "
        "(in the words of its sources: “decreases activity of”)",
    }
    stated = {
        (e.edge_id, e.head, e.tail) for e in map(engine.snapshot.edge, range(engine.snapshot.num_edges))
    }
    for path in paths:
        assert all((step.edge_id, step.head, step.tail) in stated for step in path.steps)
        assert all((step.source, step.publications) == ("infores:test", ("PMID:1",)) for step in path.steps)
        assert "treats" not in {step.relation for step in path.steps}
    assert engine.mechanisms(DRUG, DISEASE, 1) == paths[:1]
    assert [p.contribution for p in engine.mechanisms(DRUG, SAME)] == [p.contribution for p in paths]


def test_no_path_is_an_empty_answer(engine: Engine) -> None:
    assert engine.mechanisms(OTHER_DRUG, LONELY) == ()


def test_what_is_not_in_the_graph_or_of_another_kind_is_one_clear_error(engine: Engine) -> None:
    with pytest.raises(
        UnknownCurieError, match=f"CHEBI:1 is not in graph release {engine.release}".replace("+", r"\+")
    ):
        engine.mechanisms("CHEBI:1", DISEASE)
    with pytest.raises(CurieError, match="is not a CURIE"):
        engine.mechanisms("calmicin", DISEASE)
    with pytest.raises(CurieError, match="NCBIGene:9000001 is of kind Gene"):
        engine.mechanisms(GENE, DISEASE)
    with pytest.raises(CurieError, match="give a Disease or PhenotypicFeature"):
        engine.mechanisms(DRUG, GENE)


def test_the_command_prints_sentences_with_sources_or_json(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["kgdx", "mechanism", *words, "--bundle", str(bundle)])
        with pytest.raises(SystemExit) as ended:
            cli.run()
        heard = capsys.readouterr()
        return ended.value.code, heard.out, heard.err

    code, out, _ = said(DRUG, DISEASE)
    assert code == 0
    assert [line[:3] for line in out.splitlines() if line[0].isdigit()] == ["1. ", "2. ", "3. "]
    assert f"   {DRUG} affects {GENE} [infores:test, PMID:1]" in out.splitlines()
    code, out, _ = said(DRUG, DISEASE, "--json", "--num", "1")
    (path,) = json.loads(out)
    assert set(path) == {"steps", "contribution", "stages", "sentence"}
    code, out, err = said(OTHER_DRUG, LONELY)
    assert (code, out) == (0, "")
    assert "no path of two to four edges" in err
    assert said(OTHER_DRUG, LONELY, "--json")[1] == "[]\n"
    code, out, err = said("CHEBI:1", DISEASE)
    assert (code, out) == (3, "")
    assert err.strip().endswith("load its ontology or check the prefix")


def test_mechanisms_of_another_concept_encoder_are_refused(bundle: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    for name in MODELS:
        shutil.copytree(bundle / name, models / name)
    config = json.loads((models / "mechanisms" / "config.json").read_text())
    (models / "mechanisms" / "config.json").write_text(json.dumps(config | {"text_revision": "other"}))
    write_manifest(models, written(), "1")
    with pytest.raises(BundleError, match="mechanisms were trained with concept encoder other, not") as told:
        Engine.open(models, Settings(bundle=None))
    assert "kgdx train mechanisms" in told.value.remedy
