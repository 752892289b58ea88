"""Paths that tell something new come before paths that repeat."""

from hypothesis import given
from hypothesis import strategies as st

from kgdx.domain.path import Path, Step
from kgdx.explain.path_selection import Share, diverse


def share(contribution: float, *edges: str) -> Share:
    return contribution, frozenset(edges)


shares = st.lists(
    st.tuples(
        st.floats(-3, 3).filter(lambda x: abs(x) > 0.05), st.frozensets(st.sampled_from("abcdef"), max_size=4)
    ),
    max_size=8,
)


def test_a_repetition_waits_for_what_is_new() -> None:
    paths = [share(2.0, "a", "b", "c"), share(1.9, "a", "b", "d"), share(1.2, "e")]
    assert diverse(paths, 2) == [0, 2]
    assert diverse(paths, 3) == [0, 1, 2]


@given(shares, st.integers(0, 9))
def test_some_of_the_paths_strongest_first_and_the_strongest_of_all_among_them(
    paths: list[Share], most: int
) -> None:
    chosen = diverse(paths, most)
    assert len(set(chosen)) == len(chosen) == min(most, len(paths))
    worth = [abs(paths[i][0]) for i in chosen]
    assert worth == sorted(worth, reverse=True)
    if chosen:
        assert worth[0] == max(abs(contribution) for contribution, _ in paths)


def test_hops_count_climbs_once_and_other_names_not_at_all() -> None:
    def step(relation: str, *, forward: bool = True) -> Step:
        return Step("e", "A", "", relation, "B", "", forward, "s")

    climb = step("subclass_of")
    down = step("subclass_of", forward=False)
    shown = step("has_phenotype", forward=False)
    assert Path((climb, climb, down, shown, step("exact_match")), 1.0).num_hops == 3
    assert Path((climb, step("exact_match"), climb), 1.0).num_hops == 1
    assert Path((), 1.0).num_hops == 0
