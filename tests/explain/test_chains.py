"""From a finding over a diagnosis to its treatment."""

from itertools import pairwise

from kgdx.domain.report import Report
from kgdx.explain.chains import chained
from kgdx.explain.walk import stops


def test_chains_join_a_finding_to_a_treatment(report: Report) -> None:
    treatments = chained(report.treatments, report.differential)
    assert any(treatment.chains for treatment in treatments)
    observed = {item.curie for item in report.evidence}
    for treatment in treatments:
        for chain in treatment.chains:
            ends = stops(chain)
            assert all(one != other for one, other in pairwise(ends))
            assert ends[0].curie in observed
            assert ends[-1].curie == treatment.drug
            assert {diagnosis.disease for diagnosis in report.differential} & {stop.curie for stop in ends}


def test_the_chains_of_a_treatment_share_its_benefit(report: Report) -> None:
    for treatment in chained(report.treatments, report.differential):
        shares = [chain.contribution for chain in treatment.chains]
        assert shares == sorted(shares, reverse=True)
        assert len(shares) <= 3
        assert 0 <= sum(shares) <= sum(path.contribution for path in treatment.paths) + 1e-9


def test_without_a_diagnosis_nothing_is_joined(report: Report) -> None:
    assert not any(treatment.chains for treatment in chained(report.treatments, ()))
