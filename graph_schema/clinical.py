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
class Presentation:
    """A complaint, and what must be excluded in whoever comes with it.

    Attributes:
        any_of: CURIEs of findings of which any one is the complaint; a kind of one counts as well.
        also: CURIEs of which any one must be there as well; empty for none.
        exclude: CURIE of a disease -> why it is dangerous.
        source: guideline or handbook, by name and year.
    """

    any_of: tuple[str, ...]
    also: tuple[str, ...]
    exclude: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A finding whose absence, once it was looked for, lowers a disease.

    Attributes:
        finding: CURIE.
        factor: what the odds of the disease are multiplied by, in (0, 1).
        is_itself: the finding is the disease seen, and no test for it.
        source: guideline or handbook, by name and year.
    """

    finding: str
    factor: float
    is_itself: bool
    source: str


@dataclass(frozen=True, slots=True)
class MustNotMiss:
    """The table of `must_not_miss.yaml`.

    Attributes:
        presentations: by name.
        ruled_out: CURIE of a disease -> what lowers it, in the order of the table.
        clears: an excluded finding with at most this factor takes a flag away.
        risk_factors: CURIEs of findings that exclude nothing.
    """

    presentations: Mapping[str, Presentation]
    ruled_out: Mapping[str, tuple[Exclusion, ...]]
    clears: float
    risk_factors: tuple[str, ...]


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
def must_not_miss() -> MustNotMiss:
    """The table of `must_not_miss.yaml`."""
    read = _read("must_not_miss.yaml")
    presentations = {
        name: Presentation(tuple(row["any_of"]), tuple(row.get("with", ())), row["exclude"], row["source"])
        for name, row in read["presentations"].items()
    }
    ruled_out = {
        disease: tuple(
            Exclusion(row["finding"], float(row["factor"]), row.get("itself", False), row["source"])
            for row in rows
        )
        for disease, rows in read["ruled_out"].items()
    }
    return MustNotMiss(presentations, ruled_out, float(read["clears"]), tuple(read["risk_factors"]))


@cache
def common_findings() -> frozenset[str]:
    """CURIEs of `common_findings.yaml`: findings of which common diseases are the usual cause."""
    return frozenset(_read("common_findings.yaml"))


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


@cache
def disease_identifiers() -> Mapping[str, tuple[str, ...]]:
    """CURIE of a disease of the starter graph -> CURIEs of the same in other vocabularies, sorted.

    From the exact matches of Mondo (CC BY 4.0), by `ingest.starter.identifiers`.
    """
    text = files("graph_schema").joinpath("disease_identifiers.tsv").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for line in text.splitlines()[1:]:
        disease, identifier = line.split("\t")
        found.setdefault(disease, []).append(identifier)
    return {disease: tuple(sorted(known)) for disease, known in found.items()}
