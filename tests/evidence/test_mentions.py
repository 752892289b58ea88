"""Mentions: exact places, the longest phrase, no everyday words."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.evidence import lexicon
from kgdx.evidence.lexicon import Lexicon
from kgdx.evidence.mentions import Mention, Vocabulary
from kgdx.evidence.spelling import fold
from kgdx.evidence.words import joined, joined_forms, sentences, words_of
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.kinds import DISEASE_KINDS
from kgdx.graph.snapshot import Snapshot

SOURCE = Provenance("infores:test")
ROOT = "HP:0000118"
NODES = [
    Node(ROOT, "PhenotypicFeature", "Phenotypic abnormality"),
    Node("HP:0012823", "PhenotypicFeature", "Clinical modifier"),
    Node("HP:0012828", "PhenotypicFeature", "Severe"),
    Node("HP:0002202", "PhenotypicFeature", "Pleural effusion", ("Fluid around lungs", "PE")),
    Node("HP:0001698", "PhenotypicFeature", "Pericardial effusion"),
    Node("HP:0000969", "PhenotypicFeature", "Edema"),
    Node("HP:0000369", "PhenotypicFeature", "Low-set ears"),
    Node("HP:0001640", "PhenotypicFeature", "Cardiomegaly", ("Large",)),
    Node("HP:0000729", "PhenotypicFeature", "Autistic behavior", ("ASD",)),
    Node("HP:0000057", "PhenotypicFeature", "obsolete Clitoromegaly", is_obsolete=True),
    Node("kgdx:hilar-enlargement", "ImagingFinding", "Hilar enlargement"),
    Node("MONDO:0005252", "Disease", "heart failure", ("cardiac failure",)),
]
FINDINGS = [node.curie for node in NODES[3:9]]
EDGES = [Edge(curie, "subclass_of", ROOT, SOURCE) for curie in FINDINGS]
EDGES.append(Edge("HP:0012828", "subclass_of", "HP:0012823", SOURCE))


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.from_tables(node_table(NODES), edge_table(EDGES))


@pytest.fixture(scope="module")
def vocabulary(snapshot: Snapshot) -> Vocabulary:
    return Vocabulary.from_snapshot(snapshot)


def found(vocabulary: Vocabulary, text: str) -> list[tuple[str, str]]:
    return [(m.curie, text[m.start : m.end]) for m in vocabulary.find(text)]


@pytest.mark.parametrize(
    ("text", "curie", "quote"),
    [
        ("Small PLEURAL EFFUSIONS.", "HP:0002202", "PLEURAL EFFUSIONS"),
        ("a right effusion", "HP:0002202", "effusion"),
        ("There is a small but quite definite layering pleural\neffusion", "HP:0002202", "pleural\neffusion"),
        ("pericardial effusion", "HP:0001698", "pericardial effusion"),
        ("periorbital oedema", "HP:0000969", "oedema"),
        ("low set ear", "HP:0000369", "low set ear"),
        ("low‑set ears", "HP:0000369", "low‑set ears"),
        ("Heart size is mildly enlarged", "HP:0001640", "Heart size is mildly enlarged"),
        ("enlarged cardiac silhouette", "HP:0001640", "enlarged cardiac silhouette"),
        ("prominent hila", "kgdx:hilar-enlargement", "prominent hila"),
        ("known ASD", "HP:0000729", "ASD"),
        ("édème? edema/effusion", "HP:0000969", "edema"),
    ],
)
def test_a_concept_is_found_however_it_is_spelled(
    vocabulary: Vocabulary, text: str, curie: str, quote: str
) -> None:
    assert (curie, quote) in found(vocabulary, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t",
        "severe acute large",
        "Clitoromegaly",
        "asd",
        "PLEASE ASD",
        "PE protocol",
        "knee effusion",
        "pleural. Effective",
        "pleural - not effuse",
        "Phenotypic",
        "\ud7ff\U0001f600 ﬀ",
    ],
)
def test_everyday_words_decoys_and_withdrawn_terms_are_not_found(vocabulary: Vocabulary, text: str) -> None:
    assert found(vocabulary, text) == []


def test_a_mention_does_not_cross_a_sentence(vocabulary: Vocabulary) -> None:
    assert found(vocabulary, "Normal pleural. Effusion seen") == [("HP:0002202", "Effusion")]


def test_only_english_and_chinese_names_are_looked_for() -> None:
    node = Node("HP:0001640", "PhenotypicFeature", "Cardiomegaly", ("main@fr", "心脏增大@zh", "heart@home"))
    tagged = Vocabulary.from_snapshot(Snapshot.from_tables(node_table([node]), edge_table([])))
    for text in ("The main finding.", "the fr sequence", "main@fr"):
        assert tagged.find(text) == ()
    (mention,) = tagged.find("患者心脏增大。")
    assert (mention.start, mention.end) == (2, 6)


def test_the_longest_phrase_wins_and_none_overlaps(vocabulary: Vocabulary) -> None:
    mentions = vocabulary.find("pericardial effusion, pleural effusion and effusion")
    assert [m.name for m in mentions] == ["Pericardial effusion", "Pleural effusion", "Pleural effusion"]
    assert all(a.end <= b.start for a, b in pairwise(mentions))


def test_a_normal_finding_says_so(vocabulary: Vocabulary) -> None:
    text = "The heart is not enlarged."
    assert vocabulary.find(text) == (Mention("HP:0001640", "Cardiomegaly", 4, 25, is_normal=True),)


def test_diseases_have_a_vocabulary_of_their_own(snapshot: Snapshot) -> None:
    diseases = Vocabulary.from_snapshot(snapshot, DISEASE_KINDS)
    assert found(diseases, "cardiac failures with effusion") == [("MONDO:0005252", "cardiac failures")]


def test_without_the_root_of_hpo_every_term_counts() -> None:
    snapshot = Snapshot.from_tables(node_table(NODES[3:5]), edge_table([]))
    empty = Lexicon({}, {}, (), frozenset())
    assert found(Vocabulary.from_snapshot(snapshot, words=empty), "pleural effusion") != []


def test_an_empty_graph_has_an_empty_vocabulary() -> None:
    vocabulary = Vocabulary.from_snapshot(Snapshot.from_tables(node_table([]), edge_table([])))
    assert vocabulary.find("pleural effusion") == ()


WORDS = st.sampled_from(
    ["pleural effusion", "oedema", "low-set ears", "Cardiomegaly", "no", "XXXX", "hiló", "İ"]
)
NOISE = st.text(max_size=12)


@given(st.lists(st.one_of(WORDS, NOISE)), st.sampled_from([" ", "\n", ", ", "\u00a0", ". ", ""]))
def test_every_mention_lies_in_the_text_and_means_a_known_concept(parts: list[str], glue: str) -> None:
    text = glue.join(parts)
    vocabulary = _cached()
    for mention in vocabulary.find(text):
        quote = text[mention.start : mention.end]
        assert 0 <= mention.start < mention.end <= len(text)
        assert quote == quote.strip()
        assert mention.curie in FINDINGS or mention.curie == "kgdx:hilar-enlargement"
        assert [m.curie for m in vocabulary.find(quote)] == [mention.curie]


@given(st.text(alphabet=st.characters() | st.sampled_from(" .\n;:-no'tX1")))
def test_sentences_lose_no_word(text: str) -> None:
    words = [word for sentence in sentences(text) for word in sentence]
    assert tuple(words) == words_of(text)
    assert all(text[word.start : word.end] == word.text for word in words)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Seen by Dr. Smith. Normal.", ["Seen by Dr . Smith .", "Normal ."]),
        ("No 5 mm. nodule. Heart big", ["No 5 mm . nodule .", "Heart big"]),
        ("No evidence\nof edema", ["No evidence of edema"]),
        ("cough\nno fever\nweight loss", ["cough", "no fever", "weight loss"]),
        ("1. No effusion\n2. Edema", ["1 . No effusion", "2 . Edema"]),
        ("No effusion.Heart big", ["No effusion .", "Heart big"]),
        ("No effusion. XXXX. Edema", ["No effusion .", "XXXX .", "Edema"]),
        ("no cough FINDINGS: edema", ["no cough", "FINDINGS : edema"]),
        ("denies: fever; cough", ["denies : fever ; cough"]),
        ("no edema; effusion", ["no edema ;", "effusion"]),
        ("size 1.5 cm", ["size 1 . 5 cm"]),
    ],
)
def test_statements_are_kept_apart(text: str, cut: list[str]) -> None:
    assert [" ".join(word.text for word in sentence) for sentence in sentences(text)] == cut


@pytest.mark.parametrize(
    ("one", "other"),
    [("oedema", "Edema"), ("haemorrhages", "hemorrhage"), ("tumours", "tumor"), ("opacities", "opacity"),
     ("pneumothoraces", "pneumothorax"), ("metastases", "metastasis"), ("bullae", "bulla"),
     ("Sjögren", "sjogren")],
)  # fmt: skip
def test_spellings_of_one_word_fold_to_one_form(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("kyphosis", "kyphos"), ("mass", "mas"), ("ear", "ears")])
def test_folding_keeps_what_is_no_inflection(one: str, other: str) -> None:
    assert fold(one) == one
    assert other == "ears" or fold(one) != fold(other)


def test_the_lexicon_is_fully_written_out() -> None:
    words = lexicon.load()
    phrases = [p for texts in (*words.names.values(), *words.normals.values()) for p in texts]
    assert phrases
    assert not [p for p in (*phrases, *words.decoys) if set(p) & set("(){}|")]


def _cached(made: list[Vocabulary] = []) -> Vocabulary:  # noqa: B006
    if not made:
        made.append(Vocabulary.from_snapshot(Snapshot.from_tables(node_table(NODES), edge_table(EDGES))))
    return made[0]


@given(st.text(alphabet="aB1 -‐–,.'’n't中_"))
def test_forms_are_those_of_the_words(text: str) -> None:
    assert joined_forms(text) == [word.text for word in joined(words_of(text))]
