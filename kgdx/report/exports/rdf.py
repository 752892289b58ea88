"""The explanation as RDF: statements of the graph, reified with where they come from, and what rests on them.

Identifiers are IRIs by the prefixes of `graph_schema`, relations are Biolink predicates, provenance is
PROV-O. A statement that a source denies is described and never asserted. Words of the case are not there.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from rdflib import DCTERMS, PROV, RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from graph_schema import Schema, load
from kgdx.domain.curie import prefix_of
from kgdx.domain.explanation import (
    Explanation,
    KeptConcern,
    KeptDiagnosis,
    KeptEvidence,
    KeptPath,
    KeptTreatment,
)
from kgdx.domain.path import Step
from kgdx.domain.report import DISCLAIMER

BASE = "https://w3id.org/kgdx/"
VOCABULARY = f"{BASE}explanation#"
_BIOLINK = "https://w3id.org/biolink/vocab/"
# What an IRI may hold beside letters and digits.
_SAFE = "-._~:/?#[]@!$&'()*+,;=%"


def to_rdf(explanation: Explanation) -> Graph:
    """All that is kept of a report, as triples."""
    writer = _Writer(load())
    writer.case(explanation)
    return writer.graph


class _Writer:
    """Adds parts of an explanation to a graph of triples."""

    def __init__(self, schema: Schema) -> None:
        self.graph = Graph(bind_namespaces="core")
        self.schema = schema
        self.own, self.biolink = Namespace(VOCABULARY), Namespace(_BIOLINK)
        spaces = {"biolink": self.biolink, "prov": PROV, "dcterms": DCTERMS, "explanation": self.own}
        for prefix, iri in {**schema.iris, **spaces}.items():
            self.graph.bind(prefix, iri)

    def case(self, given: Explanation) -> None:
        case = self._iri(f"{BASE}case/{given.case}")
        release = self._iri(f"{BASE}release/{quote(given.release, safe='')}")
        self._describe(release, PROV.SoftwareAgent, self.own.Release, {RDFS.label: given.release})
        about = {PROV.wasAssociatedWith: release, RDFS.comment: DISCLAIMER}
        if given.abstained:
            about[self.own.abstained] = given.abstained
        self._describe(case, PROV.Activity, self.own.DiagnosedCase, about)
        for i, item in enumerate(given.evidence):
            self._evidence(case, self._iri(f"{case}/evidence/{i}"), item)
        for i, diagnosis in enumerate(given.diagnoses):
            self._diagnosis(case, self._iri(f"{case}/diagnosis/{i}"), diagnosis)
        for i, treatment in enumerate(given.treatments):
            self._treatment(case, self._iri(f"{case}/treatment/{i}"), treatment)

    def _evidence(self, case: URIRef, node: URIRef, item: KeptEvidence) -> None:
        about = {
            self.own.finding: self._term(item.finding, item.name),
            self.own.polarity: item.polarity.value,
            self.own.weight: item.weight,
            self.own.modality: item.modality,
        }
        self._describe(node, PROV.Entity, self.own.Evidence, about)
        self._add(case, PROV.used, node)

    def _diagnosis(self, case: URIRef, node: URIRef, item: KeptDiagnosis) -> None:
        about = {
            PROV.wasGeneratedBy: case,
            self.own.disease: self._term(item.disease, item.name),
            self.own["rank"]: item.rank,
            self.own.logit: item.logit,
            self.own.probability: item.probability,
        }
        self._describe(node, PROV.Entity, self.own.Diagnosis, about)
        self._paths(node, item.paths, self.own.restsOn)

    def _treatment(self, case: URIRef, node: URIRef, item: KeptTreatment) -> None:
        about: dict[Any, Any] = {
            PROV.wasGeneratedBy: case,
            self.own.treatment: self._term(item.drug, item.name),
            self.own.status: item.status.value,
            self.own.expectedBenefit: item.expected_benefit,
        }
        if item.confidence is not None:
            about[self.own.confidence] = item.confidence
        self._describe(node, PROV.Entity, self.own.Treatment, about)
        self._paths(node, item.paths, self.own.restsOn)
        self._paths(node, item.chains, self.own.reachedBy)
        for i, concern in enumerate(item.concerns):
            self._concern(node, self._iri(f"{node}/concern/{i}"), concern)

    def _concern(self, treatment: URIRef, node: URIRef, item: KeptConcern) -> None:
        about: dict[Any, Any] = {self.own.kind: item.kind.value, self.own.severity: item.severity.value}
        if item.reason:
            about[self.own.reason] = self._term(item.reason, item.name)
        self._describe(node, PROV.Entity, self.own.Concern, about)
        self._add(treatment, self.own["raises"], node)
        self._paths(node, [item.path] if item.path else [], self.own.shownBy)

    def _paths(self, conclusion: URIRef, paths: Sequence[KeptPath], link: URIRef) -> None:
        for i, path in enumerate(paths):
            node = self._iri(f"{conclusion}/{link.removeprefix(VOCABULARY)}/{i}")
            self._describe(node, self.own.Path, None, {self.own.contribution: float(path.contribution)})
            self._add(conclusion, link, node)
            statements = [self._statement(step) for step in path.steps]
            steps = BNode() if statements else RDF.nil
            Collection(self.graph, steps, list(statements))
            self._add(node, self.own.steps, steps)
            for statement in statements:
                self._add(conclusion, PROV.wasDerivedFrom, statement)

    def _statement(self, step: Step) -> URIRef:
        """The edge as a reified statement; also as a triple of its own, unless the source denies it."""
        node = self._iri(f"{BASE}statement/{quote(step.edge_id, safe='')}")
        head, tail = self._term(step.head, step.head_name), self._term(step.tail, step.tail_name)
        relation = self.schema.relations.get(step.relation)
        predicate = (
            self._of_curie(relation.predicate) if relation else self.own[quote(step.relation, safe="")]
        )
        about: dict[Any, Any] = {
            RDF.subject: head,
            RDF.predicate: predicate,
            RDF.object: tail,
            self.biolink.negated: step.negated,
        }
        if step.source:
            about[PROV.hadPrimarySource] = self._of_curie(step.source)
        about |= {DCTERMS.license: step.licence} if step.licence else {}
        about |= {self.own.sourceRelease: step.release} if step.release else {}
        about |= {} if step.frequency is None else {self.own.frequency: step.frequency}
        self._describe(node, RDF.Statement, PROV.Entity, about)
        for publication in step.publications:
            self._add(node, self.biolink.publications, self._of_curie(publication))
        if not step.negated:
            self._add(head, predicate, tail)
        return node

    def _term(self, curie: str, name: str) -> URIRef:
        """A node of the graph, with its name and its Biolink category where the prefix tells it."""
        node = self._of_curie(curie)
        if name:
            self._add(node, RDFS.label, name)
        kind = self.schema.prefix_kinds.get(prefix_of(curie))
        if kind is not None:
            self._add(node, RDF.type, self._of_curie(self.schema.categories[kind]))
        return node

    def _of_curie(self, curie: str) -> URIRef:
        """The IRI of a CURIE or an address; of what has no declared prefix, one that only names it."""
        if "://" in curie:
            return self._iri(curie)
        prefix, _, local = curie.partition(":")
        base = _BIOLINK if prefix == "biolink" else self.schema.iris.get(prefix)
        return self._iri(f"{base}{quote(local)}" if base else f"urn:curie:{quote(curie)}")

    def _describe(self, node: Any, kind: Any, also: Any, about: dict[Any, Any]) -> None:
        self._add(node, RDF.type, kind)
        if also is not None:
            self._add(node, RDF.type, also)
        for predicate, value in about.items():
            self._add(node, predicate, value)

    def _add(self, subject: Any, predicate: Any, value: Any) -> None:
        if not isinstance(value, URIRef | BNode):
            # A double would be cut to seven digits in Turtle.
            value = Literal(Decimal(repr(float(value))) if isinstance(value, float) else value)
        self.graph.add((subject, predicate, value))

    def _iri(self, text: str) -> URIRef:
        return URIRef(quote(text, safe=_SAFE))
