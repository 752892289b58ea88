"""Config, weights and hash on disk: what is written is read back, any damage is one error with a remedy."""

from pathlib import Path

import pytest
import torch
from torch import nn

from kgdx.domain.errors import BundleError
from kgdx.encoders.checkpoint import (
    CONFIG,
    WEIGHTS,
    CheckpointFiles,
    digest_of,
    digest_of_file,
    pack,
    restore,
    write_checkpoint,
)

FILES = CheckpointFiles("a line", "draw it again")


def written(folder: Path) -> nn.Linear:
    network = nn.Linear(3, 2)
    weights = pack(network)
    write_checkpoint(folder, {"sha256": digest_of(weights)}, {WEIGHTS: weights})
    return network


def test_what_is_written_is_read_back_at_inference(tmp_path: Path) -> None:
    network = written(tmp_path / "new" / "folder")
    config = FILES.read_json(tmp_path / "new" / "folder" / CONFIG)
    path = tmp_path / "new" / "folder" / WEIGHTS
    opened = restore(nn.Linear(3, 2), FILES.read_named(path, config["sha256"]))
    assert torch.equal(opened.weight, network.weight)
    assert not opened.training
    assert not opened.weight.requires_grad
    assert digest_of_file(path) == config["sha256"]


def test_half_precision_rounds_weights_and_leaves_counters() -> None:
    norm = nn.BatchNorm1d(2)
    assert restore(nn.BatchNorm1d(2), pack(norm, is_half=True)).num_batches_tracked.dtype == torch.int64
    assert len(pack(norm, is_half=True)) < len(pack(norm))


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        (CONFIG, None, "cannot be read"),
        (CONFIG, b"{", "is not JSON"),
        (CONFIG, b"\xff", "is not JSON"),
        (CONFIG, b"[]", "is not a JSON object"),
        (CONFIG, b"{}", "does not hold a line of this version"),
        (WEIGHTS, None, "cannot be read"),
        (WEIGHTS, b"x", "is not the file that config.json names"),
    ],
)
def test_any_damage_is_one_error(tmp_path: Path, name: str, content: bytes | None, fact: str) -> None:
    written(tmp_path)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(BundleError, match=fact) as told, FILES.parsing(tmp_path):
        FILES.read_named(tmp_path / WEIGHTS, FILES.read_json(tmp_path / CONFIG)["sha256"])
    assert told.value.remedy == "draw it again"
