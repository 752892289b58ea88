"""Text to evidence, on small and on real reports."""

import gzip
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kgdx.domain.case import Polarity, ReportText
from kgdx.domain.evidence import TextOrigin
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.evidence import lexicon
from kgdx.evidence.assertion import Setting
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.text import WEIGHTS, TextFindings, damped, text_evidence
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.kinds import DISEASE_KINDS
from kgdx.graph.snapshot import Snapshot

NODES = [
    Node("HP:0002202", "PhenotypicFeature", "Pleural effusion"),
    Node("HP:0001640", "PhenotypicFeature", "Cardiomegaly"),
    Node("HP:0002107", "PhenotypicFeature", "Pneumothorax"),
    Node("MONDO:0005252", "Disease", "heart failure"),
]


def snapshot() -> Snapshot:
    return Snapshot.from_tables(node_table(NODES), edge_table([]))


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.from_snapshot(snapshot())


def test_evidence_knows_its_words_and_its_weight(vocabulary: Vocabulary) -> None:
    text = "Heart size is normal. No pneumothorax. Possible effusion; effusion."
    read = text_evidence((ReportText("findings", text),), vocabulary)
    assert [(e.name, e.polarity, e.weight) for e in read.evidence] == [
        ("Cardiomegaly", Polarity.EXCLUDED, WEIGHTS[Polarity.EXCLUDED]),
        ("Pneumothorax", Polarity.EXCLUDED, WEIGHTS[Polarity.EXCLUDED]),
        ("Pleural effusion", Polarity.UNCERTAIN, WEIGHTS[Polarity.UNCERTAIN]),
        ("Pleural effusion", Polarity.PRESENT, WEIGHTS[Polarity.PRESENT]),
    ]
    for e in read.evidence:
        assert isinstance(e.origin, TextOrigin)
        assert text[e.origin.start : e.origin.end] == e.origin.quote
        assert e.origin.section == "findings"


@pytest.mark.parametrize("weight", WEIGHTS.values())
def test_words_that_may_mean_something_else_weigh_less(weight: float) -> None:
    sure, likely, hardly = (damped(weight, probability) for probability in (1.0, 0.8, 0.01))
    assert sure == weight
    assert 0 < hardly / weight < likely / weight < 1


def test_an_abbreviation_means_what_the_text_says(vocabulary: Vocabulary) -> None:
    text = "Pleural effusion (PE) is seen on the left. The PE has grown. No PTX."
    found = text_evidence((ReportText("findings", text),), vocabulary).evidence
    assert [(e.name, e.origin.quote) for e in found if isinstance(e.origin, TextOrigin)] == [
        ("Pleural effusion", "Pleural effusion"),
        ("Pleural effusion", "PE"),
        ("Pleural effusion", "PE"),
    ]


def test_a_denial_never_supports_and_a_doubt_supports_little() -> None:
    assert WEIGHTS[Polarity.EXCLUDED] < 0 < WEIGHTS[Polarity.UNCERTAIN] < WEIGHTS[Polarity.PRESENT]


def test_what_is_not_about_the_patient_now_is_told_with_its_reason(vocabulary: Vocabulary) -> None:
    texts = (ReportText("family history", "Effusion."), ReportText("history", "History of pneumothorax."))
    read = text_evidence(texts, vocabulary)
    assert read.evidence == ()
    assert [(s.name, s.setting.value) for s in read.skipped] == [
        ("Pleural effusion", "family"),
        ("Pneumothorax", "historical"),
    ]


def test_a_named_disease_is_context_and_no_evidence(vocabulary: Vocabulary) -> None:
    diseases = Vocabulary.from_snapshot(snapshot(), DISEASE_KINDS)
    read = text_evidence((ReportText("history", "History of heart failure."),), vocabulary, diseases)
    assert read.evidence == ()
    assert [(d.curie, d.setting) for d in read.diseases] == [("MONDO:0005252", Setting.HISTORICAL)]


