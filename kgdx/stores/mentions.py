"""Mentions: what each source says of a node, one JSON text a source, and the record made of them."""

import json
from collections.abc import Sequence

from kgdx.domain.graph import Node


def mention_start(source: str) -> str:
    """How every mention by a source begins."""
    return json.dumps([source], ensure_ascii=False)[:-1] + ","


def with_mention(mentions: Sequence[str], source: str, node: Node | None) -> tuple[str, ...]:
    """The mentions once a source has said what it has to say, or, with None, has taken it back."""
    start = mention_start(source)
    others = tuple(text for text in mentions if not text.startswith(start))
    if node is None:
        return others
    record = [node.name, node.synonyms, node.definition, node.is_obsolete, node.replaced_by, node.source]
    text = json.dumps([source, *record], ensure_ascii=False, separators=(",", ":"))
    earlier = [m for m in mentions if m.startswith(start)]
    return (*others, min([text, *earlier], key=_rank) if earlier else text)


def visible_node(kind: str, curie: str, mentions: Sequence[str]) -> Node:
    """The record that everybody sees."""
    if not mentions:
        return Node(curie, kind)
    ranked = [json.loads(text) for text in (sorted(mentions, key=_rank) if len(mentions) > 1 else mentions)]
    _, name, synonyms, definition, is_obsolete, replaced_by, source = ranked[0]
    others = {synonym for record in ranked[1:] for synonym in record[2]} - {name, *synonyms}
    return Node(curie, kind, name, (*synonyms, *sorted(others)), definition, is_obsolete, replaced_by, source)


def _rank(mention: str) -> tuple[bool, bool, str]:
    """The owner's first, then those that give a name, then by name of the source."""
    has_name = json.loads(mention)[1] != ""
    return mention.endswith(',""]'), not has_name, mention
