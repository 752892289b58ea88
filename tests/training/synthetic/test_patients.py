"""Patients made up from annotations: of their disease, with the faults asked for, the same for one seed."""

from collections import Counter

import numpy as np
import pytest

from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.query import MAX_WEIGHT, Observation
from kgdx.training.synthetic.patients import SimulationSettings, Simulator
from tests.reasoning.tiny import graph, shrunk

WORLD = graph("""
    F1 is_a F0
    F2 is_a F0
    F3 is_a F0
    D1 shows F1 0.9
    D1 shows F4 0.1
    D2 shows F5 0.5
    D3 shows F6 0.5
    D3 same_as D2
    D4 NOT shows F7
""")
ANNOTATIONS = Annotations.from_snapshot(WORLD)
FAULTLESS = SimulationSettings(
    mean_findings=50,
    imprecise=0,
    neighbour=0,
    unrelated=0,
    from_twin=0,
    recorded_absent=0,
    unrelated_absent=0,
)


def drawn(disease: str, times: int = 300, **faults: float) -> list[tuple[Observation, ...]]:
    settings = SimulationSettings(**{**_as_dict(FAULTLESS), **faults})
    position = list(ANNOTATIONS.candidates).index(WORLD.index[disease])
    rng = np.random.default_rng(0)
    simulator = Simulator(WORLD, ANNOTATIONS, settings)
    return [simulator.draw(position, rng) for _ in range(times)]


def _as_dict(settings: SimulationSettings) -> dict[str, float]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


def shares(patients: list[tuple[Observation, ...]]) -> dict[str, float]:
    """Finding -> share of patients in whom it is present, `-` before it where it is absent."""
    counts = Counter("-" * (seen.weight < 0) + WORLD.curies[seen.node] for p in patients for seen in p)
    return {finding: count / len(patients) for finding, count in counts.items()}


def test_findings_are_as_common_as_the_annotations_say() -> None:
    found = shares(drawn("D1"))
    assert set(found) == {"F1", "F4"}
    often, rarely = shrunk(0.9), shrunk(0.1)
    neither = (1 - often) * (1 - rarely)
    assert found["F1"] == pytest.approx(often + neither / 2, abs=0.06)
    assert found["F4"] == pytest.approx(rarely + neither / 2, abs=0.06)


def test_no_patient_is_without_a_finding_and_none_has_one_twice() -> None:
    for patient in drawn("D2", unrelated=2, unrelated_absent=2, recorded_absent=0.5):
        assert any(seen.weight == MAX_WEIGHT for seen in patient)
        assert len({seen.node for seen in patient}) == len(patient)
        assert all(seen.is_curated_absence and abs(seen.weight) <= MAX_WEIGHT for seen in patient)


def test_a_finding_may_be_named_by_what_it_is_a_kind_of() -> None:
    found = shares(drawn("D1", imprecise=1.0))
    assert found["F0"] > 0.8
    assert "F1" not in found


def test_a_finding_may_be_named_as_its_neighbour() -> None:
    found = shares(drawn("D1", neighbour=1.0))
    assert {"F2", "F3"} <= set(found) <= {"F1", "F2", "F3", "F4"}


def test_what_a_patient_lacks_may_be_recorded() -> None:
    found = shares(drawn("D1", recorded_absent=1.0))
    assert found["-F4"] == pytest.approx(1 - found["F4"])
    assert "-F5" not in found


def test_unrelated_findings_come_from_other_diseases() -> None:
    assert {"F5", "F6"} <= set(shares(drawn("D1", unrelated=2)))
    assert {"-F5", "-F6"} <= set(shares(drawn("D1", unrelated_absent=2)))


def test_a_twin_is_the_same_disease_elsewhere() -> None:
    assert set(shares(drawn("D2"))) == {"F5"}
    assert set(shares(drawn("D2", from_twin=1.0))) == {"F5", "F6"}


def test_nobody_has_what_is_only_denied() -> None:
    assert "F7" not in shares(drawn("D1", unrelated=5))


def test_one_seed_gives_one_series_of_patients() -> None:
    assert drawn("D1", 30, unrelated=2, neighbour=0.5) == drawn("D1", 30, unrelated=2, neighbour=0.5)


def test_few_findings_are_written_down_where_few_are_wanted() -> None:
    assert {len(patient) for patient in drawn("D1", mean_findings=1)} == {1}
