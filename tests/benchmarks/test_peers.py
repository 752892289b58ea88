"""The benchmark of peers: whole reports are streamed, and counted."""

from benchmarks.datasets.phenopackets import Answered
from benchmarks.runs.peers import streamed
from kgdx.domain.case import CodedFinding, Polarity
from tests.reasoning.tiny import graph


def test_every_case_is_streamed_through_a_whole_engine() -> None:
    snapshot = graph("D1 shows F1 0.9\nD2 shows F2 0.5\nD3 shows F2\nD3 same_as D2")
    cases = [
        Answered((CodedFinding("F1", Polarity.PRESENT),), ("D1",)),
        Answered((CodedFinding("F2", Polarity.PRESENT), CodedFinding("F1", Polarity.EXCLUDED)), ("D2",)),
    ]
    told = streamed(snapshot, cases)
    assert told["candidates"] == 2, "what is the same is ranked as one"
    assert told["cases_per_s"] > 0
