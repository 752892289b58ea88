"""How good a reasoner is on diseases it never saw: trained on all folds but one, asked the one.

What a fold gave is kept on disk until all is done, so that an interrupted run goes on where it ended.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from kgdx.encoders.checkpoint import write_json
from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.calibration import Calibration, ConfidenceFeatures
from kgdx.reasoning.reasoner import Reasoner
from kgdx.training.progress import Progress, named
from kgdx.training.reasoner.evaluate import CaseResult, evaluate_case
from kgdx.training.reasoner.labelled_cases import LabelledCase, folds


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Folds over cases; no disease and no paper is in two of them.

    Attributes:
        folder: where what the folds gave is kept.
        identity: of everything else that a fold's result depends on; what was kept under another is not used.
    """

    cases: Sequence[LabelledCase]
    num_folds: int
    folder: Path
    identity: str

    @cached_property
    def fold_of(self) -> Ints:
        """(n,) fold of each case."""
        return folds(self.cases, self.num_folds)

    def run(
        self, train: Callable[[Sequence[LabelledCase], Progress], Reasoner], progress: Progress
    ) -> list[CaseResult]:
        """Judge every case.

        Args:
            train: makes a reasoner that saw nothing of the given cases.
        """
        judged: dict[int, CaseResult] = {}
        # Few groups leave folds empty: nothing is trained for them.
        for fold in np.unique(self.fold_of).tolist():
            rows = np.flatnonzero(self.fold_of == fold)
            told = named(f"fold {fold + 1} of {self.num_folds}", progress)
            parts = self._kept(fold) or self._keep(fold, _judge(train, [self.cases[i] for i in rows], told))
            judged |= dict(zip(rows.tolist(), parts, strict=True))
        return [judged[i] for i in range(len(self.cases))]

    def probability(self, clues: Sequence[ConfidenceFeatures], is_right: Sequence[bool]) -> Floats:
        """(n,) probability of each first answer, calibrated on the other folds."""
        result = np.zeros(len(clues))
        for fold in range(self.num_folds):
            others = np.flatnonzero(self.fold_of != fold)
            calibration = Calibration.fit([clues[i] for i in others], [is_right[i] for i in others])
            for row in np.flatnonzero(self.fold_of == fold):
                result[row] = calibration.probability(clues[row])
        return result

    def forget(self) -> None:
        """Remove what was kept."""
        for fold in range(self.num_folds):
            self._path(fold).unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    @property
    def _made_by(self) -> list[str]:
        """The identity, and the layout of what is kept: another version's folds are not used."""
        return [
            self.identity,
            *(field.name for kind in (CaseResult, ConfidenceFeatures) for field in fields(kind)),
        ]

    def _path(self, fold: int) -> Path:
        return self.folder / f"fold-{fold}.json"

    def _kept(self, fold: int) -> list[CaseResult] | None:
        if not self._path(fold).is_file():
            return None
        kept = json.loads(self._path(fold).read_text(encoding="utf-8"))
        if kept["of"] != self._made_by:
            return None
        return [
            CaseResult(**case | {key: ConfidenceFeatures(**case[key]) for key in ("clues", "plain_clues")})
            for case in kept["judged"]
        ]

    def _keep(self, fold: int, judged: list[CaseResult]) -> list[CaseResult]:
        content = {"of": self._made_by, "judged": [asdict(case) for case in judged]}
        write_json(self._path(fold), content, indent=None)
        return judged


def calibrated(judged: Sequence[CaseResult]) -> Calibration:
    """A calibration of plain answers, fitted on judged cases."""
    return Calibration.fit([case.plain_clues for case in judged], [case.is_plainly_right for case in judged])


def _judge(
    train: Callable[[Sequence[LabelledCase], Progress], Reasoner],
    heldout: Sequence[LabelledCase],
    progress: Progress,
) -> list[CaseResult]:
    reasoner = train(heldout, progress)
    judged = []
    for done, case in enumerate(heldout):
        judged.append(evaluate_case(reasoner, case))
        progress(done + 1, len(heldout), "judging")
    return judged
