// purpose: the sources that diagnoses and treatments rest on, with licence and release
MATCH (c:DiagnosedCase)-[:concludes|proposes]->(d)-[:rests_on]->(:Path)-[:walks]->(s:Statement)
RETURN s.source AS source, s.licence AS licence, s.release AS release, count(DISTINCT c.key) AS cases,
       count(DISTINCT d.key) AS conclusions, count(DISTINCT s.edge_id) AS edges
ORDER BY conclusions DESC, source, release
