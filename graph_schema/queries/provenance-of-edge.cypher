// purpose: what an edge of a report states, and where it comes from
// parameter edge: edge id, as a report's paths show it
MATCH (a)-[e]->(b)
WHERE e.edge_id = $edge
MATCH (p:Provenance) WHERE p.id = e.provenance
RETURN a.curie AS head, a.name AS head_name, type(e) AS relation, b.curie AS tail, b.name AS tail_name,
       e.negated AS negated, e.frequency AS frequency, e.original_predicate AS original_predicate,
       p.source AS source, e.publications AS publications, p.licence AS licence,
       p.knowledge_level AS knowledge_level, p.release AS release, p.loaded_from AS loaded_from
ORDER BY loaded_from
