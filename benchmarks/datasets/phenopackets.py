"""Phenopackets as cases to be ranked: findings, and every disease that is a right answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kgdx.domain.case import CodedFinding
from kgdx.schemas import CaseIn
from kgdx.schemas.phenopacket import accepted_diseases
from kgdx.training.reasoner.labelled_cases import read_payloads


@dataclass(frozen=True, slots=True)
class Answered:
    """A case with its accepted answers, by CURIE."""

    findings: tuple[CodedFinding, ...]
    answers: tuple[str, ...]


def read_cases(path: Path) -> Iterator[Answered]:
    """Findings and answers of every phenopacket."""
    for payload in read_payloads(path):
        yield Answered(CaseIn.from_payload(payload).to_domain().findings, accepted_diseases(payload))
