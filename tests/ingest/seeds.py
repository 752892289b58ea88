"""A small sound file, or folder, for every reader: made up, in the shape of the real one.

`SEEDS` has one entry for each form that a source may come in; `source` names the reader. A new reader adds
its own here, and is then fuzzed like the others.
"""

import json

from tests.ingest.seed import GENERIC, Seed, lines, one, rows
from tests.ingest.tiny import HPO, hpoa_row

_ENDS = [f"final normalized {end} {what}" for end in ("drug", "disease") for what in ("id", "label")]
_CHECKS = ["disease id nameres", "llm_nameres_correct", "is_allergen", "is_diagnostic_agent"]
_PAIR = "CHEBI:1 ; a drug ; MONDO:1 ; a disease"

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
} | GENERIC
