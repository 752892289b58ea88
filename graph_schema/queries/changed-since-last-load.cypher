// purpose: the edges that the last load wrote: new ones, and those that it changed
MATCH (l:Load) WITH max(l.id) AS last
MATCH (p:Provenance) WHERE p.load = last
MATCH (a)-[e]->(b) WHERE e.provenance = p.id
RETURN p.loaded_from AS source, p.release AS release, a.curie AS head, type(e) AS relation, b.curie AS tail,
       e.edge_id AS edge
ORDER BY head, relation, tail, edge
