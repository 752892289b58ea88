"""Predicted treatments: laws of the score, of its reasons, and of what is hidden."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from numpy.typing import NDArray

import graph_schema
from kgdx.domain.errors import BundleError
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder
from kgdx.release.checkpoints import TreatmentCheckpoint
from kgdx.training.treatments import TreatmentTraining, fit_calibration, hide, train
from kgdx.treatments.graph import TreatmentWalks
from kgdx.treatments.model import TreatmentModelSettings, TreatmentNetwork
from kgdx.treatments.predictor import PredictedTreatments, TreatmentCalibration
from kgdx.treatments.reasons import WalkFinder
from tests.reasoning.tiny import TEXT_DIM, HashEncoder, graph

FACTS = """
    D1 is_a D0
    D2 is_a D0
    D3 is_a D0
    D4 shows F1 0.8
    D1 shows F1
    D2 same_as D5
    G1 gene_of D1
    T1 treats D2
    T2 treats D5
    T2 treats D3
    T1 treats D4
    T3 interacts_with G1
    T4 similar_to T3
    T2 same_as T5
    T6 treats D1
"""


def network(num_steps: int = 4, num_kin: int = 0) -> TreatmentNetwork:
    torch.manual_seed(3)
    settings = TreatmentModelSettings(TEXT_DIM, 3, num_steps, 7, num_kin)
    return TreatmentNetwork(settings).eval().requires_grad_(False)


def spoken(curie: str) -> str:
    """Names by which diseases can be kin."""
    return f"{'liver' if curie[-1] in '0134' else 'renal'} ailment of sort {curie}"


def predictor(snapshot: Snapshot, net: TreatmentNetwork | None = None) -> PredictedTreatments:
    return PredictedTreatments.on(
        snapshot, graph_schema.load(), net or network(), TreatmentCalibration(), HashEncoder()
    )


def by_name(made: PredictedTreatments, disease: str) -> dict[str, float]:
    """Score of every treatment, by the first name of its group."""
    walks = made.walks
    scored = made.scores([int(walks.group[walks.snapshot.index[disease]])])[:, 0]
    names = [walks.snapshot.curies[walks.members(int(group))[0]] for group in walks.treatments]
    return dict(zip(names, scored.tolist(), strict=True))


def renamed(facts: str, names: dict[str, str]) -> str:
    return "\n".join(" ".join(names.get(word, word) for word in line.split()) for line in facts.splitlines())


def test_the_order_of_the_nodes_does_not_matter() -> None:
    turned = {f"T{i}": f"T{9 - i}" for i in range(1, 7)} | {f"D{i}": f"D{8 - i}" for i in range(6)}
    there = by_name(predictor(graph(renamed(FACTS, turned))), turned["D1"])
    here = by_name(predictor(graph(FACTS)), "D1")
    # T2 and T5 are one group, which goes by the first name in either graph.
    assert there.pop("T4") == pytest.approx(here.pop("T2"), rel=1e-5)
    assert {turned[name]: value for name, value in here.items()} == pytest.approx(there, rel=1e-5)


@pytest.mark.parametrize("num_kin", [0, 2])
def test_the_other_questions_of_a_batch_do_not_matter(num_kin: int) -> None:
    made = predictor(graph(FACTS, name_of=spoken), network(num_kin=num_kin))
    groups = np.unique(made.walks.group[[made.walks.snapshot.index[f"D{i}"] for i in range(5)]])
    together = made.scores(groups.tolist())
    alone = np.concatenate([made.scores([int(group)]) for group in groups], axis=1)
    assert together.any()
    np.testing.assert_allclose(together, alone, rtol=1e-5)


@pytest.mark.parametrize("num_kin", [0, 2])
def test_the_walks_sum_up_to_the_score(num_kin: int) -> None:
    made = predictor(graph(FACTS, name_of=spoken), network(num_kin=num_kin))
    asked = made.ask([int(made.walks.group[made.walks.snapshot.index["D1"]])])
    scored = made.scores(asked.groups.tolist())[:, 0]
    finder = WalkFinder(made.network, made.relations, asked)
    for treatment, score in zip(made.walks.treatments, scored, strict=True):
        walks = finder.strongest(int(treatment), 10_000)
        assert sum(walk.value for walk in walks) == pytest.approx(score, rel=1e-4, abs=1e-9)
        assert [walk.value for walk in walks] == sorted((walk.value for walk in walks), reverse=True)
    assert (scored > 0).sum() >= 4


def test_every_trail_leads_from_its_start_to_the_treatment() -> None:
    snapshot = graph(FACTS, name_of=spoken)
    made = predictor(snapshot, network(num_kin=2))
    predictions = made.of(snapshot.index["D1"], 10, num_reasons=20)
    assert len(predictions) >= 3
    for prediction in predictions:
        assert prediction.reasons
        for reason in prediction.reasons:
            here = reason.start
            for row, is_forward in reason.trail:
                ends = int(snapshot.head[row]), int(snapshot.tail[row])
                first, last = ends if is_forward else ends[::-1]
                assert here == first
                here = last
            assert here == prediction.treatment
        assert 0 < sum(reason.share for reason in prediction.reasons) <= 1 + 1e-4
        assert 0 <= prediction.confidence <= 1
        assert (prediction.reasons[0].likeness is None) == (
            prediction.reasons[0].start == snapshot.index["D1"]
        )


def test_known_treatments_are_left_out_if_asked() -> None:
    snapshot = graph(FACTS)
    made, disease = predictor(snapshot), snapshot.index["D2"]
    known = {snapshot.index[name] for name in ("T1", "T2", "T5")}
    assert not known & {p.treatment for p in made.of(disease, 20)}
    assert known & {p.treatment for p in made.of(disease, 20, exclude_known=False)}


@pytest.mark.parametrize(
    "pair", ["T1 treats D1", "T1 ameliorates D1", "T2 affects D1", "T3 has_side_effect D1"]
)
@pytest.mark.parametrize("num_kin", [0, 2])
def test_a_pair_scores_the_same_whether_or_not_the_graph_states_it(pair: str, num_kin: int) -> None:
    net = network(num_kin=num_kin)
    without = by_name(predictor(graph(FACTS, name_of=spoken), net), "D1")
    assert by_name(predictor(graph(f"{FACTS}\n{pair}", name_of=spoken), net), "D1") == pytest.approx(
        without, rel=1e-5
    )


def test_nothing_is_told_by_the_equivalent_of_a_disease_either() -> None:
    without = by_name(predictor(graph(FACTS.replace("T2 treats D5", ""))), "D2")
    assert by_name(predictor(graph(FACTS)), "D2") == pytest.approx(without, rel=1e-5)


def test_hiding_takes_every_edge_to_a_treatment_of_a_disease_and_its_equivalents() -> None:
    snapshot = graph(f"{FACTS}\nT3 forbidden_in D5\nT4 ameliorates D2")
    walks = TreatmentWalks(snapshot, graph_schema.load())
    hidden = hide(walks, walks.group[[snapshot.index["D2"]]])
    gone = {"T1 treats D2", "T2 treats D5", "T3 contraindicated_in D5", "T4 ameliorates D2"}
    assert stated(snapshot) - stated(hidden) == gone
    assert hidden.num_nodes == snapshot.num_nodes


def stated(snapshot: Snapshot) -> set[str]:
    curies = snapshot.curies
    edges = zip(snapshot.head, snapshot.relations, snapshot.tail, strict=True)
    return {f"{curies[head]} {relation} {curies[tail]}" for head, relation, tail in edges}


def test_mechanisms_that_are_stated_per_pair_are_not_walked() -> None:
    facts = "D1 is_a D0\nT1 treats D0"
    mechanism = graph("T2 affects G1\nG1 gene_of D1", source="infores:drugmechdb")
    plain = graph(facts + "\nT2 affects G1\nG1 gene_of D1")
    assert by_name(predictor(plain), "D1")["T2"] > 0
    curies = [*plain.curies]
    assert curies == sorted({*mechanism.curies, "D0", "T1"})
    sources = ["infores:drugmechdb" if "G1" in fact else "infores:test" for fact in listed(plain)]
    column = plain.edges.column_names.index("source")
    marked = plain.edges.set_column(column, "source", pa.array(sources).dictionary_encode())
    scored = by_name(predictor(Snapshot(plain.nodes, marked, "")), "D1")
    assert scored["T2"] == 0
    assert scored["T1"] > 0


def listed(snapshot: Snapshot) -> list[str]:
    curies = snapshot.curies
    edges = zip(snapshot.head, snapshot.relations, snapshot.tail, strict=True)
    return [f"{curies[head]} {relation} {curies[tail]}" for head, relation, tail in edges]


def test_a_drug_that_came_after_training_is_scored() -> None:
    net = network()
    assert by_name(predictor(graph(f"{FACTS}\nT8 interacts_with G1"), net), "D1")["T8"] > 0


def test_a_disease_without_any_edge_has_predictions_by_its_name_alone() -> None:
    snapshot = graph(f"{FACTS}\nD9")
    lonely = snapshot.index["D9"]
    assert predictor(snapshot).of(lonely) == []
    assert predictor(snapshot, network(num_kin=3)).of(lonely) == [], "a CURIE is no name"
    snapshot = graph(f"{FACTS}\nD9", name_of=spoken)
    made = predictor(snapshot, network(num_kin=3)).of(snapshot.index["D9"])
    assert len(made) > 1
    assert all(reason.likeness is not None for p in made for reason in p.reasons)


def test_kin_add_to_what_a_disease_reaches_by_itself() -> None:
    snapshot = graph(FACTS, name_of=spoken)
    net = network(num_kin=2)
    alone = predictor(snapshot, TreatmentNetwork(replace(net.settings, num_kin=0)))
    alone.network.load_state_dict(net.state_dict())
    without, found = by_name(alone, "D1"), by_name(predictor(snapshot, net), "D1")
    assert all(found[drug] >= without[drug] for drug in found)
    assert any(found[drug] > 1.01 * without[drug] for drug in found)


def test_a_denied_statement_opens_no_walk() -> None:
    denied = FACTS.replace("T1 treats D2", "T1 NOT treats D2").replace("T1 treats D4", "T1 NOT treats D4")
    assert by_name(predictor(graph(denied)), "D1")["T1"] == 0


def test_training_is_seeded_and_learns_what_lies_near() -> None:
    facts = "\n".join(
        f"D{i}{j} is_a D{i}\nT{i}{k} treats D{i}{j}" for i in range(1, 9) for j in range(4) for k in range(2)
    )
    settings = TreatmentTraining(epochs=3, batch=8)
    model = TreatmentModelSettings(TEXT_DIM, 2, 3, 6, 0)
    arguments = (graph(facts), graph_schema.load(), HashEncoder(), settings, model)
    (made, outcome), (again, _) = train(*arguments), train(*arguments)
    assert outcome.num_heldout > 0
    assert outcome.mrr > outcome.popularity_mrr
    for ours, theirs in zip(made.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_confidence_rises_with_the_score_and_is_fitted_on_what_is_known() -> None:
    rng = np.random.default_rng(0)
    scored = rng.random((60, 40)) + 1e-3
    known: Sequence[NDArray[np.int64]] = [np.flatnonzero(column > 0.9) for column in scored.T]
    confidence = fit_calibration(scored, known).confidence(scored)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    truth = np.stack([np.isin(np.arange(60), places) for places in known], axis=1)
    assert confidence[truth].mean() > 0.5 > confidence[~truth].mean()


def test_weights_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    net, snapshot = network(num_kin=2), graph(FACTS, name_of=spoken)
    TreatmentCheckpoint(net, TreatmentCalibration(1.0, 0.5, 2.0), "hash").write(tmp_path)
    saved = TreatmentCheckpoint.open(tmp_path)
    assert (saved.calibration, saved.text_revision) == (TreatmentCalibration(1.0, 0.5, 2.0), "hash")
    assert by_name(predictor(snapshot, saved.network), "D1") == by_name(predictor(snapshot, net), "D1")


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors"])
def test_damaged_weights_are_told(tmp_path: Path, name: str) -> None:
    TreatmentCheckpoint(network(), TreatmentCalibration(), "hash").write(tmp_path)
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(BundleError, match="kgdx train treatments"):
        TreatmentCheckpoint.open(tmp_path)


def test_the_shipped_weights_fit_the_shipped_encoder() -> None:
    saved = TreatmentCheckpoint.open(shipped_folder() / "treatments")
    assert saved.text_revision == ConceptEncoder.open(shipped_folder() / "concepts").revision
