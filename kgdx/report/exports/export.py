"""The explanation as text that other programs read: GraphML, Cytoscape JSON, RDF in Turtle.

All hold the edges that a report shows with their provenance, and no words of the case.
"""

import json
from collections.abc import Callable, Mapping

import networkx as nx

from kgdx.domain.errors import BadInputError
from kgdx.domain.report import Report
from kgdx.report.exports.graph import to_networkx
from kgdx.report.exports.record import explanation_of


def to_graphml(report: Report) -> str:
    """GraphML of the graph that `to_networkx` draws."""
    return "\n".join(nx.generate_graphml(to_networkx(report))) + "\n"


def to_cytoscape(report: Report) -> str:
    """Cytoscape JSON of the same graph, as networkx writes it.

    `source` is the end of an edge there; the source of a statement is its `knowledge_source`.
    """
    graph = to_networkx(report)
    for *_, data in graph.edges(data=True):
        data["knowledge_source"] = data.pop("source")
    return json.dumps(nx.cytoscape_data(graph), ensure_ascii=False, indent=1) + "\n"


def to_turtle(report: Report) -> str:
    """RDF of all conclusions, their paths and the statements they walk."""
    from kgdx.report.exports.rdf import to_rdf

    text: str = to_rdf(explanation_of(report)).serialize(format="turtle")
    return text


FORMATS: Mapping[str, Callable[[Report], str]] = {
    ".graphml": to_graphml,
    ".cyjs": to_cytoscape,
    ".ttl": to_turtle,
}
"""Ending of a file -> what writes it."""


def exported(report: Report, name: str) -> str:
    """The explanation in the format that the ending of a file name tells.

    Raises:
        BadInputError: if no format has this ending.
    """
    ending = next((ending for ending in FORMATS if name.lower().endswith(ending)), None)
    if ending is None:
        raise BadInputError(name, "no graph format has this ending", f"take one of {', '.join(FORMATS)}")
    return FORMATS[ending](report)
