"""From edges of a snapshot to paths that a person can read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from graph_schema import Schema
from kgdx.domain.report import Path, Step
from kgdx.graph.hierarchy import EdgePath
from kgdx.graph.snapshot import Snapshot

# Relations whose frequency is the share of a disease's patients.
_COUNTED = ("has_phenotype", "predisposes_to", "has_clinical_attribute", "has_mode_of_inheritance")


# Headings under which every step is told; elsewhere steps of one relation in a row are one.
_STEP_BY_STEP = ("mechanisms",)


@dataclass(frozen=True, eq=False)
class PathWriter:
    """Writes walks over one snapshot as steps and sentences."""

    snapshot: Snapshot
    schema: Schema

    def path(
        self,
        justified: str,
        start: int,
        trail: EdgePath,
        contribution: float,
        *,
        is_absent: bool = False,
        said: str = "",
    ) -> Path:
        """A walk as a path.

        Args:
            justified: a heading of `metapaths.yaml`, such as `findings` or `treatments`.
            start: node index at which the trail starts.
            trail: may be empty.
            contribution: to the score, as `Path` defines it.
            is_absent: the finding at the start was not there.
            said: what is known of the patient, for `demographics`.
        """
        steps = tuple(step_of(self.snapshot, row, is_forward) for row, is_forward in trail)
        sentence = self._sentence(justified, self.snapshot.names[start], steps, is_absent, said)
        return Path(steps, contribution, sentence)

    def num_hops(self, trail: EdgePath) -> int:
        """As `Path.num_hops`, of a walk that is not written yet."""
        relations = self.snapshot.relations
        walked = [
            (relations[row], is_forward) for row, is_forward in trail if relations[row] != "exact_match"
        ]
        return sum(1 for _ in groupby(walked))

    def _sentence(self, justified: str, start: str, steps: Sequence[Step], is_absent: bool, said: str) -> str:
        is_whole = justified in _STEP_BY_STEP
        runs = [(self._direction(step), [step]) for step in steps] if is_whole else self._runs(steps)
        walk = tuple(name for name, _ in runs)
        stops = [start, *(run[-1].end_name for _, run in runs)]
        if justified == "findings" and any(step.negated for step in steps):
            justified = "denials"
        known = f"{said}; " if said else ""
        bare = without_matches(stops, walk, is_whole)
        sentence = f"{known}{self._literally(*(bare if is_whole else (stops, walk)), is_absent)}"
        for names, way in ((stops, walk), bare):
            pattern = self.schema.metapaths.get((justified, way))
            if template := (pattern.absent if is_absent else pattern.present) if pattern else "":
                sentence = template.format(*names, often=how_often(steps), said=said)
                break
        return sentence[0].upper() + sentence[1:]

    def _runs(self, steps: Sequence[Step]) -> list[tuple[str, list[Step]]]:
        """Steps of one relation in a row, together."""
        return [(name, list(run)) for name, run in groupby(steps, key=self._direction)]

    def _direction(self, step: Step) -> str:
        return step.relation if step.is_forward else self.schema.relations[step.relation].inverse

    def _literally(self, stops: Sequence[str], walk: Sequence[str], is_absent: bool) -> str:
        """Any walk, relation by relation, for want of a pattern."""
        meaning = {r.inverse: r.inverse_text for r in self.schema.relations.values()}
        meaning |= {name: r.text for name, r in self.schema.relations.items()}
        hops = "; ".join(f"{stops[i]} {meaning[name]} {stops[i + 1]}" for i, name in enumerate(walk))
        return f"{hops}{' (but it is absent here)' if is_absent else ''}"


def step_of(snapshot: Snapshot, row: int, is_forward: bool) -> Step:
    """One edge as a step, with everything that its source says of it."""
    edge = snapshot.edge(row)
    return Step(
        edge_id=edge.edge_id,
        head=edge.head,
        head_name=snapshot.names[snapshot.index[edge.head]],
        relation=edge.relation,
        tail=edge.tail,
        tail_name=snapshot.names[snapshot.index[edge.tail]],
        is_forward=is_forward,
        source=edge.provenance.source,
        publications=edge.provenance.publications,
        frequency=edge.frequency,
        negated=edge.negated,
        licence=edge.provenance.license,
        release=edge.provenance.release,
    )


def without_matches(
    stops: Sequence[str], walk: tuple[str, ...], is_whole: bool
) -> tuple[list[str], tuple[str, ...]]:
    """A walk without its exact matches; the start keeps its name, any other stop takes the last one."""
    names, kept = [stops[0]], []
    for relation, name in zip(walk, stops[1:], strict=True):
        if relation != "exact_match":
            names.append(name)
            kept.append(relation)
        elif kept:
            names[-1] = name
    if is_whole:
        return names, tuple(kept)
    # One relation in a row is told once, as in the whole walk.
    runs = [i for i in range(len(kept)) if i + 1 == len(kept) or kept[i] != kept[i + 1]]
    return [names[0], *(names[i + 1] for i in runs)], tuple(kept[i] for i in runs)


def stated_frequency(steps: Sequence[Step]) -> float | None:
    """Share of a disease's patients in [0, 1] that a path speaks of; None unless one step states it."""
    stated = [step.frequency for step in steps if step.relation in _COUNTED]
    return stated[0] if len(stated) == 1 else None


def how_often(steps: Sequence[Step]) -> str:
    """The frequency as an English sentence says it, or nothing."""
    share = stated_frequency(steps)
    return "" if share is None else f" (in {share:.0%} of patients)"
