"""Choosing paths that tell something new."""

from collections.abc import Sequence

from kgdx.domain.report import Path


def diverse(paths: Sequence[Path], most: int) -> tuple[Path, ...]:
    """The strongest paths, each weighed by how little it repeats the ones chosen before; strongest first.

    Maximal marginal relevance (Carbonell & Goldstein 1998, SIGIR) without a free constant: a share of a score
    counts as far as the edges of its path are not those of a path already chosen (one less Jaccard index).

    Args:
        paths: no two of them the same.
        most: how many to choose.
    """
    edges = [frozenset(step.edge_id for step in path.steps) for path in paths]
    left, chosen = list(range(len(paths))), list[int]()
    while left and len(chosen) < most:
        best = max(
            left, key=lambda i: abs(paths[i].contribution) * _news(edges[i], [edges[j] for j in chosen])
        )
        chosen.append(best)
        left.remove(best)
    return tuple(sorted((paths[i] for i in chosen), key=lambda path: -abs(path.contribution)))


def _news(edges: frozenset[str], told: Sequence[frozenset[str]]) -> float:
    """One less the greatest Jaccard index with what was told; a path without an edge repeats nothing."""
    return 1.0 - max((len(edges & other) / len(edges | other) for other in told if edges), default=0.0)
