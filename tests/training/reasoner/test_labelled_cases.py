"""Cases whose answer is known: what hangs together is never torn apart."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgdx.reasoning.query import GraphQuery
from kgdx.training.reasoner.labelled_cases import LabelledCase, components, folds, weights

NOTHING = GraphQuery((), np.zeros(1, np.float32))
names = st.lists(st.integers(0, 14), min_size=1, max_size=2, unique=True)
papers = st.lists(st.integers(0, 20), max_size=2, unique=True)
some = st.lists(st.tuples(names, papers), min_size=1, max_size=40)
Given = list[tuple[list[int], list[int]]]


def cases(of: Given) -> list[LabelledCase]:
    return [
        LabelledCase(NOTHING, np.array(ds), tuple(f"D:{d}" for d in ds), tuple(f"PMID:{p}" for p in ps))
        for ds, ps in of
    ]


@settings(max_examples=60)
@given(some)
def test_whoever_shares_a_disease_or_a_paper_is_of_one_group_over_any_number_of_others(of: Given) -> None:
    links = nx.Graph()
    for i, case in enumerate(cases(of)):
        links.add_edges_from((i, name) for name in (*case.diseases, *case.publications))
    expected = {frozenset(x for x in group if isinstance(x, int)) for group in nx.connected_components(links)}
    numbers = components(cases(of))
    assert {frozenset(np.flatnonzero(numbers == g).tolist()) for g in set(numbers)} == expected


@settings(max_examples=60)
@given(some, st.integers(2, 6))
def test_no_disease_and_no_paper_is_in_two_folds(of: Given, num_folds: int) -> None:
    made = cases(of)
    fold_of = folds(made, num_folds)
    assert fold_of.shape == (len(made),)
    assert ((fold_of >= 0) & (fold_of < num_folds)).all()
    where: dict[str, set[int]] = {}
    for case, fold in zip(made, fold_of, strict=True):
        for name in (*case.diseases, *case.publications):
            where.setdefault(name, set()).add(int(fold))
    assert all(len(found) == 1 for found in where.values())


@settings(max_examples=60)
@given(some, st.integers(2, 6))
def test_folds_differ_by_no_more_than_the_largest_group(of: Given, num_folds: int) -> None:
    made = cases(of)
    sizes = np.bincount(folds(made, num_folds), minlength=num_folds)
    assert sizes.sum() == len(made)
    assert sizes.max() - sizes.min() <= np.bincount(components(made)).max()


@settings(max_examples=30)
@given(some)
def test_cases_without_a_name_go_by_their_answer(of: Given) -> None:
    bare = [LabelledCase(NOTHING, np.array(ds), is_simulated=True) for ds, _ in of]
    expected = [min(ds) for ds, _ in of]
    assert [case.disease for case in bare] == [f"#{d}" for d in expected]
    numbers = components(bare)
    assert ((numbers[:, None] == numbers) == (np.array(expected)[:, None] == np.array(expected))).all()


@settings(max_examples=30)
@given(some)
def test_a_disease_weighs_by_the_root_of_its_cases(of: Given) -> None:
    made = cases(of)
    weight = weights(made)
    assert weight.mean() == pytest.approx(1)
    whole: dict[str, list[float]] = {}
    for case, x in zip(made, weight, strict=True):
        whole.setdefault(case.disease, []).append(float(x))
    one = {disease: sum(found) / len(found) ** 0.5 for disease, found in whole.items()}
    assert list(one.values()) == pytest.approx([next(iter(one.values()))] * len(one))
