"""What a seed of the fuzz test is, and the seeds of the readers that read any source of their form."""

import json
from dataclasses import dataclass
from typing import Any

from tests.ingest.test_ontology import GRAPH, OBO, OWL


@dataclass(frozen=True)
class Seed:
    """Files by name, and which of them the reader is given; the folder where that is empty."""

    source: str
    files: dict[str, str]
    given: str = ""


def rows(*cells: str, separator: str = "\t") -> str:
    """A table: each row as a text whose cells are separated by ` ; `."""
    return "".join(separator.join(row.split(" ; ")) + "\n" for row in cells)


def one(source: str, name: str, text: str) -> Seed:
    """A source that is one file."""
    return Seed(source, {name: text}, name)


def lines(*documents: Any) -> str:
    """JSON Lines."""
    return "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)


_MAPPING = """release: 2024-05
node:
  id: {column: drug, prefix: CHEBI}
  name: {column: name}
edge:
  - head: {column: drug, prefix: CHEBI}
    relation: {column: effect, map: {helps: treats, harms: contraindicated_in}}
    tail: {column: condition, mint: SLAKE, split: ","}
    tail_kind: {value: Disease}
    negated: {column: denied}
    frequency: {column: share}
    num_patients: {column: n}
    publications: {column: refs, prefix: PMID, split: ";"}
"""
_TABLE = rows(
    "drug ; name ; effect ; condition ; denied ; share ; n ; refs",
    "1 ; naïve drug ; helps ; pain,fever ; false ; 3/40 ; 40 ; 1;2",
    '2 ; "other drug" ; harms ; pain ; 1 ; 0.5 ;  ; ',
)
_QUALIFIED = {
    "has_quotient": 0.25,
    "has_total": 8,
    "negated": False,
    "publications": ["PMID:1", "PMID:2"],
    "primary_knowledge_source": "infores:x",
}
_PLAIN_QUALIFIED = "0.25 ; 8 ; false ; PMID:1|PMID:2 ; infores:x"
_GRAPH = {
    "nodes.tsv": rows(
        "id ; category ; name ; synonym ; description", "MONDO:1 ; biolink:Disease ; naïve ; a|b ; d"
    ),
    "edges.tsv": rows(
        "subject ; predicate ; object ; has_quotient ; has_total ; negated ; publications"
        " ; primary_knowledge_source",
        f"MONDO:1 ; biolink:has_phenotype ; HP:1 ; {_PLAIN_QUALIFIED}",
        f"MONDO:2 ; biolink:subclass_of ; MONDO:1 ; {_PLAIN_QUALIFIED}",
    ),
}
_STARTER = {
    **_GRAPH,
    "chinese.tsv": rows("id ; name ; synonyms", "MONDO:1 ; 甲 ; 乙|丙"),
    "interactions.tsv": rows(
        "one ; other ; severity ; mechanism ; advice", "CHEBI:1 ; CHEBI:2 ; caution ; m ; a"
    ),
    "cross_reactions.tsv": rows(
        "one ; other ; severity ; mechanism ; advice", "CHEBI:1 ; CHEBI:2 ; caution ; m ; a"
    ),
    "precautions.tsv": rows("treatment ; severity ; condition ; advice", "CHEBI:1 ; caution ; MONDO:1 ; a"),
    "indications.tsv": rows(
        "treatment ; disease ; line ; urgency ; only_if", "CHEBI:1 ; MONDO:1 ; first ; u ; -"
    ),
}

GENERIC = {
    "ontology, OBO": one("ontology", "t.obo", OBO),
    "ontology, RDF/XML": one("ontology", "t.owl", OWL),
    "ontology, OBO Graphs": one("ontology", "t.json", GRAPH),
    "table, tabs": Seed("table", {"t.tsv": _TABLE, "t.tsv.mapping.yaml": _MAPPING}, "t.tsv"),
    "table, commas": Seed(
        "table",
        {"t.csv": _TABLE.replace(",", "+").replace("\t", ","), "m.yaml": "file: t.csv\n" + _MAPPING},
        "m.yaml",
    ),
    "kgx": Seed("kgx", _GRAPH),
    "starter": Seed("starter", _STARTER),
    "kgx, lines": Seed(
        "kgx",
        {
            "nodes.jsonl": lines(
                {"id": "MONDO:1", "category": ["biolink:Disease"], "name": "naïve", "synonym": ["a"]}
            ),
            "edges.jsonl": lines(
                *[
                    {
                        "subject": "MONDO:1",
                        "predicate": "biolink:has_phenotype",
                        "object": f"HP:{n}",
                        **_QUALIFIED,
                    }
                    for n in (1, 2)
                ]
            ),
        },
    ),
}
