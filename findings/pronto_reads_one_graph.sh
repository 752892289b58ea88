#!/bin/sh
# pronto 2.7.4 reads the first graph of an OBO Graphs document and drops the others without a word; and it refuses an
# OBO file that names a parent which only another ontology declares.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pronto==2.7.4
cd "$folder"
venv/bin/python - <<'PYTHON'
import json
import pathlib
import warnings

import pronto

print("pronto", pronto.__version__)


def graph(name, term):
    node = {"id": f"http://purl.obolibrary.org/obo/{term}", "lbl": name, "type": "CLASS"}
    return {"id": f"http://purl.obolibrary.org/obo/{name}.owl", "nodes": [node], "edges": []}


document = {"graphs": [graph("first", "HP_0000001"), graph("second", "MONDO_0000001")]}
pathlib.Path("two.json").write_text(json.dumps(document))
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    read = [term.id for term in pronto.Ontology("two.json").terms()]
about_graphs = [str(w.message) for w in told if "graph" in str(w.message).lower()]
print("terms of a document with two graphs:", read, "warnings about it:", about_graphs)
assert read == ["HP:0000001"], read
assert about_graphs == []

pathlib.Path("parent.obo").write_text("format-version: 1.4\n\n[Term]\nid: X:1\nname: a disease\nis_a: MONDO:0000001\n")
try:
    pronto.Ontology("parent.obo")
except Exception as error:
    print("a parent of another ontology:", type(error).__name__, error)
else:
    raise SystemExit("the file was read")
PYTHON
