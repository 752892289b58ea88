"""What has to be put right in an ontology file before pronto reads it.

pronto guesses encodings, refuses a file that names a parent it does not declare, panics on an OBO Graphs
document without a graph, and stumbles over annotations that the graph does not need.
"""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from kgdx.domain.errors import SourceError

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_RDFS = "{http://www.w3.org/2000/01/rdf-schema#}"
_OWL = "{http://www.w3.org/2002/07/owl#}"
_IN_OWL = "{http://www.geneontology.org/formats/oboInOwl#}"
_OBO = "{http://purl.obolibrary.org/obo/}"
_ABOUT, _RESOURCE = f"{_RDF}about", f"{_RDF}resource"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_LABEL, _DEFINITION, _PARENT = f"{_RDFS}label", f"{_OBO}IAO_0000115", f"{_RDFS}subClassOf"
_SYNONYMS = tuple(f"{_IN_OWL}has{scope}Synonym" for scope in ("Exact", "Broad", "Narrow", "Related"))
_KEPT = {
    f"{_OWL}Ontology": {f"{_OWL}versionIRI", f"{_IN_OWL}hasDefaultNamespace", f"{_IN_OWL}default-namespace"},
    f"{_OWL}ObjectProperty": {f"{_IN_OWL}id", f"{_IN_OWL}shorthand"},
    f"{_OWL}Class": {
        _LABEL,
        _DEFINITION,
        _PARENT,
        *_SYNONYMS,
        f"{_OWL}deprecated",
        f"{_OBO}IAO_0100001",
        f"{_IN_OWL}id",
        f"{_IN_OWL}hasAlternativeId",
        f"{_IN_OWL}hasOBONamespace",
    },
}


def mended(path: Path, content: bytes, remedy: str) -> bytes:
    """An ontology as pronto takes it, in UTF-8; OBO and JSON keep their line numbers.

    Raises:
        SourceError: if the content is none of OBO, RDF/XML and OBO Graphs JSON.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    start = content.lstrip()
    if start.startswith(b"<"):
        return _rdf(content)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fact = f"byte {content[error.start]:#04x} is not UTF-8"
        raise SourceError(f"{path}, line {line}", fact, "save the file as UTF-8") from error
    forms: dict[str, Callable[[str], str]] = {"{": _graphs, "[Term": _obo, "[Typedef": _obo}
    forms["format-version:"] = _obo
    form = next((form for sign, form in forms.items() if text.lstrip().startswith(sign)), None)
    if form is None:
        raise SourceError(
            str(path), "neither OBO, which begins with 'format-version:', nor RDF/XML nor JSON", remedy
        )
    return form(text).encode()


def _graphs(text: str) -> str:
    graphs = json.loads(text).get("graphs")
    if not (isinstance(graphs, list) and graphs):
        raise ValueError("JSON of another shape than OBO Graphs")
    if len(graphs) > 1:  # pronto would read the first and say nothing of the others
        raise ValueError(f"{len(graphs)} graphs in one file")
    return text


def _obo(text: str) -> str:
    """The text with a frame for every parent that has none, as one has that another ontology declares."""
    stanza = ""
    declared: set[tuple[str, str]] = set()
    named: set[tuple[str, str]] = set()
    for line in text.split("\n"):
        if line.startswith("["):
            stanza = line.strip()
        tag, _, value = line.partition(":")
        if tag in ("id", "is_a") and value.strip() and stanza in ("[Term]", "[Typedef]"):
            (declared if tag == "id" else named).add((stanza, value.split()[0]))
    frames = [f"\n\n{stanza}\nid: {curie}\n" for stanza, curie in sorted(named - declared)]
    return text + "".join(frames)


def _rdf(content: bytes) -> bytes:
    """The classes and properties of the document, with a class for every parent that has none."""
    # expat fetches nothing and refuses entities that grow without bound.
    root = ElementTree.fromstring(content)  # noqa: S314
    for child in root.iterfind(f"{_RDF}Description"):
        types = {kind.get(_RESOURCE, "") for kind in child.iterfind(f"{_RDF}type")}
        child.tag = next((tag for tag in _KEPT if _iri(tag) in types), child.tag)
    root[:] = [
        child
        for child in root
        if child.tag in _KEPT and (child.get(_ABOUT) or child.tag.endswith("Ontology"))
    ]
    declared, named = {"", _iri(f"{_OWL}Thing")}, {""}
    for child in root:
        child[:] = [part for part in child if part.tag in _KEPT[child.tag] and _says(part)]
        if child.tag == f"{_OWL}Class":
            declared.add(child.get(_ABOUT, ""))
            named.update(part.get(_RESOURCE, "") for part in child.iterfind(_PARENT))
    root.extend(ElementTree.Element(f"{_OWL}Class", {_ABOUT: iri}) for iri in sorted(named - declared))
    document: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return document


def _iri(tag: str) -> str:
    return tag[1:].replace("}", "")


def _says(part: ElementTree.Element) -> bool:
    """Whether an annotation is worth reading; a name in another language becomes a marked synonym."""
    text = (part.text or "").strip()
    language = part.get(_LANGUAGE, "en")
    if text and not language.startswith("en"):
        if part.tag == _DEFINITION:
            return False
        part.text = f"{text}@{language}"
        part.tag = _SYNONYMS[0] if part.tag == _LABEL else part.tag
    return bool(text or part.get(_RESOURCE) or len(part))
