"""KGX JSON Lines: says the same as KGX TSV, is strict about types, and names the line of a fault."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import kgx
from ingest.catalogue import find
from ingest.model import Item, Rejected, Row
from ingest.source_batch import SourceBatch
from ingest.sources import kgx as rows
from ingest.sources import kgx_lines as lines
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node
from kgdx.graph.arrow_schema import edge_table, node_table
from tests.ingest.test_kgx import edge, node

SOURCE = find("kgx")
DISEASE = {"id": "MONDO:1", "category": ["biolink:Disease"]}
FINDING = {"subject": "MONDO:1", "predicate": "biolink:has_phenotype", "object": "HP:1"}


def write(folder: Path, nodes: list[Any], edges: list[Any], start: str = "") -> Path:
    for part, records in (("nodes", nodes), ("edges", edges)):
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{start}{part}.jsonl").write_text(text)
    return folder


def taken(items: Iterator[Item]) -> tuple[set[Node], list[dict[str, Any]]]:
    batch = SourceBatch(SOURCE)
    for item in items:
        batch.add(item)
    batch.settle()
    return set(batch.nodes), sorted(batch.edges.to_pylist(), key=str)


def records(file: Path) -> list[dict[str, Any]]:
    """The rows of a KGX TSV file as JSON Lines holds them: typed, and without what is empty."""
    header, *body = [line.split("\t") for line in file.read_text(encoding="utf-8").split("\n") if line]
    found = []
    for cells in body:
        record: dict[str, Any] = {key: cell for key, cell in zip(header, cells, strict=True) if cell}
        for key in {"synonym", "publications"} & record.keys():
            record[key] = record[key].split("|")
        for key in {"negated", "deprecated"} & record.keys():
            record[key] = record[key] == "true"
        for key, kind in (("has_quotient", float), ("has_total", int)):
            record |= {key: kind(record[key])} if key in record else {}
        found.append(record)
    return found


@given(
    st.lists(node, min_size=1, max_size=4, unique_by=lambda n: n.curie),
    st.lists(edge, min_size=1, max_size=4),
)
def test_it_says_the_same_as_the_tables(nodes: list[Node], edges: list[Edge]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        kgx.write(node_table(nodes), edge_table(edges), folder)
        write(folder, *(records(folder / f"{part}.tsv") for part in ("nodes", "edges")))
        assert taken(lines.read(folder, SOURCE)) == taken(rows.read(folder, SOURCE))


def test_lists_may_be_one_text_and_files_zipped(tmp_path: Path) -> None:
    folder = write(
        tmp_path, [DISEASE | {"category": "biolink:Disease", "synonym": "flu", "name": None}], [FINDING], "g_"
    )
    for part in ("nodes", "edges"):
        plain = folder / f"g_{part}.jsonl"
        (folder / f"g_{part}.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    disease, finding = lines.read(tmp_path / "g", SOURCE)
    assert isinstance(disease, Row)
    assert disease == Row("g_nodes.jsonl.gz, line 1", Node("MONDO:1", "Disease", synonyms=("flu",)))
    assert isinstance(finding, Row)


def test_an_edge_may_tell_the_kinds_of_its_ends(tmp_path: Path) -> None:
    told = {
        "subject_category": "biolink:Disease",
        "object_category": ["biolink:Planet", "biolink:PhenotypicFeature"],
    }
    (item,) = list(lines.read(write(tmp_path, [DISEASE], [FINDING | told]), SOURCE))[1:]
    assert isinstance(item, Row)
    assert item.mentions == (Node("MONDO:1", "Disease"), Node("HP:1", "PhenotypicFeature"))


@pytest.mark.parametrize(
    ("base", "fault", "reason"),
    [
        (DISEASE, {"category": "biolink:Planet"}, "category not in the schema"),
        (DISEASE, {"category": None}, "category not in the schema"),
        (DISEASE, {"category": [3]}, "'category' is no list of texts"),
        (DISEASE, {"id": "MONDO"}, "not a CURIE"),
        (DISEASE, {"id": None}, "no identifier"),
        (DISEASE, {"id": 3}, "'id' is no text"),
        (DISEASE, {"name": ["a"]}, "'name' is no text"),
        (DISEASE, {"synonym": {"a": 1}}, "'synonym' is no list of texts"),
        (DISEASE, {"deprecated": "true"}, "'deprecated' is no truth value"),
        (DISEASE, {"deprecated": 1}, "'deprecated' is no truth value"),
        (FINDING, {"predicate": "biolink:adores"}, "predicate not in the schema"),
        (FINDING, {"object": "NOPE:1"}, "prefix NOPE is not declared"),
        (FINDING, {"has_quotient": "0.5"}, "'has_quotient' is no number"),
        (FINDING, {"has_quotient": True}, "'has_quotient' is no number"),
        (FINDING, {"has_quotient": 7}, "frequency outside 0 to 1"),
        (FINDING, {"has_quotient": float("nan")}, "frequency outside 0 to 1"),
        (FINDING, {"has_total": 1.5}, "'has_total' is no whole number"),
        (FINDING, {"has_total": 1 << 63}, "unreadable number of patients"),
        (FINDING, {"has_total": -1}, "unreadable number of patients"),
        (FINDING, {"publications": 3}, "'publications' is no list of texts"),
    ],
)
def test_what_cannot_be_used_is_rejected(
    tmp_path: Path, base: dict[str, Any], fault: dict[str, Any], reason: str
) -> None:
    is_node = base is DISEASE
    folder = write(tmp_path, [base | fault] if is_node else [DISEASE], [] if is_node else [base | fault])
    (folder / "edges.jsonl").write_text((folder / "edges.jsonl").read_text() or json.dumps(FINDING))
    (found,) = [item for item in lines.read(folder, SOURCE) if isinstance(item, Rejected)]
    assert (found.where, found.reason) == (f"{'nodes' if is_node else 'edges'}.jsonl, line 1", reason)


@pytest.mark.parametrize(
    "line", ["{", "[1]", "3", '{"id": 1e}', "[" * 100_000, '{"a": ' * 100_000, "9" * 5000]
)
def test_a_line_that_is_no_object_stops_the_load(tmp_path: Path, line: str) -> None:
    folder = write(tmp_path, [DISEASE], [FINDING])
    with (folder / "edges.jsonl").open("a") as file:
        file.write(line)
    with pytest.raises(SourceError) as caught:
        list(lines.read(folder, SOURCE))
    assert caught.value.where == f"{folder / 'edges.jsonl'}, line 2"


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no nodes\.jsonl: name the folder of a KGX graph"):
        list(lines.read(tmp_path, SOURCE))
    assert lines.find(tmp_path, "nodes") is None
