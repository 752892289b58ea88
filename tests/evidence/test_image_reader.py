"""What looks at images: the release's own model, one of the user's, trained heads."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from kgdx.cli.main import app
from kgdx.domain.errors import BundleError, SourceError
from kgdx.encoders.classifier import Classifier, save_head
from kgdx.encoders.clip import Clip
from kgdx.encoders.finding_set import read_findings
from kgdx.encoders.linear_head import Head, HeadLabel
from kgdx.encoders.registry import open_encoder
from kgdx.evidence.image_evidence import phrasing_spread
from kgdx.evidence.image_reader import ImageReader
from kgdx.report.messages import text as text_of
from kgdx.settings import Settings
from kgdx.training.open_clip.calibrate_prompts import phrasings
from kgdx.training.synthetic.phantom import draw_phantom
from kgdx.training.synthetic.signs import OPACITY
from tests.encoders import tiny_clip

LABELS = [{"name": "clear"}, {"name": "opaque", "curie": OPACITY}]


@pytest.fixture(scope="module")
def clip(root):
    return Clip.open(root / "models" / "clip")


@pytest.fixture(scope="module")
def film():
    return draw_phantom(3).pixels


@pytest.fixture
def foreign(tmp_path):
    return tiny_clip.save(tmp_path / "foreign", tiny_clip.VIT)


@pytest.fixture
def films(tmp_path):
    rng = np.random.default_rng(0)
    for name, grey in (("clear", 60), ("opaque", 170)):
        (tmp_path / "films" / name).mkdir(parents=True)
        for i in range(12):
            pixels = np.clip(rng.normal(grey, 40, (32, 32)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "films" / name / f"{i}.png")
    return tmp_path / "films"


def test_the_release_looks_with_its_own_model(clip, film):
    eyes = ImageReader.open(Settings(), clip)
    assert eyes.encoder is clip
    assert eyes.findings is clip.findings
    sight = eyes.look(film, "film")
    assert not sight.warnings
    assert {m.curie for m in sight.heat_maps} <= {e.curie for e in sight.evidence}


def test_an_encoder_that_nobody_calibrated_is_not_asked_and_the_reason_is_given(clip, film, foreign):
    eyes = ImageReader.open(Settings(encoder=str(foreign)), clip)
    sight = eyes.look(film, "film")
    assert not sight.evidence
    (warning,) = sight.warnings
    assert "never calibrated" in text_of(warning)
    assert "kgdx train prompts" in text_of(warning)


def test_an_encoder_is_asked_once_it_is_calibrated(clip, film, foreign, films, tmp_path):
    (tmp_path / "labels.json").write_text(json.dumps(LABELS))
    words = ["train", "prompts", films, "--encoder", foreign, "--labels", tmp_path / "labels.json"]
    out = tmp_path / "findings.json"
    done = CliRunner().invoke(app, list(map(str, [*words, "--out", out])), catch_exceptions=False)
    assert list(json.loads(done.stdout)["auc"]) == ["opaque"]
    eyes = ImageReader.open(Settings(encoder=str(foreign), findings=out), clip)
    (finding,) = eyes.findings.findings
    assert (finding.curie, finding.prior) == (OPACITY, 0.5)
    assert not eyes.look(film, "film").warnings
    with pytest.raises(BundleError, match="belongs to encoder"):
        ImageReader.open(Settings(findings=out), clip)
    with pytest.raises(BundleError, match="not a JSON object"):
        read_findings(tmp_path / "labels.json", "x")
    for file in list((films / "opaque").iterdir())[:5]:
        file.unlink()
    with pytest.raises(SourceError, match="at least 10"):
        CliRunner().invoke(app, list(map(str, [*words, "--out", out])), catch_exceptions=False)


def test_a_trained_head_answers_in_place_of_the_prompts(clip, film, tmp_path):
    vector = clip.encode_images([film])[0]
    head = Head(
        labels=(HeadLabel("clear"), HeadLabel("opaque", OPACITY)),
        weight=np.stack([-5 * vector, 5 * vector]),
        bias=np.zeros(2, np.float32),
        temperature=1.0,
        is_multi_label=False,
        encoder=clip.revision,
        centroids=np.zeros((0, clip.dim), np.float32),
        least_likeness=-1.0,
        trained_on="drawn",
    )
    save_head(tmp_path / "h", head, "")
    sight = ImageReader.open(Settings(classifiers=(tmp_path / "h",)), clip).look(film, "film")
    (item,) = (e for e in sight.evidence if e.curie == OPACITY)
    assert item.name == "opaque"
    assert item.origin.probability > 0.99
    assert item.origin.spread is None
    assert OPACITY in {m.curie for m in sight.heat_maps}


def test_the_shipped_classifier_opens_with_its_labels(root):
    classifier = Classifier.open(root / "models" / "pneumonia")
    assert [label.curie for label in classifier.head.labels] == ["", OPACITY]
    files = [path for path in (root / "models" / "pneumonia").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 3 * 2**20
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}


def test_spread_holds_the_probability_of_the_mean_and_needs_two_phrasings(clip, film):
    vector = clip.encode_images([film])[0]
    for finding in clip.findings.findings:
        low, high = phrasing_spread(vector, finding, clip)
        assert 0 < low <= high < 1


def test_phrasings_are_ours_for_what_we_know_and_made_of_the_name_for_the_rest():
    present, absent = phrasings(HeadLabel("opaque", OPACITY))
    assert not set(present) & set(absent)
    assert all("rib notching" in text for text in phrasings(HeadLabel("rib notching", "X:1"))[0])


def test_ours_named_by_folder_is_the_same_model(root, clip):
    assert open_encoder(str(root / "models" / "clip")).revision == clip.revision
