"""The shipped image-text model keeps the promises of both ports."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors import safe_open

from kgdx.domain.errors import BundleError, SourceError
from kgdx.encoders.clip import Clip
from kgdx.evidence.image_evidence import heat_map, image_evidence
from kgdx.training.clip.data import read_synonyms
from kgdx.training.clip.train import ClipTraining, train
from kgdx.training.synthetic import signs
from kgdx.training.synthetic.decoys import draw_decoy
from kgdx.training.synthetic.phantom import draw_phantom
from kgdx.training.synthetic.signs import Sign

MIB = 1 << 20


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    # The model is so small that threads on busy cores wait for one another: 20 times slower, measured.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(root):
    return root / "models" / "clip"


@pytest.fixture(scope="module")
def clip(folder):
    return Clip.open(folder)


@pytest.fixture(scope="module")
def phantoms():
    return [draw_phantom(seed) for seed in range(40)]


def test_vectors_are_unit_rows_of_the_stated_dimension(clip, phantoms):
    images = [phantom.pixels for phantom in phantoms]
    for vectors in (clip.encode_images(images), clip.encode_texts(["no effusion", "x", ""])):
        assert vectors.shape[1] == clip.dim
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert clip.encode_images([]).shape == clip.encode_texts([]).shape == (0, clip.dim)


def test_same_input_same_vector_whatever_the_company(clip, folder, phantoms):
    images = [phantom.pixels for phantom in phantoms[:4]]
    together = clip.encode_images(images)
    alone = np.concatenate([clip.encode_images([image]) for image in images])
    assert np.allclose(together, alone, atol=1e-5)
    assert (Clip.open(folder).encode_images(images) == together).all()
    texts = ["pleural effusion", "no pleural effusion", "pleural effusion"]
    vectors = clip.encode_texts(texts)
    assert (vectors[0] == vectors[2]).all()
    assert (Clip.open(folder).encode_texts(texts) == vectors).all()


@pytest.mark.parametrize("shape", [(64, 64), (200, 128), (90, 300), (1000, 1000)])
def test_patches_average_to_the_image(clip, shape):
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    mean = clip.encode_patches(image).mean(axis=(0, 1))
    assert np.allclose(mean / np.linalg.norm(mean), clip.encode_images([image])[0], atol=1e-5)


def test_resolution_hardly_matters(clip):
    image = draw_phantom(3, [Sign(signs.EFFUSION, "left")], size=224).pixels
    small = image.reshape(112, 2, 112, 2).mean(axis=(1, 3))
    vectors = clip.encode_images([image, small])
    assert vectors[0] @ vectors[1] > 0.97


def test_images_find_their_findings(clip):
    found, wrong, present = 0, 0, 0
    for seed in range(40):
        phantom = draw_phantom(90_000 + seed)
        evidence, _ = image_evidence(phantom.pixels, "p", clip, clip, clip.findings)
        seen = {item.curie for item in evidence if item.weight > 0} - {signs.OPACITY}
        denied = {item.curie for item in evidence if item.weight < 0}
        present += len(phantom.findings)
        found += len(seen & set(phantom.findings))
        wrong += len(seen - set(phantom.findings)) + len(denied & set(phantom.findings))
    assert found > 0.2 * present
    assert wrong < 0.1 * present


def test_heat_lies_on_the_finding_more_than_chance(clip):
    lifts = []
    for curie in (signs.EFFUSION, signs.CONSOLIDATION, signs.PNEUMOTHORAX, signs.CARDIOMEGALY):
        finding = next(item for item in clip.findings.findings if item.curie == curie)
        for seed in range(12):
            side = "" if curie == signs.CARDIOMEGALY else ("left", "right")[seed % 2]
            phantom = draw_phantom(80_000 + seed, [Sign(curie, side)])
            heat = heat_map(phantom.pixels, finding.prompts[0], clip, clip, finding.absent_prompts)
            lifts.append(bool(phantom.masks[curie][np.unravel_index(heat.argmax(), heat.shape)]))
            lifts[-1] -= phantom.masks[curie].mean()
    assert np.mean(lifts) > 0.2


def test_pictures_of_other_things_give_nothing(clip):
    refused = 0
    for seed in range(40):
        evidence, warnings = image_evidence(draw_decoy(70_000 + seed), "x", clip, clip, clip.findings)
        assert not (evidence and warnings)
        refused += bool(warnings)
    assert refused > 35


def test_files_are_small_enough_and_hold_halves(folder):
    sizes = {"text": 0, "visual": 0}
    with safe_open(folder / "weights.safetensors", "pt") as weights:
        for key in weights.keys():  # noqa: SIM118 - no mapping
            tensor = weights.get_tensor(key)
            assert tensor.element_size() <= 2 or not tensor.is_floating_point()
            sizes[key.split(".")[0]] = sizes.get(key.split(".")[0], 0) + tensor.nbytes
    assert sizes["text"] <= 8 * MIB
    assert sizes["visual"] <= 12 * MIB


def test_every_finding_is_calibrated(clip):
    assert {finding.curie for finding in clip.findings.findings} == {kind.curie for kind in signs.KINDS}
    for finding in clip.findings.findings:
        assert finding.slope > 0
        assert 0 < finding.prior < 1
        assert 0 < finding.reliability < 1
        assert len(finding.prompts) >= 4
    assert len(clip.findings.domain.centroids[0]) == clip.dim


def test_altered_or_missing_files_are_refused(folder, tmp_path):
    with pytest.raises(BundleError, match="cannot be read"):
        Clip.open(tmp_path)
    for name in ("weights.safetensors", "findings.json"):
        copied = tmp_path / name.split(".")[0]
        shutil.copytree(folder, copied)
        content = bytearray((copied / name).read_bytes())
        content[-2] ^= 1
        (copied / name).write_bytes(content)
        with pytest.raises(BundleError, match="SHA-256"):
            Clip.open(copied)
    (copied / "config.json").write_text("{}")
    with pytest.raises(BundleError, match="does not hold an image-text model"):
        Clip.open(copied)
    (copied / "config.json").write_text("[")
    with pytest.raises(BundleError, match="JSON"):
        Clip.open(copied)


def test_revision_names_the_weights(clip, folder):
    digest = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    assert digest.startswith(clip.revision)
    assert json.loads((folder / "config.json").read_text())["sha256"]["weights.safetensors"] == digest


def test_training_is_reproducible_and_its_result_opens(tmp_path):
    heard = []
    names = tmp_path / "nodes.tsv"
    names.write_text("id\tname\tsynonym\nA:1\tPneumonia\tLung infection|chest infection\nA:2\tAsthma\t\n")
    for run in ("a", "b"):
        settings = ClipTraining(
            out=tmp_path / run,
            names=names,
            num_phantoms=40,
            num_decoys=10,
            steps=2,
            batch=(4, 0, 2),
            check_every=1,
        )
        assert train(settings, lambda *progress: heard.append(progress)) == tmp_path / run
    opened = [Clip.open(tmp_path / run) for run in ("a", "b")]
    assert opened[0].revision == opened[1].revision
    assert opened[0].findings == opened[1].findings
    assert all(0 < done <= total for done, total, _ in heard)


def test_synonyms_come_from_rows_with_two_names(tmp_path):
    path = tmp_path / "nodes.tsv"
    path.write_text(
        "id\tname\tsynonym\nA:1\tPneumonia\tLung infection|肺炎@zh|pneumonia\nA:2\tAsthma\tasthme@fr\n",
        encoding="utf-8",
    )
    assert read_synonyms(path) == [("pneumonia", "lung infection")]
    path.write_text("id\tname\nA:1\tPneumonia\n")
    for bad in (path, tmp_path / "missing.tsv"):
        with pytest.raises(SourceError):
            read_synonyms(bad)


def test_synonyms_lie_closer_than_strangers(clip, root):
    pairs = [group[:2] for group in read_synonyms(root / "ingest" / "starter" / "nodes.tsv")][:200]
    names, synonyms = (clip.encode_texts([pair[at] for pair in pairs]) for at in (0, 1))
    likeness = names @ synonyms.T
    assert np.diag(likeness).mean() > likeness.mean() + 0.2
