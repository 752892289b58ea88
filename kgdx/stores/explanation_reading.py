"""From the rows of a store back to an explanation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from kgdx.domain.case import Polarity
from kgdx.domain.errors import QueryError
from kgdx.domain.explanation import (
    Explanation,
    KeptConcern,
    KeptDiagnosis,
    KeptEvidence,
    KeptPath,
    KeptTreatment,
)
from kgdx.domain.path import Step
from kgdx.domain.report import FindingContribution
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus
from kgdx.stores import explanation_cypher as texts
from kgdx.stores.explanation_rows import SIDES

Ask = Callable[[str, Mapping[str, Any]], Sequence[Mapping[str, Any]]]
"""Runs a reading text with its parameters."""


def read(ask: Ask, case: str) -> Explanation:
    """Put an explanation together again.

    Raises:
        QueryError: if no such case is stored.
    """
    given = {"key": case}
    found = list(ask(texts.READ_CASE, given))
    if not found:
        remedy = "take an id that kgdx explain --store printed, or MATCH (c:DiagnosedCase) RETURN c.key"
        raise QueryError("explanation", f"no case {case} is stored here", remedy)
    nodes = {kind: list(ask(texts.read_nodes(kind), given)) for kind in texts.OWNED}
    paths = {what: _paths(ask, what, given) for what in texts.PATHS}
    (stated,) = found
    return Explanation(
        case=case,
        **stated,
        evidence=tuple(_evidence(row) for row in nodes["Evidence"]),
        diagnoses=tuple(_diagnosis(row, nodes["Contribution"], paths) for row in nodes["Diagnosis"]),
        treatments=tuple(_treatment(row, nodes["Concern"], paths) for row in nodes["Treatment"]),
    )


def _paths(ask: Ask, justified: str, given: Mapping[str, Any]) -> dict[str, tuple[KeptPath, ...]]:
    """Key of what they justify -> paths, in order."""
    steps: dict[str, list[Step]] = {}
    for row in ask(texts.read_steps(justified), given):
        values = {name: row[name] for name in _names(Step)}
        step = Step(**(values | {"publications": tuple(row["publications"])}))
        steps.setdefault(row["owner"], []).append(step)
    owned: dict[str, tuple[KeptPath, ...]] = {}
    for row in ask(texts.read_paths(justified), given):
        path = KeptPath(tuple(steps.get(row["key"], ())), row["contribution"], row["sentence"])
        owned[row["owner"]] = (*owned.get(row["owner"], ()), path)
    return owned


def _evidence(row: Mapping[str, Any]) -> KeptEvidence:
    values = {name: row[name] for name in _names(KeptEvidence)}
    return KeptEvidence(**(values | {"polarity": Polarity(row["polarity"])}))


def _diagnosis(
    row: Mapping[str, Any],
    contributions: Iterable[Mapping[str, Any]],
    paths: Mapping[str, Mapping[str, tuple[KeptPath, ...]]],
) -> KeptDiagnosis:
    of_it = [each for each in contributions if each["owner"] == row["key"]]
    sides = {
        side: tuple(
            FindingContribution(each["finding"], each["name"], each["contribution"])
            for each in of_it
            if each["side"] == side
        )
        for side in SIDES
    }
    values = {name: row[name] for name in _names(KeptDiagnosis) - {*SIDES, "paths"}}
    return KeptDiagnosis(**values | sides, paths=paths["diagnosis"].get(row["key"], ()))


def _treatment(
    row: Mapping[str, Any],
    concerns: Iterable[Mapping[str, Any]],
    paths: Mapping[str, Mapping[str, tuple[KeptPath, ...]]],
) -> KeptTreatment:
    values = {name: row[name] for name in _names(KeptTreatment) - {"paths", "chains", "concerns"}}
    values |= {"status": TreatmentStatus(row["status"])}
    return KeptTreatment(
        **values,
        paths=paths["treatment"].get(row["key"], ()),
        chains=paths["chain"].get(row["key"], ()),
        concerns=tuple(
            KeptConcern(
                kind=ConcernKind(each["kind"]),
                severity=Severity(each["severity"]),
                reason=each["reason"],
                name=each["name"],
                is_certain=each["is_certain"],
                path=next(iter(paths["concern"].get(each["key"], ())), None),
            )
            for each in concerns
            if each["owner"] == row["key"]
        ),
    )


def _names(kind: type) -> set[str]:
    return {each.name for each in fields(kind)}
