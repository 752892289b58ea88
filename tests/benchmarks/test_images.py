"""The benchmark of images prints what its protocol promises, on films that are drawn here."""

import json

import numpy as np
import pytest

from benchmarks.runs import images
from kgdx.domain.errors import SourceError


@pytest.fixture
def drawn(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "films.npz"
    pixels = rng.integers(0, 255, (12, 28, 28), dtype=np.uint8)
    np.savez(path, test_images=pixels, test_labels=(np.arange(12) % 2).astype(np.uint8)[:, None])
    return path


def test_json_holds_metrics_intervals_and_baselines(drawn, capsys):
    images.main(["--test", str(drawn)])
    told = json.loads(capsys.readouterr().out)
    assert (told["n"], told["positives"], told["split"]) == (12, 6, "test")
    for found in (told, told["baselines"]["majority"], told["baselines"]["prompts"]):
        for key in ("auc", "acc"):
            low, high = found[f"{key}_ci"]
            assert 0 <= low <= found[key] <= high <= 1
    assert told["baselines"]["majority"]["acc"] == 0.5
    assert len(told["data_sha256"]) == 64
    assert {"seconds", "release", "commit", "refused"} <= told.keys()


def test_a_missing_part_is_told(drawn):
    with pytest.raises(SourceError, match="val_images"):
        images.main(["--test", str(drawn), "--split", "val"])


@pytest.mark.slow
@pytest.mark.realdata
def test_the_shipped_classifier_is_as_good_on_val_as_its_card_says(data, capsys):
    images.main(["--test", str(data / "pneumoniamnist" / "pneumoniamnist.npz"), "--split", "val"])
    told = json.loads(capsys.readouterr().out)
    assert told["auc"] > 0.995
    assert told["acc"] > told["baselines"]["majority"]["acc"] + 0.2
    assert told["refused"] < 0.02 * told["n"]
