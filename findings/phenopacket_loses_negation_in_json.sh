#!/bin/sh
# phenopackets 2.0.2.post5: a valid phenopacket of version 1, read by the class of version 2 with unknown fields
# ignored (as readers of many releases do), loses `negated` in its JSON form, so that an absent finding is present. The
# binary form of the same phenopacket keeps it: the field has another name in version 2 and the same number.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phenopackets==2.0.2.post5 protobuf==6.33.6
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version

from google.protobuf.json_format import MessageToDict, ParseDict
from phenopackets import Phenopacket
from phenopackets.schema.v1.phenopackets_pb2 import Phenopacket as Phenopacket1

print("phenopackets", version("phenopackets"), "protobuf", version("protobuf"))
first = ParseDict(
    {
        "id": "case",
        "subject": {"id": "patient"},
        "phenotypicFeatures": [{"type": {"id": "HP:0001166", "label": "Arachnodactyly"}, "negated": True}],
    },
    Phenopacket1(),
)
as_json = ParseDict(MessageToDict(first), Phenopacket(), ignore_unknown_fields=True)
print("from JSON, excluded:", as_json.phenotypic_features[0].excluded)
assert not as_json.phenotypic_features[0].excluded

as_binary = Phenopacket.FromString(first.SerializeToString())
print("from the binary form, excluded:", as_binary.phenotypic_features[0].excluded)
assert as_binary.phenotypic_features[0].excluded
PYTHON
