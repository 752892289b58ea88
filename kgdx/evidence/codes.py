"""From the codes of a case to evidence: every code is looked up in the graph, or told why it cannot be."""

from dataclasses import dataclass

from graph_schema import Schema
from kgdx.domain.case import CodedFinding, Polarity
from kgdx.domain.concept import ConceptRef
from kgdx.domain.curie import is_curie, prefix_of, standardize
from kgdx.domain.errors import CurieError
from kgdx.domain.evidence import CodeOrigin, Evidence
from kgdx.domain.message import Message
from kgdx.graph.kinds import CODED_KINDS, is_attribute
from kgdx.graph.snapshot import Snapshot

# Natural log of P(code recorded so | finding) / P(code recorded so | no finding). Assumptions, not yet
# calibrated: a code is chosen on purpose, so a present one is taken as certain (the most the reasoner
# takes, 12.0; anything less would drown the rarest findings), and an excluded finding is missed once in 55
# (ln 1/55 = -4.0).
WEIGHTS = {Polarity.PRESENT: 12.0, Polarity.EXCLUDED: -4.0, Polarity.UNCERTAIN: 0.7}

_MAX_QUOTED = 40


@dataclass(frozen=True, slots=True)
class CodeLookup:
    """What became of a code.

    Attributes:
        given: as the case writes it.
        curie: the node it stands for; empty where there is none.
        name: of that node, or empty.
        kind: of that node, or empty.
        warning: what the person who wrote the code should know, or None.
    """

    given: str
    curie: str = ""
    name: str = ""
    kind: str = ""
    warning: Message | None = None


def lookup(given: str, snapshot: Snapshot, schema: Schema, where: str = "findings") -> CodeLookup:
    """Find the node a code stands for, through obsolete codes to the one in force. Raises nothing.

    Args:
        given: a CURIE or IRI.
        where: field of the case, for the warning.
    """
    quoted = given if len(given) <= _MAX_QUOTED else given[:_MAX_QUOTED] + "…"

    def warning(code: str, **more: str | ConceptRef) -> Message:
        return Message(f"warning.{code}", {"where": where, "code": quoted, **more})

    try:
        curie = _known_state(standardize(given, schema, where), snapshot, schema)
    except CurieError:
        if is_curie(given):
            return CodeLookup(
                given, warning=warning("undeclared_prefix", prefix=prefix_of(given.strip())[:_MAX_QUOTED])
            )
        return CodeLookup(given, warning=warning("bad_code"))
    passed = [curie]
    while snapshot.replaced_by.get(passed[-1]):
        following = snapshot.replaced_by[passed[-1]]
        if following in passed:
            break
        passed.append(following)
    last = passed[-1]
    if last in snapshot.replaced_by:
        return CodeLookup(given, warning=warning("obsolete"))
    if last not in snapshot.index:
        unknown = (
            warning("not_in_graph") if last == curie else warning("replacement_not_in_graph", curie=last)
        )
        return CodeLookup(given, warning=unknown)
    node = snapshot.index[last]
    name, kind = snapshot.names[node], str(snapshot.kinds[node])
    if last != curie:
        used = warning("replaced", curie=last, concept=ConceptRef(last, name))
        return CodeLookup(given, last, name, kind, used)
    return CodeLookup(given, last, name, kind)


def _known_state(curie: str, snapshot: Snapshot, schema: Schema) -> str:
    """The identifier that the graph has for a state such as pregnancy; any other CURIE stays as it is."""
    if curie in snapshot.index:
        return curie
    named = next((state.curies for state in schema.states.values() if curie in state.curies), ())
    return next((other for other in named if other in snapshot.index), curie)


def code_evidence(
    findings: tuple[CodedFinding, ...], snapshot: Snapshot, schema: Schema
) -> tuple[tuple[Evidence, ...], tuple[Message, ...]]:
    """Evidence of all codes that stand for a finding or a risk factor, and a warning for every other one.

    A finding given twice with the same status counts once; of the two, the one that nobody had asked for. An
    attribute, such as a severity, an onset or a mode of inheritance, is no finding.
    """
    evidence: dict[tuple[str, Polarity], Evidence] = {}
    warnings: list[Message] = []
    for finding in findings:
        looked_up = lookup(finding.curie, snapshot, schema)
        if looked_up.warning:
            warnings.append(looked_up.warning)
        if not looked_up.curie:
            continue
        if looked_up.kind not in CODED_KINDS or is_attribute(snapshot, snapshot.index[looked_up.curie]):
            warnings.append(_no_finding(looked_up))
            continue
        key = looked_up.curie, finding.polarity
        weight = WEIGHTS[finding.polarity]
        origin = CodeOrigin(finding.curie, is_elicited=finding.is_elicited)
        found = Evidence(looked_up.curie, looked_up.name, finding.polarity, weight, origin)
        if key not in evidence or (_is_elicited(evidence[key]) and not finding.is_elicited):
            evidence[key] = found
    warnings += [_given_both_ways(e) for key, e in evidence.items() if _denied(key) in evidence]
    return tuple(evidence.values()), tuple(dict.fromkeys(warnings))


def _is_elicited(evidence: Evidence) -> bool:
    return isinstance(evidence.origin, CodeOrigin) and evidence.origin.is_elicited


def _no_finding(looked_up: CodeLookup) -> Message:
    code = {
        "Disease": "warning.disease_as_finding",
        "Drug": "warning.drug_as_finding",
        **dict.fromkeys(CODED_KINDS, "warning.attribute_as_finding"),
    }.get(looked_up.kind, "warning.no_finding")
    concept = ConceptRef(looked_up.curie, looked_up.name)
    return Message(code, {"curie": looked_up.curie, "concept": concept, "kind": looked_up.kind})


def _denied(key: tuple[str, Polarity]) -> tuple[str, Polarity] | None:
    return (key[0], Polarity.EXCLUDED) if key[1] is Polarity.PRESENT else None


def _given_both_ways(evidence: Evidence) -> Message:
    concept = ConceptRef(evidence.curie, evidence.name)
    return Message("warning.given_both_ways", {"curie": evidence.curie, "concept": concept})
