"""The table reader: the mapping of the docs, every form of value, and faults told by line and field."""

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from ingest.catalogue import Source
from ingest.model import Item, Rejected, Row, Skipped
from ingest.sources.table import read
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node, Provenance

Write = Callable[[str, str], Path]
SOURCE = Source("mine", "Mine", "", "not stated", "", "", "infores:mine")
ENDS = "edge:\n  head: {column: a}\n  relation: {value: treats}\n  tail: {column: b}\n"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def items(write: Write, table: str, mapping: str, name: str = "t.tsv") -> list[Item]:
    write(f"{name}.mapping.yaml", mapping)
    return list(read(write(name, table), SOURCE))


def edges(found: list[Item]) -> list[Edge]:
    return [item.statement for item in found if isinstance(item, Row) and isinstance(item.statement, Edge)]


def rejected(found: list[Item]) -> list[tuple[str, str, str]]:
    return [(item.where, item.reason, item.text) for item in found if isinstance(item, Rejected)]


@pytest.mark.parametrize("given", ["effects.tsv", "effects.tsv.mapping.yaml"])
def test_the_example_of_the_docs(root: Path, write: Write, tmp_path: Path, given: str) -> None:
    page = root / "docs" / "reference" / "table-mapping.md"
    write("effects.tsv", blocks(page, "text")[0])
    write("effects.tsv.mapping.yaml", blocks(page, "yaml")[0])
    found = list(read(tmp_path / given, SOURCE))
    assert [item.where for item in found if isinstance(item, Row)] == ["effects.tsv, line 3"] * 4 + [
        "effects.tsv, line 4"
    ] * 2
    assert found[-1] == Skipped("no tail")
    drug, pain = Node("CHEBI:4806", "Drug", "Example drug"), Node("SLAKE:lung-pain", "Disease", "Lung pain")
    assert found[0] == Row("effects.tsv, line 3", drug)
    treats, lung, pleura, harms = edges(found)
    assert found[1] == Row("effects.tsv, line 3", treats, (drug, pain))
    provenance = Provenance(
        "infores:my-effects", ("PMID:1", "PMID:2"), "CC0-1.0", "observation", release="2024-05"
    )
    assert treats == Edge("CHEBI:4806", "treats", "SLAKE:lung-pain", provenance)
    assert (lung.tail, pleura.tail) == ("SLAKE:lung", "SLAKE:pleura")
    assert (lung.frequency, lung.num_patients) == (3 / 40, 40)
    assert (harms.relation, harms.negated) == ("contraindicated_in", True)


def test_a_row_says_all_an_edge_can_hold(write: Write) -> None:
    columns = "disease finding share n onset sex called"
    mapping = """
    edge:
      head: {column: disease}
      relation: {value: biolink:has_phenotype}
      tail: {column: finding}
      frequency: {column: share}
      num_patients: {column: n}
      onset: {column: onset, prefix: HP}
      sex: {column: sex, map: {m: male, f: female}}
      original_predicate: {column: called}
    """
    cells = ["MONDO:1", "http://purl.obolibrary.org/obo/HP_0000002", "0.25", "8", "0003577", "f", "goes with"]
    found = items(
        write, f"{columns.replace(' ', ';')}\n{';'.join(cells)}\n", "delimiter: ;" + dedent(mapping)
    )
    provenance = Provenance("infores:mine", (), "not stated")
    assert edges(found) == [
        Edge(
            "MONDO:1",
            "has_phenotype",
            "HP:0000002",
            provenance,
            frequency=0.25,
            num_patients=8,
            onset="HP:0003577",
            sex="female",
            original_predicate="goes with",
        )
    ]


def test_a_narrower_predicate_is_kept(write: Write) -> None:
    mapping = "columns: [a, b, c]\n" + ENDS.replace("{value: treats}", "{column: c}")
    found = items(write, "NCBIGene:1\tMONDO:1\tbiolink:causes_condition\n", mapping)
    assert [(e.relation, e.original_predicate) for e in edges(found)] == [
        ("gene_associated_with_condition", "causes condition")
    ]


def test_every_fault_of_a_row_is_told(write: Write) -> None:
    mapping = """
    node:
      id: {column: id}
      kind: {column: kind}
    edge:
      head: {column: id}
      relation: {column: relation, map: {helps: treats}}
      tail: {column: to, split: ","}
      negated: {column: not}
      frequency: {column: share}
      num_patients: {column: n}
      sex: {column: sex}
      onset: {column: onset}
    """
    fine = {"id": "CHEBI:1", "kind": "Drug", "relation": "helps", "to": "MONDO:1,MONDO:2"}
    columns = ["id", "kind", "relation", "to", "not", "share", "n", "sex", "onset"]
    faults = [
        ({}, []),
        ({"id": ""}, []),
        ({"id": "NOPE:1"}, ["prefix NOPE is not declared in 'id'"] * 3),
        ({"kind": "Star"}, ["kind not in the schema"]),
        ({"id": "UMLS:1", "kind": ""}, ["prefix UMLS has no kind: map one"] * 3),
        ({"relation": "harms"}, ["'relation' says what its map does not hold"] * 2),
        ({"relation": ""}, ["relation not in the schema"] * 2),
        ({"to": "MONDO:1,x"}, ["not a CURIE in 'to'"]),
        ({"not": "perhaps"}, ["unreadable negation"] * 2),
        ({"share": "often"}, ["unreadable frequency"] * 2),
        ({"share": "nan"}, ["unreadable frequency"] * 2),
        ({"n": "-3"}, ["unreadable number of patients"] * 2),
        ({"n": "9" * 30}, ["unreadable number of patients"] * 2),
        ({"sex": "both"}, ["unknown sex"] * 2),
        ({"onset": "late"}, ["not a CURIE in 'onset'"] * 2),
    ]
    rows = ["\t".join((fine | cells).get(column, "") for column in columns) for cells, _ in faults]
    found = items(write, "\n".join(["\t".join(columns), *rows]), mapping)
    for number, (cells, reasons) in enumerate(faults, 2):
        told = [reason for where, reason, _ in rejected(found) if where == f"t.tsv, line {number}"]
        assert told == reasons, cells
    assert [item for item in found if isinstance(item, Skipped)] == [
        Skipped("no identifier"),
        Skipped("no head"),
    ]


