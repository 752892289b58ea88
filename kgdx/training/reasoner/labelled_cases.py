"""Cases whose answer is known: to train on, to calibrate on, and to be judged by."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kgdx.domain.errors import CaseError
from kgdx.encoders.base import TextEncoder
from kgdx.evidence.codes import code_evidence
from kgdx.evidence.fusion import names_vector
from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.query import GraphQuery, seed
from kgdx.reasoning.reasoner import Reasoner
from kgdx.schemas import CaseIn
from kgdx.schemas.files import json_name
from kgdx.schemas.phenopacket import accepted_diseases, case_fields, publications


@dataclass(frozen=True, eq=False)
class LabelledCase:
    """One case with its answer.

    Attributes:
        query: with curation read; `without_curation` asks it as a physician would.
        accepted: positions of the right answers among the annotations' candidates; at least one.
        diseases: CURIEs of the right answers, as the case states them.
        publications: CURIEs of the papers that describe it.
        is_simulated: drawn from the annotations.
    """

    query: GraphQuery
    accepted: Ints
    diseases: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    is_simulated: bool = False

    @property
    def disease(self) -> str:
        """One name for all cases of the same disease."""
        return min(self.diseases, default=f"#{self.accepted.min()}")


def components(cases: Sequence[LabelledCase]) -> Ints:
    """(n,) number of the group of each case; sharing a disease or a paper joins cases, transitively."""
    group: dict[str, str] = {}

    def find(name: str) -> str:
        while group.setdefault(name, name) != name:
            group[name] = name = group[group[name]]
        return name

    for case in cases:
        for name in (*case.diseases, *case.publications):
            group[find(name)] = find(case.disease)
    _, numbers = np.unique([find(case.disease) for case in cases], return_inverse=True)
    return np.asarray(numbers, dtype=np.int64)


def folds(cases: Sequence[LabelledCase], num_folds: int) -> Ints:
    """(n,) fold of each case; whole groups, the largest first, each to the fold with the fewest cases."""
    groups = components(cases)
    sizes = np.bincount(groups)
    filled, fold_of = np.zeros(num_folds, dtype=np.int64), np.zeros(len(sizes), dtype=np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        fold_of[group] = np.argmin(filled)
        filled[fold_of[group]] += sizes[group]
    return fold_of[groups]


def weights(cases: Sequence[LabelledCase]) -> Floats:
    """(n,) weight of each case, mean 1: one over the root of how many its disease has.

    Between counting every case (a few diseases would decide) and every disease (single cases would).
    """
    counts = Counter(case.disease for case in cases)
    raw = np.array([counts[case.disease] ** -0.5 for case in cases])
    return np.asarray(raw / raw.mean())


def read_payloads(path: Path) -> list[dict[str, Any]]:
    """Phenopackets as they are: one JSON a line, or gzip of it.

    Raises:
        CaseError: if the file cannot be read, or a line is no JSON object.
    """
    try:
        content = path.read_bytes()
        lines = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    except (OSError, EOFError, zlib.error) as error:
        fact = f"cannot be read ({type(error).__name__})"
        raise CaseError(str(path), fact, "give phenopackets, one JSON a line") from error
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    return [_object(line, f"{path}, line {number}") for number, line in numbered]


def labelled_case(
    payload: dict[str, Any], reasoner: Reasoner, encoder: TextEncoder, where: str = "phenopacket"
) -> LabelledCase | None:
    """A phenopacket as a case; None where the graph knows no present finding or no answer of it.

    Raises:
        CaseError: if it is no phenopacket of version 2.
    """
    graph = reasoner.graph
    if not case_fields(payload, where)["findings"]:
        return None
    given = CaseIn.from_payload(payload, where).to_domain()
    evidence, _ = code_evidence(given.findings, graph.snapshot, graph.schema)
    context = names_vector(evidence, encoder)
    query = seed(evidence, graph.snapshot, context, given.patient, reads_curation=True)
    answers = accepted_diseases(payload, where)
    nodes = [graph.snapshot.index[curie] for curie in answers if curie in graph.snapshot.index]
    accepted = np.flatnonzero(np.isin(graph.annotations.candidates, nodes))
    if len(accepted) == 0 or not any(obs.weight > 0 for obs in query.observations):
        return None
    accepted = np.flatnonzero(np.isin(reasoner.same, reasoner.same[accepted]))
    return LabelledCase(query, accepted, answers, publications(payload))


def _object(line: bytes, where: str) -> dict[str, Any]:
    remedy = "give one phenopacket a line, as UTF-8 JSON"
    try:
        payload = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CaseError(where, f"is not JSON ({type(error).__name__})", remedy) from None
    if not isinstance(payload, dict):
        raise CaseError(where, f"is a JSON {json_name(payload)}, not an object", remedy)
    return payload
