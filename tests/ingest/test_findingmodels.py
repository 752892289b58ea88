"""The findingmodels reader: the chest list with its hierarchy and matches, and the Gamuts."""

import csv
import json
from pathlib import Path

import pytest

from kgdx.domain.errors import SourceError
from tests.ingest.reading import edges_in, nodes_in, taken

HEADER = "\ufeffid,name,category,parent_id,synonyms,actionability,oifm_id\n"
CHEST = (
    HEADER
    + 'X1,Opacity,lung,,"Haze, Shadow",incidental,OIFM_AB_000001\n'
    + "X2,Opacities,lung,X1,,incidental,OIFM_AB_000001\n"
    + "X3,Lateral view,technique,,,incidental\n"
)


def gamut(number: str, category: str = "finding", **more: object) -> str:
    document = {"gamuts_id": number, "name": "big heart", "description": "A heart.", "category": category}
    return json.dumps({**document, "synonyms": ["cardiomegaly", "big heart"], **more}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cxr_findings.csv").write_text(CHEST, encoding="utf-8")
    (tmp_path / "gamuts_jsonl").mkdir()
    return tmp_path


def test_the_chest_list_becomes_findings_with_hierarchy_and_matches(folder: Path) -> None:
    batch = taken("findingmodels", folder)
    nodes = nodes_in(batch)
    assert nodes["CXRFINDING:X1"].name == "Opacity"
    assert nodes["CXRFINDING:X1"].synonyms == ("Haze", "Shadow")
    assert {node.kind for node in nodes.values()} == {"ImagingFinding"}
    assert edges_in(batch, "subclass_of") == {("CXRFINDING:X2", "CXRFINDING:X1")}
    # Two findings share one model, so neither can be the same as it.
    assert edges_in(batch, "close_match") == {(f"CXRFINDING:X{n}", "OIFM:AB_000001") for n in (1, 2)}
    assert edges_in(batch, "exact_match") == set()
    assert batch.skipped == {"no parent_id": 2, "no oifm_id": 1}


def test_the_gamuts_say_what_is_a_diagnosis(folder: Path) -> None:
    lines = gamut("1") + gamut("2", "diagnosis") + gamut("2")
    (folder / "gamuts_jsonl" / "a.jsonl").write_text(lines, encoding="utf-8")
    told = {(node.curie, node.kind): node for node in taken("findingmodels", folder).nodes}
    assert told["GAMUTS:1", "ImagingFinding"].synonyms == ("cardiomegaly",)
    assert told["GAMUTS:1", "ImagingFinding"].definition == "A heart."
    assert {key for key in told if key[0] == "GAMUTS:2"} == {
        ("GAMUTS:2", "Disease"),
        ("GAMUTS:2", "ImagingFinding"),
    }


def test_what_is_no_entry_is_rejected(folder: Path) -> None:
    lines = gamut("1", "weather") + gamut("") + gamut("2", synonyms=[None]) + gamut("3", name=4)
    (folder / "gamuts_jsonl" / "a.jsonl").write_text(lines, encoding="utf-8")
    (folder / "cxr_findings.csv").write_text(HEADER + ",Opacity,lung,,,,\n", encoding="utf-8")
    assert taken("findingmodels", folder).rejected == {
        "neither a finding nor a diagnosis": 1,
        "not an identifier of the Gamuts": 1,
        "not a finding of the Gamuts": 2,
        "not an identifier of a finding": 1,
    }


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="neither cxr_findings"):
        taken("findingmodels", tmp_path)


@pytest.mark.realdata
def test_the_real_lists_come_out(data: Path) -> None:
    with (data / "findingmodels/cxr_findings.csv").open(encoding="utf-8-sig", newline="") as file:
        chest = list(csv.DictReader(file))
    gamuts = [
        json.loads(line)
        for path in sorted((data / "findingmodels/gamuts_jsonl").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    batch = taken("findingmodels", data / "findingmodels")
    parents = [row for row in chest if row["parent_id"]]
    models = [row for row in chest if row["oifm_id"]]
    assert (len(chest), len(gamuts)) == (324, 2_970)
    assert batch.num_rows == 3 * len(chest) + len(gamuts)
    assert batch.rejected == {}
    assert len(edges_in(batch, "subclass_of")) == len(parents) == 17
    assert len(edges_in(batch, "close_match")) == len(models) == 310
    told = {(node.curie, node.kind) for node in batch.nodes}
    kinds = {"finding": "ImagingFinding", "diagnosis": "Disease"}
    assert {key for key in told if key[0].startswith("GAMUTS:")} == {
        (f"GAMUTS:{row['gamuts_id']}", kinds[row["category"]]) for row in gamuts
    }
    assert {curie for curie, _ in told if curie.startswith("CXRFINDING:")} == {
        f"CXRFINDING:{row['id']}" for row in chest
    }
