"""Fine-tuning: loss falls, only adapters change, the seed reproduces, the result opens as any encoder."""

import csv
import importlib.util
import json

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from kgdx.cli.main import app
from kgdx.domain.errors import BackendUnavailableError, BundleError, SourceError
from kgdx.encoders import fetch as fetching
from kgdx.encoders.open_clip_encoder import OpenClip
from kgdx.encoders.registry import open_encoder
from kgdx.training.data.image_text_pairs import Pairs, read_pairs, split_by_case
from kgdx.training.open_clip import finetune as adapting
from kgdx.training.open_clip.finetune import Adaptation, adapt, adapted_layers, tokens_of_pairs
from tests.encoders import tiny_clip

TEXTS = ("white left lung", "white right lung", "clear lungs", "dark film")
needs_peft = pytest.mark.skipif(
    importlib.util.find_spec("peft") is None, reason="the extra finetune is missing"
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def film(kind, seed):
    pixels = np.full((32, 32), 0.3, np.float32)
    pixels[:, :16] += 0.6 * (kind == 0)
    pixels[:, 16:] += 0.6 * (kind == 1)
    pixels -= 0.25 * (kind == 3)
    return np.clip(pixels + np.random.default_rng(seed).normal(0, 0.03, (32, 32)), 0, 1).astype(np.float32)


@pytest.fixture
def pairs():
    kinds = [i % 4 for i in range(32)]
    images = [film(kind, seed) for seed, kind in enumerate(kinds)]
    return Pairs(images, tuple(TEXTS[kind] for kind in kinds), tuple(f"case {i // 2}" for i in range(32)))


@pytest.fixture
def pair_file(pairs, tmp_path):
    with (tmp_path / "pairs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "text", "case"])
        for i, image in enumerate(pairs.images):
            Image.fromarray((image * 255).astype(np.uint8)).save(tmp_path / f"{i}.png")
            rows.writerow([f"{i}.png", pairs.texts[i], pairs.cases[i]])
    return tmp_path / "pairs.csv"


def run(*words):
    return CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)


def adapted(folder, pairs, **settings):
    encoder = OpenClip.open(folder)
    chosen = Adaptation(rank=4, epochs=3, batch=8, learning_rate=5e-3, **settings)
    rows = split_by_case(pairs.cases, 0.25, chosen.seed)
    return adapt(encoder, tokens_of_pairs(pairs, encoder), rows, chosen, lambda *_: None)


@needs_peft
@pytest.mark.parametrize("name", ["VIT", pytest.param("TIMM", marks=pytest.mark.slow)])
def test_loss_falls_and_the_seed_reproduces(tmp_path, pairs, name):
    folder = tiny_clip.save(tmp_path, getattr(tiny_clip, name))
    (first, metrics), (second, _), (other, _) = (adapted(folder, pairs, seed=seed) for seed in (1, 1, 2))
    assert metrics.loss < metrics.loss_before
    assert 0 < metrics.num_trained < metrics.num_weights
    states = [model.model.state_dict() for model in (first, second, other)]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert any(not torch.equal(states[0][key], states[2][key]) for key in states[0])


@needs_peft
def test_only_adapted_layers_change_and_the_shape_stays(tmp_path, pairs):
    folder = tiny_clip.save(tmp_path, tiny_clip.VIT)
    before = OpenClip.open(folder).model
    after = adapted(folder, pairs)[0].model
    layers = {f"{name}.weight" for name in adapted_layers(before)}
    old, new = before.state_dict(), after.state_dict()
    assert old.keys() == new.keys()
    changed = {key for key in old if not torch.equal(old[key], new[key])}
    assert changed
    assert changed <= layers


@needs_peft
def test_the_command_writes_a_model_that_opens(tmp_path, pair_file, root):
    folder = tiny_clip.save(tmp_path / "m", tiny_clip.VIT)
    words = ["train", "adapt", pair_file, "--encoder", folder, "--batch", 8, "--learning-rate", 5e-3]
    told = json.loads(run(*words, "--out", tmp_path / "a", "--epochs", 2).stdout)
    opened = open_encoder(str(tmp_path / "a"))
    assert opened.revision == told["revision"] != open_encoder(str(folder)).revision
    assert opened.transform == open_encoder(str(folder)).transform
    ours = ["train", "adapt", pair_file, "--encoder", root / "models" / "clip", "--epochs", 1]
    assert json.loads(run(*ours, "--out", tmp_path / "b").stdout)["num_pairs"] > 0
    assert open_encoder(str(tmp_path / "b")).dim == 64


@needs_peft
def test_labels_are_a_source_too(tmp_path):
    for kind in (0, 1):
        (tmp_path / "films" / TEXTS[kind]).mkdir(parents=True)
        for seed in range(12):
            pixels = (film(kind, seed) * 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "films" / TEXTS[kind] / f"{seed}.png")
    folder = tiny_clip.save(tmp_path / "m", tiny_clip.VIT)
    words = ["train", "adapt", tmp_path / "films", "--encoder", folder, "--out", tmp_path / "a", "--batch", 4]
    told = json.loads(run(*words, "--learning-rate", 5e-3, "--patience", 6, "--epochs", 6).stdout)
    assert told["loss"] < told["loss_before"]
    assert open_encoder(str(tmp_path / "a")).revision == told["revision"]


def test_from_random_weights_every_weight_is_trained(tmp_path, pair_file):
    told = json.loads(
        run("train", "image", "--pairs", pair_file, "--out", tmp_path / "m", "--epochs", 1).stdout
    )
    assert told["num_trained"] == told["num_weights"]
    assert open_encoder(str(tmp_path / "m")).revision == told["revision"]
    with pytest.raises(BundleError, match="no architecture"):
        OpenClip.untrained("no-such-net", 0)


def test_without_the_library_the_error_names_the_extra(tmp_path, pairs, monkeypatch):
    folder = tiny_clip.save(tmp_path, tiny_clip.VIT)
    monkeypatch.setattr(adapting.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendUnavailableError, match=r"kgdx\[finetune\]"):
        adapted(folder, pairs)


@pytest.mark.parametrize("seed", range(5))
def test_no_case_is_on_both_sides(pairs, seed):
    inside, outside = ({pairs.cases[row] for row in rows} for rows in split_by_case(pairs.cases, 0.2, seed))
    assert inside
    assert outside
    assert not inside & outside


def test_bad_pairs_are_told(tmp_path, pair_file):
    good = read_pairs(pair_file)
    assert (len(good), good.texts[0], good.cases[1]) == (32, TEXTS[0], "case 0")
    path = tmp_path / "pairs.jsonl"
    for content, words in (
        ("{", "line 1"),
        ('{"image": "0.png"}\n', "record 1"),
        ('{"image": "0.png", "text": "x"}\n', "holds 1 pairs"),
        ("[1]\n", "record 1"),
    ):
        path.write_text(content)
        with pytest.raises(SourceError, match=words):
            read_pairs(path)
    with pytest.raises(SourceError, match="cannot be read"):
        read_pairs(tmp_path / "none.csv")
    with pytest.raises(SourceError, match="one case"):
        split_by_case(["a", "a"], 0.5, 0)


def test_fetching_brings_all_that_a_text_tower_needs(tmp_path, monkeypatch):
    text = {"hf_model_name": "org/bert", "hf_tokenizer_name": "org/bert"}
    hub = {
        "org/model": {
            "open_clip_config.json": json.dumps({"model_cfg": {"text_cfg": text}}),
            "open_clip_pytorch_model.bin": "weights",
        },
        "org/bert": {"config.json": "{}", "vocab.txt": "words", "pytorch_model.bin": "not wanted"},
    }

    def download(repository, local_dir, allow_patterns, revision):
        if repository not in hub:
            raise ValueError("no such repository")
        local_dir.mkdir(parents=True, exist_ok=True)
        for name in set(hub[repository]) & set(allow_patterns):
            (local_dir / name).write_text(hub[repository][name])

    monkeypatch.setenv("KGDX_CACHE", str(tmp_path))
    monkeypatch.setattr(fetching, "snapshot_download", download)
    folder = fetching.fetch("hf-hub:org/model")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"open_clip_config.json", "open_clip_pytorch_model.bin", "text/config.json", "vocab.txt"}
    assert run("fetch", "hf-hub:org/model", "--out", tmp_path / "o").stdout.strip() == str(tmp_path / "o")
    with pytest.raises(BackendUnavailableError, match="cannot be fetched"):
        fetching.fetch("hf-hub:org/none")
    with pytest.raises(BundleError, match="choose a model of open_clip"):
        fetching.fetch("hf-hub:org/bert")
