"""The explanation as a networkx graph, for analysts: what the report shows and nothing more.

All attributes are strings, floats or whole numbers, so that GraphML and every other format can hold them.
"""

from dataclasses import replace
from typing import Any

import networkx as nx

from kgdx.domain.path import Path, Step
from kgdx.domain.report import Report
from kgdx.domain.treatment import OF_THE_PERSON
from kgdx.explain.walk import stops
from kgdx.report.wording import plain


def to_networkx(report: Report) -> nx.MultiDiGraph:
    """Draw together evidence, paths, diagnoses and treatments.

    Nodes are CURIEs with `name`, `family` and `role`: `diagnosis`, `treatment`, `evidence` or
    `intermediate`, the first that holds. Edges run as the store holds them, keyed by edge id, with
    `relation`, `source`, `publications`, `licence`, `release`, `frequency` (-1 where none is stated),
    `negated` (0 or 1), `contribution`: logits summed over the paths of diagnoses, and `benefit`: probability
    summed over the paths of treatments. Treatments have `status`, `concerns`, and the `confidence` of a
    prediction (-1 where the graph states what it treats).
    """
    graph = nx.MultiDiGraph(release=plain(report.release), disclaimer=plain(report.disclaimer))
    for diagnosis in report.differential:
        for path in diagnosis.paths:
            _add_path(graph, path, "contribution")
    for treatment in report.treatments:
        concerns = (c.path for c in treatment.concerns if c.kind not in OF_THE_PERSON)
        for path in (*treatment.paths, *concerns):
            _add_path(graph, path, "benefit")
        for path in treatment.chains:
            # Its share of the benefit is that of the path it continues.
            _add_path(graph, replace(path, contribution=0.0), "benefit")
    _mark_evidence(graph, report)
    _mark_treatments(graph, report)
    _mark_diagnoses(graph, report)
    return graph


def _add_path(graph: nx.MultiDiGraph, path: Path, unit: str) -> None:
    for stop in stops(path):
        curie = plain(stop.curie)
        if curie not in graph:
            _mark(graph, curie, stop.name, "intermediate", family=stop.family)
        elif graph.nodes[curie]["family"] == "other":
            graph.nodes[curie]["family"] = stop.family
    for step in path.steps:
        _add_step(graph, step)
        graph.edges[_ends(step)][unit] += float(path.contribution)


def _add_step(graph: nx.MultiDiGraph, step: Step) -> None:
    if graph.has_edge(*_ends(step)):
        return
    graph.add_edge(
        *_ends(step),
        relation=plain(step.relation),
        source=plain(step.source),
        publications="|".join(plain(publication) for publication in step.publications),
        licence=plain(step.licence),
        release=plain(step.release),
        frequency=-1.0 if step.frequency is None else float(step.frequency),
        negated=int(step.negated),
        contribution=0.0,
        benefit=0.0,
    )


def _ends(step: Step) -> tuple[str, str, str]:
    """Head, tail and edge id, as every format can hold them."""
    return plain(step.head), plain(step.tail), plain(step.edge_id)


def _mark_evidence(graph: nx.MultiDiGraph, report: Report) -> None:
    for item in report.evidence:
        known: dict[str, Any] = graph.nodes.get(plain(item.curie), {})
        polarities = {item.polarity.value, *filter(None, known.get("polarity", "").split("|"))}
        weight = known.get("weight", 0.0) + float(item.weight)
        family = known.get("family", "finding")
        _mark(
            graph,
            item.curie,
            item.name,
            "evidence",
            family=family,
            polarity="|".join(sorted(polarities)),
            weight=weight,
        )


def _mark_treatments(graph: nx.MultiDiGraph, report: Report) -> None:
    for treatment in report.treatments:
        _mark(
            graph,
            treatment.drug,
            treatment.name,
            "treatment",
            family="treatment",
            status=treatment.status.value,
            expected_benefit=float(treatment.expected_benefit),
            confidence=-1.0 if treatment.confidence is None else float(treatment.confidence),
            concerns="|".join(f"{c.severity.value}: {c.kind.value}" for c in treatment.concerns),
        )


def _mark_diagnoses(graph: nx.MultiDiGraph, report: Report) -> None:
    for diagnosis in report.differential:
        _mark(
            graph,
            diagnosis.disease,
            diagnosis.name,
            "diagnosis",
            family="disease",
            rank=int(diagnosis.rank),
            logit=float(diagnosis.logit),
            probability=float(diagnosis.probability),
        )


def _mark(graph: nx.MultiDiGraph, curie: str, name: str, role: str, **values: str | float) -> None:
    graph.add_node(plain(curie), name=plain(name) or plain(curie), role=role, **values)
