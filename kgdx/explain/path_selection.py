"""Choosing paths that tell something new."""

from collections.abc import Hashable, Sequence

Share = tuple[float, frozenset[Hashable]]
"""Contribution of a path, and its edges."""


def diverse(paths: Sequence[Share], most: int) -> list[int]:
    """The strongest paths, each weighed by how little it repeats the ones chosen before.

    Maximal marginal relevance (Carbonell & Goldstein 1998, SIGIR) without a free constant: a share of a score
    counts as far as the edges of its path are not those of a path already chosen (one less Jaccard index).

    Args:
        most: how many to choose.

    Returns:
        Their places, the strongest path first.
    """
    worth = [abs(contribution) for contribution, _ in paths]
    left, chosen = dict.fromkeys(range(len(paths))), list[int]()
    while left and len(chosen) < most:
        best = max(left, key=worth.__getitem__)
        del left[best]
        chosen.append(best)
        for i in left:
            worth[i] = min(worth[i], abs(paths[i][0]) * _news(paths[i][1], paths[best][1]))
    return sorted(chosen, key=lambda i: -abs(paths[i][0]))


def _news(edges: frozenset[Hashable], told: frozenset[Hashable]) -> float:
    """One less the Jaccard index; a path without an edge repeats nothing."""
    return 1.0 - len(edges & told) / max(1, len(edges | told))
