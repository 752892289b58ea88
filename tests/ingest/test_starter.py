"""The bundled starter graph: well formed, clinically usable, and true to the vocabularies it names."""

import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

from ingest.sources.starter import TABLES
from kgdx.domain.pharmacology import Advice, Mechanism
from kgdx.domain.treatment import Line, Severity

NODE_COLUMNS = ["id", "category", "name", "synonym", "description"]
EDGE_COLUMNS = [
    "subject",
    "predicate",
    "object",
    "negated",
    "has_quotient",
    "knowledge_level",
    "agent_type",
    "primary_knowledge_source",
    "license",
]
IMAGE_FINDINGS = [
    "HP:0002202",  # pleural effusion
    "HP:0001640",  # cardiomegaly
    "HP:0002107",  # pneumothorax
    "HP:0032177",  # consolidation
    "HP:0033608",  # nodule
    "HP:0033821",  # mass
    "HP:0100750",  # atelectasis
    "HP:0002207",  # interstitial opacities
    "HP:0034388",  # hilar lymph nodes
    "kgdx:hilar-enlargement",
    "kgdx:lung-hyperinflation",
    "kgdx:pneumoperitoneum",
]

PER_PAIR = ("biolink:contraindicated_in", "biolink:cautioned_in")
"""A treatment is forbidden in a condition, or calls for caution in it, and never both."""

Row = dict[str, str]
Parents = dict[str, set[str]]


def read_tsv(path: Path) -> tuple[list[str], list[Row]]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def triple(edge: Row) -> tuple[str, str, str]:
    return edge["predicate"], edge["subject"], edge["object"]


def parents_of(pairs: Iterable[tuple[str, str]]) -> Parents:
    parents: Parents = defaultdict(set)
    for child, parent in pairs:
        parents[child].add(parent)
    return parents


def ancestors(curie: str, parents: Parents) -> set[str]:
    seen: set[str] = set()
    todo = [curie]
    while todo:
        for parent in parents.get(todo.pop(), set()) - seen:
            seen.add(parent)
            todo.append(parent)
    return seen


@pytest.fixture(scope="module")
def nodes(root: Path) -> list[Row]:
    return read_tsv(root / "ingest" / "starter" / "nodes.tsv")[1]


@pytest.fixture(scope="module")
def edges(root: Path) -> list[Row]:
    return read_tsv(root / "ingest" / "starter" / "edges.tsv")[1]


@pytest.fixture(scope="module")
def statements(edges: list[Row], root: Path) -> list[Row]:
    """All that the starter graph says of treatments: its edges, and the rows of the tables as edges."""
    stated = [dict(edge) for edge in edges]
    for name, table in TABLES.items():
        for row in read_tsv(root / "ingest" / "starter" / name)[1]:
            relation = {"caution": "cautioned_in", "contraindicated": "contraindicated_in"}.get(
                row.get("severity", "")
            )
            predicate = f"biolink:{table.relation or relation}"
            stated.append(
                {"subject": row[table.ends[0]], "predicate": predicate, "object": row[table.ends[1]]}
            )
    return stated


