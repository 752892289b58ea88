"""Between explanations and the nodes and edges that every store keeps of them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
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
    fingerprint,
)
from kgdx.domain.path import Step
from kgdx.domain.report import FindingContribution
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus
from kgdx.stores import explanation_cypher as texts

Row = dict[str, Any]
NodeKey = tuple[str, str]
"""Kind and key."""

SIDES = ("supports", "contradicts", "unexplained")


@dataclass(frozen=True)
class Records:
    """Nodes and edges to write.

    Attributes:
        nodes: kind -> key -> properties, the key among them.
        links: (name, kind of head, kind of tail) -> `head`, `tail` and properties of each.
    """

    nodes: dict[str, dict[str, Row]] = field(default_factory=dict)
    links: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)

    @classmethod
    def of(cls, explanations: Iterable[Explanation], written: str) -> "Records":
        """What is to be written for explanations of different cases.

        Args:
            written: now, UTC, ISO 8601.
        """
        records = cls()
        for explanation in explanations:
            records._add_case(explanation, written)
        return records

    def _node(self, kind: str, key: str, /, **properties: Any) -> NodeKey:
        self.nodes.setdefault(kind, {})[key] = {"key": key, **properties}
        return kind, key

    def _link(self, name: str, head: NodeKey, tail: NodeKey, /, **properties: Any) -> None:
        row = {"head": head[1], "tail": tail[1], **properties}
        self.links.setdefault((name, head[0], tail[0]), []).append(row)

    def _add_case(self, given: Explanation, written: str) -> None:
        case = self._node(
            "DiagnosedCase",
            given.case,
            label=given.label,
            written=written,
            abstained=given.abstained,
            content=fingerprint(given),
        )
        self._link("made_by", case, self._node("Release", given.release))
        seen: dict[str, list[NodeKey]] = {}
        for i, item in enumerate(given.evidence):
            node = self._node("Evidence", f"{given.case}/evidence/{i}", **_plain(item), position=i)
            seen.setdefault(item.finding, []).append(node)
            self._link("has_evidence", case, node)
        for i, diagnosis in enumerate(given.diagnoses):
            self._add_diagnosis(case, diagnosis, i, seen)
        for i, treatment in enumerate(given.treatments):
            self._add_treatment(case, treatment, i, seen)

    def _add_diagnosis(
        self,
        case: NodeKey,
        given: KeptDiagnosis,
        position: int,
        seen: Mapping[str, list[NodeKey]],
    ) -> None:
        key = f"{case[1]}/diagnosis/{position}"
        node = self._node("Diagnosis", key, **_plain(given, (*SIDES, "paths")), position=position)
        self._link("concludes", case, node)
        for side in SIDES:
            for i, each in enumerate(getattr(given, side)):
                properties = {"finding": each.curie, "name": each.name, "contribution": each.contribution}
                found = self._node("Contribution", f"{key}/{side}/{i}", **properties, side=side, position=i)
                self._link("weighs", node, found)
        self._add_paths("rests_on", node, given.paths, seen)

    def _add_treatment(
        self,
        case: NodeKey,
        given: KeptTreatment,
        position: int,
        seen: Mapping[str, list[NodeKey]],
    ) -> None:
        key = f"{case[1]}/treatment/{position}"
        node = self._node(
            "Treatment", key, **_plain(given, ("paths", "chains", "concerns")), position=position
        )
        self._link("proposes", case, node)
        self._add_paths("rests_on", node, given.paths, seen)
        self._add_paths("reached_by", node, given.chains, seen)
        for i, concern in enumerate(given.concerns):
            raised = self._node("Concern", f"{key}/concern/{i}", **_plain(concern, ("path",)), position=i)
            self._link("raises", node, raised)
            self._add_paths("shown_by", raised, [concern.path] if concern.path else [], seen)

    def _add_paths(
        self,
        link: str,
        owner: NodeKey,
        paths: Sequence[KeptPath],
        seen: Mapping[str, list[NodeKey]],
    ) -> None:
        for i, path in enumerate(paths):
            properties = {"contribution": path.contribution, "sentence": path.sentence, "position": i}
            node = self._node("Path", f"{owner[1]}/{link}/{i}", **properties)
            self._link(link, owner, node)
            for evidence in seen.get(_start(path), ()):
                self._link("starts_from", node, evidence)
            for place, step in enumerate(path.steps):
                stated = _plain(step, ("is_forward",)) | {"publications": list(step.publications)}
                statement = self._node("Statement", _statement_key(stated), **stated)
                self._link("walks", node, statement, position=place, is_forward=step.is_forward)


def _plain(value: Any, without: Iterable[str] = ()) -> Row:
    """Attributes of a record; what is one of a list of words as its text."""
    kept = (each.name for each in fields(value) if each.name not in without)
    values = {name: getattr(value, name) for name in kept}
    return {name: str(each) if isinstance(each, str) else each for name, each in values.items()}


def _start(path: KeptPath) -> str:
    """CURIE at which a path starts; empty where it has no step."""
    if not path.steps:
        return ""
    first = path.steps[0]
    return first.head if first.is_forward else first.tail


def _statement_key(stated: Row) -> str:
    return sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:16]


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