@pytest.mark.parametrize("texts", [(), (ReportText("", ""),), (ReportText("x", "\x00\n\ufffe 🫁 ." * 50),)])
def test_nothing_is_read_where_nothing_is(vocabulary: Vocabulary, texts: tuple[ReportText, ...]) -> None:
    assert text_evidence(texts, vocabulary) == TextFindings()


def hpo(path: Path) -> Snapshot:
    """HPO's terms and is-a edges, straight from OBO Graphs JSON."""
    with gzip.open(path) as file:
        graph = json.load(file)["graphs"][0]
    nodes, edges = {}, []
    for node in graph["nodes"]:
        curie, meta = node["id"].rsplit("/", 1)[1].replace("_", ":"), node.get("meta", {})
        if curie.startswith("HP:") and "lbl" in node:
            synonyms = tuple(synonym["val"] for synonym in meta.get("synonyms", ()))
            is_obsolete = bool(meta.get("deprecated"))
            nodes[curie] = Node(curie, "PhenotypicFeature", node["lbl"], synonyms, is_obsolete=is_obsolete)
    for edge in graph["edges"]:
        child, parent = (edge[end].rsplit("/", 1)[1].replace("_", ":") for end in ("sub", "obj"))
        if edge["pred"] == "is_a" and child in nodes and parent in nodes:
            edges.append(Edge(child, "subclass_of", parent, Provenance("infores:hpo")))
    return Snapshot.from_tables(node_table(nodes.values()), edge_table(edges))


@pytest.fixture(scope="module")
def real(data: Path) -> Vocabulary:
    return Vocabulary.from_snapshot(hpo(data / "hpo" / "hp.v2024-04-26.json.gz"))


def reports(data: Path, num: int) -> Iterator[tuple[ReportText, ...]]:
    with tarfile.open(data / "iu_xray" / "reports.tar.gz") as archive:
        for member in [m for m in archive if m.name.endswith(".xml")][:num]:
            file = archive.extractfile(member)
            assert file is not None
            texts = {
                t.get("Label", "").lower(): t.text or ""
                for t in ElementTree.parse(file).iter("AbstractText")  # noqa: S314
            }
            yield tuple(ReportText(name, texts.get(name, "")) for name in ("findings", "impression"))


@pytest.mark.realdata
def test_real_reports(data: Path, real: Vocabulary) -> None:
    polarities = []
    for texts in reports(data, 500):
        by_section = {text.section: text.text for text in texts}
        for e in text_evidence(texts, real).evidence:
            assert isinstance(e.origin, TextOrigin)
            assert by_section[e.origin.section][e.origin.start : e.origin.end] == e.origin.quote
            before = by_section[e.origin.section][: e.origin.start].lower().split()
            if before[-2:] in (["no", "pleural"], ["evidence", "of"]) or before[-1:] == ["no"]:
                assert e.polarity is Polarity.EXCLUDED, e.origin.quote
            polarities.append(e.polarity)
    assert len(polarities) > 2000
    assert set(polarities) == set(Polarity)


@pytest.mark.realdata
def test_a_real_teaching_case_gives_evidence(data: Path, real: Vocabulary) -> None:
    cases = json.loads((data / "medpix" / "Case_topic.json").read_text(encoding="utf-8"))
    num_read = sum(
        bool(text_evidence((ReportText("findings", str(c["Case"].get("Findings") or "")),), real).evidence)
        for c in cases[:50]
    )
    assert num_read > 25


@pytest.mark.realdata
@pytest.mark.parametrize("release", ["2023-01-27", "2024-04-26"])
def test_every_term_of_the_lexicon_is_in_force(data: Path, release: str) -> None:
    graph = hpo(data / "hpo" / f"hp.v{release}.json.gz")
    words = lexicon.load()
    asked = {curie for curie in (*words.names, *words.normals) if curie.startswith("HP:")}
    assert asked
    assert not [curie for curie in sorted(asked) if curie not in graph.index or curie in graph.replaced_by]
