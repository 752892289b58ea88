"""Heads and towers that are trained on labelled images."""

import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from kgdx.cli.main import app
from kgdx.domain.case import Polarity
from kgdx.domain.errors import BundleError, CurieError, ImageError, SourceError
from kgdx.encoders.classifier import Classifier
from kgdx.encoders.linear_head import HeadLabel
from kgdx.encoders.small_tower import Tower
from kgdx.evidence.head_evidence import head_evidence
from kgdx.report.messages import text as text_of
from kgdx.training.classifier.fit_head import balanced_loss, fit_head, fit_linear
from kgdx.training.classifier.train import train_from_scratch
from kgdx.training.classifier.train_tower import TowerTraining
from kgdx.training.data.augment import vary
from kgdx.training.data.labelled_images import read_labelled, read_labels, read_medmnist
from kgdx.training.metrics import accuracy, area_under_curve

LABELS = (HeadLabel("clear"), HeadLabel("opaque", "HP:0031457"))


def quiet(*_):
    pass


def film(is_opaque, seed):
    """28 x 28 uint8: two dark fields, one of them whitened where the film is opaque."""
    rng = np.random.default_rng(seed)
    pixels = np.full((28, 28), 180.0)
    pixels[5:23, 4:12] = pixels[5:23, 16:24] = 60
    if is_opaque:
        left = int(rng.choice([4, 16]))
        pixels[12:23, left : left + 8] = 170
    return np.clip(pixels + rng.normal(0, 12, pixels.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def medmnist(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "films.npz"
    arrays = {}
    for part, first, num in (("train", 0, 160), ("val", 1000, 60), ("test", 2000, 60)):
        truths = np.arange(num) % 4 != 0
        arrays[f"{part}_images"] = np.stack([film(t, first + i) for i, t in enumerate(truths)])
        arrays[f"{part}_labels"] = truths.astype(np.uint8)[:, None]
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def labels_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "labels.json"
    path.write_text(json.dumps([{"name": "clear"}, {"name": "opaque", "curie": "HP:0031457"}]))
    return path


@pytest.fixture
def folder(tmp_path):
    for name, is_opaque in (("clear", False), ("opaque", True)):
        (tmp_path / "films" / name).mkdir(parents=True)
        for seed in range(6):
            Image.fromarray(film(is_opaque, seed)).save(tmp_path / "films" / name / f"{name}{seed}.png")
    return tmp_path / "films"


def run(*words):
    return CliRunner().invoke(app, ["train", *map(str, words)], catch_exceptions=False)


def vectors_of(truths, dim=8, noise=0.3, seed=0):
    """Unit rows that lie near one direction a label."""
    rng = np.random.default_rng(seed)
    rows = truths @ np.eye(truths.shape[1], dim) + noise * rng.normal(size=(len(truths), dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_head_on_the_shipped_encoder_learns_and_opens(medmnist, labels_file, tmp_path, root):
    done = run("classifier", medmnist, "--out", tmp_path / "h", "--labels", labels_file)
    told = json.loads(done.stdout)
    assert (told["num_images"], told["num_heldout"]) == (160, 60)
    assert told["auc"] > 0.9
    from kgdx.encoders.clip import Clip

    clip = Clip.open(root / "models" / "clip")
    opened = Classifier.open(tmp_path / "h", clip)
    assert opened.head.labels == LABELS
    test = read_medmnist(medmnist, "test")
    assert accuracy(opened.probabilities(test.images), test.truths) > 0.85
    assert str(tmp_path) not in (tmp_path / "h" / "head.json").read_text()
    with pytest.raises(BundleError, match="open that model"):
        Classifier.open(tmp_path / "h")


def test_a_head_refuses_another_encoder(medmnist, tmp_path):
    from tests.encoders import tiny_clip

    first, second = (tiny_clip.save(tmp_path / str(seed), tiny_clip.VIT, seed) for seed in (0, 1))
    done = run("classifier", medmnist, "--out", tmp_path / "h", "--encoder", first)
    assert done.exit_code == 0
    assert Classifier.open(tmp_path / "h").encoder.dim == 24
    shutil.rmtree(first)
    shutil.copytree(second, first)
    with pytest.raises(BundleError, match="was fitted on encoder"):
        Classifier.open(tmp_path / "h")


def test_the_test_part_is_never_read(medmnist, tmp_path):
    with np.load(medmnist) as arrays:
        kept = {name: arrays[name] for name in arrays if not name.startswith("test")}
    np.savez(tmp_path / "no_test.npz", **kept)
    fitted, heldout = read_labelled(tmp_path / "no_test.npz")
    assert (len(fitted), len(heldout)) == (160, 60)


def test_few_shot_on_a_folder(folder, tmp_path):
    told = json.loads(run("classifier", folder, "--out", tmp_path / "h").stdout)
    assert (told["num_images"], told["num_heldout"]) == (12, 12)
    for name in ("clear", "opaque"):
        for file in sorted((folder / name).iterdir())[1:]:
            file.unlink()
    told = json.loads(run("classifier", folder, "--out", tmp_path / "one").stdout)
    assert (told["num_images"], told["num_heldout"], told["auc"]) == (2, 0, None)


def test_an_image_in_two_subfolders_has_two_labels(folder):
    shutil.copy(folder / "clear" / "clear0.png", folder / "opaque" / "clear0.png")
    (folder / "none").mkdir()
    Image.fromarray(film(False, 99)).save(folder / "none" / "x.png")
    data, _ = read_labelled(folder, is_multi_label=True)
    assert data.names == ("clear", "opaque")
    assert sorted(map(tuple, data.truths.tolist()), reverse=True)[0] == (1, 1)
    assert (data.truths.sum(axis=1) == 0).sum() == 1
    assert len(data) == 13


def test_several_labels_are_answered_one_by_one():
    rng = np.random.default_rng(0)
    truths = (rng.random((200, 3)) < 0.4).astype(np.float32)
    labels = [HeadLabel(name) for name in "abc"]
    head, answered = fit_head(
        vectors_of(truths), truths, labels, is_multi_label=True, encoder="e", trained_on="drawn"
    )
    fresh = (rng.random((200, 3)) < 0.4).astype(np.float32)
    told = head.probabilities(vectors_of(fresh, seed=1))
    assert area_under_curve(told, fresh, is_multi_label=True) > 0.9
    assert accuracy(told, fresh, is_multi_label=True) > 0.8
    assert answered is not None
    assert len(answered[0]) == 200


def test_three_labels_sum_to_one():
    truths = np.eye(3, dtype=np.float32)[np.arange(90) % 3]
    head, _ = fit_head(
        vectors_of(truths),
        truths,
        [HeadLabel(name) for name in "abc"],
        is_multi_label=False,
        encoder="e",
        trained_on="drawn",
    )
    told = head.probabilities(vectors_of(truths, seed=1))
    assert np.allclose(told.sum(axis=1), 1)
    assert accuracy(told, truths) > 0.9


def test_how_common_a_label_is_does_not_move_the_border():
    few, many = (
        np.eye(2, dtype=np.float32)[[0] * 40 + [1] * 40],
        np.eye(2, dtype=np.float32)[[0] * 40 + [1] * 400],
    )
    borders = []
    for truths in (few, many):
        weight, bias = fit_linear(vectors_of(truths, noise=0.5), truths, 10.0, is_multi_label=False)
        middle = vectors_of(np.full((400, 2), 0.5), noise=0.05, seed=3)
        borders.append(float((middle @ (weight[1] - weight[0]) + bias[1] - bias[0]).mean()))
    assert abs(borders[0] - borders[1]) < 0.7  # the prior alone would move it by ln 10 = 2.3


@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_temperature_is_never_worse_than_none(seed):
    rng = np.random.default_rng(seed)
    truths = np.eye(2, dtype=np.float32)[rng.integers(0, 2, 60)]
    truths[:2] = np.eye(2)
    logits = (4 * truths + rng.normal(0, 4, truths.shape)).astype(np.float32)
    from kgdx.training.classifier.fit_head import fit_temperature

    temperature = fit_temperature(logits, truths, is_multi_label=False)
    fitted, plain = (balanced_loss(logits / t, truths, is_multi_label=False) for t in (temperature, 1.0))
    assert fitted <= plain + 1e-3


def test_training_from_scratch_reproduces_its_weights_and_learns(medmnist, tmp_path):
    runs = []
    for name in "ab":
        metrics = train_from_scratch(
            medmnist, tmp_path / name, LABELS, quiet, TowerTraining(epochs=3, batch=16, patience=3)
        )
        runs.append(Classifier.open(tmp_path / name))
        assert metrics.auc is not None
    assert runs[0].encoder.revision == runs[1].encoder.revision
    assert (runs[0].head.weight == runs[1].head.weight).all()
    assert metrics.auc > 0.8
    tower = runs[0].encoder
    image = np.random.default_rng(0).random((40, 30), dtype=np.float32)
    mean = tower.encode_patches(image).mean(axis=(0, 1))
    assert np.allclose(mean / np.linalg.norm(mean), tower.encode_images([image])[0], atol=1e-5)
    assert np.allclose(tower.encode_images([image]), tower.encode_images([image[:, ::-1].copy()]), atol=1e-4)


def test_an_altered_tower_or_head_is_refused(medmnist, tmp_path):
    settings_ = TowerTraining(epochs=1, batch=64)
    train_from_scratch(medmnist, tmp_path / "a", LABELS, quiet, settings_)
    for name in ("tower/weights.safetensors", "head.safetensors"):
        copied = tmp_path / name.replace("/", "-")
        shutil.copytree(tmp_path / "a", copied)
        content = bytearray((copied / name).read_bytes())
        content[-2] ^= 1
        (copied / name).write_bytes(content)
        with pytest.raises(BundleError, match="is not the file"):
            Classifier.open(copied)
    (copied / "head.json").write_text("[]")
    with pytest.raises(BundleError, match="not a JSON object"):
        Classifier.open(copied)
    with pytest.raises(BundleError, match="cannot be read"):
        Tower.open(tmp_path)


def test_variation_keeps_shape_and_range_and_follows_its_seed():
    images = torch.rand(8, 1, 20, 20, generator=torch.Generator().manual_seed(1))
    varied = [vary(images, 0.5, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert varied[0].shape == images.shape
    assert 0 <= varied[0].min() <= varied[0].max() <= 1
    assert torch.equal(varied[0], varied[1])
    assert not torch.equal(varied[0], varied[2])


class _Eye:
    """Patches that point where they are told."""

    dim, revision = 2, "e"

    def __init__(self, patches):
        self.patches = np.asarray(patches, np.float32)

    def encode_patches(self, image):
        return self.patches

    def encode_images(self, images):
        mean = self.patches.mean(axis=(0, 1))
        return np.stack([mean / np.linalg.norm(mean)] * len(images))


def _head():
    truths = np.eye(2, dtype=np.float32)[np.arange(400) % 2]
    vectors = vectors_of(truths, dim=2, noise=0.2)
    return fit_head(vectors, truths, LABELS, is_multi_label=False, encoder="e", trained_on="drawn")[0]


def test_a_head_yields_evidence_with_a_region_for_labels_with_a_curie():
    head, image = _head(), np.zeros((40, 40), np.float32)
    patches = np.tile(np.array([0.3, 0.3], np.float32), (4, 4, 1))
    patches[3, 3] = [0, 9]
    (item,), warnings = head_evidence(image, "film", _Eye(patches), head)
    assert not warnings
    assert (item.curie, item.polarity) == ("HP:0031457", Polarity.PRESENT)
    assert item.origin.spread is None
    assert min(item.origin.region[:2]) > 0.5
    (item,), _ = head_evidence(image, "film", _Eye(patches[..., ::-1]), head)
    assert item.polarity == Polarity.EXCLUDED
    assert item.weight < 0


def test_an_image_unlike_what_a_head_was_trained_on_gives_a_reason():
    found, (warning,) = head_evidence(
        np.zeros((40, 40), np.float32), "film", _Eye(np.full((2, 2, 2), -1)), _head()
    )
    assert not found
    assert "unlike" in text_of(warning)


def test_bad_data_are_told(folder, tmp_path):
    with pytest.raises(SourceError, match="train_images"):
        read_labelled(tmp_path / "none.npz")
    np.savez(
        tmp_path / "odd.npz", train_images=np.zeros((3, 28, 28), np.uint8), train_labels=np.zeros((2, 1))
    )
    with pytest.raises(SourceError, match="do not fit"):
        read_labelled(tmp_path / "odd.npz")
    with pytest.raises(SourceError, match="subfolder"):
        read_labelled(folder / "clear")
    (folder / "clear" / "text.png").write_text("no image")
    with pytest.raises(ImageError):
        read_labelled(folder)
    for content, error in (
        ("{", SourceError),
        ('[{"name": "a"}]', SourceError),
        ('[{"name": "a", "x": 1}]', SourceError),
    ):
        (tmp_path / "labels.json").write_text(content)
        with pytest.raises(error, match=r"\[\{"):
            read_labels(tmp_path / "labels.json")
    (tmp_path / "labels.json").write_text('[{"name": "a"}, {"name": "b", "curie": "effusion"}]')
    with pytest.raises(CurieError, match="effusion"):
        read_labels(tmp_path / "labels.json")
