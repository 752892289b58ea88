// purpose: what an edge of a report states, and where it comes from
// parameter edge: edge id, as a report's paths show it
MATCH (a)-[e]->(b)
WHERE e.edge_id = $edge
RETURN a.curie AS head, a.name AS head_name, label(e) AS relation, b.curie AS tail, b.name AS tail_name,
       e.negated AS negated, e.frequency AS frequency, e.source AS source, e.publications AS publications,
       e.licence AS licence, e.knowledge_level AS knowledge_level, e.release AS release
