"""Linking: never over the dictionary, never what is normal, only what is near enough and clear enough."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.encoders.link_calibration import LinkCalibration, lowest_bound
from kgdx.evidence.linking import Linker, is_fragment, spans_of
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.words import words_of
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot

SOURCE = Provenance("infores:test")
ROOT = "HP:0000118"
NODES = [
    Node(ROOT, "PhenotypicFeature", "Phenotypic abnormality"),
    Node("HP:0002202", "PhenotypicFeature", "Pleural effusion", ("Fluid around lungs",)),
    Node("HP:0001640", "PhenotypicFeature", "Cardiomegaly", ("Enlarged heart",)),
    Node("HP:0100001", "PhenotypicFeature", "Massive cardiomegaly"),
    Node("HP:0000002", "PhenotypicFeature", "Thickened nuchal skin fold"),
    Node("HP:0003540", "PhenotypicFeature", "Impaired platelet aggregation"),
    Node("HP:0000003", "PhenotypicFeature", "Rash of the feet", ("ABCD", "hot rash")),
    Node("HP:0000004", "PhenotypicFeature", "Weak muscles of the eye", ("ABCD", "weak eye muscles")),
]
EDGES = [Edge(node.curie, "subclass_of", ROOT, SOURCE) for node in NODES[1:]]
EDGES.append(Edge("HP:0100001", "subclass_of", "HP:0001640", SOURCE))
CURVE = LinkCalibration(similarity=20.0, margin=5.0, num_words=0.2, offset=-14.0, least=0.6)


class Trigrams:
    """An encoder that knows letters, and no meaning."""

    dim = 512
    revision = "trigrams"

    def encode_texts(self, texts):
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                padded = f" {word} "
                for i in range(len(padded) - 2):
                    digest = hashlib.sha256(padded[i : i + 3].encode()).digest()
                    row[int.from_bytes(digest[:2], "big") % self.dim] += 1
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, norms, out=rows, where=norms > 0)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.from_tables(node_table(NODES), edge_table(EDGES))


@pytest.fixture(scope="module")
def linker(snapshot) -> Linker:
    return Linker.from_snapshot(snapshot, Trigrams(), CURVE)


@pytest.fixture(scope="module")
def dictionary(snapshot) -> Vocabulary:
    return Vocabulary.from_snapshot(snapshot)


@pytest.fixture(scope="module")
def vocabulary(snapshot, linker) -> Vocabulary:
    return Vocabulary.from_snapshot(snapshot, linker=linker)


TEXTS = st.lists(
    st.sampled_from(
        [
            *("There", "is", "no", "a", "of", "heart", "cardiomegally", "thickened", "skin", "nuchal"),
            "pleural effusion",
            ".",
            ",",
        ]
    ),
    max_size=14,
).map(" ".join)


@given(text=TEXTS)
def test_links_are_added_to_what_the_dictionary_finds_and_overlap_nothing(dictionary, vocabulary, text):
    found = vocabulary.find(text)
    assert {m for m in found if m.probability == 1} == set(dictionary.find(text))
    for before, after in pairwise(found):
        assert before.end <= after.start
    for mention in found:
        assert text[mention.start : mention.end].strip()
        assert CURVE.least <= mention.probability <= 1
        assert mention.similarity <= 1 + 1e-6
        assert mention.name == vocabulary._names[mention.curie]


@pytest.mark.parametrize(
    ("text", "curie", "quote"),
    [
        ("There is cardiomegally.", "HP:0001640", "cardiomegally"),
        ("We saw nuchal skin folds thickness.", "HP:0000002", "nuchal skin folds thickness"),
    ],
)
def test_what_the_dictionary_misses_is_linked_at_its_place(dictionary, vocabulary, text, curie, quote):
    assert not dictionary.find(text)
    (mention,) = vocabulary.find(text)
    assert (mention.curie, text[mention.start : mention.end]) == (curie, quote)
    assert mention.similarity < 1


@pytest.mark.parametrize(
    "text",
    [
        "Normal platelet aggregation.",
        "platelet aggregation",
        "The weather was fine and the committee adjourned.",
        "The nuchal region, skin and fold, thickened.",
    ],
)
def test_what_names_no_finding_is_not_linked(vocabulary, text):
    assert vocabulary.find(text) == ()


def test_a_fragment_says_less_than_the_name():
    assert is_fragment("aggregation of the platelets", "Impaired platelet aggregation")
    assert not is_fragment("impaired aggregation of platelets", "Impaired platelet aggregation")
    assert not is_fragment("reduced platelet aggregation", "Impaired platelet aggregation")


def test_a_kind_of_the_concept_is_no_rival(linker):
    (link,) = linker.links(["cardiomegaly massives"])
    assert link.curie == "HP:0100001"
    assert linker.ancestors(link.curie) == {"HP:0001640", ROOT}
    stranger = max(
        float(a @ b)
        for a in Trigrams().encode_texts(["cardiomegaly massives"])
        for b in Trigrams().encode_texts(
            [n.name for n in NODES if n.curie not in {link.curie, "HP:0001640", ROOT}]
        )
    )
    assert link.margin == pytest.approx(min(0.5, link.similarity - stranger), abs=1e-5)


def test_a_link_does_not_depend_on_what_is_asked_beside_it(snapshot, linker):
    phrases = ["cardiomegally", "nuchal skin fold thickening", "nothing at all", "cardiomegally"]
    together = linker.links(phrases)
    fresh = Linker.from_snapshot(snapshot, Trigrams(), CURVE)
    for phrase, link in zip(phrases, together, strict=True):
        (alone,) = fresh.links([phrase])
        assert (alone is None) == (link is None)
        if link is not None:
            assert alone.curie == link.curie
            assert alone.probability == pytest.approx(link.probability, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "curie"),
    [
        ("hot rash on both feet: ABCD", "HP:0000003"),
        ("weak eye muscles were found, ABCD", "HP:0000004"),
        ("ABCD", "HP:0000003"),
    ],
)
def test_the_words_around_tell_concepts_of_one_name_apart(vocabulary, text, curie):
    assert vocabulary.find(text)[-1].curie == curie


@given(words=st.lists(st.sampled_from(["heart", "normal", "of", "thick", "skin", "7", ","]), max_size=12))
def test_phrases_hold_no_taken_word_and_nothing_that_ends_them(words):
    sentence = words_of(" ".join(words))
    covered = {i for i, word in enumerate(sentence) if word.text == "skin"}
    for start, end in spans_of(sentence, covered, {"heart", "thick"}):
        inside = [word.text for word in sentence[start:end]]
        assert not {"normal", ",", "skin"} & set(inside)
        assert {inside[0], inside[-1]}.isdisjoint({"of", "7"})
        assert len(inside) <= 6


@given(
    pairs=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40),
    least=st.floats(0.05, 1),
)
def test_above_the_bound_the_asked_share_is_right(pairs, least):
    probability = np.asarray([p for p, _ in pairs])
    is_right = np.asarray([right for _, right in pairs])
    bound = lowest_bound(probability, is_right, least)

    def precision(at: float) -> float:
        return float(is_right[probability >= at].mean())

    enough = [p for p in probability if precision(p) >= least]
    assert bound == min(enough) if enough else bound > 1


def test_a_fitted_curve_rises_with_what_makes_a_link_right():
    rng = np.random.default_rng(0)
    seen = [
        (float(s), float(m), int(n))
        for s, m, n in zip(rng.random(400), rng.random(400) / 2, rng.integers(1, 5, 400), strict=True)
    ]
    is_right = [s + m > 0.8 for s, m, _ in seen]
    curve = LinkCalibration.fit(seen, is_right, 0.9)
    assert curve.probability(0.9, 0.3, 2) > curve.probability(0.5, 0.3, 2)
    assert curve.probability(0.6, 0.4, 2) > curve.probability(0.6, 0.0, 2)
    kept = [
        right for link, right in zip(seen, is_right, strict=True) if curve.probability(*link) >= curve.least
    ]
    assert sum(kept) / len(kept) >= 0.88
    assert LinkCalibration(**curve.to_json()) == curve
