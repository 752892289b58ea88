"""Cross-validation: nobody is judged by who saw him, and what is done is not done again."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from kgdx.reasoning.calibration import ConfidenceFeatures
from kgdx.reasoning.reasoner import Reasoner
from kgdx.training.reasoner import cross_validation
from kgdx.training.reasoner.cross_validation import CrossValidation
from kgdx.training.reasoner.evaluate import CaseResult
from kgdx.training.reasoner.labelled_cases import LabelledCase
from tests.reasoning.tiny import graph, query, random_facts, reasoner

WORLD = graph("\n".join(random_facts(np.random.default_rng(2), num_diseases=9, num_findings=9)))
CASES = [
    LabelledCase(query(WORLD, f"F{i % 9}", f"F{(2 * i) % 9}"), np.array([i % 9]), (f"D{i % 9}",))
    for i in range(20)
]
Trained = list[list[LabelledCase]]


def validation(folder: Path, identity: str = "it", cases: Sequence[LabelledCase] = CASES) -> CrossValidation:
    return CrossValidation(cases, 4, folder / "partial", identity)


def training(asked: Trained) -> Callable[..., Reasoner]:
    """A training that remembers what was held out."""

    def train(heldout: Sequence[LabelledCase], _: object) -> Reasoner:
        asked.append(list(heldout))
        return reasoner(WORLD)

    return train


def test_every_case_is_judged_once_by_a_reasoner_that_was_told_to_leave_it_out(tmp_path: Path) -> None:
    asked: Trained = []
    judged = validation(tmp_path).run(training(asked), lambda *_: None)
    assert len(judged) == len(CASES)
    assert sorted(id(case) for fold in asked for case in fold) == sorted(map(id, CASES))
    for one, other in ((a, b) for a in asked for b in asked if a is not b):
        assert {case.disease for case in one}.isdisjoint(case.disease for case in other)
    made = reasoner(WORLD)
    for case, found in zip(CASES, judged, strict=True):
        assert found == cross_validation.evaluate_case(made, case), "in the order of the cases"


def test_after_an_interruption_it_goes_on_and_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = validation(tmp_path / "a").run(training([]), lambda *_: None)
    evaluate_case, left = cross_validation.evaluate_case, iter(range(12))

    def tiring(made: Reasoner, case: LabelledCase) -> CaseResult:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return evaluate_case(made, case)

    first: Trained = []
    second: Trained = []
    with monkeypatch.context() as patched:
        patched.setattr(cross_validation, "evaluate_case", tiring)
        with pytest.raises(KeyboardInterrupt):
            validation(tmp_path / "b").run(training(first), lambda *_: None)
    assert validation(tmp_path / "b").run(training(second), lambda *_: None) == whole
    assert len(first) + len(second) == 4 + 1, "only the fold in which it was interrupted is done again"


def test_what_something_else_left_is_not_used(tmp_path: Path) -> None:
    validation(tmp_path, "one").run(training([]), lambda *_: None)
    again: Trained = []
    validation(tmp_path, "another").run(training(again), lambda *_: None)
    assert len(again) == 4


def test_what_was_kept_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    made = validation(tmp_path)
    made.run(training([]), lambda *_: None)
    assert len(list((tmp_path / "partial").iterdir())) == 4
    (tmp_path / "partial" / "mine.txt").touch()
    made.forget()
    assert [path.name for path in (tmp_path / "partial").iterdir()] == ["mine.txt"]
    (tmp_path / "partial" / "mine.txt").unlink()
    made.forget()
    assert not (tmp_path / "partial").exists()
    made.forget()


def test_no_case_tells_how_sure_its_own_fold_is(tmp_path: Path) -> None:
    """Whether the cases of a fold are right changes the probabilities of all folds but theirs."""
    made, rng = validation(tmp_path), np.random.default_rng(0)

    clues = [ConfidenceFeatures(float(i % 7) - 3, 1.0 + i % 3, float(i % 5), 0.5) for i in range(len(CASES))]
    is_right = rng.random(len(CASES)) < 0.5
    before = made.probability(clues, is_right.tolist())
    for fold in range(4):
        turned = np.where(made.fold_of == fold, ~is_right, is_right)
        after = made.probability(clues, turned.tolist())
        np.testing.assert_array_equal(after[made.fold_of == fold], before[made.fold_of == fold])
        assert (after[made.fold_of != fold] != before[made.fold_of != fold]).all()
    assert ((before > 0) & (before < 1)).all()


def test_for_a_fold_without_a_case_nothing_is_trained(tmp_path: Path) -> None:
    asked: Trained = []
    few = [case for case in CASES if case.disease in ("D1", "D2")]
    judged = validation(tmp_path, cases=few).run(training(asked), lambda *_: None)
    assert len(judged) == len(few)
    assert sorted(map(len, asked)) == [2, 3]
