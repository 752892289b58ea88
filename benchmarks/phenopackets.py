"""Phenopackets as cases to be ranked: findings, and every disease that is a right answer."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgdx.domain.case import CodedFinding
from kgdx.interop.phenopacket import accepted_diseases
from kgdx.wire import CaseIn


@dataclass(frozen=True, slots=True)
class Answered:
    """A case with its accepted answers, by CURIE."""

    findings: tuple[CodedFinding, ...]
    answers: tuple[str, ...]


def read_payloads(path: Path) -> Iterator[dict[str, Any]]:
    """Phenopackets as they are: one JSON a line, or gzip of it."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open() as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def read_cases(path: Path) -> Iterator[Answered]:
    """Findings and answers of every phenopacket."""
    for payload in read_payloads(path):
        yield Answered(CaseIn.from_payload(payload).to_domain().findings, accepted_diseases(payload))
