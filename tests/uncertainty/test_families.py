"""A parent and its kinds are one answer: their probabilities add up, and they are no reason to abstain."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.graph.hierarchy import Hierarchy
from kgdx.uncertainty.families import Families
from tests.reasoning import tiny
from tests.uncertainty.test_uncertainty import judged

KINDS = """
    D1 shows F1 0.9
    D2 shows F1 0.9
    D2 is_a D1
    D3 shows F1 0.9
    D3 is_a D1
    D4 shows F2 0.9
    D5 shows F3 0.9
"""


def test_a_family_is_all_that_is_a_kind_of_one_candidate() -> None:
    snapshot = tiny.graph(KINDS)
    ranking = tiny.reasoner(snapshot).rank(tiny.query(snapshot, "F1"))
    families = Families.of(ranking, Hierarchy(snapshot))
    names = [snapshot.curies[disease] for disease in ranking.diseases]
    family = families.of_place(names.index("D3"))
    assert names[family.root] == "D1"
    assert {names[place] for place in family.members} == {"D1", "D2", "D3"}
    assert family.probability == sum(ranking.probability[place] for place in family.members)
    alone = families.of_place(names.index("D4"))
    assert alone.members == (names.index("D4"),)
    assert families.most_specific((names.index("D1"), names.index("D2"))) == (names.index("D2"),)


@settings(max_examples=20)
@given(st.permutations(KINDS.split("\n")))
def test_families_part_the_candidates(facts: list[str]) -> None:
    snapshot = tiny.graph("\n".join(facts))
    ranking = tiny.reasoner(snapshot).rank(tiny.query(snapshot, "F1"))
    families = Families.of(ranking, Hierarchy(snapshot))
    members = [families.of_place(place).members for place in range(len(ranking.diseases))]
    assert all(place in found for place, found in enumerate(members))
    assert sum(len(found) for found in set(members)) == len(ranking.diseases)


def test_a_parent_that_fits_as_well_as_its_kinds_is_no_reason_to_abstain() -> None:
    assert judged(KINDS, "F1") is None
    assert judged(KINDS.replace("D2 is_a D1", "").replace("D3 is_a D1", ""), "F1") == "indistinguishable"


def test_kinds_that_a_gene_parts_are_still_told_apart_by_it() -> None:
    assert judged(KINDS + "G1 gene_of D2\nG2 gene_of D3", "F1") == "indistinguishable"
