"""A disease is the same one under another of its identifiers."""

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence
from kgdx.domain.report import Diagnosis, Report
from kgdx.explain.counterfactual import what_if
from tests.reasoning.tiny import graph, messages, network, query, reasoner

WORLD = graph("""
    D1 shows F1 0.9
    D1 same_as D2
    D2 shows F2 0.9
    D2 shows F3 0.9
    D2 shows F4 0.9
    D3 shows F5 0.5
    D4 shows F6 0.5
""")


def test_another_identifier_of_the_first_is_no_other_diagnosis() -> None:
    made = reasoner(WORLD, net=network(), said=messages())
    evidence = tuple(
        Evidence(curie, curie, Polarity.PRESENT, 12.0, CodeOrigin(curie)) for curie in ("F1", "F2", "F3")
    )
    ranking = made.rank(query(WORLD, "F1", "F2", "F3"))
    twins = {WORLD.index["D1"], WORLD.index["D2"]}
    first = next(i for i, node in enumerate(ranking.diseases) if int(node) in twins)
    for curie in ("D1", "D2"):
        shown = Diagnosis(curie, curie, 1, float(ranking.logit[first]), float(ranking.probability[first]))
        report = Report("r", evidence, (shown,), ())
        supposed = what_if(report, made, lambda items: query(WORLD, *(item.curie for item in items)), 8)
        assert supposed
        for what in supposed:
            if what.reranked[0].rank == 1:
                assert what.first == what.reranked[0]
                assert not what.is_turning
