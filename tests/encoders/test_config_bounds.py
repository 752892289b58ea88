"""Numbers of a config have bounds, looked at before anything of that size is built."""

import json
from pathlib import Path
from typing import Any

import pytest

from kgdx.encoders.config_bounds import out_of_bounds
from kgdx.release.bundle import shipped_folder


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"model": {"layers": 10**9}}, "`layers` is not a whole number"),
        ({"hidden": 0}, "`hidden`"),
        ({"hidden": 2.5}, "`hidden`"),
        ({"vision": {"layers": [3, 4, -1]}}, "`layers`"),
        ({"likelihood": {"noise": -0.1}}, "`noise` is not in"),
        ({"likelihood": {"noise": 2}}, "`noise` is not in"),
        ({"temperature": 0}, "`temperature`"),
        ({"anything": float("inf")}, "`anything` is not finite"),
        ([{"x": [float("nan")]}], "`x` is not finite"),
    ],
)
def test_what_cannot_be_is_named(config: Any, fault: str) -> None:
    assert out_of_bounds(config).startswith(fault)


def test_the_shipped_configs_are_within_them() -> None:
    files = [path for path in shipped_folder().rglob("*.json") if path.name != "tokenizer.json"]
    assert len(files) > 5
    for path in files:
        assert out_of_bounds(json.loads(path.read_text(encoding="utf-8"))) == "", path


def test_a_number_without_bounds_may_be_anything_finite(tmp_path: Path) -> None:
    assert out_of_bounds({"bias": -1e9, "noise": 0.02, "layers": [3, 4], "flag": True, "name": "x"}) == ""
