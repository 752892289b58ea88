"""A graph of any size, drawn at random: diseases with their findings, as KGX files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_PER_BATCH = 100_000
_COLUMNS = (
    "subject",
    "predicate",
    "object",
    "negated",
    "has_quotient",
    "knowledge_level",
    "primary_knowledge_source",
    "publications",
    "license",
    "source_release",
)
DISEASE, FINDING = "OMIM", "HP"


def write(folder: Path, num_nodes: int, num_edges: int) -> None:
    """`nodes.tsv` and `edges.tsv`: a fifth of the nodes are diseases, the others findings in one hierarchy.

    Half of the edges cite a paper, half state a frequency. The same numbers give the same files.
    """
    with (folder / "nodes.tsv").open("w", encoding="utf-8") as file:
        file.write("id\tcategory\tname\n")
        file.writelines(f"{curie}\t{category}\t{curie}\n" for curie, category in _nodes(num_nodes))
    with (folder / "edges.tsv").open("w", encoding="utf-8") as file:
        file.write("\t".join(_COLUMNS) + "\n")
        for rows in _edges(num_nodes, num_edges):
            file.writelines("\t".join(row) + "\n" for row in rows)


def write_lines(folder: Path, num_nodes: int, num_edges: int) -> None:
    """The same graph as `nodes.jsonl` and `edges.jsonl`."""
    with (folder / "nodes.jsonl").open("w", encoding="utf-8") as file:
        for curie, category in _nodes(num_nodes):
            file.write(json.dumps({"id": curie, "category": [category], "name": curie}) + "\n")
    with (folder / "edges.jsonl").open("w", encoding="utf-8") as file:
        for rows in _edges(num_nodes, num_edges):
            file.writelines(json.dumps(_document(row)) + "\n" for row in rows)


def _nodes(num_nodes: int) -> Iterator[tuple[str, str]]:
    for i in range(num_nodes):
        if i < num_nodes // 5:
            yield f"{DISEASE}:{i}", "biolink:Disease"
        else:
            yield f"{FINDING}:{i:07d}", "biolink:PhenotypicFeature"


def _document(row: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {name: cell for name, cell in zip(_COLUMNS, row, strict=True) if cell}
    if "has_quotient" in given:
        given["has_quotient"] = float(given["has_quotient"])
    if "publications" in given:
        given["publications"] = [given["publications"]]
    return given | {"negated": given["negated"] == "true"}


def _edges(num_nodes: int, num_edges: int) -> Iterator[Iterator[tuple[str, ...]]]:
    """Every finding below another one, then annotations of diseases until there are enough edges."""
    rng = np.random.default_rng(0)
    first = num_nodes // 5
    end = ("knowledge_assertion", "infores:generated")
    yield (
        _finding(i, "subclass_of", first + (i - first - 1) // 10, end) for i in range(first + 1, num_nodes)
    )
    left = num_edges - (num_nodes - first - 1)
    while left > 0:
        num = min(_PER_BATCH, left)
        left -= num
        heads, tails = rng.integers(0, first, num), rng.integers(first, num_nodes, num)
        papers, shares = rng.integers(1, 40_000_000, num), rng.integers(1, 200, num)
        yield (
            (
                f"{DISEASE}:{head}",
                "biolink:has_phenotype",
                f"{FINDING}:{tail:07d}",
                "false",
                str(share / 100) if share <= 100 else "",
                *end,
                f"PMID:{paper}" if paper % 2 else "",
                "CC0-1.0",
                "2024-01-01",
            )
            for head, tail, paper, share in zip(
                heads.tolist(), tails.tolist(), papers.tolist(), shares.tolist(), strict=True
            )
        )


def _finding(child: int, predicate: str, parent: int, end: tuple[str, str]) -> tuple[str, ...]:
    ends = f"{FINDING}:{child:07d}", f"biolink:{predicate}", f"{FINDING}:{parent:07d}"
    return (*ends, "false", "", *end, "", "CC0-1.0", "2024-01-01")
