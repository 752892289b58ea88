"""What clinicians know of identifiers: which diagnoses are dangerous, how one comes to know of a finding."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_NEVER = "never"


@dataclass(frozen=True, slots=True)
class Dangers:
    """What makes a diagnosis one that must not be missed.

    Attributes:
        classes: CURIE of an emergency -> why it is one; what is a kind of it, or the same, counts as well.
        findings: CURIE of an acute threat to life -> what it means for a disease that shows it.
        least_frequency: in what share of its patients a disease must show such a finding, in [0, 1].
    """

    classes: Mapping[str, str]
    findings: Mapping[str, str]
    least_frequency: float


@dataclass(frozen=True, slots=True)
class FindingKinds:
    """How one comes to know of a finding.

    Attributes:
        branches: CURIE of a branch of findings -> `laboratory`, `imaging`, …; what lies under none is taken
            from history and examination.
        never: branches of what nobody looks for in a patient.
    """

    branches: Mapping[str, str]
    never: tuple[str, ...]


@cache
def dangers() -> Dangers:
    """The rule of `dangers.yaml`."""
    read = _read("dangers.yaml")
    return Dangers(read["classes"], read["findings"], float(read["least_frequency"]))


@cache
def finding_kinds() -> FindingKinds:
    """The table of `finding_kinds.yaml`."""
    read = _read("finding_kinds.yaml")
    branches = {curie: kind for kind, curies in read.items() if kind != _NEVER for curie in curies}
    return FindingKinds(branches, tuple(read[_NEVER]))


@cache
def implied_conditions() -> Mapping[str, tuple[str, ...]]:
    """CURIE of a condition -> those of what its patient has as well, by `implied_conditions.yaml`."""
    return {curie: tuple(others) for curie, others in _read("implied_conditions.yaml").items()}


def _read(name: str) -> Any:
    return yaml.safe_load(files("graph_schema").joinpath(name).read_text(encoding="utf-8"))
