#!/bin/sh
# LadybugDB 0.22.0 matches graph patterns by homomorphism: relationships of one MATCH need not be distinct, and a
# variable-length pattern may repeat an edge. openCypher, as Neo4j implements it, has each relationship once in a MATCH.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ladybug==0.22.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import ladybug

print("ladybug", ladybug.__version__)
connection = ladybug.Connection(ladybug.Database("graph"))


def rows(statement):
    return sorted(connection.execute(statement).get_all())


connection.execute("CREATE NODE TABLE Node(id STRING PRIMARY KEY)")
connection.execute("CREATE REL TABLE has_phenotype(FROM Node TO Node)")
connection.execute("CREATE REL TABLE interacts(FROM Node TO Node)")
for name in ("marfan", "lens", "a", "b"):
    connection.execute("CREATE (:Node {id: $id})", {"id": name})
for head, relation, tail in (("marfan", "has_phenotype", "lens"), ("a", "interacts", "b")):
    connection.execute(
        f"MATCH (h:Node {{id: $h}}), (t:Node {{id: $t}}) CREATE (h)-[:{relation}]->(t)", {"h": head, "t": tail}
    )

shared = rows("MATCH (d)-[:has_phenotype]->(f)<-[:has_phenotype]-(other) RETURN d.id, f.id, other.id")
print("one edge, diseases that share a finding:", shared)
assert shared == [["marfan", "lens", "marfan"]], "Neo4j: no row"

there_and_back = rows("MATCH (x:Node {id: 'a'})-[e:interacts*2..2]-(y) RETURN y.id")
print("one edge, walks of two steps:", there_and_back)
assert there_and_back == [["a"]], "Neo4j: no row"

trail = rows("MATCH (x:Node {id: 'a'})-[e:interacts* TRAIL 2..2]-(y) RETURN y.id")
print("the same with TRAIL:", trail)
assert trail == []
PYTHON
