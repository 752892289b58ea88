"""Write what other vocabularies call the diseases of the starter graph.

`python -m ingest.starter.identifiers DIR`: DIR holds the exact matches of Mondo,
`mondo_exactmatch_*.sssom.tsv.gz` (CC BY 4.0). They go into a table of `graph_schema`,
not into the graph, where each would be one more disease to rank.
"""

import sys
from pathlib import Path

from ingest.files import find_file, read_table

VOCABULARIES = {"omim": "OMIM", "omimps": "OMIMPS", "orphanet": "ORPHA", "icd10cm": "ICD10CM", "doid": "DOID"}
"""Name of the file of exact matches -> prefix of the vocabulary."""


def identifiers(nodes: Path, mondo: Path) -> list[tuple[str, str]]:
    """(disease, the same in another vocabulary) of all diseases of a node table, in order."""
    diseases = {row["id"] for _, row in read_table(nodes, ("id",)) if row["id"].startswith("MONDO:")}
    found = set()
    for name, prefix in VOCABULARIES.items():
        file = find_file(mondo, f"mondo_exactmatch_{name}.sssom.tsv")
        for _, row in read_table(file, ("subject_id", "object_id")):
            if row["subject_id"] in diseases:
                found.add((row["subject_id"], f"{prefix}:{row['object_id'].partition(':')[2]}"))
    return sorted(found)


if __name__ == "__main__":
    home = Path(__file__).parent
    rows = identifiers(home / "nodes.tsv", Path(sys.argv[1]))
    lines = ["disease\tidentifier", *("\t".join(row) for row in rows)]
    table = home.parent.parent / "graph_schema" / "disease_identifiers.tsv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
