"""The multimodal benchmark: what a reader is given holds no answer, and each part does what it says."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.datasets.medpix import CaseImage, MedPixCase, read_cases, read_split, titles_of
from benchmarks.measures.medpix.bridge import Bridge
from benchmarks.measures.medpix.looked import Looked
from benchmarks.measures.medpix.titles import GraphDocuments, word_overlap
from benchmarks.runs.multimodal import audit
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.encoders.classifier import Classifier
from kgdx.encoders.small_tower import Tower, TowerSettings
from kgdx.evidence.spelling import fold
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from tools.medpix import ranker
from tools.medpix.augment import SOURCE_SIDE, mix, squared, vary
from tools.medpix.bridge import fit_bridge
from tools.medpix.committee import HEADS, part_of, train_committee
from tools.medpix.text import Told, told_by_cases, told_by_graph
from tools.medpix.tower import Lesson, TowerTraining, train_network


def case(title: str, text: str, uid: str = "M1") -> MedPixCase:
    return MedPixCase(uid, (("findings", text),), title, (title,), "", ())


def snapshot() -> Snapshot:
    nodes = [
        Node(
            "MONDO:0007959",
            "Disease",
            "medulloblastoma",
            definition="A tumour of the cerebellum in children.",
        ),
        Node("HP:0001251", "PhenotypicFeature", "Ataxia"),
        Node("HP:0000238", "PhenotypicFeature", "Hydrocephalus"),
        Node("MONDO:0005147", "Disease", "rotator cuff tear"),
    ]
    source = Provenance("infores:test")
    edges = [Edge("MONDO:0007959", "has_phenotype", hp, source) for hp in ("HP:0001251", "HP:0000238")]
    return Snapshot.from_tables(node_table(nodes), edge_table(edges))


@given(
    st.lists(st.sampled_from(["Effusion", "effusions", "heart", "XY", "tumours"]), min_size=1, max_size=5),
    st.text(),
)
def test_no_word_of_the_answer_is_left(words: list[str], around: str) -> None:
    told = case("Pleural effusion with tumor", f"{around} {' '.join(words)} {around}")
    left = told.masked(told.text(is_masked=False))
    assert not {fold(word) for word in left.split()} & {"effusion", "tumor"}
    assert told.masked(left) == left
    assert len(left.split("heart")) == len(told.text(is_masked=False).split("heart"))
    assert audit([told], [], is_masked=True)["texts_with_a_word_of_the_answer"] == 0


def test_the_answer_in_a_text_is_told() -> None:
    told = audit([case("Pneumothorax", "a large pneumothorax")], [], is_masked=False)
    assert told["texts_with_a_word_of_the_answer"] == 1


def medpix(folder: Path) -> Path:
    (folder / "images").mkdir()
    Image.fromarray(np.arange(64 * 48, dtype=np.uint32).astype(np.uint8).reshape(64, 48)).save(
        folder / "images" / "a.png"
    )
    row = {
        "U_id": "M1",
        "Case": {"Title": "t", "History": "cough", "Exam": "N/A", "Findings": "mass", "Case Diagnosis": "d"},
        "Topic": {"Title": "Topic", "Disease Discussion": "secret"},
    }
    image = {"U_id": "M1", "image": "a", "Type": "CT", "Location": "Chest", "Location Category": "Thorax"}
    about = {"Description": {"Plane": "Axial", "Caption": "N/A"}}
    (folder / "Case_topic.json").write_text(json.dumps([row]))
    (folder / "Descriptions.json").write_text(json.dumps([image | about]))
    (folder / "uid_list.json").write_text(json.dumps({"dev": ["M1"]}))
    return folder


def test_a_case_is_read_without_what_gives_it_away(tmp_path: Path) -> None:
    (read,) = read_cases(medpix(tmp_path)).values()
    assert read.sections == (("history", "cough"), ("findings", "mass"))
    assert read.images[0].category == "Thorax"
    assert "secret" not in read.text(is_masked=False)
    assert titles_of([read]) == ["Topic"]
    assert read_split(tmp_path, "dev") == ["M1"]
    with pytest.raises(SourceError, match="has no split 'test'"):
        read_split(tmp_path, "test")


def test_a_folder_of_another_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_cases(tmp_path)


def test_the_graph_tells_titles_apart_whose_words_no_case_names() -> None:
    titles = ["Medulloblastoma", "Rotator cuff tear", "Unheard of"]
    documents = GraphDocuments(snapshot()).of(titles)
    assert "Hydrocephalus" in documents[0]
    assert documents[2] == "Unheard of"
    assert word_overlap(["a child with ataxia and hydrocephalus"], documents).argmax() == 0


def test_texts_to_learn_from_are_masked() -> None:
    told = told_by_cases([case("Pneumothorax", "there is a large pneumothorax on the left side")])
    assert told == [Told(("Pneumothorax",), (("there is a large   on the left side",),))]
    assert [each.names for each in told_by_graph(snapshot())] == [("medulloblastoma",)]


@given(st.integers(0, 100))
def test_a_sign_that_tells_the_right_one_outweighs_one_that_does_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right = rng.integers(5, size=60)
    signs = rng.random((60, 5, 2))
    signs[np.arange(60), right, 0] += 1
    telling, idle = ranker.fit(signs, right)
    assert telling > idle >= 0


def test_a_bridge_carries_what_the_vectors_share(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.standard_normal((60, 8)).astype(np.float32)
    texts = images @ rng.standard_normal((8, 6)).astype(np.float32)
    places = np.digitize(images[:, 0], [-0.5, 0.5])
    # A fourth place, which no case is about, is never what a title is about.
    fit_bridge(texts, texts, images, places.tolist(), 4).write(tmp_path / "b.safetensors")
    bridge = Bridge.open(tmp_path / "b.safetensors")
    assert (bridge.similarity(images, texts).argmax(axis=1) == np.arange(60)).mean() > 0.9
    likelier = bridge.by_place(np.eye(4)[places], texts)
    assert (bridge.by_place(np.eye(4)[[3]], texts) < likelier.min()).all()
    same = places[:, None] == places[None]
    assert likelier[same].mean() > likelier[~same].mean()


def test_a_network_learns_what_is_plain() -> None:
    rng = np.random.default_rng(0)
    truths = rng.integers(2, size=(96, 1))
    bright = (rng.integers(0, 60, (96, 2, 48, 48)) + 150 * truths[:, :, None, None]).astype(np.uint8)
    lesson = Lesson(bright, truths, np.eye(2, dtype=np.float32)[truths[:, 0]])
    heard: list[str] = []
    settings = TowerTraining(epochs=12, batch=24, dropout=0.0)
    shape = TowerSettings(image_size=32, num_networks=1, has_texture=True)
    trained = train_network(shape, lesson, [2], settings, lambda _done, _total, what: heard.append(what))
    with torch.inference_mode():
        answers, words = trained((torch.from_numpy(bright)[:, :, :32, :32].float() / 255 - 0.5) / 0.25)
    for said in (answers, words):
        assert (said.argmax(dim=1).numpy() == truths[:, 0]).mean() > 0.9
    assert len(heard) == 48


def photographed(folder: Path, num: int) -> list[MedPixCase]:
    """Cases with one image each, bright ones of the thorax and dark ones of the head."""
    rng, cases = np.random.default_rng(0), []
    for number in range(num):
        is_bright = number % 2
        path = folder / f"{number}.png"
        Image.fromarray((rng.integers(0, 60, (40, 40)) + 150 * is_bright).astype(np.uint8)).save(path)
        place = ("Brain", "Chest")[is_bright]
        region, category = ("1", "6")[is_bright], ("Head", "Thorax")[is_bright]
        image = CaseImage(path, "CT", category, place, "Axial", region, f"{place} with a mass")
        cases.append(MedPixCase(f"M{number}", (("findings", "x"),), "t", ("t",), "", (image,)))
    return cases


def test_a_committee_answers_by_the_mean_of_networks_that_each_missed_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = TowerSettings(image_size=32, num_networks=1, has_texture=True)
    monkeypatch.setattr("tools.medpix.committee.SHAPE", shape)
    cases = photographed(tmp_path, 60)
    settings = TowerTraining(epochs=2, batch=8)
    train_committee(cases, tmp_path / "out", settings, lambda *_: None, members=2)
    tower = Tower.open(tmp_path / "out" / "tower")
    heads = {name: Classifier.open(tmp_path / "out" / name, tower).head for name in HEADS}
    assert [label.name for label in heads["place"].labels] == ["Brain", "Chest"]
    looked = Looked.at(cases, tower, heads["place"])
    own = [looked.by_member(member, 2) for member in (0, 1)]
    for member in own:
        assert np.allclose(np.linalg.norm(np.concatenate(member.each), axis=1), 1, atol=1e-5)
    logits = [np.concatenate(one.each) @ one.head.weight.T + one.head.bias for one in (*own, looked)]
    assert np.allclose((logits[0] + logits[1]) / 2, logits[2], atol=1e-4)
    assert {part_of(case) for case in cases} >= {0, 1}


@pytest.mark.parametrize("by_patch", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_what_is_mixed_keeps_its_share(share: float, by_patch: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 1, 32, 32).contiguous()
    mixed, other, kept = mix(images, share, by_patch, generator)
    expected = kept * images[:, 0, 0, 0] + (1 - kept) * images[other, 0, 0, 0]
    assert torch.allclose(mixed.mean(dim=(1, 2, 3)), expected, atol=1e-5)


def test_variants_have_the_size_of_the_input() -> None:
    varied = vary(torch.rand(3, 2, 60, 60), 48, torch.Generator().manual_seed(1))
    assert varied.shape == (3, 2, 48, 48)
    assert 0 <= float(varied.min()) <= float(varied.max()) <= 1
    assert squared(np.ones((10, 30), np.float32)).shape == (2, SOURCE_SIDE, SOURCE_SIDE)
