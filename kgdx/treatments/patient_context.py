"""What of a patient may speak against a treatment, as nodes of the graph."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from graph_schema import Schema
from kgdx.domain.treatment import ConcernKind
from kgdx.graph.hierarchy import Hierarchy


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition or a state of the patient.

    Attributes:
        node: node index.
        kind: what a concern for its sake is called.
        is_certain: False if it is only suspected: then it may caution and not forbid.
        said_by: the condition that the case names, where this one only means the same; else None.
    """

    node: int
    kind: ConcernKind = ConcernKind.CONDITION
    is_certain: bool = True
    said_by: int | None = None


@dataclass(frozen=True, slots=True)
class Precautions:
    """What the safety rules ask about.

    Attributes:
        reasons: conditions, and states such as pregnancy or an age.
        allergies: nodes of drugs or drug classes.
        medications: nodes of drugs or drug classes that the patient takes.
    """

    reasons: tuple[Reason, ...] = ()
    allergies: tuple[int, ...] = ()
    medications: tuple[int, ...] = ()


def reasons_of(
    hierarchy: Hierarchy,
    schema: Schema,
    conditions: Sequence[int],
    suspected: Sequence[int] = (),
    sex: str = "",
    age_years: float | None = None,
) -> tuple[Reason, ...]:
    """Conditions with their kinds, and every state of `states.yaml` that the patient is in.

    A state holds if a condition is it, or a kind of it, or if sex or age say so. It is then looked up under
    each identifier that the graph has for it, for not every graph says that they are the same.

    Args:
        conditions: nodes of what the patient surely has.
        suspected: nodes of what the patient may have.
        sex: `male`, `female` or empty.
    """
    kinds = {node: hierarchy.ancestors_with_paths(node) for node in (*conditions, *suspected)}
    certain, index = set(conditions), hierarchy.snapshot.index
    labels: dict[int, str] = {}
    states: list[Reason] = []
    for state in schema.states.values():
        nodes = [index[curie] for curie in state.curies if curie in index]
        naming = [node for node in kinds if not kinds[node].keys().isdisjoint(nodes)]
        labels = dict.fromkeys(naming, state.label) | labels
        is_certain = state.holds_for(sex, age_years) or not certain.isdisjoint(naming)
        if is_certain or naming:
            states += (Reason(node, ConcernKind(state.label), is_certain) for node in nodes)
    own = [Reason(node, ConcernKind(labels.get(node, "condition")), node in certain) for node in kinds]
    return (*own, *(s for s in states if not any(_says(o, kinds[o.node], s) for o in own)))


def _says(condition: Reason, kinds: Container[int], state: Reason) -> bool:
    """Whether the state is in the condition already, and no less certain there."""
    return state.node in kinds and condition.is_certain >= state.is_certain
