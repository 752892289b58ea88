// purpose: the publications that first diagnoses rest on: how many cases and edges, the most used first
MATCH (c:DiagnosedCase)-[:concludes]->(d:Diagnosis)-[:rests_on]->(:Path)-[:walks]->(s:Statement)
WHERE d.rank = 1
UNWIND s.publications AS publication
RETURN publication, count(DISTINCT c.key) AS cases, count(DISTINCT s.edge_id) AS edges
ORDER BY cases DESC, edges DESC, publication
LIMIT 100
