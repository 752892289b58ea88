"""Texts as every store and format can hold them: on one line, and without the mark that parts lists."""

import re
from dataclasses import replace

from kgdx.domain.graph import Edge, Node

_SPACE = re.compile("[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_MARK, _INSTEAD, _ENCODED = "|", "/", "%7C"


def tidy_node(node: Node) -> Node:
    """The node with its texts on one line each, and `/` for `|` in its synonyms."""
    texts = node.name, node.definition, *node.synonyms
    if all(map(str.isprintable, texts)) and not any(_MARK in text for text in node.synonyms):
        return node
    return replace(
        node,
        name=_one_line(node.name),
        definition=_one_line(node.definition),
        synonyms=tuple(_one_line(text).replace(_MARK, _INSTEAD) for text in node.synonyms),
    )


def tidy_edge(edge: Edge) -> Edge:
    """The edge with its texts on one line each, and `%7C` for `|` in its publications, as in addresses."""
    given = edge.provenance
    texts = edge.original_predicate, edge.onset, edge.sex, *given.publications
    if all(map(str.isprintable, texts)) and not any(_MARK in text for text in given.publications):
        return edge
    publications = tuple(_one_line(text).replace(_MARK, _ENCODED) for text in given.publications)
    return replace(
        edge,
        original_predicate=_one_line(edge.original_predicate),
        onset=_one_line(edge.onset),
        sex=_one_line(edge.sex),
        provenance=replace(given, publications=publications),
    )


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text)
