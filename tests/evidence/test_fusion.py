"""What statements weigh together, and the vector of a case: laws that hold whatever was learnt."""

import json
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.case import Polarity
from kgdx.domain.errors import BundleError
from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, Qualifiers, TextOrigin
from kgdx.evidence import codes, text
from kgdx.evidence.contradictions import contradictions
from kgdx.evidence.fusion import TEMPERATURE, Fusion, fuse, names_vector, strongest
from kgdx.release.bundle import shipped_folder
from kgdx.release.checkpoints import open_fusion, write_fusion
from kgdx.report.messages import text as text_of
from tests.reasoning.tiny import graph

DIM = 6
FINDINGS = ["F1", "F2", "F3"]
ORIGINS = {
    "code": CodeOrigin("F"),
    "text": TextOrigin("findings", 0, 4, "said"),
    "image": ImageOrigin("film", (0.0, 0.0, 1.0, 1.0), 0.5),
}
SIGNED = {Polarity.PRESENT: 1, Polarity.UNCERTAIN: 1, Polarity.EXCLUDED: -1}


class FakeText:
    """Every name has a direction of its own."""

    dim, revision = DIM, "fake"

    def encode_texts(self, texts):
        rows = np.array([np.cos(np.arange(DIM) * (1 + int(name[1:]))) for name in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def item(curie: str, modality: str, polarity: Polarity, weight: float) -> Evidence:
    return Evidence(curie, curie, polarity, SIGNED[polarity] * weight, ORIGINS[modality])


numbers = st.floats(-4, 4)
pieces = st.lists(
    st.builds(
        item,
        st.sampled_from(FINDINGS),
        st.sampled_from(list(ORIGINS)),
        st.sampled_from(list(Polarity)),
        st.just(0.0) | st.floats(0.001, 12),
    ),
    max_size=8,
)
subthreshold_scores = st.dictionaries(st.sampled_from(FINDINGS), st.floats(-3, 3))


@st.composite
def fusions(draw: st.DrawFn) -> Fusion:
    """Anything that training could come up with; of codes alone it learns nothing."""

    def table(*shape: int) -> np.ndarray:
        return np.array(
            draw(st.lists(numbers, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        ).reshape(shape)

    scale, token = table(3), table(3)
    scale[0] = token[0] = 0.0
    return Fusion(
        "fake",
        scale,
        table(3, 4),
        table(2, 3, 4),
        table(2, 3, 4),
        table(DIM, DIM),
        token,
        np.asarray(draw(numbers)),
    )


def vectors(num: int) -> list[np.ndarray]:
    rows = np.random.default_rng(num).normal(size=(num, DIM)).astype(np.float32)
    return [row / np.linalg.norm(row) for row in rows]


# Weights


@given(fusions(), pieces, subthreshold_scores)
def test_no_statement_ever_speaks_for_the_opposite(fusion, evidence, leaning) -> None:
    for before, after in zip(evidence, fusion.weigh(evidence, leaning), strict=True):
        assert 0 < after.factor < 2
        assert after.weight == before.weight * after.factor
        assert np.sign(after.weight) == np.sign(before.weight)
        assert replace(after, weight=before.weight, factor=1.0) == before


@given(fusions(), pieces, subthreshold_scores, st.randoms())
def test_order_does_not_matter(fusion, evidence, leaning, random) -> None:
    rows = list(range(len(evidence)))
    random.shuffle(rows)
    weighed = fusion.weigh(evidence, leaning)
    shuffled = fusion.weigh([evidence[row] for row in rows], leaning)
    assert [one.weight for one in shuffled] == pytest.approx([weighed[row].weight for row in rows])
    assert strongest(shuffled) == pytest.approx(strongest(weighed))
    one, two = (fusion.case_vector(each, vectors(2), FakeText()) for each in (weighed, shuffled))
    np.testing.assert_allclose(one, two, atol=1e-4)


@given(fusions(), pieces)
def test_one_modality_alone_is_calibrated_and_no_more(fusion, evidence) -> None:
    for number, modality in enumerate(ORIGINS):
        alone = [one for one in evidence if one.origin.modality == modality]
        factors = [one.factor for one in fusion.weigh(alone, {})]
        assert factors == pytest.approx([2 / (1 + np.exp(-fusion.scale[number]))] * len(alone))


@given(fusions(), pieces, subthreshold_scores)
def test_other_findings_are_not_heard(fusion, evidence, leaning) -> None:
    together = fusion.weigh(evidence, leaning)
    for curie in FINDINGS:
        own = [one for one in evidence if one.curie == curie]
        apart = fusion.weigh(own, {curie: leaning[curie]} if curie in leaning else {})
        assert [one.weight for one in apart] == pytest.approx(
            [one.weight for one in together if one.curie == curie]
        )


@given(fusions(), pieces, subthreshold_scores)
def test_an_image_that_made_up_its_mind_is_heard_once(fusion, evidence, leaning) -> None:
    settled = {one.curie for one in evidence if one.origin.modality == "image" and one.weight}
    kept = {curie: weight for curie, weight in leaning.items() if curie not in settled}
    assert fusion.weigh(evidence, leaning) == fusion.weigh(evidence, kept)


def test_of_two_statements_as_strong_the_one_for_it_counts() -> None:
    both = [item("F1", "image", Polarity.EXCLUDED, 3.0), item("F1", "image", Polarity.PRESENT, 3.0)]
    assert strongest(both) == strongest(both[::-1]) == {("F1", "image"): 3.0}


# Codes alone: what the reasoner was trained on


@given(
    fusions(), st.lists(st.tuples(st.sampled_from(FINDINGS), st.sampled_from(list(Polarity))), unique=True)
)
def test_codes_alone_stay_exactly_as_they_were(fusion, given_codes) -> None:
    evidence = [Evidence(c, c, p, codes.WEIGHTS[p], ORIGINS["code"]) for c, p in given_codes]
    assert fusion.weigh(evidence, {}) == tuple(evidence)
    names = list(dict.fromkeys(c for c, p in given_codes if p is Polarity.PRESENT))
    expected = np.zeros(DIM, np.float32)
    if names:
        tokens = FakeText().encode_texts(names)
        attention = np.exp(tokens @ tokens.mean(axis=0) / TEMPERATURE)
        fused = (attention / attention.sum()) @ tokens
        expected = np.asarray(fused / max(float(np.linalg.norm(fused)), 1e-12), dtype=np.float32)
    for vector in (fusion.case_vector(evidence, (), FakeText()), names_vector(evidence, FakeText())):
        assert vector.dtype == np.float32
        assert vector.tobytes() == expected.tobytes()


# The vector of a case


@given(fusions(), pieces)
def test_any_modality_may_be_missing(fusion, evidence) -> None:
    for images in ([], vectors(1), vectors(3)):
        made = fusion.case_vector(evidence, images, FakeText())
        has_tokens = bool(images) or any(one.polarity is Polarity.PRESENT for one in evidence)
        assert np.linalg.norm(made) == pytest.approx(1.0, abs=1e-3) or not made.any()
        assert has_tokens or not made.any()
    assert fusion.weigh((), {}) == ()


def test_what_agrees_weighs_more_and_what_is_disbelieved_less() -> None:
    fusion = replace(Fusion.additive("fake", DIM), sharpness=np.asarray(5.0))
    name = FakeText().encode_texts(["F1"])[0]

    def likeness(denied: float) -> float:
        evidence = [
            item("F1", "text", Polarity.PRESENT, 2.0),
            item("F2", "text", Polarity.PRESENT, 2.0),
            item("F1", "image", Polarity.EXCLUDED, denied),
        ]
        return float(fusion.case_vector(evidence, (), FakeText()) @ name)

    told = [likeness(denied) for denied in (0.0, 1.0, 2.0, 3.0)]
    assert all(one > two for one, two in pairwise(told))
    tokens = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32)
    assert fuse(tokens)[0] > 2 * fuse(tokens)[1]


# Contradictions


SAID = graph("F2 is_a F1\nF3 is_a F2\nD1 shows F3\nD1 shows F4")


def read(curie: str, polarity: Polarity, laterality: str = "", section: str = "findings") -> Evidence:
    origin = TextOrigin(section, 0, 1, "x")
    return Evidence(curie, curie, polarity, SIGNED[polarity] * 4.0, origin, Qualifiers(laterality=laterality))


def test_a_text_that_says_both_is_told_unless_it_speaks_of_two_sides() -> None:
    present, absent = read("F1", Polarity.PRESENT), read("F1", Polarity.EXCLUDED)
    assert [message.code for message in contradictions((present, absent), SAID)] == [
        "warning.given_both_ways"
    ]
    sides = read("F1", Polarity.PRESENT, "right"), read("F1", Polarity.EXCLUDED, "left")
    assert contradictions(sides, SAID) == ()


def test_a_present_finding_under_an_excluded_one_is_told() -> None:
    said = item("F3", "code", Polarity.PRESENT, 12.0), item("F1", "code", Polarity.EXCLUDED, 4.0)
    assert tuple(map(text_of, contradictions(said, SAID))) == (
        "F3 is present, yet F1, which it is a kind of, is excluded: one of the two cannot hold; "
        "both were weighed",
    )
    turned = item("F1", "code", Polarity.PRESENT, 12.0), item("F3", "code", Polarity.EXCLUDED, 4.0)
    assert contradictions(turned, SAID) == ()


def test_a_code_that_another_implies_is_told_once_counted() -> None:
    said = item("F1", "code", Polarity.PRESENT, 12.0), item("F3", "code", Polarity.PRESENT, 12.0)
    told = "findings: F1 is implied by F3, and was not counted again"
    assert tuple(map(text_of, contradictions(said, SAID))) == (told,)


def test_a_contradiction_is_kept_and_told_with_what_either_side_weighs() -> None:
    evidence = (
        item("F1", "image", Polarity.PRESENT, 1.26),
        item("F1", "text", Polarity.EXCLUDED, 1.0),
        item("F1", "text", Polarity.EXCLUDED, 3.0),
        item("F4", "text", Polarity.PRESENT, 5.0),
    )
    assert tuple(map(text_of, contradictions(evidence, SAID))) == (
        "F1 (F1): present by image (+1.3), absent by text (−3.0); both were weighed",
    )
    assert contradictions(evidence[3:], SAID) == ()


# The shipped weights


@pytest.fixture(scope="module")
def shipped() -> Fusion:
    config = json.loads((shipped_folder() / "fusion" / "fusion.json").read_text(encoding="utf-8"))
    return open_fusion(shipped_folder() / "fusion", config["revision"])


def test_a_code_that_others_deny_is_believed_less_and_still_believed(shipped: Fusion) -> None:
    code = Evidence("F1", "F1", Polarity.PRESENT, codes.WEIGHTS[Polarity.PRESENT], ORIGINS["code"])
    denial = Evidence("F1", "F1", Polarity.EXCLUDED, text.WEIGHTS[Polarity.EXCLUDED], ORIGINS["text"])
    alone, beside = shipped.weigh([code], {}), shipped.weigh([code, denial], {})
    assert alone == (code,)
    assert 0 < beside[0].weight < code.weight
    assert beside[1].weight < 0
    assert sum(one.weight for one in beside) > 0


def test_what_agrees_never_lowers_and_what_opposes_never_raises(shipped: Fusion) -> None:
    for asking, polarity, heard, weight in product(ORIGINS, Polarity, ORIGINS, (-3.0, -1.0, 1.0, 3.0)):
        said = item("F1", asking, polarity, 2.0)
        other = Evidence("F1", "F1", polarity, weight, ORIGINS[heard])
        alone, beside = shipped.weigh([said], {})[0], shipped.weigh([said, other], {})[0]
        leant = shipped.weigh([said], {"F1": weight})[0]
        for one in (beside, leant):
            if weight * said.weight > 0:
                assert one.factor >= alone.factor
            else:
                assert one.factor <= alone.factor


def test_reports_alone_keep_what_was_measured(shipped: Fusion) -> None:
    """The weights of what is read were measured on reports: calibration may not move them far."""
    said = Evidence("F1", "F1", Polarity.PRESENT, text.WEIGHTS[Polarity.PRESENT], ORIGINS["text"])
    assert shipped.weigh([said], {})[0].factor == pytest.approx(1.0, abs=0.1)


# On disk


def test_what_is_written_is_read_back(shipped: Fusion, tmp_path) -> None:
    write_fusion(shipped, tmp_path)
    assert open_fusion(tmp_path, shipped.revision).to_json() == shipped.to_json()
    assert (tmp_path / "fusion.json").read_bytes() == (
        shipped_folder() / "fusion" / "fusion.json"
    ).read_bytes()


@pytest.mark.parametrize(
    ("damage", "fact"),
    [
        (lambda held: held.pop("key"), "does not hold a fusion of this version"),
        (lambda held: held.update(scale=[0.0, "x", 0.0]), "does not hold a fusion of this version"),
        (lambda held: held.update(scale=[0.0, 0.0]), "`scale` is not finite numbers of shape"),
        (lambda held: held.update(token=[0.0, float("nan"), 0.0]), "`token` is not finite"),
        (lambda held: held.update(reading=[[1.0, 0.0]]), "`reading` is not finite numbers"),
        (lambda held: held.update(reading=[[1.0], [0.0, 1.0]]), "does not hold a fusion of this version"),
        (lambda held: held.update(revision="other"), "was trained with image-text model other"),
    ],
)
def test_damaged_weights_give_one_clear_error(shipped: Fusion, tmp_path, damage, fact) -> None:
    held = shipped.to_json()
    damage(held)
    (tmp_path / "fusion.json").write_text(json.dumps(held))
    with pytest.raises(BundleError, match=fact) as told:
        open_fusion(tmp_path, shipped.revision)
    assert "kgdx train fusion" in told.value.remedy
    assert told.value.where == str(tmp_path / "fusion.json")


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"null", b"\xff"])
def test_a_file_that_is_missing_or_something_else_is_told(tmp_path, content) -> None:
    if content is not None:
        (tmp_path / "fusion.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"fusion\.json"):
        open_fusion(tmp_path, "any")
