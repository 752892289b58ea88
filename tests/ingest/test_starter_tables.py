"""The tables beside the starter graph become edges whose words keep what the relation does not say."""

from pathlib import Path

from ingest.catalogue import find
from ingest.model import Rejected, Row
from ingest.sources.starter import read
from kgdx.domain.graph import Edge
from kgdx.domain.remarks import read as remarks

HEADS = {
    "nodes.tsv": "id\tcategory\n",
    "edges.tsv": "subject\tpredicate\tobject\n",
    "interactions.tsv": "one\tother\tseverity\tmechanism\tadvice\tsource\n"
    "CHEBI:1\tCHEBI:2\tcontraindicated\tqt\tmonitor_ecg\tBNF 86, 2023\n",
    "precautions.tsv": "treatment\tseverity\tcondition\tadvice\tsource\n"
    "CHEBI:1\tcaution\tHP:1\treduce_below_egfr:30\tBNF 86, 2023\n"
    "CHEBI:1\tcontraindicated\tHP:2\t\tBNF 86, 2023\n"
    "CHEBI:1\tgrave\tHP:3\t\tBNF 86, 2023\n",
    "indications.tsv": "treatment\tdisease\tline\turgency\tonly_if\tsource\n"
    "CHEBI:1\tMONDO:1\tfirst\timmediate\tHP:1|HP:2\tBNF 86, 2023\n",
}


def test_every_row_of_a_table_is_an_edge(tmp_path: Path) -> None:
    for name, text in HEADS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    items = list(read(tmp_path, find("starter")))
    edges = [i.statement for i in items if isinstance(i, Row) and isinstance(i.statement, Edge)]
    assert [(e.relation, e.tail, dict(remarks(e.original_predicate))) for e in edges] == [
        (
            "interacts_with",
            "CHEBI:2",
            {"severity": "contraindicated", "mechanism": "qt", "advice": "monitor_ecg"},
        ),
        ("cautioned_in", "HP:1", {"advice": "reduce_below_egfr:30"}),
        ("contraindicated_in", "HP:2", {}),
        ("treats", "MONDO:1", {"line": "first", "urgency": "immediate", "only_if": "HP:1|HP:2"}),
    ]
    assert {(e.provenance.source, e.provenance.license) for e in edges} == {
        ("infores:kgdx-starter", "CC0-1.0")
    }
    assert [i.reason for i in items if isinstance(i, Rejected)] == ["unknown severity"]


def test_words_of_another_source_are_no_remarks() -> None:
    assert remarks("decreases activity of") == remarks("") == {}
    assert dict(remarks("severity: caution; advice: monitor_ecg")) == {
        "severity": "caution",
        "advice": "monitor_ecg",
    }
