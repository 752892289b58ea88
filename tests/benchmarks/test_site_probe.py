"""Laws of the site probe, on vectors and tables that are drawn here."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets.covid_chestxray import (
    COVID,
    ELSEWHERE,
    NONE,
    PNEUMONIA,
    named_sites,
    read_films,
    without_copies,
)
from benchmarks.measures import probes, site_questions
from benchmarks.measures.probes import (
    centred_by,
    leave_one_out,
    once,
    pair_auc,
    patient_folds,
    read,
    shuffled,
)
from benchmarks.measures.site_findings import spread
from benchmarks.measures.site_questions import CENTRED, ENCODER, disease_probe, site_probe, sites_with_both
from benchmarks.runs import site_probe as benchmark
from kgdx.domain.errors import SourceError

NAMES = np.array(["east", "north", "west"])
COLUMNS = ("patientid", "finding", "view", "modality", "location", "filename", "url")


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    monkeypatch.setattr(site_questions, "REPEATS", 1)
    monkeypatch.setattr(site_questions, "SHUFFLES", 2)
    monkeypatch.setattr(probes, "STRENGTHS", (0.01, 1.0))
    monkeypatch.setattr(probes, "_RESAMPLES", 200)


@pytest.fixture
def drawn():
    """Two films of each of 90 patients; the share of the sick differs from site to site."""
    rng = np.random.default_rng(0)
    site = np.arange(90) % 3
    sick = rng.random(90) < np.array([0.2, 0.5, 0.8])[site]
    patients = np.repeat(np.array([f"p{i:02}" for i in range(90)]), 2)
    return NAMES[np.repeat(site, 2)], np.repeat(sick, 2), patients


def vectors_of(*signals, noise=0.2):
    rng = np.random.default_rng(1)
    columns = np.stack([np.asarray(signal, dtype=float) for signal in signals], axis=1)
    noisy = columns + noise * rng.normal(size=columns.shape)
    return np.hstack([noisy, rng.normal(size=(len(columns), 4))])


def of_site(sites):
    return [sites == name for name in NAMES]


def test_no_patient_is_on_both_sides(drawn):
    sites, sick, patients = drawn
    for truths in (sites, sick):
        folds = patient_folds(truths, patients, seed=3)
        assert len(folds) == 5
        for train, test in folds:
            assert not set(patients[train]) & set(patients[test])
        assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(truths)))
    for train, test in leave_one_out(sites, ["east", "west"]):
        assert not set(patients[train]) & set(patients[test])
        assert not set(sites[train]) & set(sites[test])


def test_a_class_of_one_patient_is_never_split(drawn):
    _, _, patients = drawn
    assert patient_folds(patients == "p00", patients, seed=0) == []


def test_vectors_of_the_site_alone_tell_the_site_and_no_disease_elsewhere(drawn):
    sites, sick, patients = drawn
    features = {ENCODER: vectors_of(*of_site(sites))}
    told = site_probe(features, sites, patients)
    assert told["balanced_accuracy"][ENCODER]["value"] == 1.0
    assert told["balanced_accuracy"][CENTRED]["value"] < 0.5
    assert told["shuffled"]["mean"] == pytest.approx(told["chance"], abs=0.1)

    found = disease_probe(features, sick, sites, patients)
    auc = found["auc"][ENCODER]
    assert auc["random"]["ci"][0] > 0.65
    for key in ("random_within", "across"):
        assert auc[key]["ci"][0] < 0.5 < auc[key]["ci"][1] + 0.05
    assert auc["gap"]["ci"][0] > 0
    assert found["auc"][CENTRED]["random"]["value"] == pytest.approx(0.5, abs=0.15)
    # To take the disease out and leave the site takes nothing from such a probe.
    assert found["shuffled_within_site"]["mean"] == pytest.approx(auc["random"]["value"], abs=0.1)
    for control in ("shuffled", "shuffled_across"):
        assert found[control]["mean"] == pytest.approx(0.5, abs=0.15)


def test_vectors_of_the_disease_alone_leave_no_gap(drawn):
    sites, sick, patients = drawn
    found = disease_probe({ENCODER: vectors_of(sick, noise=0.1)}, sick, sites, patients)
    auc = found["auc"][ENCODER]
    for key in ("random", "random_within", "across"):
        assert auc[key]["value"] > 0.99
    assert auc["gap"]["value"] == pytest.approx(0, abs=0.01)
    for figures in found["by_site"].values():
        assert figures["within"]["value"] > 0.99
    assert set(found["by_site"]) == set(NAMES)


def test_a_site_where_a_class_is_missing_is_not_tested(drawn):
    sites, sick, patients = drawn
    assert sites_with_both(sick, sites, patients) == NAMES.tolist()
    assert sites_with_both(sick & (sites != "east"), sites, patients) == ["north", "west"]
    assert sites_with_both(sick & (sites == "east"), sites, patients) == []
    assert sites_with_both(sick, np.where(sites == "east", ELSEWHERE, sites), patients) == ["north", "west"]


def test_one_kind_of_patient_is_no_question(drawn):
    sites, sick, patients = drawn
    assert disease_probe({ENCODER: vectors_of(sick)}, sick & (patients == "p01"), sites, patients) is None


def test_fewer_than_two_sites_are_no_question(drawn):
    sites, _, patients = drawn
    lone = np.where(sites == "east", "east", ELSEWHERE)
    assert site_probe({ENCODER: vectors_of(*of_site(sites))}, lone, patients) is None


def test_a_probe_learns_nothing_from_what_it_is_tested_on(drawn):
    sites, sick, patients = drawn
    vectors, splits = vectors_of(sick), leave_one_out(sites, ["east"])
    _, test = splits[0]
    other = sick.copy()
    other[test] = ~other[test]
    first, second = (read(vectors, truths, patients, [splits]) for truths in (sick, other))
    assert np.array_equal(first.probabilities, second.probabilities, equal_nan=True)


def test_a_group_is_centred_on_its_training_rows():
    groups, vectors = np.array(["a", "a", "a", "b", "b"]), np.array([[0.0], [2.0], [9.0], [4.0], [6.0]])
    ready = centred_by(groups)(vectors, np.array([0, 1]))
    assert ready.ravel().tolist() == [-1, 1, 8, -1, 1]


def test_pairs_agree_with_counting_them(drawn):
    sites, sick, patients = drawn
    readings = read(vectors_of(sick, noise=2), sick, patients, [patient_folds(sick, patients, 0)])
    values, parts = readings.probabilities[0, :, 1], readings.parts[0]
    weights = np.random.default_rng(0).integers(0, 3, (1, len(sick))).astype(float)
    right = pairs = 0.0
    for i in np.flatnonzero(sick):
        for j in np.flatnonzero(~sick):
            if parts[i] == parts[j] and sites[i] == sites[j]:
                weight = weights[0, i] * weights[0, j]
                pairs += weight
                right += weight * ((values[i] > values[j]) + 0.5 * (values[i] == values[j]))
    assert pair_auc(readings, sick, weights, sites)[0] == pytest.approx(right / pairs)
    assert np.isnan(pair_auc(readings, sick, once(len(sick)) * 0)[0])


def test_shuffling_keeps_patients_whole_and_sites_as_sick_as_they_were(drawn):
    sites, sick, patients = drawn
    lots = shuffled(sick, patients, 0, sites)
    assert (lots != sick).any()
    assert all(len(set(lots[patients == patient])) == 1 for patient in patients)
    assert [lots[sites == name].sum() for name in NAMES] == [sick[sites == name].sum() for name in NAMES]


def test_answers_that_follow_the_site_are_told_from_answers_that_do_not(drawn):
    sites, _, patients = drawn
    noise, views = np.random.default_rng(2).normal(size=len(sites)), np.full(len(sites), "PA")
    follows = spread((sites == "east") + 0.1 * noise, sites, patients, views)
    assert follows["p"] == follows["p_of_view"] < 0.001
    assert follows["deviation"] == pytest.approx(np.sqrt(2) / 3, abs=0.05)
    assert spread(noise, sites, patients, views)["p"] > 0.05
    assert spread(noise, np.full(len(sites), "east"), patients, views) is None


def test_answers_that_follow_the_view_are_not_taken_for_the_site(drawn):
    sites, _, patients = drawn
    rng = np.random.default_rng(3)
    is_lying = rng.random(90) < np.where(sites[::2] == "east", 0.9, 0.2)
    views = np.repeat(np.where(is_lying, "AP Supine", "PA"), 2)
    told = spread((views == "PA") + 0.1 * rng.normal(size=180), sites, patients, views)
    assert told["p"] < 0.001
    assert told["p_of_view"] > 0.05


@pytest.fixture
def folder(tmp_path):
    """A set of two sites: drawn films, one listed for two patients, one published twice."""
    home = tmp_path / "covid_chestxray"
    (home / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for i in range(40):
        name, site = f"{i}.png", ("one", "two")[i % 2]
        pixels = rng.integers(0, 255, (7, 7), dtype=np.uint8)
        Image.fromarray(pixels).resize((64, 72), Image.Resampling.BILINEAR).save(home / "images" / name)
        finding = ("COVID-19", "Klebsiella")[i // 4 % 2]
        rows.append(row(str(i // 4 * 2 + i % 2), finding, "PA", name, site))
    (home / "images" / "copy.png").write_bytes((home / "images" / "0.png").read_bytes())
    rows += [row("90", "COVID-19", "PA", "4.png", "one"), row("91", "COVID-19", "AP", "copy.png", "two")]
    rows += [row("92", "COVID-19", "L", "side.png", "two")]
    write(home, rows)
    return home


def row(patient, finding, view, file, site):
    url = f"https://www.{site}.example/{file}"
    return dict(zip(COLUMNS, (patient, finding, view, "X-ray", site, file, url), strict=True))


def write(home, rows):
    with (home / "metadata.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_every_frontal_film_is_read_once(folder):
    films = read_films(folder)
    assert len(films) == 41
    assert len({str(file) for file in films.files}) == 41
    assert set(films.labels) == {COVID, PNEUMONIA}
    assert set(films.hosts) == {"one.example", "two.example"}


def test_a_copy_is_left_out_and_its_patients_are_one(folder):
    films = read_films(folder)
    tiny = np.random.default_rng(0).random((len(films), 30))
    tiny[-1] = 0.5 * tiny[0] + 0.1
    left, kept = without_copies(films, tiny)
    assert kept.tolist() == [True] * 40 + [False]
    assert "91" not in left.patients
    two = films.at(np.array([0, 40]))
    assert without_copies(two, tiny[[0, 5]])[1].all()


def test_rare_sites_are_elsewhere():
    names = named_sites(np.array(["a", "a", "b", ""]), 2)
    assert names.tolist() == ["a", "a", ELSEWHERE, ELSEWHERE]


def test_a_table_that_is_none_is_told(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        read_films(tmp_path)
    (tmp_path / "metadata.csv").write_text("patientid,finding\n1,COVID-19\n")
    with pytest.raises(SourceError, match="lacks the column view"):
        read_films(tmp_path)


def test_json_holds_what_the_protocol_promises(folder, monkeypatch, capsys):
    monkeypatch.setattr(probes, "STRENGTHS", (1.0,))
    monkeypatch.setattr(benchmark, "QUESTIONS", {"covid_pneumonia": (PNEUMONIA,), "covid_none": (NONE,)})
    benchmark.main(["--data", str(folder.parent)])
    told = json.loads(capsys.readouterr().out)
    assert (told["n"], told["copies_left_out"]) == (40, 1)
    assert told["site"]["host"]["chance"] == 0.5
    for figure in told["site"]["host"]["balanced_accuracy"].values():
        assert 0 <= figure["ci"][0] <= figure["value"] <= figure["ci"][1] <= 1
    assert told["disease"]["covid_pneumonia"]["films"] == {"sick": 20, "others": 20}
    assert told["disease"]["covid_none"] is None
    assert {"findings", "encoder", "seconds", "release", "commit"} <= told.keys()
    assert len(told["data_sha256"]) == 64
