"""The Chinese names of the starter graph: all of them, none for two concepts."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from ingest.catalogue import find
from ingest.model import Rejected, Row
from ingest.sources import starter
from ingest.sources.starter import CHINESE
from kgdx.domain.graph import Node
from tests.ingest.test_starter import read_tsv

COLUMNS = ["id", "name", "synonyms"]
# Both are read from texts and codes as findings.
_FINDINGS = ("biolink:PhenotypicFeature", "biolink:ClinicalFinding")


@pytest.fixture(scope="module")
def nodes(root: Path) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in read_tsv(root / "ingest" / "starter" / "nodes.tsv")[1]}


@pytest.fixture(scope="module")
def translated(root: Path) -> list[dict[str, str]]:
    header, rows = read_tsv(root / "ingest" / "starter" / CHINESE)
    assert header == COLUMNS
    return rows


def phrases(row: dict[str, str], name: str, others: str) -> list[str]:
    return [row[name], *filter(None, row[others].split("|"))]


def test_every_node_but_genes_has_a_chinese_name_and_every_name_a_node(nodes, translated) -> None:
    named = [row["id"] for row in translated]
    assert len(named) == len(set(named))
    assert set(named) == {curie for curie, node in nodes.items() if node["category"] != "biolink:Gene"}


def test_names_are_chinese_and_clean(translated) -> None:
    for row in translated:
        said = phrases(row, "name", "synonyms")
        assert len(said) == len(set(said)), row
        for phrase in said:
            assert phrase == phrase.strip() != "", row
            assert re.search(r"[\u4e00-\u9fff]", phrase), row
            assert not re.search(r"[@|;；，。、（）()]", phrase), row


def test_no_chinese_phrase_is_of_two_nodes_of_a_kind_unless_an_english_one_is(nodes, translated) -> None:
    owners = defaultdict(set)
    for row in translated:
        category = nodes[row["id"]]["category"]
        kind = "finding" if category in _FINDINGS else category
        for phrase in phrases(row, "name", "synonyms"):
            owners[kind, phrase].add(row["id"])
    english = {
        curie: {p.casefold() for p in phrases(node, "name", "synonym")} for curie, node in nodes.items()
    }
    shared = {key: sorted(ids) for key, ids in owners.items() if len(ids) > 1}
    assert {key: ids for key, ids in shared.items() if not set.intersection(*(english[i] for i in ids))} == {}


def test_the_name_is_the_first_chinese_synonym_and_a_stray_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "nodes.tsv").write_text(
        "id\tcategory\tname\tsynonym\nHP:1\tbiolink:PhenotypicFeature\tA\tb\nHP:2\tbiolink:PhenotypicFeature\tB\t\n",
        encoding="utf-8",
    )
    (tmp_path / "edges.tsv").write_text("subject\tpredicate\tobject\n", encoding="utf-8")
    (tmp_path / CHINESE).write_text(
        "id\tname\tsynonyms\nHP:1\t胸腔积液\t胸水|积液\nHP:9\t气胸\t\n", encoding="utf-8"
    )
    for name, table in starter.TABLES.items():
        columns = (*table.ends, *table.remarks, *(() if "severity" in table.remarks else ("severity",)))
        (tmp_path / name).write_text("\t".join(columns) + "\n", encoding="utf-8")
    items = list(starter.read(tmp_path, find("starter")))
    read = [item.statement for item in items if isinstance(item, Row) and isinstance(item.statement, Node)]
    assert [node.synonyms for node in read] == [("b", "胸腔积液@zh", "胸水@zh", "积液@zh"), ()]
    told = [item for item in items if isinstance(item, Rejected)]
    assert told == [Rejected("chinese.tsv, line 3", "names no node", "HP:9")]