@pytest.fixture(scope="module")
def schema(root: Path) -> dict[str, dict[str, dict[str, object]]]:
    return yaml.safe_load((root / "graph_schema" / "schema.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def kinds(nodes: list[Row], schema: dict) -> dict[str, str]:
    kind_of = {about["category"]: kind for kind, about in schema["kinds"].items()}
    return {node["id"]: kind_of[node["category"]] for node in nodes}


@pytest.fixture(scope="module")
def is_a(edges: list[Row]) -> Parents:
    return parents_of((e["subject"], e["object"]) for e in edges if e["predicate"] == "biolink:subclass_of")


def of(edges: list[Row], predicate: str) -> list[Row]:
    return [edge for edge in edges if edge["predicate"] == f"biolink:{predicate}"]


def test_headers(root: Path) -> None:
    folder = root / "ingest" / "starter"
    assert read_tsv(folder / "nodes.tsv")[0] == NODE_COLUMNS
    assert read_tsv(folder / "edges.tsv")[0] == EDGE_COLUMNS


def test_no_cell_is_missing_or_too_many(nodes: list[Row], edges: list[Row]) -> None:
    assert not [row for row in nodes + edges if None in row or None in row.values()]


def test_nodes_are_unique_named_and_described(nodes: list[Row]) -> None:
    repeated = [curie for curie, times in Counter(n["id"] for n in nodes).items() if times > 1]
    assert not repeated
    assert not [n["id"] for n in nodes if not n["name"] or not n["description"]]


def test_prefixes_are_declared_and_fit_the_kind(nodes: list[Row], kinds: dict[str, str], root: Path) -> None:
    prefixes = yaml.safe_load((root / "graph_schema" / "prefixes.yaml").read_text(encoding="utf-8"))
    for node in nodes:
        about = prefixes[node["id"].partition(":")[0]]
        assert about.get("kind", kinds[node["id"]]) == kinds[node["id"]], node


def test_synonyms_are_clean(nodes: list[Row]) -> None:
    for node in nodes:
        synonyms = node["synonym"].split("|") if node["synonym"] else []
        folded = [s.casefold() for s in [node["name"], *synonyms]]
        assert all(s and s == s.strip() for s in synonyms), node
        assert len(set(folded)) == len(folded), node


def test_two_nodes_of_one_kind_never_share_a_name(nodes: list[Row]) -> None:
    owners = defaultdict(set)
    for node in nodes:
        for word in [node["name"], *filter(None, node["synonym"].split("|"))]:
            owners[node["category"], word.casefold()].add(node["id"])
    assert not {word: ids for word, ids in owners.items() if len(ids) > 1}


def test_files_are_sorted_and_without_repeats(nodes: list[Row], edges: list[Row]) -> None:
    node_keys = [(n["category"], n["id"]) for n in nodes]
    edge_keys = [triple(e) for e in edges]
    assert node_keys == sorted(set(node_keys))
    assert edge_keys == sorted(set(edge_keys))


def test_every_edge_obeys_the_schema(edges: list[Row], kinds: dict[str, str], schema: dict) -> None:
    relations = {about["predicate"]: about for about in schema["relations"].values()}
    for edge in edges:
        relation = relations[edge["predicate"]]
        head, tail = kinds[edge["subject"]], kinds[edge["object"]]
        assert head in relation["domain"], edge
        assert tail in relation["range"], edge
        assert head == tail or not relation.get("same_kind"), edge


def test_every_edge_says_where_it_comes_from(edges: list[Row]) -> None:
    columns = EDGE_COLUMNS[5:]
    sources = {tuple(edge[column] for column in columns) for edge in edges}
    assert sources == {("knowledge_assertion", "manual_agent", "infores:kgdx-starter", "CC0-1.0")}


def test_frequencies(edges: list[Row]) -> None:
    for edge in edges:
        if edge["predicate"] != "biolink:has_phenotype":
            assert edge["has_quotient"] == edge["negated"] == "", edge
        elif edge["negated"]:
            assert (edge["negated"], float(edge["has_quotient"])) == ("true", 0), edge
        else:
            assert 0 < float(edge["has_quotient"]) <= 1, edge


def test_a_finding_is_said_once_of_a_disease(edges: list[Row]) -> None:
    pairs = Counter((e["subject"], e["object"]) for e in of(edges, "has_phenotype"))
    assert not [pair for pair, times in pairs.items() if times > 1]


def test_a_special_case_is_never_commoner_than_the_general(edges: list[Row], is_a: Parents) -> None:
    shown = {(e["subject"], e["object"]): e for e in of(edges, "has_phenotype")}
    for (disease, finding), edge in shown.items():
        for general in ancestors(finding, is_a):
            other = shown.get((disease, general), edge)
            assert float(other["has_quotient"]) >= float(edge["has_quotient"]), (edge, other)


def test_the_graph_is_large_enough(kinds: dict[str, str]) -> None:
    num = Counter(kinds.values())
    assert num["Disease"] >= 60
    assert num["PhenotypicFeature"] + num["ImagingFinding"] >= 120
    assert num["Drug"] + num["Procedure"] >= 80


def test_the_findings_of_the_image_model_exist_and_are_used(kinds: dict[str, str], edges: list[Row]) -> None:
    shown = {e["object"] for e in of(edges, "has_phenotype") if not e["negated"]}
    assert not [curie for curie in IMAGE_FINDINGS if curie not in kinds]
    assert not [curie for curie in IMAGE_FINDINGS if curie not in shown]


def test_no_disease_is_thinly_described(kinds: dict[str, str], edges: list[Row]) -> None:
    num = Counter(e["subject"] for e in of(edges, "has_phenotype") if not e["negated"])
    assert not [curie for curie, kind in kinds.items() if kind == "Disease" and num[curie] < 6]


def test_most_diseases_have_a_treatment(kinds: dict[str, str], statements: list[Row]) -> None:
    diseases = {curie for curie, kind in kinds.items() if kind == "Disease"}
    treated = {e["object"] for e in of(statements, "treats")} & diseases
    assert len(treated) >= 0.85 * len(diseases)


def test_is_a_has_no_cycle(is_a: Parents) -> None:
    assert not [curie for curie in is_a if curie in ancestors(curie, is_a)]


@pytest.mark.parametrize(
    ("drug", "state"),
    [
        ("CHEBI:2676", "kgdx:penicillin-allergy"),  # amoxicillin
        ("CHEBI:29007", "kgdx:cephalosporin-allergy"),  # ceftriaxone
        ("CHEBI:3534", "kgdx:anaphylaxis-to-penicillin"),  # cephalexin, which shares a side chain
        ("CHEBI:43968", "kgdx:beta-lactam-allergy"),  # meropenem
        ("kgdx:trimethoprim-sulfamethoxazole", "kgdx:sulfonamide-allergy"),
        ("CHEBI:15365", "kgdx:nsaid-allergy"),  # aspirin
        ("CHEBI:2955", "kgdx:macrolide-allergy"),  # azithromycin
        ("CHEBI:63598", "kgdx:fluoroquinolone-allergy"),  # levofloxacin
        ("UNII:8NZ41MIK1O", "HP:0011874"),  # enoxaparin, heparin-induced thrombocytopenia
        ("CHEBI:31709", "HP:0012394"),  # iohexol, contrast allergy
        ("CHEBI:10033", "kgdx:pregnancy"),  # warfarin
    ],
)
def test_a_class_hands_its_contraindications_down(
    drug: str, state: str, statements: list[Row], is_a: Parents
) -> None:
    forbids = {(e["subject"], e["object"]) for e in of(statements, "contraindicated_in")}
    assert any((one, state) in forbids for one in {drug} | ancestors(drug, is_a))


def test_dissimilar_beta_lactams_are_not_forbidden_after_penicillin(
    statements: list[Row], is_a: Parents
) -> None:
    forbids = {(e["subject"], e["object"]) for e in of(statements, "contraindicated_in")}
    for drug in ("CHEBI:474053", "CHEBI:29007", "CHEBI:43968"):  # cefazolin, ceftriaxone, meropenem
        for one in {drug} | ancestors(drug, is_a):
            assert not {(one, "kgdx:penicillin-allergy"), (one, "kgdx:anaphylaxis-to-penicillin")} & forbids


def test_no_treatment_of_a_disease_is_forbidden_in_it(statements: list[Row], is_a: Parents) -> None:
    forbids = {(e["subject"], e["object"]) for e in of(statements, "contraindicated_in")}
    for edge in of(statements, "treats"):
        for one in {edge["subject"]} | ancestors(edge["subject"], is_a):
            for state in {edge["object"]} | ancestors(edge["object"], is_a):
                assert (one, state) not in forbids, (edge, one, state)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_names_what_is_there_and_says_who_says_so(
    name: str, root: Path, nodes: list[Row], kinds: dict[str, str], schema: dict
) -> None:
    table, known = TABLES[name], {node["id"]: node["name"] for node in nodes}
    _, rows = read_tsv(root / "ingest" / "starter" / name)
    head, tail = table.ends
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert (row[f"{head}_name"], row[f"{tail}_name"]) == (known[row[head]], known[row[tail]])
        assert re.fullmatch(r".+, (19|20)\d\d", row["source"]), row
        relation = schema["relations"][table.relation or "contraindicated_in"]
        assert kinds[row[head]] in relation["domain"], row
        assert kinds[row[tail]] in relation["range"], row
        assert row.get("severity", "caution") in tuple(Severity), row
        assert row.get("mechanism", "kidney") in tuple(Mechanism), row
        assert row.get("advice", "monitor_ecg").partition(":")[0] in tuple(Advice), row
        assert row.get("line", "first") in tuple(Line), row
        assert row.get("urgency", "") in ("", "immediate"), row
        assert set(filter(None, row.get("only_if", "").split("|"))) <= known.keys(), row
    pairs = [(row[head], row[tail]) for row in rows]
    assert pairs == sorted(set(pairs))


def test_the_tables_are_large_enough(root: Path) -> None:
    num = {name: len(read_tsv(root / "ingest" / "starter" / name)[1]) for name in TABLES}
    assert num["interactions.tsv"] >= 150
    assert num["precautions.tsv"] >= 250


def test_nothing_is_said_twice(statements: list[Row]) -> None:
    said = Counter((e["subject"], e["object"]) for e in statements if e["predicate"] in PER_PAIR)
    assert not [pair for pair, times in said.items() if times > 1]


# The real vocabularies.


def rows_of(path: Path, delimiter: str = "\t") -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter=delimiter)


def hpo(path: Path) -> tuple[dict[str, str], Parents]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        graph = json.load(file)["graphs"][0]

    def curie(iri: str) -> str:
        return iri.rpartition("/")[2].replace("_", ":")

    labels = {
        curie(node["id"]): node.get("lbl", "")
        for node in graph["nodes"]
        if not node.get("meta", {}).get("deprecated")
    }
    is_a = parents_of((curie(e["sub"]), curie(e["obj"])) for e in graph["edges"] if e["pred"] == "is_a")
    return labels, is_a


def mondo_labels(data: Path) -> dict[str, str]:
    labels = {r["cls"]: r["cls_label"].strip('"') for r in rows_of(data / "mondo" / "class-stats.tsv.gz")}
    return {c: label for c, label in labels.items() if not label.startswith("obsolete")}


def drug_labels(data: Path) -> set[tuple[str, str]]:
    folder = data / "matrix"
    labels = {(r["curie"], r["curie_label"]) for r in rows_of(folder / "drug_list.csv.gz", ",")}
    for name in ("indications", "contraindications"):
        for row in rows_of(folder / f"{name}.tsv.gz"):
            labels.add((row["final normalized drug id"], row["final normalized drug label"]))
    return labels


def names(nodes: list[Row], *prefixes: str) -> dict[str, str]:
    found = {n["id"]: n["name"] for n in nodes if n["id"].partition(":")[0] in prefixes}
    assert found
    return found


HPO_RELEASES = ["hp.v2023-01-27.json.gz", "hp.v2024-04-26.json.gz"]


@pytest.mark.realdata
@pytest.mark.parametrize("release", HPO_RELEASES)
def test_hpo_ids_names_and_is_a_are_real(
    release: str, data: Path, nodes: list[Row], edges: list[Row]
) -> None:
    labels, real = hpo(data / "hpo" / release)
    ours = names(nodes, "HP")
    assert not {c: (name, labels.get(c)) for c, name in ours.items() if labels.get(c) != name}
    pairs = [(e["subject"], e["object"]) for e in of(edges, "subclass_of")]
    assert not [(a, b) for a, b in pairs if a in ours and b in ours and b not in ancestors(a, real)]


@pytest.mark.realdata
def test_mondo_ids_names_and_is_a_are_real(data: Path, nodes: list[Row], edges: list[Row]) -> None:
    labels = mondo_labels(data)
    ours = names(nodes, "MONDO")
    assert not {c: (name, labels.get(c)) for c, name in ours.items() if labels.get(c) != name}
    rows = rows_of(data / "mondo" / "subclass_edges.tsv.gz")
    real = parents_of((r["subject"], r["object"]) for r in rows)
    pairs = [(e["subject"], e["object"]) for e in of(edges, "subclass_of")]
    assert not [(a, b) for a, b in pairs if a in ours and b in ours and b not in ancestors(a, real)]


@pytest.mark.realdata
def test_drug_ids_and_names_are_real(data: Path, nodes: list[Row]) -> None:
    """A drug goes by the name that doctors use; where the vocabulary has another one, that is a synonym."""
    real, ours = drug_labels(data), names(nodes, "CHEBI", "UNII")
    called = {n["id"]: {n["name"].casefold(), *n["synonym"].casefold().split("|")} for n in nodes}
    known = {(curie, word.casefold()) for curie, word in real}
    assert not [curie for curie in ours if not any((curie, word) in known for word in called[curie])]


def test_drugs_are_named_as_doctors_say_them(nodes: list[Row]) -> None:
    salt = re.compile(
        r"\(\d[-+]\)|\b(hydrochloride|xinafoate|bromide|sodium|mesylate|maleate)\b", re.IGNORECASE
    )
    drugs = [n["name"] for n in nodes if n["category"] == "biolink:Drug"]
    assert [name for name in drugs if salt.search(name)] == ["sodium nitroprusside"]


@pytest.mark.realdata
def test_gene_ids_and_symbols_are_real(data: Path, nodes: list[Row]) -> None:
    with gzip.open(data / "hpo" / "genes_to_phenotype.v2023-01-27.txt.gz", "rt", encoding="utf-8") as lines:
        real = {tuple(line.split("\t", 2)[:2]) for line in lines if not line.startswith("#")}
    ours = {(curie.removeprefix("NCBIGene:"), name) for curie, name in names(nodes, "NCBIGene").items()}
    assert ours <= real


@pytest.mark.realdata
def test_anatomy_ids_and_names_are_real(data: Path, nodes: list[Row]) -> None:
    rows = rows_of(data / "hetionet" / "nodes.tsv.gz")
    real = {(row["id"].removeprefix("Anatomy::"), row["name"]) for row in rows}
    assert set(names(nodes, "UBERON").items()) <= real
