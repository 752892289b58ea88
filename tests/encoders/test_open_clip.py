"""Any open_clip model keeps the promises of both ports, and nothing is fetched."""

import json
import socket

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from kgdx.domain.errors import BundleError
from kgdx.encoders import registry
from kgdx.encoders.clip import Clip
from kgdx.encoders.open_clip_encoder import OpenClip, build_model
from kgdx.encoders.registry import fetch_target, open_encoder
from tests.encoders import tiny_clip


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return [rng.random(shape, dtype=np.float32) for shape in ((40, 40), (64, 30), (20, 90))]


@pytest.fixture(scope="module", params=["VIT", "RESNET", "TIMM"])
def folder(request, tmp_path_factory):
    return tiny_clip.save(tmp_path_factory.mktemp(request.param), getattr(tiny_clip, request.param))


@pytest.fixture(scope="module")
def encoder(folder):
    return open_encoder(str(folder))


def test_vectors_are_unit_rows_whatever_the_company(encoder, images):
    for vectors in (encoder.encode_images(images), encoder.encode_texts(["effusion", "", "no effusion"])):
        assert vectors.shape == (3, encoder.dim)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.encode_images([image]) for image in images])
    assert np.allclose(encoder.encode_images(images), alone, atol=1e-5)
    assert encoder.encode_images([]).shape == encoder.encode_texts([]).shape == (0, encoder.dim)


def test_patches_average_to_the_image(encoder, images):
    for image in images:
        patches = encoder.encode_patches(image)
        mean = patches.mean(axis=(0, 1))
        assert np.allclose(mean / np.linalg.norm(mean), encoder.encode_images([image])[0], atol=1e-4)


def test_transformer_and_convolutional_towers_tell_places_and_attention_pooling_does_not(tmp_path, images):
    sizes = {}
    for name in ("VIT", "TIMM", "RESNET"):
        opened = OpenClip.open(tiny_clip.save(tmp_path / name, getattr(tiny_clip, name)))
        patches = opened.encode_patches(images[0])
        sizes[name] = patches.shape[:2]
        if sizes[name] != (1, 1):
            assert patches.std(axis=(0, 1)).max() > 0
    assert sizes == {"VIT": (4, 4), "TIMM": (2, 2), "RESNET": (1, 1)}


def test_a_square_image_is_seen_as_open_clip_sees_it(folder, encoder):
    grey = (np.random.default_rng(1).random((encoder.transform.size,) * 2) * 255).astype(np.uint8)
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    with torch.inference_mode():
        theirs = model.eval().encode_image(preprocess(Image.fromarray(grey))[None], normalize=True)
    ours = encoder.encode_images([grey.astype(np.float32) / 255])
    assert np.allclose(ours, theirs.numpy(), atol=1e-5)


def test_texts_are_read_as_open_clip_reads_them(folder, encoder):
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(["pleural effusion"])
    with torch.inference_mode():
        theirs = model.encode_text(tokens, normalize=True).numpy()
    assert np.allclose(encoder.encode_texts(["pleural effusion"]), theirs, atol=1e-6)


def test_revision_follows_the_weights(tmp_path):
    first, second = (OpenClip.open(tiny_clip.save(tmp_path / str(s), tiny_clip.VIT, s)) for s in (0, 1))
    again = OpenClip.open(tiny_clip.save(tmp_path / "again", tiny_clip.VIT, 0))
    assert first.revision == again.revision != second.revision


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_an_architecture_takes_a_checkpoint_of_either_kind(tmp_path, monkeypatch, name):
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny-vit", tiny_clip.VIT)
    saved = tiny_clip.save(tmp_path, tiny_clip.VIT)
    reference = OpenClip.open(saved)
    if name.endswith(".pt"):
        torch.save({"state_dict": reference.model.state_dict()}, tmp_path / name)
    else:
        (saved / "open_clip_model.safetensors").rename(tmp_path / name)
    opened = open_encoder(f"tiny-vit@{tmp_path / name}")
    assert np.allclose(opened.encode_texts(["x"]), reference.encode_texts(["x"]), atol=1e-6)


class _Evil:
    def __reduce__(self):
        return (print, ("unpickled",))


def test_a_checkpoint_that_runs_code_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny-vit", tiny_clip.VIT)
    torch.save({"state_dict": _Evil()}, tmp_path / "evil.pt")
    with pytest.raises(BundleError, match="do not fit"):
        open_encoder(f"tiny-vit@{tmp_path / 'evil.pt'}")
    assert "unpickled" not in capsys.readouterr().out


def test_a_text_tower_of_transformers_is_read_from_the_folder(tmp_path):
    transformers = pytest.importorskip("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "pleural", "effusion"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    bert = transformers.BertConfig(
        vocab_size=7, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    config = {
        **tiny_clip.VIT,
        "text_cfg": {
            "hf_model_name": "some-hub/some-bert",
            "hf_tokenizer_name": "some-hub/some-bert",
            "hf_proj_type": "linear",
            "hf_pooler_type": "mean_pooler",
            "context_length": 8,
        },
    }
    with pytest.raises(BundleError, match="kgdx fetch"):
        build_model(config, tmp_path)
    bert.save_pretrained(tmp_path / "text")
    opened = OpenClip.open(tiny_clip.save(tmp_path, config))
    one, other = opened.encode_texts(["pleural effusion", "pleural"])
    assert np.isclose(np.linalg.norm(one), 1)
    assert not np.allclose(one, other)


def test_ours_opens_by_the_same_name(root):
    assert isinstance(open_encoder(str(root / "models" / "clip")), Clip)


def test_a_model_of_another_family_is_not_trained(monkeypatch):
    monkeypatch.setattr(registry, "open_encoder", lambda _: object())
    with pytest.raises(BundleError, match="cannot train further"):
        registry.open_trainable("other")


def test_what_cannot_be_opened_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("KGDX_CACHE", str(tmp_path))
    with pytest.raises(BundleError, match="kgdx fetch hf-hub:some/model"):
        open_encoder("hf-hub:some/model")
    for bad in ("hf-hub:", "hf-hub:model", "hf-hub:../model", "hf-hub:a/b/c"):
        with pytest.raises(BundleError, match="ORGANISATION/NAME"):
            open_encoder(bad)
    assert fetch_target("hf-hub:some/model").is_relative_to(tmp_path)
    for bad, words in (("no-such-net@x.pt", "no architecture"), ("ViT-B-32@none.pt", "no such checkpoint")):
        with pytest.raises(BundleError, match=words):
            open_encoder(bad)
    with pytest.raises(BundleError, match="neither"):
        open_encoder(str(tmp_path))
    folder = tiny_clip.save(tmp_path / "m", tiny_clip.VIT)
    wrong = json.loads((folder / "open_clip_config.json").read_text())
    wrong["model_cfg"]["embed_dim"] = 25
    (folder / "open_clip_config.json").write_text(json.dumps(wrong))
    with pytest.raises(BundleError, match="do not fit"):
        open_encoder(str(folder))
    (folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(BundleError, match="holds none of"):
        open_encoder(str(folder))
    (folder / "open_clip_config.json").write_text("[]")
    with pytest.raises(BundleError, match="not a JSON object"):
        open_encoder(str(folder))
