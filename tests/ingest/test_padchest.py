"""The padchest reader: three branches of a drawn tree, terms with several parents, and codes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kgdx.domain.errors import SourceError
from tests.ingest.reading import edges_in, nodes_in, taken

Write = Callable[[str, str], Path]
TREE = r"""normal [CUI:C0000009, counts:2, 2]\\
radiological finding [CUI:C0000001, counts:0, 9]\\
├── granuloma [CUI:C0000002, counts:5, 13]\\
│   └── calcified granuloma [CUI:C0000003, counts:8, 8]\\
└── calcified densities [counts:19, 37]\\
    └── calcified granuloma [CUI:C0000003, counts:8, 8]\\
differential diagnosis [counts:0, 3]\\
└── pneumonia [CUI:C0000004, counts:1, 2]\\
    └── viral pneumonia [counts:1, 1]\\
localization [counts:0, 3]\\
└── lung [CUI:C0000005, counts:1, 2]\\
    └── lobe [counts:1, 1]\\
"""


def test_the_branch_tells_the_kind(write: Write) -> None:
    nodes = nodes_in(taken("padchest", write("tree.csv", TREE)))
    kinds = {node.name: node.kind for node in nodes.values() if node.name}
    assert kinds == {
        "granuloma": "ImagingFinding",
        "calcified granuloma": "ImagingFinding",
        "calcified densities": "ImagingFinding",
        "pneumonia": "Disease",
        "viral pneumonia": "Disease",
        "lung": "AnatomicalEntity",
        "lobe": "AnatomicalEntity",
    }
    assert nodes["UMLS:C0000004"].kind == "Disease"


def test_a_term_may_have_several_parents(write: Write) -> None:
    batch = taken("padchest", write("tree.csv", TREE))
    assert edges_in(batch, "subclass_of") == {
        ("PADCHEST:calcified-granuloma", "PADCHEST:granuloma"),
        ("PADCHEST:calcified-granuloma", "PADCHEST:calcified-densities"),
        ("PADCHEST:viral-pneumonia", "PADCHEST:pneumonia"),
    }
    assert edges_in(batch, "part_of") == {("PADCHEST:lobe", "PADCHEST:lung")}
    assert ("PADCHEST:lung", "UMLS:C0000005") in edges_in(batch, "exact_match")
    assert len(edges_in(batch, "exact_match")) == 4
    assert batch.num_merged == 2
    assert batch.skipped == {"a branch, or a remark on the study": 4}


def test_a_line_hangs_on_the_line_above(write: Write) -> None:
    lines = ("radiological finding [counts:1, 1]", "│   └── orphan [counts:1, 1]", "├── no facts")
    tree = "\n".join((*lines, "├── ... [counts:1, 1]", ""))
    assert taken("padchest", write("tree.csv", tree)).rejected == {
        "a line without its parent": 1,
        "not a line of the tree": 1,
        "no name": 1,
    }


def test_another_file_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match="not PadChest's tree"):
        taken("padchest", write("tree.csv", "id,name\n1,a\n"))


@pytest.mark.realdata
def test_the_real_tree_comes_out(data: Path) -> None:
    (path,) = (data / "padchest").glob("tree_*.csv")
    terms, codes = set(), set()
    below, branch, above = set(), "", {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        depth = re.search(r"\w", line).start() // 4  # type: ignore[union-attr]
        term = line[4 * depth :].split(" [")[0]
        above[depth] = term
        branch = term if depth == 0 else branch
        if depth:
            terms.add((branch, term))
            codes |= {(branch, term, code) for code in re.findall(r"CUI:(C\d{7})", line)[:1]}
        if depth > 1:
            below.add((branch, term, above[depth - 1]))
    batch = taken("padchest", path)
    assert len(lines) == 337
    assert batch.rejected == {}
    assert batch.skipped.total() == sum(line[0].isalpha() for line in lines)
    named = [node for node in batch.nodes if node.name]
    assert len(named) == len(terms)
    places = sum(branch == "localization" for branch, *_ in below)
    assert len(edges_in(batch, "part_of")) == places
    assert len(edges_in(batch, "subclass_of")) == len(below) - places
    assert len(edges_in(batch, "exact_match")) == len(codes)
    ends = {node.curie: node.name for node in named}
    drawn = {(term, parent) for _, term, parent in below}
    stated = edges_in(batch, "subclass_of") | edges_in(batch, "part_of")
    assert {(ends[head], ends[tail]) for head, tail in stated} == drawn
