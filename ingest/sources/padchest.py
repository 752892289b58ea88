"""PadChest's tree of chest X-ray findings, diagnoses and places, drawn with lines as `tree` does."""

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_lines
from ingest.identifiers import identify, mint
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node

_LINE = re.compile(r"(?P<drawn>[│├└─\s\u00a0]*)(?P<term>[^\[]+?)\s*\[(?P<facts>[^\]]*)\]\\*\s*")
_CUI = re.compile(r"CUI:(C\d{7})")
_BRANCHES = {
    "radiological finding": "ImagingFinding",
    "differential diagnosis": "Disease",
    "localization": "AnatomicalEntity",
}
_INDENT = 4


def read(path: Path, source: Source) -> Iterator[Item]:
    """A node and its match for every line of the three branches, and `subclass_of` its parent.

    The branches themselves, and terms beside them that speak of the study, are skipped. Places are
    `part_of` the place above them.

    Raises:
        SourceError: if the file cannot be read, or no line of it is drawn as a tree.
    """
    above: list[Node] = []
    kind, is_tree = "", False
    for number, line in read_lines(path):
        if not line.strip():
            continue
        where = f"{path.name}, line {number}"
        found = _LINE.fullmatch(line)
        if found is None:
            yield Rejected(where, "not a line of the tree", line[:80])
            continue
        depth, term = len(found["drawn"]) // _INDENT, found["term"].strip()
        if depth == 0:
            kind = _BRANCHES.get(term, "")
            is_tree = is_tree or bool(kind)
            above = []
            yield Skipped("a branch, or a remark on the study")
            continue
        if not kind or depth > len(above) + 1:
            yield Rejected(where, "a line without its parent", term)
            continue
        try:
            node = Node(mint("PADCHEST", term), kind, term)
        except CurieError:
            yield Rejected(where, "no name", term)
            continue
        above = [*above[: depth - 1], node]
        yield Row(where, node)
        yield from _edges(where, node, above, found["facts"], source)
    if not is_tree:
        raise SourceError(f"{path}, line 1", "not PadChest's tree", "give the tree of terms of PadChest")


def _edges(where: str, node: Node, above: list[Node], facts: str, source: Source) -> Iterator[Item]:
    given = source.provenance("")
    relation = "part_of" if node.kind == "AnatomicalEntity" else "subclass_of"
    if len(above) > 1:
        parent = above[-2]
        if parent.curie == node.curie:
            yield Skipped("the same term below itself")
        else:
            yield Row(where, Edge(node.curie, relation, parent.curie, given), (node, parent))
    if code := _CUI.search(facts):
        match = Node(identify(f"UMLS:{code[1]}"), node.kind)
        yield Row(where, Edge(node.curie, "exact_match", match.curie, given), (node, match))
