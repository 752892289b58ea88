"""The radsem reader: findings, differential groups and signs, and identifiers that keep them apart."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from kgdx.domain.errors import SourceError
from tests.ingest.reading import edges_in, nodes_in, taken


def put(folder: Path, name: str, document: Any) -> Path:
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder


def finding(name: Any = "Nodule", disease: Any = "Tumour", modality: Any = "CT") -> dict[str, Any]:
    return {"name": name, "pathology_name": disease, "modality": modality}


def test_a_finding_belongs_to_its_pathology(tmp_path: Path) -> None:
    rows = [finding(), finding(modality="MRI"), finding(" nodule "), finding("Tumour", "Nodule", "")]
    batch = taken("radsem", put(tmp_path, "imaging_findings.json", rows))
    nodes = nodes_in(batch)
    assert (nodes["RADSEM:d-tumour"].kind, nodes["RADSEM:d-tumour"].name) == ("Disease", "Tumour")
    assert nodes["RADSEM:f-nodule"].kind == "ImagingFinding"
    assert edges_in(batch, "has_phenotype") == {
        ("RADSEM:d-tumour", "RADSEM:f-nodule"),
        ("RADSEM:d-nodule", "RADSEM:f-tumour"),
    }
    # The same on two modalities is two statements; the third row repeats the first.
    assert sorted(batch.edges["original_predicate"].to_pylist()) == ["", "seen on CT", "seen on MRI"]
    assert set(batch.edges["knowledge_level"].to_pylist()) == {"not_provided"}


def test_each_disease_of_a_group_shows_the_presentation(tmp_path: Path) -> None:
    group = {
        "presentation": "Cyst",
        "modality": "US",
        "differentials": ["A", {"name": "B", "likelihood": "rare"}],
    }
    batch = taken("radsem", put(tmp_path, "differential_groups.json", [group]))
    assert edges_in(batch, "has_phenotype") == {(f"RADSEM:d-{name}", "RADSEM:f-cyst") for name in "ab"}


def test_a_sign_without_differential_says_nothing(tmp_path: Path) -> None:
    signs = {
        "x": {"name": "X sign", "modality": ["XR", "CT"], "differential": ["A"]},
        "y": {"name": "Y sign"},
    }
    batch = taken("radsem", put(tmp_path, "imaging_signs.json", signs))
    assert batch.edges["original_predicate"].to_pylist() == ["seen on XR, CT"]
    assert batch.skipped == {"no differential": 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ADC > 1.1", "ADC < 1.1"),
        ("≥4 cm", "≤4 cm"),
        ("≥4 cm", ">4 cm"),
        ("T2 ↑", "T2 ↓"),
        ("-10 HU", "10 HU"),
    ],
)
def test_opposites_are_not_one_finding(tmp_path: Path, one: str, other: str) -> None:
    rows = [finding(one), finding(other)]
    assert len(edges_in(taken("radsem", put(tmp_path, "imaging_findings.json", rows)), "has_phenotype")) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (3, "not an object"),
        (finding(None), "no name"),
        (finding(disease=["x"]), "no name"),
        (finding("  "), "no name"),
        (finding(modality=None), "not a modality"),
        (finding(modality=["CT", 3]), "not a modality"),
    ],
)
def test_what_states_nothing_sound_is_rejected(tmp_path: Path, row: Any, reason: str) -> None:
    assert taken("radsem", put(tmp_path, "imaging_findings.json", [row])).rejected == {reason: 1}


def test_a_differential_is_a_list_of_names(tmp_path: Path) -> None:
    groups = [{"presentation": "Cyst", "differentials": value} for value in ("A", [{"likelihood": "rare"}])]
    assert taken("radsem", put(tmp_path, "differential_groups.json", groups)).rejected == {
        "not a list": 1,
        "no name": 1,
    }


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no imaging_findings\.json in it"):
        taken("radsem", tmp_path)
    with pytest.raises(SourceError, match="not a JSON list"):
        taken("radsem", put(tmp_path, "imaging_findings.json", {}))


@pytest.mark.realdata
def test_the_real_dictionary_comes_out(data: Path) -> None:
    def document(name: str) -> Any:
        return json.loads(gzip.decompress((data / f"radsem/{name}.json.gz").read_bytes()))

    findings, groups = document("imaging_findings"), document("differential_groups")
    signs = document("imaging_signs").values()
    stated = [(row["pathology_name"], row["name"], row["modality"]) for row in findings]
    for row in groups:
        named = (each["name"] if isinstance(each, dict) else each for each in row["differentials"])
        stated += [(name, row["presentation"], row["modality"]) for name in named]
    stated += [
        (name, row["name"], str(row["modality"])) for row in signs for name in row.get("differential", [])
    ]
    batch = taken("radsem", data / "radsem")
    silent = sum(not row.get("differential") for row in signs)
    assert len(findings) == 8_308
    assert batch.skipped == {"no differential": silent}
    assert batch.rejected == {}
    assert batch.num_rows == len(stated) + silent
    assert batch.edges.num_rows == batch.num_written
    # Names that differ in case alone are one; names that differ in punctuation may be.
    distinct = {tuple(text.strip().casefold() for text in row) for row in stated}
    assert 0.97 * len(distinct) < batch.num_written <= len(distinct)