def test_a_csv_may_have_quotes_line_ends_and_no_header_comment(write: Write) -> None:
    mapping = """
    comment: ''
    node:
      id: {column: '#id'}
      name: {column: name}
      synonyms: {column: also, split: '|'}
    """
    table = '#id,name,also\nMONDO:1,"flu, the","a|b||flu, the"\nMONDO:2,"two\nlines",\n'
    found = items(write, table, mapping, "t.csv")
    assert [item.statement for item in found if isinstance(item, Row)] == [
        Node("MONDO:1", "Disease", "flu, the", ("a", "b")),
        Node("MONDO:2", "Disease", "two\nlines"),
    ]


@pytest.mark.parametrize(
    ("mapping", "line", "field"),
    [
        (
            "file: x.tsv\n" + ENDS.replace("relation", "relatoin"),
            4,
            "edge.relatoin: unknown field (and 1 more)",
        ),
        (ENDS + "  colour: {value: red}\n", 5, "edge.colour: unknown field"),
        (ENDS.replace("treats", "adores"), 3, "edge.relation: 'adores' is not a relation of the schema"),
        (
            ENDS.replace("{value: treats}", "{column: c, map: {x: adores}}"),
            3,
            "edge.relation: 'adores' is not",
        ),
        (
            ENDS.replace("{column: a}", "{column: a, value: b}"),
            2,
            "edge.head: give either a column or a value",
        ),
        (
            ENDS.replace("{column: a}", "{column: a, mint: NOPE}"),
            2,
            "edge.head.mint: 'NOPE' is not a prefix of",
        ),
        (ENDS.replace("{column: a}", "a"), 2, "edge.head: Input should be"),
        (ENDS + "  tail_kind: {value: Star}\n", 5, "edge.tail_kind: 'Star' is not a kind of the schema"),
        ("edge:\n- head: {column: a}\n  relation:\n    value: x\n", 3, "edge.relation: 'x' is"),
        (ENDS + ENDS, 5, "no YAML ('edge' is written twice)"),
        ("delimiter: '||'\n" + ENDS, 1, "delimiter: write one character, or tab"),
        ("infores: mine\n" + ENDS, 1, "infores: String should match"),
        ("knowledge_level: sure\n" + ENDS, 1, "knowledge_level: Input should be"),
        ("release: 1\n", 1, "the mapping: give a node or an edge"),
        ("columns: [a]\n" + ENDS, 1, "the mapping: column 'b' is not among the columns"),
        ("a: &x 1\nb: *x\n", 2, "no YAML (aliases are not read)"),
        ("? [a]\n: b\n", 1, "no YAML (a key is no text)"),
        ("edge: [\n  {", 2, "no YAML ("),
        ("- 1", 1, "the mapping: Input should be"),
        ("a: \x01", 1, "no YAML ("),
    ],
)
def test_a_fault_of_the_mapping_names_its_line_and_field(
    write: Write, mapping: str, line: int, field: str
) -> None:
    path = write("m.yaml", mapping)
    with pytest.raises(SourceError) as caught:
        list(read(path, SOURCE))
    assert str(caught.value).startswith(f"{path}, line {line}: {field}")
    assert str(caught.value).endswith(": see docs/reference/table-mapping.md")


def test_what_is_missing_is_named(write: Write, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"t\.tsv: no t\.tsv\.mapping\.yaml beside it: write one"):
        list(read(write("t.tsv", "a\tb\n"), SOURCE))
    with pytest.raises(SourceError, match=r"m\.yaml: it does not name its table: write file:"):
        list(read(write("m.yaml", ENDS), SOURCE))
    with pytest.raises(SourceError, match=r"m\.yaml: its table 'gone\.tsv' is not there: correct file:"):
        list(read(write("m.yaml", "file: gone.tsv\n" + ENDS), SOURCE))
    for outside in ("../t.tsv", "/etc/hostname", "sub/../../t.tsv"):
        with pytest.raises(SourceError, match="is outside its folder"):
            list(read(write("m.yaml", f"file: {outside}\n" + ENDS), SOURCE))
    for header, fact in (("a\tc", "no column 'b'"), ("a\tb\tb", "two columns 'b'")):
        with pytest.raises(SourceError, match=rf"t\.tsv, line 2: {fact}: correct the header or the mapping"):
            items(write, f"# x\n{header}\n1\t2\n", ENDS)
    with pytest.raises(SourceError, match=r"t\.tsv, line 3: 1 columns instead of 2: correct the row"):
        items(write, "a\tb\nCHEBI:1\tMONDO:1\nCHEBI:2\n", ENDS)
    with pytest.raises(SourceError, match="no header in it"):
        items(write, "# a\tb\n", ENDS)
