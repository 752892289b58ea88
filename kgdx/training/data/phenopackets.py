"""Phenopackets whose diagnosis is known, as cases to train on and to be judged by."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from kgdx.domain.errors import CaseError
from kgdx.encoders.base import TextEncoder
from kgdx.evidence.codes import code_evidence
from kgdx.evidence.fusion import names_vector
from kgdx.reasoning.query import seed
from kgdx.reasoning.reasoner import Reasoner
from kgdx.schemas import CaseIn
from kgdx.schemas.files import json_name
from kgdx.schemas.phenopacket import accepted_diseases, case_fields, publications
from kgdx.training.reasoner.labelled_cases import LabelledCase


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
    query = seed(evidence, graph.snapshot, names_vector(evidence, encoder), given.patient)
    answers = accepted_diseases(payload, where)
    nodes = [graph.snapshot.index[curie] for curie in answers if curie in graph.snapshot.index]
    accepted = np.flatnonzero(np.isin(graph.annotations.candidates, nodes))
    if len(accepted) == 0 or not any(seen.weight > 0 for seen in query.observations):
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
