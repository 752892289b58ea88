"""What the ranking makes of a diagnosis that the text of the case states."""

from collections.abc import Sequence

from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message, Value
from kgdx.graph.hierarchy import Hierarchy
from kgdx.reasoning.ranking import Ranking


def compared(stated: Sequence[ConceptRef], ranking: Ranking, hierarchy: Hierarchy) -> tuple[Message, ...]:
    """For each stated diagnosis, where it or a kind of it stands in the ranking."""
    snapshot = hierarchy.snapshot
    kinds = [hierarchy.ancestors_with_paths(int(node)) for node in ranking.diseases] if stated else []
    told = []
    for concept in stated:
        node = snapshot.index[concept.curie]
        rank = next((i for i, above in enumerate(kinds) if node in above), None)
        if rank is None:
            told.append(Message("warning.stated_not_ranked", {"concept": concept, "n": len(kinds)}))
        elif rank == 0:
            told.append(Message("warning.stated_first", {"concept": concept}))
        else:
            first = int(ranking.diseases[0])
            values: dict[str, Value] = {
                "concept": concept,
                "rank": rank + 1,
                "probability": float(ranking.probability[rank]),
                "first": ConceptRef(snapshot.curies[first], snapshot.names[first]),
            }
            told.append(Message("warning.stated_lower", values))
    return tuple(told)
