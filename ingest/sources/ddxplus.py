"""DDXPlus: conditions, the evidences they are asked by, and the values an evidence may have.

A patient of DDXPlus has evidences such as `E_66` and values such as `E_54_@_V_179`; `identifier_of` gives
the CURIE that either has in the graph.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest.catalogue import Source
from ingest.files import find_file, read_json
from ingest.identifiers import identify, mint, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node

_CONDITIONS, _EVIDENCES = "release_conditions.json", "release_evidences.json"
_NO_VALUE = "NA"


def identifier_of(code: str) -> str:
    """CURIE of an evidence, or of one of its values, by the code that patients carry.

    Not every code is in the graph: numbers on a scale (`E_56_@_4`) and the answers that deny
    (`E_57_@_V_123`, nowhere) are no findings.
    """
    return identify(f"DDXPLUS:{code.replace('_@_', '.')}")


def condition_of(name: str) -> str:
    """CURIE of a condition, by the name that patients carry as their pathology."""
    return mint("DDXPLUS", f"d-{name}")


def read(path: Path, source: Source) -> Iterator[Item]:
    """Evidences with their values, conditions, and what is asked for each condition.

    Symptoms are `has_phenotype`; antecedents, such as smoking, `predisposes_to` the condition, by what the
    evidence says of itself. A value is a kind of its evidence; numbers on a scale are no values of their own,
    and neither is the default, which says that there is nothing: "nowhere", "N" or "NA".

    Args:
        path: folder with `release_conditions.json` and `release_evidences.json`.

    Raises:
        SourceError: if one is missing or cannot be read.
    """
    evidences, conditions = find_file(path, _EVIDENCES), find_file(path, _CONDITIONS)
    kinds: dict[str, str] = {}
    for code, entry in read_json(evidences, dict).items():
        where = f"{evidences.name}, {code}"
        try:
            node = _evidence(code, entry)
            kinds[code] = node.kind
            yield Row(where, node)
            yield from _values(where, code, entry, node, source)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
            yield Rejected(where, "not an evidence of DDXPlus", str(entry)[:80])
    for name, entry in read_json(conditions, dict).items():
        where = f"{conditions.name}, {name}"
        try:
            yield from _condition(where, name, entry, kinds, source)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
            yield Rejected(where, "not a condition of DDXPlus", str(entry)[:80])


def _evidence(code: str, entry: Mapping[str, Any]) -> Node:
    is_antecedent = entry["is_antecedent"]
    if not isinstance(is_antecedent, bool):
        raise TypeError("true or false is expected")
    kind = "Exposure" if is_antecedent else "PhenotypicFeature"
    return Node(
        identifier_of(code), kind, _text(entry["question_en"]), (f"{_text(entry['question_fr'])}@fr",)
    )


def _values(where: str, code: str, entry: Mapping[str, Any], node: Node, source: Source) -> Iterator[Item]:
    values, default = entry["possible-values"], entry.get("default_value")
    if not isinstance(values, list):
        raise TypeError("a list of values is expected")
    for value in values:
        if type(value) is int:
            yield Skipped("a number on a scale")
            continue
        meaning = entry["value_meaning"].get(value)
        if meaning is None:
            yield Rejected(where, "a value without a meaning", str(value)[:80])
            continue
        if value == default or meaning["en"] == _NO_VALUE:
            yield Skipped("an answer that denies")
            continue
        name = f"{node.name} {_text(meaning['en'])}"
        special = Node(identifier_of(f"{code}_@_{value}"), node.kind, name, (f"{_text(meaning['fr'])}@fr",))
        yield Row(where, special)
        edge = Edge(special.curie, "subclass_of", node.curie, source.provenance(""))
        yield Row(where, edge, (special, node))


def _condition(
    where: str, name: str, entry: Mapping[str, Any], kinds: Mapping[str, str], source: Source
) -> list[Item]:
    given = source.provenance("")
    severity = f"Severity {int(entry['severity'])}, where 1 is the most severe of 5."
    french = f"{_text(entry['cond-name-fr'])}@fr"
    disease = Node(condition_of(name), "Disease", _text(name), (french,), severity)
    items: list[Item] = [Row(where, disease)]
    for text in _text(entry["icd10-id"]).upper().split(","):
        code = f"ICD10CM:{text.strip()}"
        try:
            items.append(Row(where, Edge(disease.curie, "close_match", identify(code), given), (disease,)))
        except CurieError:
            items.append(Rejected(where, reason_against(code), code))
    for part in ("symptoms", "antecedents"):
        for asked in entry[part]:
            if asked not in kinds:
                items.append(Rejected(where, "an evidence that is not listed", str(asked)))
                continue
            finding = Node(identifier_of(asked), kinds[asked])
            if finding.kind == "Exposure":
                edge = Edge(finding.curie, "predisposes_to", disease.curie, given)
            else:
                edge = Edge(disease.curie, "has_phenotype", finding.curie, given)
            items.append(Row(where, edge, (disease, finding)))
    return items


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value.strip()
