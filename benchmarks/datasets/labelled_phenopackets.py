"""Phenopackets as cases with accepted answers, and which part of the development cases each belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.ranker import Ranker
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.schemas import CaseIn
from kgdx.schemas.phenopacket import accepted_diseases
from kgdx.training.reasoner.labelled_cases import read_payloads


@dataclass(frozen=True, eq=False)
class SolvedCase:
    """A case whose answer is known.

    Attributes:
        accepted: numbers of the accepted diseases, as `Reasoner.same` counts them.
        disease: CURIE that tells cases of one disease together.
    """

    query: GraphQuery
    accepted: frozenset[int]
    disease: str

    @property
    def is_even(self) -> bool:
        """Whether it belongs to the half of the diseases on which thresholds were chosen."""
        return is_even(self.disease)


def is_even(disease: str) -> bool:
    """Half of all diseases, by a hash of the identifier."""
    return sha256(disease.encode()).digest()[0] % 2 == 0


def read(path: Path, ranker: Ranker, limit: int | None) -> Iterator[SolvedCase]:
    """Every k-th case with a candidate among its answers and a finding that is present.

    Args:
        limit: about how many; all if None.
    """
    payloads = read_payloads(path)
    same, candidates = ranker.reasoner.same, ranker.reasoner.graph.annotations.candidates
    for payload in payloads[:: max(1, len(payloads) // limit) if limit else 1]:
        answers = accepted_diseases(payload)
        nodes = [ranker.snapshot.index[a] for a in answers if a in ranker.snapshot.index]
        accepted = frozenset(same[np.isin(candidates, nodes)].tolist())
        query = ranker.query(CaseIn.from_payload(payload).to_domain().findings)
        if accepted and any(seen.weight > 0 for seen in query.observations):
            yield SolvedCase(query, accepted, min(answers))


def rank_of(case: SolvedCase, ranking: Ranking, ranker: Ranker) -> int:
    """Rank of the best accepted answer, from 1; what was not proposed follows in the order of the base."""
    listed = np.concatenate([ranking.positions, ranking.others])
    hits = np.isin(ranker.reasoner.same[listed], list(case.accepted))
    return int(1 + np.argmax(hits))
