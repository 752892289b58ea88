"""Write a graph as KGX, which `ingest.sources.kgx` reads back unchanged.

KGX has no way to quote: white space other than the blank is written as one blank, and a `|` inside an
item of a list as a `/`. What was loaded holds neither (`ingest.texts`).
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import load
from kgdx.stores.base import GraphStore

_PER_WRITE = 50_000
_SPACE = r"[\t\r\n\v\f\x1c-\x1e\x{85}\x{2028}\x{2029}]+"

Kinds = Mapping[str, tuple[str, str]]
"""Edge id -> kinds of its head and tail, for edges whose ends alone do not tell."""


def kinds_of_ends(store: GraphStore, nodes: pa.Table) -> Kinds:
    """Of which kinds the ends are, for every edge with an end that the graph holds under several kinds."""
    counted = nodes.group_by("curie").aggregate([("kind", "count")])
    several = counted.filter(pc.greater(counted["kind_count"], 1))["curie"].to_pylist()
    cypher = (
        "MATCH (h)-[e]->(t) WHERE h.curie IN $several OR t.curie IN $several "
        "RETURN e.edge_id AS id, h.kind AS head, t.kind AS tail"
    )
    rows = store.query(cypher, {"several": several}, timeout_s=600) if several else ()
    return {row["id"]: (row["head"], row["tail"]) for row in rows}


def write(nodes: pa.Table, edges: pa.Table, folder: Path, kinds: Kinds | None = None) -> tuple[Path, Path]:
    """Write `nodes.tsv` and `edges.tsv` into a folder, made where missing; rows are sorted.

    Args:
        nodes, edges: layouts `NODE_COLUMNS` and `EDGE_COLUMNS`, any order.
        kinds: as `kinds_of_ends` finds them.

    Returns:
        The paths of both files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "nodes.tsv", folder / "edges.tsv"
    _write(paths[0], _node_cells(nodes.sort_by([("curie", "ascending"), ("kind", "ascending")])))
    order = [(name, "ascending") for name in ("head", "relation", "tail", "edge_id")]
    _write(paths[1], _edge_cells(edges.sort_by(order), kinds or {}))
    return paths


def _node_cells(nodes: pa.Table) -> dict[str, Any]:
    return {
        "id": nodes["curie"],
        "category": _named(nodes["kind"], load().categories),
        "name": nodes["name"],
        "synonym": _joined(nodes["synonyms"]),
        "description": nodes["definition"],
        "deprecated": pc.if_else(nodes["is_obsolete"], "true", ""),
        "replaced_by": nodes["replaced_by"],
        "provided_by": nodes["source"],
    }


def _edge_cells(edges: pa.Table, kinds: Kinds) -> dict[str, Any]:
    categories = load().categories
    ends = [kinds.get(edge, ("", "")) for edge in edges["edge_id"].to_pylist()] if kinds else []
    none = pa.array([""] * edges.num_rows, pa.string())
    head, tail = (
        pa.array([categories.get(pair[i], "") for pair in ends], pa.string()) if kinds else none
        for i in (0, 1)
    )
    return {
        "id": edges["edge_id"],
        "subject": edges["head"],
        "predicate": _named(edges["relation"], {r.name: r.predicate for r in load().relations.values()}),
        "object": edges["tail"],
        "subject_category": head,
        "object_category": tail,
        "negated": pc.if_else(edges["negated"], "true", "false"),
        "has_quotient": _numbers(edges["frequency"]),
        "has_total": _numbers(edges["num_patients"]),
        "onset_qualifier": edges["onset"],
        "sex_qualifier": edges["sex"],
        "original_predicate": edges["original_predicate"],
        "knowledge_level": edges["knowledge_level"],
        "agent_type": pa.array(["not_provided"] * edges.num_rows, pa.string()),
        "primary_knowledge_source": edges["source"],
        "publications": _joined(edges["publications"]),
        "license": edges["licence"],
        "source_release": edges["release"],
    }


def _named(texts: pa.ChunkedArray, names: Mapping[str, str]) -> pa.Array:
    encoded = texts.combine_chunks().dictionary_encode()
    return pa.array([names[text] for text in encoded.dictionary.to_pylist()], pa.string()).take(
        encoded.indices
    )


def _joined(lists: pa.ChunkedArray) -> pa.Array:
    lists = lists.combine_chunks()
    items = pc.replace_substring(lists.flatten(), "|", "/")
    return pc.binary_join(pa.ListArray.from_arrays(_offsets(lists), items), "|")


def _offsets(lists: pa.Array) -> pa.Array:
    """Where each list begins among the flattened items, and where the last one ends."""
    lengths = pc.list_value_length(lists).cast(pa.int32())
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])


def _numbers(column: pa.ChunkedArray) -> pa.Array:
    """Numbers as Python writes them, so that they are read back exactly; nothing where there is none."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    texts = ["" if value is None else repr(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _write(path: Path, cells: Mapping[str, Any]) -> None:
    plain = {name: pc.replace_substring_regex(cell, _SPACE, " ") for name, cell in cells.items()}
    rows = pc.binary_join_element_wise(*pa.table(plain).combine_chunks().columns, "\t")
    part = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with part.open("x", encoding="utf-8", newline="") as file:
            file.write("\t".join(plain) + "\n")
            for start in range(0, len(rows), _PER_WRITE):
                lines = rows.slice(start, _PER_WRITE).to_pylist()
                file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
