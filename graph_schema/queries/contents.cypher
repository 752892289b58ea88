// purpose: what the graph holds: edges by source and relation
MATCH (p:Provenance)
MATCH ()-[e]->() WHERE e.provenance = p.id
RETURN p.loaded_from AS source, type(e) AS relation, count(e) AS edges
ORDER BY source, relation
