"""Mentions: what each source says of a node, one JSON text a source, and the record made of them."""

import json
from collections.abc import Sequence

from kgdx.domain.graph import Node

_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def mention_start(source: str) -> str:
    """How every mention by a source begins."""
    return _to_json([source])[:-1] + ","


def mention(source: str, node: Node) -> str:
    """What a source says of a node."""
    record = [node.name, node.synonyms, node.definition, node.is_obsolete, node.replaced_by, node.source]
    return _to_json([source, *record])


def best_mention(mentions: Sequence[str]) -> str:
    """The owner's first, then those that give a name, then by name of the source."""
    return min(mentions, key=_rank)


def visible_node(kind: str, curie: str, mentions: Sequence[str]) -> Node:
    """The record that everybody sees."""
    if not mentions:
        return Node(curie, kind)
    ranked = [json.loads(text) for text in sorted(mentions, key=_rank)]
    _, name, synonyms, definition, is_obsolete, replaced_by, source = ranked[0]
    others = {synonym for record in ranked[1:] for synonym in record[2]} - {name, *synonyms}
    return Node(curie, kind, name, (*synonyms, *sorted(others)), definition, is_obsolete, replaced_by, source)


def _rank(mention: str) -> tuple[bool, bool, str]:
    has_name = json.loads(mention)[1] != ""
    return mention.endswith(',""]'), not has_name, mention
