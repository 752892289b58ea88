"""A small sound file, or folder, for every reader: made up, in the shape of the real one.

`SEEDS` has one entry for each form that a source may come in; `source` names the reader. A new reader adds
its own here, and is then fuzzed like the others.
"""

import json
from dataclasses import dataclass
from typing import Any

from tests.ingest.test_ontology import GRAPH, OBO, OWL
from tests.ingest.tiny import HPO, hpoa_row


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


_ENDS = [f"final normalized {end} {what}" for end in ("drug", "disease") for what in ("id", "label")]
_CHECKS = ["disease id nameres", "llm_nameres_correct", "is_allergen", "is_diagnostic_agent"]
_PAIR = "CHEBI:1 ; a drug ; MONDO:1 ; a disease"

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

SEEDS = {
    "hpo": one("hpo", "hp.json", HPO),
    "hpoa": one(
        "hpoa",
        "phenotype.hpoa",
        "#description: é\n#date: 2023-01-27\n#DatabaseID\tDiseaseName\n"
        + "\n".join(
            [
                hpoa_row(frequency="7/12", onset="HP:0003577"),
                hpoa_row(qualifier="NOT", sex="MALE"),
                hpoa_row(frequency="45%"),
            ]
        ),
    ),
    "genes": one(
        "genes",
        "genes.txt",
        "#Format: entrez\n"
        + rows(*[f"{n} ; GENE{n} ; HP:000000{n} ; term ; - ; - ; - ; - ; OMIM:{n}" for n in (1, 2, 3)]),
    ),
    "hpo-zh": one(
        "hpo-zh",
        "hp-zh.babelon.tsv",
        rows(
            "translation_language ; subject_id ; predicate_id ; translation_value ; translation_status",
            "zh ; HP:0002202 ; rdfs:label ; 胸腔积液 ; OFFICIAL",
            "zh ; HP:0000118 ; oboInOwl:hasExactSynonym ; 异常 ; CANDIDATE",
        ),
    ),
    "mondo": Seed(
        "mondo",
        {
            "subclass_edges.tsv": rows(
                "subject ; predicate ; object", "MONDO:2 ; biolink:subclass_of ; MONDO:1"
            ),
            "class-stats.tsv": rows("cls ; cls_label", 'MONDO:1 ; "disease"', 'MONDO:2 ; "naïve disease"'),
            "mondo_exactmatch_omim.sssom.tsv": "#mapping_set_version: x/2024-01-02/y\n"
            + rows(
                "subject_id ; subject_label ; predicate_id ; object_id",
                "MONDO:1 ; a ; skos:exactMatch ; OMIM:1",
            ),
        },
    ),
    "doid": Seed(
        "doid",
        {
            "HumanDO.tsv": rows(
                "id ; label ; subClassOf", '"DOID:1" ; "disease" ; ""', '"DOID:2" ; "flu" ; "disease"'
            ),
            "allXREFinDO.tsv": rows(
                "id ; label ; xref", '"DOID:2" ; "flu" ; "UMLS_CUI:C1"', '"DOID:2" ; "flu" ; "OMIM:3"'
            ),
        },
    ),
    "indications": one("indications", "i.tsv", rows(" ; ".join(_ENDS), _PAIR, _PAIR.replace("1", "2"))),
    "contraindications": one(
        "contraindications",
        "c.tsv",
        rows(
            " ; ".join(_ENDS + _CHECKS),
            f"{_PAIR} ; MONDO:1 ; TRUE ; FALSE ; FALSE",
            f"{_PAIR} ; MONDO:2 ; FALSE ; TRUE ; FALSE",
        ),
    ),
    "drugs": one(
        "drugs",
        "d.csv",
        rows(
            "curie ; curie_label ; source_ingredients",
            'CHEBI:1 ; Aspirin ; "ASPIRIN, pure| ASA"',
            separator=",",
        ),
    ),
    "hetionet": Seed(
        "hetionet",
        {
            "nodes.tsv": rows("id ; name ; kind", "Gene::1 ; G ; Gene", "Disease::DOID:1 ; flu ; Disease"),
            "edges.sif": rows(
                "source ; metaedge ; target",
                "Compound::DB00001 ; CtD ; Disease::DOID:1",
                "Gene::2 ; GiG ; Gene::1",
            ),
            "CbG-binding.tsv": rows(
                "drugbank_id ; sources ; pubmed_ids ; actions ; entrez_gene_id",
                "DB00001 ; x ; 1|2 ; inhibitor ; 1",
            ),
            "DaG-association.tsv": rows(
                "doid_id ; doid_name ; entrez_gene_id ; gene_symbol", "DOID:1 ; flu ; 1 ; G"
            ),
        },
    ),
    "drugmechdb": one(
        "drugmechdb",
        "paths.jsonl",
        lines(
            *[
                {
                    "directed": True,
                    "graph": {
                        "_id": "x",
                        "drug_mesh": "MESH:D1",
                        "disease_mesh": "MESH:D2",
                        "disease": "naïve",
                    },
                    "links": [
                        {"key": "decreases activity of", "source": "MESH:D1", "target": "UniProt:P1"},
                        {"key": "causes", "source": "UniProt:P1", "target": "MESH:D2"},
                    ],
                    "nodes": [
                        {"id": "MESH:D1", "label": "Drug", "name": "drug"},
                        {"id": "UniProt:P1", "label": "Protein", "name": "protein"},
                        {"id": "MESH:D2", "label": "Disease", "name": "disease"},
                    ],
                    "references": ["https://pubmed.ncbi.nlm.nih.gov/1"],
                }
            ]
            * 2
        ),
    ),
    "primekg": one(
        "primekg",
        "kg.csv",
        rows(
            "relation ; display_relation ; x_index ; x_id ; x_type ; x_name ; x_source"
            " ; y_index ; y_id ; y_type ; y_name ; y_source",
            "indication ; indication ; 1 ; DB00001 ; drug ; "
            '"a, drug" ; DrugBank ; '
            "2 ; 5_6 ; disease ; flu ; MONDO_grouped",
            "protein_protein ; ppi ; 3 ; 9 ; gene/protein ; A ; NCBI ; 4 ; 8 ; gene/protein ; B ; NCBI",
            separator=",",
        ),
    ),
    "findingmodels": Seed(
        "findingmodels",
        {
            "cxr_findings.csv": rows(
                "id ; name ; parent_id ; synonyms ; oifm_id",
                'rid1 ; effusion ;  ; "fluid, water" ; OIFM_X_000001',
                "rid2 ; small effusion ; rid1 ;  ; ",
                separator=",",
            ),
            "gamuts_jsonl/a.jsonl": lines(
                *[
                    {
                        "gamuts_id": str(n),
                        "name": "naïve",
                        "description": "d",
                        "category": "finding",
                        "synonyms": ["x"],
                    }
                    for n in (1, 2)
                ]
            ),
        },
    ),
    "radsem": Seed(
        "radsem",
        {
            "imaging_findings.json": json.dumps(
                [{"name": "nodule", "pathology_name": "tumour", "modality": ["CT", "MR"]}] * 2, indent=1
            ),
            "differential_groups.json": json.dumps(
                [{"presentation": "cyst", "differentials": ["a", "b"]}], indent=1
            ),
            "imaging_signs.json": json.dumps(
                {"s": {"name": "sign", "differential": ["a"], "modality": "CT"}}, indent=1
            ),
        },
    ),
    "padchest": one(
        "padchest",
        "tree.txt",
        "radiological finding [CUI:C0000001]\n├── effusion [CUI:C0000002]\n│   └── small effusion [n=3]\n"
        "localization [CUI:C0000003]\n└── lung [CUI:C0000004]\n",
    ),
    "slake": Seed(
        "slake",
        {
            "en_disease.csv": "disease#attribute#value\npneumonia#symptom#cough, fever\n"
            "pneumonia#alias#lung fever\npneumonia#definition#naïve text\npneumonia#treatment#rest\n",
            "en_organ.csv": "organ#attribute#value\nlung#belong to#chest\n",
        },
    ),
    "ddxplus": Seed(
        "ddxplus",
        {
            "release_conditions.json": json.dumps(
                {
                    "Flu": {
                        "condition_name": "Flu",
                        "cond-name-fr": "Grippe é",
                        "icd10-id": "j10, j11",
                        "symptoms": {"E_1": {}},
                        "antecedents": {"E_2": {}},
                        "severity": 3,
                    }
                },
                indent=1,
            ),
            "release_evidences.json": json.dumps(
                {
                    f"E_{n}": {
                        "question_fr": "Quoi ?",
                        "question_en": "What?",
                        "is_antecedent": n == 2,
                        "possible-values": ["V_1", "V_2", 3],
                        "value_meaning": {"V_1": {"fr": "oui", "en": "yes"}, "V_2": {"fr": "NA", "en": "NA"}},
                    }
                    for n in (1, 2)
                },
                indent=1,
            ),
        },
    ),
    "ontology, OBO": one("ontology", "t.obo", OBO),
    "ontology, RDF/XML": one("ontology", "t.owl", OWL),
    "ontology, OBO Graphs": one("ontology", "t.json", GRAPH),
    "table, tabs": Seed("table", {"t.tsv": _TABLE, "t.tsv.mapping.yaml": _MAPPING}, "t.tsv"),
    "table, commas": Seed(
        "table",
        {"t.csv": _TABLE.replace(",", "+").replace("\t", ","), "m.yaml": "file: t.csv\n" + _MAPPING},
        "m.yaml",
    ),
    "kgx": Seed(
        "kgx",
        {
            "nodes.tsv": rows(
                "id ; category ; name ; synonym ; description", "MONDO:1 ; biolink:Disease ; naïve ; a|b ; d"
            ),
            "edges.tsv": rows(
                "subject ; predicate ; object ; has_quotient ; has_total ; negated ; publications"
                " ; primary_knowledge_source",
                f"MONDO:1 ; biolink:has_phenotype ; HP:1 ; {_PLAIN_QUALIFIED}",
                f"MONDO:2 ; biolink:subclass_of ; MONDO:1 ; {_PLAIN_QUALIFIED}",
            ),
        },
    ),
    "starter": Seed(
        "starter",
        {
            "nodes.tsv": rows("id ; category ; name", "HP:1 ; biolink:PhenotypicFeature ; cough"),
            "edges.tsv": rows("subject ; predicate ; object", "HP:2 ; biolink:subclass_of ; HP:1"),
        },
    ),
    "kgx, lines": Seed(
        "kgx_lines",
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
